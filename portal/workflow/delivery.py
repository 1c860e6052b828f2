"""Publishing what is delivered in `workflows/`: at start, every file whose content is new and whose key no administrator has edited."""

from pathlib import Path

import structlog
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.settings import ROOT
from portal.workflow.models import DecisionDefinition, ProcessDefinition
from portal.workflow.publishing import digest, publish, publish_decision
from portal.workflow.reader import parse_xml
from portal.workflow.vocabulary import XmlRefused

log = structlog.get_logger(__name__)

FOLDER = ROOT / "workflows"


def publish_delivered(folder: Path = FOLDER) -> None:
    """Publish new editions of the delivered decision tables, then of the diagrams; DiagramRefused when one is faulty.

    A definition whose published version an administrator edited stays theirs; the newer file waits.
    """
    with unit_of_work() as session:
        for path in sorted(folder.glob("*.dmn")):
            if _is_new(session, DecisionDefinition, path):
                publish_decision(session, xml=path.read_bytes(), source="delivered", actor=SYSTEM)
        for path in sorted(folder.glob("*.bpmn")):
            if _is_new(session, ProcessDefinition, path):
                publish(session, xml=path.read_bytes(), source="delivered", actor=SYSTEM)


def _is_new(session: Session, model: type[ProcessDefinition] | type[DecisionDefinition], path: Path) -> bool:
    """Whether the content differs from what was last delivered under its key, and the key is not an administrator's."""
    key = _key(path)
    last = (
        select(model.digest)
        .where(model.key == key, model.source == "delivered")
        .order_by(model.version.desc())
        .limit(1)
    )
    if session.scalars(last).first() == digest(path.read_bytes()):
        return False
    edited = select(model.id).where(model.key == key, model.status == "published", model.source == "edited")
    if session.scalars(edited).first() is not None:
        log.info("delivered_version_waits", file=path.name)
        return False
    return True


def _key(path: Path) -> str:
    """The id of the file's process or decision."""
    root = parse_xml(path.read_bytes())
    found = next((e for e in root.iter() if etree.QName(e).localname in ("process", "decision")), None)
    if found is None:
        raise XmlRefused(f"{path.name} holds neither a process nor a decision")
    return found.get("id", "")
