"""The shop's day: dates are those of its timezone."""

from datetime import date, datetime

from portal import clock
from portal.web import formats


def today() -> date:
    """Return today's date in the shop."""
    return formats.today()


def start_of(day: date) -> datetime:
    """Return the first moment of a day in the shop."""
    return datetime(day.year, day.month, day.day, tzinfo=formats.local(clock.now()).tzinfo)
