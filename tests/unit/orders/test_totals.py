"""What an order comes to, and how its payment stands."""

from decimal import Decimal

import pytest

from portal.orders.totals import left_to_pay, payment_state, totals


def test_lines_are_rounded_one_by_one_and_tax_is_contained() -> None:
    sums = totals([(8, Decimal("186.00")), (10, Decimal("968.00")), (100, Decimal("12.60"))])
    assert (sums.lines, sums.pieces, sums.amount, sums.tax) == (3, 118, Decimal("12428.00"), Decimal("1429.77"))


def test_nothing_comes_to_nothing() -> None:
    assert totals([]).amount == Decimal("0.00")


@pytest.mark.parametrize(
    ("received", "refunded", "cancelled", "state"),
    [
        ("0", "0", False, "unpaid"),
        ("40", "0", False, "partly_paid"),
        ("100", "0", False, "paid"),
        ("130", "0", False, "paid"),
        ("0", "0", True, "unpaid"),
        ("40", "0", True, "refunding"),
        ("40", "39.99", True, "refunding"),
        ("40", "40", True, "refunded"),
    ],
)
def test_the_payment_state_follows_receipts_and_refunds(
    received: str, refunded: str, cancelled: bool, state: str
) -> None:
    owed = Decimal(100)
    assert (
        payment_state(owed=owed, received=Decimal(received), refunded=Decimal(refunded), cancelled=cancelled) == state
    )


def test_an_overpayment_leaves_nothing_to_pay() -> None:
    assert left_to_pay(owed=Decimal(100), received=Decimal(130)) == Decimal(0)
