"""When a task is due, as the inbox groups it: overdue, today, later (pure)."""

from datetime import datetime, timedelta, tzinfo
from enum import StrEnum


class Due(StrEnum):
    """The groups of the inbox, in the order they are shown."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"


SOON = timedelta(hours=2)
"""A task due within this span is marked as due soon."""


def due_group(due_at: datetime | None, *, now: datetime, zone: tzinfo) -> Due:
    """Return the group a task belongs to; one without a due time is for later."""
    if due_at is None:
        return Due.LATER
    if due_at < now:
        return Due.OVERDUE
    return Due.TODAY if due_at < end_of_day(now, zone=zone) else Due.LATER


def end_of_day(now: datetime, *, zone: tzinfo) -> datetime:
    """Return the first moment of tomorrow where the shop is."""
    return (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def is_soon(due_at: datetime | None, *, now: datetime) -> bool:
    """Say whether a task is nearly due and not late yet."""
    return due_at is not None and now <= due_at < now + SOON
