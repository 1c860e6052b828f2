"""Asking the published decision tables."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.workflow.codec import clean
from portal.workflow.decision_table import DecisionTable, detail, read_table
from portal.workflow.engine import StepFailed
from portal.workflow.models import DecisionDefinition
from portal.workflow.vocabulary import parse_xml

KEPT = 64
_tables: OrderedDict[str, DecisionTable] = OrderedDict()
_lock = Lock()


def decide(session: Session, key: str, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer by the newest published table of a key, with an account for the history; StepFailed or ExpressionFailed when it cannot."""
    row = session.execute(
        select(DecisionDefinition.id, DecisionDefinition.version, DecisionDefinition.digest).where(
            DecisionDefinition.key == key, DecisionDefinition.status == "published"
        )
    ).first()
    if row is None:
        raise StepFailed(f"there is no decision table {key}")
    decided = _table(session, row.id, row.digest).decide(facts)
    return clean(decided.answer), detail(decided, key=key, version=row.version)


def _table(session: Session, definition_id: int, digest: str) -> DecisionTable:
    with _lock:
        if digest in _tables:
            _tables.move_to_end(digest)
            return _tables[digest]
    xml = session.scalars(select(DecisionDefinition.xml).where(DecisionDefinition.id == definition_id)).one()
    table = read_table(parse_xml(xml))
    with _lock:
        _tables[digest] = table
        while len(_tables) > KEPT:
            _tables.popitem(last=False)
    return table
