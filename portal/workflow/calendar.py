"""Working time: due times are counted in business hours, 08:30 to 17:30 from Monday to Friday in the shop's time zone.

Public holidays are not known yet; a due time then falls on one, which errs on the early side.
"""

import operator
import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from portal.settings import Settings

OPENS, CLOSES = time(8, 30), time(17, 30)
WORKING_DAY = timedelta(hours=9)
SATURDAY = 5
LONGEST = timedelta(days=36_525)
_SECONDS = (604_800, 86_400, 3_600, 60, 1)

_DURATION = re.compile(
    r"P(?!$)(?:(\d{1,12})W)?(?:(\d{1,12})D)?(?:T(?!$)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})S)?)?"
)


@lru_cache(maxsize=1)
def shop_zone() -> ZoneInfo:
    """Return the shop's time zone."""
    return ZoneInfo(Settings.from_environment().timezone)


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days, hours, minutes, seconds (no months or years: their length varies).

    ValueError for anything else, and for more than a hundred years.
    """
    weeks, days, hours, minutes, seconds = _parts(text)
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _parts(text: str) -> list[int]:
    match = _DURATION.fullmatch(text.strip())
    parts = [int(part or 0) for part in match.groups()] if match is not None else []
    if not parts or sum(map(operator.mul, parts, _SECONDS)) > LONGEST.total_seconds():
        raise ValueError(text)
    return parts


def add_working_time(start: datetime, duration: str, *, zone: ZoneInfo | None = None) -> datetime:
    """Return the moment when the duration has passed in business hours; a day counts nine hours, a week five days."""
    weeks, days, hours, minutes, seconds = _parts(duration)
    left = (weeks * 5 + days) * WORKING_DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    here = zone or shop_zone()
    moment = _open_from(start.astimezone(here))
    while left > (rest := datetime.combine(moment.date(), CLOSES, here) - moment):
        left -= rest
        moment = _open_from(datetime.combine(moment.date() + timedelta(days=1), OPENS, here))
    return (moment + left).astimezone(start.tzinfo)


def _open_from(moment: datetime) -> datetime:
    """The moment itself in business hours, otherwise the next opening."""
    if moment.time() >= CLOSES:
        moment = datetime.combine(moment.date() + timedelta(days=1), OPENS, moment.tzinfo)
    if moment.time() < OPENS:
        moment = datetime.combine(moment.date(), OPENS, moment.tzinfo)
    while moment.weekday() >= SATURDAY:
        moment = datetime.combine(moment.date() + timedelta(days=1), OPENS, moment.tzinfo)
    return moment
