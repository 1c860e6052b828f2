"""The outbox: effects on the outside are rows of the business transaction, performed after its commit, at least once.

`enqueue` writes the row and wakes the relay; the relay (`portal.worker`) leases due rows and hands them to Dramatiq; the
actor calls `perform`. A handler is a plain function registered under a topic. Retries, delays and dead letters live in the
table, so a restarted worker goes on where the killed one stopped. Handlers must be idempotent by `Delivery.key`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ForeignKey, Index, String, Text, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.database import Base, Numbered, unit_of_work

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
CHANNEL = "portal_outbox"


class OutboxRow(Numbered, Base):
    """One effect that is owed: pending → leased → done, or dead after `MAX_ATTEMPTS` failures."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "available_at", postgresql_where=text("status = 'pending'")),
        Index("ix_outbox_target", "target", "available_at", postgresql_where=text("status = 'pending'")),
        Index("ix_outbox_subject", "subject", "id"),
        Index("ix_outbox_dead", "id", postgresql_where=text("status = 'dead'")),
    )

    topic: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(10), default="pending")
    failures: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    target: Mapped[str] = mapped_column(String(40), server_default="portal", default="portal")
    """The system it goes to (`factory`, `sms` …); `portal`: none outside. Each target fails and is held back on its own."""
    subject: Mapped[str | None] = mapped_column(String(170))
    """What it is about, `<process key>:<business key>`."""


class OutboxAttempt(Numbered, Base):
    """One try at an effect: when, how long, and what came of it."""

    __tablename__ = "outbox_attempts"
    __table_args__ = (Index("ix_outbox_attempts_target", "target", "at"),)

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), index=True)
    target: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    """Null when it succeeded."""
    receipt: Mapped[dict[str, Any] | None]
    """What the receiver answered."""


class OutboxTarget(Base):
    """How a system outside is: after failures in a row nothing is sent to it until `closed_until`, then one effect tries."""

    __tablename__ = "outbox_targets"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    closed_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class Delivery:
    """What a handler gets: the payload, the idempotency key its receiver must see, and which attempt this is (1, 2, …)."""

    key: str
    payload: dict[str, Any]
    attempt: int


Handler = Callable[[Delivery], None]
GaveUp = Callable[[Delivery, str], None]
_handlers: dict[str, tuple[Handler, GaveUp | None]] = {}


def handler(topic: str, *, gave_up: GaveUp | None = None) -> Callable[[Handler], Handler]:
    """Register the decorated function for a topic; `gave_up(delivery, error)` runs when retries are used up; it must be
    idempotent, as the handler."""

    def register(function: Handler) -> Handler:
        _handlers[topic] = (function, gave_up)
        return function

    return register


def enqueue(
    session: Session, topic: str, *, key: str, payload: dict[str, Any], delay: timedelta = timedelta(),
    target: str = "portal", subject: str | None = None,
) -> None:  # fmt: skip
    """Owe an effect, in the caller's transaction; a key that is already there is left alone (the same effect, asked twice).

    `target` is the system it goes to, `subject` what it is about (`<process key>:<business key>`), for operators.
    """
    now = clock.now()
    row = {"topic": topic, "key": key, "payload": payload, "status": "pending", "failures": 0, "target": target,
           "subject": subject, "available_at": now + delay, "created_at": now}  # fmt: skip
    session.execute(insert(OutboxRow).values(row).on_conflict_do_nothing(index_elements=["key"]))
    session.execute(select(func.pg_notify(CHANNEL, "")))


def lease(session: Session, *, limit: int) -> list[int]:
    """Take up to `limit` due rows for `LEASE`, oldest first; a row whose performer died becomes due again by itself."""
    now = clock.now()
    due = (
        select(OutboxRow.id)
        .where(OutboxRow.status == "pending", OutboxRow.available_at <= now)
        .order_by(OutboxRow.available_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.scalars(
        update(OutboxRow).where(OutboxRow.id.in_(due)).values(available_at=now + LEASE).returning(OutboxRow.id)
    )
    return sorted(taken)


def perform(row_id: int) -> None:
    """Run a row's handler and mark the row done, or count the failure and set the time of the next try."""
    with unit_of_work() as session:
        row = session.get(OutboxRow, row_id)
        if row is None or row.status != "pending":
            return
        delivery = Delivery(key=row.key, payload=row.payload, attempt=row.failures + 1)
        topic = row.topic
    function, _gave_up = _handlers[topic]
    try:
        function(delivery)
    except Exception as error:  # noqa: BLE001  whatever went wrong is the row's to remember, and the next try's to mend
        _give_up_or_postpone(row_id, topic, delivery, error)
        return
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # cut off by the worker's time limit, which is no Exception
        _give_up_or_postpone(row_id, topic, delivery, error)
        raise
    with unit_of_work() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row_id, OutboxRow.status == "pending")
            .values(status="done", done_at=clock.now(), error=None)
        )


def _give_up_or_postpone(row_id: int, topic: str, delivery: Delivery, error: BaseException) -> None:
    log.warning("effect_failed", topic=topic, key=delivery.key, attempt=delivery.attempt, exc_info=error)
    _function, gave_up = _handlers[topic]
    if delivery.attempt >= MAX_ATTEMPTS and gave_up is not None:
        gave_up(
            delivery, describe(error)
        )  # before the row is dead: if we are killed in between, the next performer does it again
    _failed(row_id, error)


def _failed(row_id: int, error: BaseException) -> None:
    with unit_of_work() as session:
        row = session.get(OutboxRow, row_id, with_for_update=True)
        if row is None or row.status != "pending":
            return
        row.failures += 1
        row.error = describe(error)
        row.available_at = clock.now() + timedelta(seconds=min(2**row.failures, 300))
        if row.failures >= MAX_ATTEMPTS:
            row.status = "dead"


def describe(error: BaseException) -> str:
    """Name an error for an operator, bounded in length."""
    return f"{type(error).__name__}: {error}"[:2000]


def retry(session: Session, *, key: str) -> None:
    """Make a dead row due again, with its failures forgotten."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.key == key, OutboxRow.status == "dead")
        .values(status="pending", failures=0, available_at=clock.now())
    )
    session.execute(select(func.pg_notify(CHANNEL, "")))


def perform_pending(*, rounds: int = 100) -> int:
    """Perform everything that is due, here and now, until nothing is (tests, demo, one-process tools); return how many."""
    performed = 0
    for _ in range(rounds):
        with unit_of_work() as session:
            ids = lease(session, limit=64)
        if not ids:
            return performed
        for row_id in ids:
            perform(row_id)
        performed += len(ids)
    raise RuntimeError("the outbox does not run dry")
