"""The account of an order line keeps its rules whatever happens to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.orders.quantities import Account

NAMES = ("reserve", "produce", "finish", "ship", "receive", "cancel")


def holds(account: Account) -> bool:
    within = account.cancelled + account.shipped + account.reserved + account.in_production <= account.ordered
    chain = account.returned <= account.received <= account.shipped
    return within and chain and min(account.open, account.reserved, account.in_production, account.short) >= 0


def test_shipping_takes_reserved_pieces_first() -> None:
    account = Account(100).reserve(60).produce(40).ship(50)
    assert (account.shipped, account.reserved, account.in_production, account.open) == (50, 10, 40, 50)


def test_shipping_more_than_was_reserved_takes_from_production() -> None:
    account = Account(100).reserve(60).produce(40).ship(80)
    assert (account.shipped, account.reserved, account.in_production) == (80, 0, 20)


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_what_is_not_open_cannot_be_shipped(quantity: int) -> None:
    with pytest.raises(ValueError, match=str(quantity)):
        Account(100).ship(quantity)


def test_finished_pieces_become_reserved() -> None:
    account = Account(40).produce(40).finish(16)
    assert (account.reserved, account.in_production) == (16, 24)


def test_what_is_neither_reserved_nor_being_made_is_short() -> None:
    assert Account(10).reserve(4).produce(3).short == 3


def test_cancelling_gives_up_only_what_is_open() -> None:
    account = Account(10).reserve(10).ship(4).cancel()
    assert (account.cancelled, account.shipped, account.reserved, account.open) == (6, 4, 0, 0)


@given(
    ordered=st.integers(1, 500), steps=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(-10, 600)), max_size=12)
)
def test_no_order_of_events_breaks_the_account(ordered: int, steps: list[tuple[str, int]]) -> None:
    account = Account(ordered)
    for name, quantity in steps:
        try:
            account = getattr(account, name)() if name in ("receive", "cancel") else getattr(account, name)(quantity)
        except ValueError:
            continue
        assert holds(account)
