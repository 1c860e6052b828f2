"""Telling people things in the portal: each thing once. The only writer of notifications."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.notifications.models import Notification

CHANNEL = "portal_events"


def notify(
    session: Session, *, user_id: int, key: str, event: str, link: str = "", detail: dict[str, Any] | None = None
) -> None:
    """Tell a person of an event, once per key; wakes the bell of their open pages. `detail` is JSON, shown to that person."""
    row = {
        "user_id": user_id,
        "key": key,
        "event": event,
        "link": link,
        "detail": detail or {},
        "created_at": clock.now(),
    }
    statement = insert(Notification).values(row).on_conflict_do_nothing(index_elements=["user_id", "key"])
    if session.execute(statement.returning(Notification.id)).first() is not None:
        session.execute(select(func.pg_notify(CHANNEL, f"user:{user_id}")))


def mark_all_read(session: Session, *, actor: Actor, up_to: int) -> None:
    """Mark what the actor has seen as read: everything up to this id, so that what arrived meanwhile stays new."""
    session.execute(
        update(Notification)
        .where(Notification.user_id == actor.user_id, Notification.id <= up_to, Notification.read_at.is_(None))
        .values(read_at=clock.now())
    )
