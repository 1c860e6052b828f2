"""Reads of operations: failed steps, and effects on the outside that are still owed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.outbox import OutboxRow
from portal.paging import Paged, offset, within
from portal.workflow.models import Incident, ProcessInstance
from portal.workflow.step import TOPIC

PAGE = 50


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A step that failed and waits for an operator."""

    id: int
    process_key: str
    business_key: str
    node_id: str
    error: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """How many effects on the outside are owed, given up, and since when the oldest is owed."""

    owed: int
    dead: int
    oldest: datetime | None


def open_incidents(session: Session, *, page: int = 1) -> Paged[IncidentRow]:
    """Return a page of open incidents, newest first; whoever asks must be an administrator."""
    total = session.scalar(select(func.count()).select_from(Incident).where(Incident.status == "open")) or 0
    rows = session.execute(
        select(
            Incident.id, ProcessInstance.process_key, ProcessInstance.business_key, Incident.node_id, Incident.error,
            Incident.attempts, Incident.created_at,
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.status == "open")
        .order_by(Incident.id.desc())
        .limit(PAGE)
        .offset(offset(page, PAGE))
    )  # fmt: skip
    return Paged(tuple(IncidentRow(*row) for row in rows), total, within(page), PAGE)


def incident_count(session: Session) -> int:
    """Count the open incidents."""
    return session.scalar(select(func.count()).select_from(Incident).where(Incident.status == "open")) or 0


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
