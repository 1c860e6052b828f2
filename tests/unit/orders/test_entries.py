"""Quantities as people type them."""

import pytest

from portal.errors import InvalidInput
from portal.orders.entries import parse_quantity


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("8", 8),
        (" 24 ", 24),
        ("１２０", 120),
        ("1,200", 1200),
        ("１，２００", 1200),
        ("0", 0),
        ("+4", 4),
        ("-0", 0),
        ("0" * 9_000 + "7", 7),
    ],
)
def test_a_quantity_is_read_as_it_is_written(text: str, quantity: int) -> None:
    assert parse_quantity(text) == quantity


@pytest.mark.parametrize("text", ["", "  ", "-8", "－８", "8.5", "abc", "😀", "٣", "1e5", "9" * 10_000, "12 片"])
def test_what_is_no_quantity_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_quantity(text, field="quantity-3")
    assert list(refused.value.fields) == ["quantity-3"]
