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
from portal.workflow.expanding import called_keys, in_order
from portal.workflow.models import DecisionDefinition, ProcessDefinition
from portal.workflow.publishing import calls_are_current, digest, publish, publish_decision
from portal.workflow.reader import parse_xml
from portal.workflow.vocabulary import XmlRefused

log = structlog.get_logger(__name__)

FOLDER = ROOT / "workflows"


def publish_delivered(folder: Path = FOLDER) -> list[Path]:
    """Publish, at the start of a process, the delivered files whose content was never delivered before; else as `publish_files`.

    So an older release that is started again beside a newer one does not take its diagrams back.
    """
    return _publish(delivered_files(folder), since_ever=True)


def delivered_files(folder: Path = FOLDER) -> list[Path]:
    """Return the delivered decision tables, then the diagrams."""
    return [*sorted(folder.glob("*.dmn")), *sorted(folder.glob("*.bpmn"))]


def publish_files(paths: Iterable[Path]) -> list[Path]:
    """Publish what these files hold, decision tables first, what is called before its callers; return those that made a new version.

    A file whose content was the last to be delivered makes none, unless a process it calls has a new version since. A definition whose
    published version an administrator edited stays theirs; the newer file waits. Nothing is published when one is faulty: DiagramRefused,
    or XmlRefused for what is neither.
    """
    return _publish(paths, since_ever=False)


def _publish(paths: Iterable[Path], *, since_ever: bool) -> list[Path]:
    with unit_of_work() as session:
        return [path for path in _in_order(paths) if _publish_new(session, path, since_ever=since_ever)]


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Tables, then diagrams, those that are called before those that call them."""
    by_name = sorted(paths)
    keys = {path: key_of(path) for path in by_name if path.suffix != ".dmn"}
    order = in_order({key: called_keys(parse_xml(path.read_bytes())) for path, key in keys.items()})
    return [*(path for path in by_name if path not in keys), *sorted(keys, key=lambda path: order.index(keys[path]))]


def _publish_new(session: Session, path: Path, *, since_ever: bool) -> bool:
    is_table = path.suffix == ".dmn"
    if not _is_new(session, DecisionDefinition if is_table else ProcessDefinition, path, since_ever=since_ever):
        return False
    (publish_decision if is_table else publish)(session, xml=path.read_bytes(), source="delivered", actor=SYSTEM)
    return True


def _is_new(
    session: Session, model: type[ProcessDefinition] | type[DecisionDefinition], path: Path, *, since_ever: bool
) -> bool:
    """Whether the content differs from what was last (or ever) delivered under its key, and the key is not an administrator's."""
    key = key_of(path)
    delivered = select(model.digest).where(model.key == key, model.source == "delivered").order_by(model.version.desc())
    known = session.scalars(delivered if since_ever else delivered.limit(1)).all()
    if digest(path.read_bytes()) in known and not _calls_something_new(session, key):
        return False
    edited = select(model.id).where(model.key == key, model.status == "published", model.source == "edited")
    if session.scalars(edited).first() is not None:
        log.info("delivered_version_waits", file=path.name)
        return False
    return True


def _calls_something_new(session: Session, key: str) -> bool:
    current = session.scalars(
        select(ProcessDefinition).where(ProcessDefinition.key == key, ProcessDefinition.status == "published")
    ).first()
    return current is not None and current.source == "delivered" and not calls_are_current(session, current)


def key_of(path: Path) -> str:
    """Return the id of a file's process or decision; XmlRefused when it holds neither."""
    root = parse_xml(path.read_bytes())
    found = next((e for e in root.iter() if etree.QName(e).localname in ("process", "decision")), None)
    if found is None:
        raise XmlRefused(f"{path.name} holds neither a process nor a decision")
    return found.get("id", "")
