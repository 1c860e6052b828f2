"""What can be ordered of an item."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.quantities import LARGEST, check_quantity, rounded_up, smallest
from portal.web.i18n import using_locale


@dataclass(frozen=True)
class Terms:
    min_quantity: int = 1
    order_multiple: int = 1


@pytest.mark.parametrize(
    ("terms", "quantity", "message"),
    [
        (Terms(), 1, None),
        (Terms(8, 4), 8, None),
        (Terms(10, 4), 12, None),
        (Terms(), 0, "Enter a quantity of at least 1."),
        (Terms(), -5, "Enter a quantity of at least 1."),
        (Terms(10, 4), 4, "At least 12 of this item."),
        (Terms(1, 4), 6, "Only multiples of 4: take 4 or 8."),
        (Terms(8, 4), 9, "Only multiples of 4: take 8 or 12."),
        (Terms(10, 4), 11, "Only multiples of 4: take 12."),
        (Terms(), 10**12, f"At most {LARGEST} of one item; ask your salesperson about more."),
    ],
)
def test_a_quantity_is_accepted_or_answered_with_what_to_take(terms: Terms, quantity: int, message: str | None) -> None:
    with using_locale("en"):
        assert check_quantity(terms, quantity) == message


@given(st.integers(1, 500), st.integers(1, 60), st.integers(-10, 2000))
def test_what_is_rounded_up_can_be_ordered_and_is_the_least_that_can(least: int, multiple: int, wanted: int) -> None:
    terms = Terms(least, multiple)
    rounded = rounded_up(terms, wanted)
    assert check_quantity(terms, rounded) is None
    assert rounded >= wanted
    assert rounded - multiple < max(wanted, least)
    assert smallest(terms) == rounded_up(terms, 0)
