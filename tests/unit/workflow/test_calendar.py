"""Due times in business hours: 08:30 to 17:30, Monday to Friday, Shanghai."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.workflow.calendar import add_working_time, parse_duration

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2026-03-02T09:00", "PT4H", "2026-03-02T13:00"),
        ("2026-03-02T16:30", "PT4H", "2026-03-03T11:30"),
        ("2026-03-02T07:00", "PT1H", "2026-03-02T09:30"),
        ("2026-03-02T20:00", "PT1H", "2026-03-03T09:30"),
        ("2026-03-06T16:30", "PT2H", "2026-03-09T09:30"),
        ("2026-03-07T12:00", "PT30M", "2026-03-09T09:00"),
        ("2026-03-02T10:00", "P1D", "2026-03-03T10:00"),
        ("2026-03-05T10:00", "P2D", "2026-03-09T10:00"),
        ("2026-03-02T10:00", "P1W", "2026-03-09T10:00"),
        ("2026-03-02T08:30", "PT9H", "2026-03-02T17:30"),
        ("2026-03-02T09:00", "PT0S", "2026-03-02T09:00"),
    ],
)
def test_a_due_time_counts_business_hours(start: str, duration: str, due: str) -> None:
    assert add_working_time(at(start), duration, zone=ZONE) == at(due)


@given(st.integers(0, 525_600), st.integers(0, 100))
def test_it_is_always_due_in_business_hours_and_later_for_more_work(minutes: int, hours: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    due = add_working_time(moment, f"PT{hours}H", zone=ZONE)
    local = due.astimezone(ZONE)
    assert local.weekday() < 5
    assert (8, 30) <= (local.hour, local.minute) <= (17, 30)
    assert moment <= due < add_working_time(moment, f"PT{hours + 1}H", zone=ZONE)


def test_durations_of_weeks_to_seconds_are_read() -> None:
    assert parse_duration("P1W2DT3H4M5S") == timedelta(days=9, hours=3, minutes=4, seconds=5)


@pytest.mark.parametrize(
    "text", ["P", "PT", "7D", "P1M", "P1Y", "PT1D", "P-1D", "P1.5D", "P1DT", "soon", "P99999D", "P9999999999999999D"]
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_duration(text)
    with pytest.raises(ValueError, match=text):
        add_working_time(datetime(2026, 1, 1, tzinfo=UTC), text)
