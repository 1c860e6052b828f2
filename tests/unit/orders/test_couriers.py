"""Couriers and tracking numbers as people type and scan them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.orders.couriers import COURIERS, InvalidTrackingNumber, clean_tracking_number, courier_name, tracking_url


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("SF1584 2207 3466", "SF158422073466"),
        ("sf-158422-07", "SF15842207"),
        ("ＳＦ１５８４２２０７", "SF15842207"),
        (" 773123456789\n", "773123456789"),
    ],
)
def test_a_number_is_kept_without_what_people_put_between(typed: str, kept: str) -> None:
    assert clean_tracking_number(COURIERS["sf"], typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "12345", "SF/123456", "顺丰158422", "📦158422", "x" * 41, "SF15\u202e8422"]
)
def test_what_cannot_be_a_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidTrackingNumber):
        clean_tracking_number(COURIERS["sf"], typed)


def test_only_couriers_without_numbers_may_have_none() -> None:
    assert clean_tracking_number(COURIERS["own"], "") == ""
    assert clean_tracking_number(COURIERS["pickup"], " ") == ""


@given(st.text(max_size=60))
def test_a_kept_number_is_kept_as_it_is(typed: str) -> None:
    try:
        kept = clean_tracking_number(COURIERS["sf"], typed)
    except InvalidTrackingNumber:
        return
    assert clean_tracking_number(COURIERS["sf"], kept) == kept
    assert kept.isascii()
    assert kept.isalnum()


def test_a_courier_we_do_not_list_keeps_its_name_and_has_no_link() -> None:
    assert courier_name("sf", "zh") == "顺丰"
    assert courier_name("sf", "en") == "SF Express"
    assert courier_name("速尔", "en") == "速尔"
    assert tracking_url("速尔", "123456") == ""
    assert tracking_url("own", "") == ""
    assert tracking_url("sf", "SF1").endswith("/SF1")
