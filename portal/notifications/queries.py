"""Reads of one's own notifications."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.notifications import events
from portal.notifications.models import Notification
from portal.paging import SIZE, Paged, offset, within


@dataclass(frozen=True, slots=True)
class Told:
    """A notification in the reader's language."""

    id: int
    title: str
    body: str
    icon: str
    link: str
    created_at: datetime
    new: bool


def unread_count(session: Session, *, actor: Actor) -> int:
    """Return how many of the actor's notifications are new."""
    mine = (Notification.user_id == actor.user_id, Notification.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(Notification).where(*mine)) or 0


def notifications_page(session: Session, *, actor: Actor, page: int = 1) -> Paged[Told]:
    """Return the actor's notifications, newest first."""
    mine = Notification.user_id == actor.user_id
    total = session.scalar(select(func.count()).select_from(Notification).where(mine)) or 0
    rows = session.execute(
        select(
            Notification.id, Notification.event, Notification.detail, Notification.link, Notification.created_at,
            Notification.read_at,
        )
        .where(mine)
        .order_by(Notification.id.desc())
        .limit(SIZE)
        .offset(offset(page))
    ).all()  # fmt: skip
    return Paged(tuple(_told(row) for row in rows), total, within(page))


def _told(row: Any) -> Told:
    text = events.read(row.event, row.detail)
    return Told(
        row.id, str(text.title), str(text.body), text.icon, row.link, row.created_at, row.read_at is None
    )  # fmt: skip
