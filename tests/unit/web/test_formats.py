from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from portal import clock
from portal.web import formats
from portal.web.i18n import using_locale

NOW = datetime(2026, 7, 16, 3, 41, tzinfo=UTC)  # 11:41 in Shanghai, a Thursday


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    with clock.frozen(NOW):
        formats.set_timezone("Asia/Shanghai")
        yield


def test_money_has_two_decimals_and_separators() -> None:
    assert formats.money(Decimal(12428)) == "¥12,428.00"
    assert formats.money(Decimal("-3.5")) == "-¥3.50"
    assert formats.money(Decimal(1200), sign=False) == "1,200.00"
    assert formats.money(None) == "–"


def test_a_quantity_does_not_part_from_its_unit() -> None:
    assert formats.quantity(8, "片") == "8\u00a0片"
    assert formats.quantity(None, "片") == "–"
    assert formats.number(Decimal("2.500")) == "2.5"


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        (NOW, "今天 11:41", "today 11:41"),
        (NOW - timedelta(days=1), "昨天 11:41", "yesterday 11:41"),
        (NOW + timedelta(hours=13), "明天 00:41", "tomorrow 00:41"),
        (NOW + timedelta(days=9), "7月25日 11:41", "25 Jul 11:41"),
        (NOW - timedelta(days=400), "2025年6月11日 11:41", "11 Jun 2025 11:41"),
    ],
)
def test_a_moment_is_told_from_today(moment: datetime, zh: str, en: str) -> None:
    with using_locale("zh"):
        assert formats.moment(moment) == zh
    with using_locale("en"):
        assert formats.moment(moment) == en


def test_a_column_of_the_desk_gives_the_weekday() -> None:
    with using_locale("zh"):
        assert formats.short_moment(NOW + timedelta(days=8)) == "7-24 周五"
    with using_locale("en"):
        assert formats.short_moment(NOW + timedelta(days=8)) == "24 Jul Fri"


def test_a_span_shows_its_two_largest_parts() -> None:
    with using_locale("zh"):
        assert formats.span(timedelta(days=1, hours=3, minutes=9)) == "1\u00a0天 3\u00a0时"
    with using_locale("en"):
        assert formats.span(timedelta(hours=2, minutes=5)) == "2h 5m"
        assert formats.span(timedelta()) == "0m"


def test_a_wait_is_rounded_up() -> None:
    with using_locale("en"):
        assert [formats.wait(seconds) for seconds in (0, 59, 60, 61)] == [
            "1 second",
            "59 seconds",
            "1 minute",
            "2 minutes",
        ]


def test_dates_for_machines() -> None:
    assert formats.iso(date(2026, 7, 25)) == "2026-07-25"
    assert formats.iso(NOW) == "2026-07-16T11:41:00+08:00"


def test_a_phone_number_may_be_shown_and_hidden() -> None:
    assert formats.phone("+8613805741234") == "138\u00a00574\u00a01234"
    assert formats.masked_phone("+8613805741234") == "138****1234"
