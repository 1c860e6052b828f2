"""Reads of the outbox: what is owed to the outside, and what was given up."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.outbox import OutboxRow
from portal.workflow.step import TOPIC

PAGE = 50


@dataclass(frozen=True, slots=True)
class Effects:
    """How many effects on the outside are owed, given up, and since when the oldest is owed."""

    owed: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeadEffect:
    """An effect on the outside that was given up."""

    id: int
    topic: str
    key: str
    error: str | None
    failures: int
    created_at: datetime


def dead_effects(session: Session, *, limit: int = PAGE) -> tuple[DeadEffect, ...]:
    """Return the effects that were given up, newest first; those of process steps are shown as incidents and left out here."""
    rows = session.execute(
        select(OutboxRow.id, OutboxRow.topic, OutboxRow.key, OutboxRow.error, OutboxRow.failures, OutboxRow.created_at)
        .where(OutboxRow.status == "dead", OutboxRow.topic != TOPIC)
        .order_by(OutboxRow.id.desc())
        .limit(limit)
    )
    return tuple(DeadEffect(*row) for row in rows)


def effects(session: Session) -> Effects:
    """Say what the outbox holds."""
    owed = OutboxRow.status == "pending"
    row = session.execute(
        select(
            func.count().filter(owed),
            func.count().filter(OutboxRow.status == "dead"),
            func.min(OutboxRow.created_at).filter(owed),
        ).where(OutboxRow.status != "done")
    ).one()
    return Effects(*row)
