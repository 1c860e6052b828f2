"""What an order comes to (pure): the one place that adds up lines, receipts and refunds."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portal.money import ZERO, line_amount, rounded, total

TAX_PERCENT = Decimal(13)
"""VAT contained in every price (增值税 13 %)."""


@dataclass(frozen=True)
class Totals:
    """Lines, pieces and money of a cart or order; `tax` is contained in `amount`."""

    lines: int
    pieces: int
    amount: Decimal
    tax: Decimal


def totals(lines: Iterable[tuple[int, Decimal]]) -> Totals:
    """Add up (quantity, unit price) pairs; each line is rounded once."""
    pairs = list(lines)
    amount = total(line_amount(price, quantity) for quantity, price in pairs)
    return Totals(len(pairs), sum(quantity for quantity, _ in pairs), amount, contained_tax(amount))


def contained_tax(amount: Decimal) -> Decimal:
    """Return the tax inside an amount that includes it."""
    return rounded(amount * TAX_PERCENT / (100 + TAX_PERCENT))


def payment_state(*, owed: Decimal, received: Decimal, refunded: Decimal, cancelled: bool) -> str:
    """Derive the payment axis: unpaid, partly_paid, paid, refunding, refunded.

    `owed` is the order's total, `received` all receipts, `refunded` all refunds; a cancelled order gives back what it received.
    """
    if cancelled and received > ZERO:
        return "refunded" if refunded >= received else "refunding"
    if received <= ZERO or cancelled:
        return "unpaid"
    return "paid" if received >= owed else "partly_paid"


def left_to_pay(*, owed: Decimal, received: Decimal) -> Decimal:
    """Return what is still to be paid; never below zero, an overpayment is not a debt of ours here."""
    return max(owed - received, ZERO)
