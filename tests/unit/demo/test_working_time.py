"""Moments in business hours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.demo.working_time import earlier, later

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  bounds are naive by contract


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2026-07-16T15:00+08:00", 2, "2026-07-16T13:00+08:00"),
        ("2026-07-16T09:00+08:00", 2, "2026-07-15T16:00+08:00"),
        ("2026-07-20T08:30+08:00", 1, "2026-07-17T16:30+08:00"),
        ("2026-07-18T12:00+08:00", 1, "2026-07-17T16:30+08:00"),
        ("2026-07-16T23:00+08:00", 10, "2026-07-15T16:30+08:00"),
        ("2026-07-16T03:00+08:00", 1, "2026-07-15T16:30+08:00"),
    ],
)
def test_business_hours_are_counted_back(moment: str, hours: float, expected: str) -> None:
    assert earlier(datetime.fromisoformat(moment), hours) == datetime.fromisoformat(expected)


@given(MOMENTS, st.integers(1, 100))
def test_going_back_and_on_again_never_passes_the_moment(moment: datetime, hours: int) -> None:
    back = earlier(moment, hours)
    assert back < moment
    assert later(back, hours) <= moment + timedelta(days=3)
    assert later(back, hours - 0.1) <= moment
