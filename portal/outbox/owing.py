"""Owing an effect, and the functions that perform what is owed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from portal import clock
from portal.outbox.models import CHANNEL, PORTAL, OutboxRow

Receipt = Mapping[str, Any] | None


def _settle_later(_session: Session, _receipt: Receipt = None) -> None:
    """Leave it to the performer."""


@dataclass(frozen=True)
class Delivery:
    """What a handler gets: the payload, the idempotency key its receiver must see, and which attempt this is (1, 2, …)."""

    key: str
    payload: dict[str, Any]
    attempt: int
    settle: Callable[[Session, Receipt], None] = field(default=_settle_later, compare=False)
    """May be called in the handler's own transaction, last: the effect is done when that is committed, with this receipt."""


Handler = Callable[[Delivery], Receipt]
GaveUp = Callable[[Delivery, str], None]
handlers: dict[str, tuple[Handler, GaveUp | None]] = {}


def handler(topic: str, *, gave_up: GaveUp | None = None) -> Callable[[Handler], Handler]:
    """Register the decorated function for a topic; what it returns is the receipt.

    `gave_up(delivery, error)` runs when retries are used up; it must be idempotent, as the handler.
    """

    def register(function: Handler) -> Handler:
        handlers[topic] = (function, gave_up)
        return function

    return register


_ENQUEUE = text("""
with owed as (
    insert into outbox (topic, key, payload, status, failures, target, subject, available_at, created_at)
    values (:topic, :key, :payload, 'pending', 0, :target, :subject, :available_at, :created_at)
    on conflict (key) do nothing returning id
)
select pg_notify(:channel, '') from owed
""").bindparams(bindparam("payload", type_=JSONB))


def enqueue(
    session: Session, topic: str, *, key: str, payload: dict[str, Any], delay: timedelta = timedelta(),
    target: str = PORTAL, subject: str | None = None,
) -> None:  # fmt: skip
    """Owe an effect, in the caller's transaction; a key that is already there is left alone (the same effect, asked twice).

    `target` is the system it goes to, `subject` what it is about (`<process key>:<business key>`), for operators.
    """
    now = clock.now()
    session.execute(
        _ENQUEUE,
        {"topic": topic, "key": key, "payload": payload, "target": target, "subject": subject,
         "available_at": now + delay, "created_at": now, "channel": CHANNEL},
    )  # fmt: skip


def retry(session: Session, *, key: str) -> bool:
    """Make a dead row due again, with its failures forgotten; False when none of that key is dead. The caller checks permission."""
    again = session.scalars(
        update(OutboxRow)
        .where(OutboxRow.key == key, OutboxRow.status == "dead")
        .values(status="pending", failures=0, available_at=clock.now())
        .returning(OutboxRow.id)
    ).first()
    session.execute(select(func.pg_notify(CHANNEL, "")))
    return again is not None
