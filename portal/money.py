"""Money: Decimal amounts with two places, in one currency per shop (CNY)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CURRENCY = "CNY"
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST = Decimal("9999999999.99")


def rounded(amount: Decimal) -> Decimal:
    """Round to the cent, halves away from zero (as invoices do)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def line_amount(unit_price: Decimal, quantity: int) -> Decimal:
    """Return what a line costs: unit price times pieces, rounded once."""
    return rounded(unit_price * quantity)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add up amounts; an empty sum is 0.00."""
    return sum(amounts, ZERO)


def parse_amount(text: str) -> Decimal:
    """Read an amount as people type it (`¥1,234.50`, full-width digits, 元); ValueError if it is none or has fractions of a cent."""
    cleaned = text.strip().translate(_FULL_WIDTH).strip("¥￥元 ").replace(",", "").replace(" ", "")
    try:
        amount = Decimal(cleaned)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or abs(amount) > LARGEST or amount != amount.quantize(CENT):
        raise ValueError(text)
    return amount.quantize(CENT)


_FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)} | {ord("．"): ord("."), ord("，"): ord(",")}
