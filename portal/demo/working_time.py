"""Moments counted in business hours: when a person gets round to something, and how long ago something was."""

from datetime import datetime, time, timedelta

from portal.workflow.calendar import CLOSES, OPENS, SATURDAY, add_working_time, shop_zone


def later(moment: datetime, hours: float) -> datetime:
    """Return the moment when so many business hours have passed."""
    return add_working_time(moment, f"PT{max(1, round(hours * 60))}M")


def earlier(moment: datetime, hours: float) -> datetime:
    """Return a moment in business hours that lies so many of them back."""
    left = timedelta(hours=hours)
    here = moment.astimezone(shop_zone())
    while True:
        here = _open_until(here)
        opened = here.replace(hour=OPENS.hour, minute=OPENS.minute, second=0, microsecond=0)
        if here - opened > left:
            return (here - left).astimezone(moment.tzinfo)
        left -= here - opened
        here = opened - timedelta(minutes=1)


def _open_until(here: datetime) -> datetime:
    """The moment itself in business hours, otherwise the last closing before it."""
    if here.time() < OPENS:
        here = _end_of(here - timedelta(days=1), time(23, 59))
    while here.weekday() >= SATURDAY:
        here = _end_of(here - timedelta(days=1), time(23, 59))
    return min(here, _end_of(here, CLOSES))


def _end_of(here: datetime, at: time) -> datetime:
    return here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
