"""Asking the published decision tables."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.workflow.codec import clean
from portal.workflow.decision_table import DecisionTable, detail, read_table
from portal.workflow.definitions import Kept
from portal.workflow.host import StepFailed
from portal.workflow.models import DecisionDefinition
from portal.workflow.reader import parse_xml

_tables: Kept[DecisionTable] = Kept()


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
    def make() -> DecisionTable:
        xml = session.scalars(select(DecisionDefinition.xml).where(DecisionDefinition.id == definition_id)).one()
        return read_table(parse_xml(xml))

    return _tables.get(digest, make)
