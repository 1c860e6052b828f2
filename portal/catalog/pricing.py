"""What an item costs a customer; pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Source = Literal["customer", "list", "ask", "hidden"]


@dataclass(frozen=True, slots=True)
class Price:
    """CNY per base unit, tax included; no amount when it is asked for or not to be seen."""

    amount: Decimal | None
    source: Source


def price_of(*, list_price: Decimal | None, customer_price: Decimal | None, visible: bool) -> Price:
    """Return what counts: the price agreed with the customer, else the list's, else ask; `hidden` when not to be seen."""
    if not visible:
        return Price(None, "hidden")
    if customer_price is not None:
        return Price(customer_price, "customer")
    return Price(list_price, "ask" if list_price is None else "list")
