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
    """Publish, at the start of a process, the delivered files whose content was never delivered before; return which made a new version.

    So an older release that is started again beside a newer one does not take its diagrams back. A definition whose published version an
    administrator edited stays theirs; the newer file waits. Faults as in `publish_files`.
    """
    with unit_of_work() as session:
        return [path for path in _in_order(delivered_files(folder)) if _publish_new(session, path, since_ever=True)]


def delivered_files(folder: Path = FOLDER) -> list[Path]:
    """Return the delivered decision tables, then the diagrams."""
    return [*sorted(folder.glob("*.dmn")), *sorted(folder.glob("*.bpmn"))]


def publish_files(paths: Iterable[Path], folder: Path = FOLDER) -> dict[Path, str]:
    """Publish what these files hold, decision tables first, what is called before its callers; say what became of each.

    `published`: it made a new version; `known`: its content is published already; `waits`: it is a delivered file (in `folder`), and an
    administrator has edited what is published. A file from elsewhere is an edited version: delivered updates wait for it from then on.
    Nothing is published when one is faulty: DiagramRefused, or XmlRefused for what is neither.
    """
    with unit_of_work() as session:
        return {path: _publish_named(session, path, folder) for path in _in_order(paths)}


def _publish_named(session: Session, path: Path, folder: Path) -> str:
    if path.resolve().parent == folder.resolve():
        if _publish_new(session, path, since_ever=False):
            return "published"
        return "waits" if _is_edited(session, _model(path), key_of(path)) else "known"
    model = _model(path)
    current = select(model.digest).where(model.key == key_of(path), model.status == "published")
    if session.scalars(current).first() == digest(path.read_bytes()):
        return "known"
    _store(session, path, source="edited")
    return "published"


def _model(path: Path) -> type[ProcessDefinition] | type[DecisionDefinition]:
    return DecisionDefinition if path.suffix == ".dmn" else ProcessDefinition


def _store(session: Session, path: Path, *, source: str) -> None:
    store = publish_decision if path.suffix == ".dmn" else publish
    store(session, xml=path.read_bytes(), source=source, actor=SYSTEM)


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Tables, then diagrams, those that are called before those that call them."""
    by_name = sorted(paths)
    keys = {path: key_of(path) for path in by_name if path.suffix != ".dmn"}
    order = in_order({key: called_keys(parse_xml(path.read_bytes())) for path, key in keys.items()})
    return [*(path for path in by_name if path not in keys), *sorted(keys, key=lambda path: order.index(keys[path]))]


def _publish_new(session: Session, path: Path, *, since_ever: bool) -> bool:
    """Publish a delivered file if its content differs from what was last (or ever) delivered under its key, and the key is not an
    administrator's."""
    model, key = _model(path), key_of(path)
    delivered = select(model.digest).where(model.key == key, model.source == "delivered").order_by(model.version.desc())
    known = session.scalars(delivered if since_ever else delivered.limit(1)).all()
    if digest(path.read_bytes()) in known and not _calls_something_new(session, key):
        return False
    if _is_edited(session, model, key):
        log.info("delivered_version_waits", file=path.name)
        return False
    _store(session, path, source="delivered")
    return True


def _is_edited(session: Session, model: type[ProcessDefinition] | type[DecisionDefinition], key: str) -> bool:
    edited = select(model.id).where(model.key == key, model.status == "published", model.source == "edited")
    return session.scalars(edited).first() is not None


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
