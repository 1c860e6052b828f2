"""The systems outside: how each answers, what is owed to it and since when, what was given up, and which workers live."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.heartbeat import Heartbeat
from portal.operations.queries.health import Health, health
from portal.outbox import PORTAL, OutboxRow, OutboxTarget
from portal.workflow.registry import actions
from portal.workflow.step import TOPIC

SILENT_AFTER = timedelta(seconds=30)
"""A worker that has not been heard of for so long does not live."""
GIVEN_UP = 50


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still to be done at a system: how much, since when the oldest waits, how much of it has failed at least once."""

    count: int = 0
    oldest: datetime | None = None
    failing: int = 0


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system: held (nothing is sent to it until then), failing (the last try failed), ok, or idle (nothing is known of it yet)."""

    name: str
    state: str
    health: Health
    owed: Owed
    failures: int
    closed_until: datetime | None
    failed_at: datetime | None
    succeeded_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that performs effects and fires timers, and its last sign of life."""

    process: str
    beat_at: datetime
    alive: bool


@dataclass(frozen=True, slots=True)
class GivenUp:
    """An effect that was given up."""

    id: int
    target: str
    topic: str
    key: str
    subject: str | None
    error: str | None
    failures: int
    created_at: datetime


def systems(session: Session) -> tuple[SystemRow, ...]:
    """Return every system that is known: of which actions speak, to which something is owed, or that was tried; the portal's own last."""
    known = {row.name: row for row in session.execute(select(OutboxTarget.__table__))}
    owed = _owed(session)
    spoken_to = {action.target for action in actions() if action.external}
    names = sorted({*known, *owed, *spoken_to, PORTAL}, key=lambda name: (name == PORTAL, name))
    answers = {one.target: one for one in health(session, targets=names)}
    return tuple(_system(name, known.get(name), owed.get(name, Owed()), answers[name]) for name in names)


def _system(name: str, row: object, owed: Owed, answers: Health) -> SystemRow:
    def of(column: str) -> datetime | None:
        return getattr(row, column, None)

    failures: int = getattr(row, "failures", 0)
    good, bad = (sum(getattr(minute, kind) for minute in answers.minutes) for kind in ("good", "bad"))
    closed_until = of("closed_until")
    state = (
        "held"
        if closed_until is not None
        else "failing"
        if failures
        else "ok"
        if of("succeeded_at") or good
        else "idle"
    )
    if state in ("ok", "idle") and bad and not good:
        state = "failing"
    return SystemRow(
        name,
        state,
        answers,
        owed,
        failures,
        closed_until,
        of("failed_at"),
        of("succeeded_at"),
        getattr(row, "error", None),
    )


def _owed(session: Session) -> dict[str, Owed]:
    rows = session.execute(
        select(
            OutboxRow.target, func.count(), func.min(OutboxRow.created_at), func.count().filter(OutboxRow.failures > 0)
        )
        .where(OutboxRow.status == "pending")
        .group_by(OutboxRow.target)
    )
    return {target: Owed(count, oldest, failing) for target, count, oldest, failing in rows}


def given_up(session: Session) -> tuple[tuple[GivenUp, ...], int]:
    """Return the effects that were given up, the newest first, and how many there are; those of process steps are incidents."""
    dead = (OutboxRow.status == "dead", OutboxRow.topic != TOPIC)
    rows = session.execute(
        select(
            OutboxRow.id, OutboxRow.target, OutboxRow.topic, OutboxRow.key, OutboxRow.subject, OutboxRow.error,
            OutboxRow.failures, OutboxRow.created_at,
        ).where(*dead).order_by(OutboxRow.id.desc()).limit(GIVEN_UP)
    )  # fmt: skip
    found = tuple(GivenUp(*row) for row in rows)
    total = session.scalar(select(func.count()).select_from(OutboxRow).where(*dead)) if len(found) == GIVEN_UP else None
    return found, total if total is not None else len(found)


def workers(session: Session) -> Collection[Worker]:
    """Return the workers that were heard of within the last day, those that live first."""
    now = clock.now()
    rows = session.execute(
        select(Heartbeat.process, Heartbeat.beat_at).order_by(Heartbeat.beat_at.desc(), Heartbeat.process)
    )
    return [Worker(row.process, row.beat_at, now - row.beat_at < SILENT_AFTER) for row in rows]
