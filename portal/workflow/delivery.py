"""Publishing what is delivered in `workflows/`: at start, every file whose content is new and whose key no administrator has edited."""

from collections.abc import Iterable
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
    """Publish new editions of the delivered decision tables and diagrams; as `publish_files`."""
    publish_files(delivered_files(folder))


def delivered_files(folder: Path = FOLDER) -> list[Path]:
    """Return the delivered decision tables, then the diagrams."""
    return [*sorted(folder.glob("*.dmn")), *sorted(folder.glob("*.bpmn"))]


def publish_files(paths: Iterable[Path]) -> list[Path]:
    """Publish what these files hold, decision tables first, and return those that made a new version.

    A file whose content was delivered before makes none. A definition whose published version an administrator edited stays
    theirs; the newer file waits. Nothing is published when one is faulty: DiagramRefused, or XmlRefused for what is neither.
    """
    with unit_of_work() as session:
        return [path for path in sorted(paths, key=_tables_first) if _publish_new(session, path)]


def _tables_first(path: Path) -> tuple[bool, Path]:
    return path.suffix != ".dmn", path


def _publish_new(session: Session, path: Path) -> bool:
    is_table = path.suffix == ".dmn"
    if not _is_new(session, DecisionDefinition if is_table else ProcessDefinition, path):
        return False
    (publish_decision if is_table else publish)(session, xml=path.read_bytes(), source="delivered", actor=SYSTEM)
    return True


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
