"""A stale page is told line by line what changed."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from portal.orders.pricing import PricedCart, PricedLine
from portal.orders.stale import Change, Seen, changes, read_seen, write_seen
from portal.orders.totals import totals


def line(variant_id: int, quantity: int, price: str | None, problem: str | None = None) -> PricedLine:
    item: Any = SimpleNamespace(marking=f"M{variant_id}", price=Decimal(price)) if price else None
    return PricedLine(variant_id, quantity, item, None, problem)


def cart(*lines: PricedLine) -> PricedCart:
    return PricedCart(lines, totals([]))


def test_what_was_seen_survives_the_form() -> None:
    written = write_seen(cart(line(1, 8, "186.00"), line(2, 4, "12.60")))
    assert read_seen(written) == (Seen(1, 8, Decimal("186.00")), Seen(2, 4, Decimal("12.60")))


def test_a_field_that_was_tampered_with_compares_nothing() -> None:
    assert read_seen("1:x:3") is None
    assert read_seen("nonsense") is None
    assert read_seen("1:2:NaNana") is None
    assert [read_seen(f"1:2:{price}") for price in ("NaN", "sNaN", "Infinity")] == [None] * 3


def test_price_quantity_and_membership_are_compared() -> None:
    seen = (Seen(1, 8, Decimal("186.00")), Seen(2, 4, Decimal("12.60")), Seen(3, 1, Decimal("1.00")))
    found = changes(seen, cart(line(1, 8, "190.00"), line(2, 6, "12.60"), line(4, 2, "5.00")))
    assert found == (
        Change("price", "M1", Decimal("186.00"), Decimal("190.00")),
        Change("quantity", "M2", 4, 6),
        Change("added", "M4", after=2),
        Change("removed", ""),
    )


def test_what_can_no_longer_be_ordered_is_named_even_when_nothing_was_seen() -> None:
    assert changes(None, cart(line(1, 8, None, "gone"))) == (Change("gone", ""),)
