"""A cart against today's catalogue (pure): what each line costs now, and why one cannot be ordered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.catalog.items import Item
from portal.catalog.quantities import check_quantity
from portal.money import line_amount
from portal.orders.totals import Totals, totals
from portal.web.i18n import lazy_gettext as _

GONE = _("This item can no longer be ordered. Remove it, or ask your salesperson.")
ASK = _("This item has no price yet. Ask your salesperson.")


@dataclass(frozen=True)
class PricedLine:
    """One line of a cart; `item` is None when the contact may not see it any more, `problem` says why it cannot be ordered."""

    variant_id: int
    quantity: int
    item: Item | None
    amount: Decimal | None
    problem: Any

    @property
    def orderable(self) -> bool:
        """Say whether the line can be submitted as it is."""
        return self.problem is None


@dataclass(frozen=True)
class PricedCart:
    """All lines with the totals of those that can be ordered."""

    lines: tuple[PricedLine, ...]
    totals: Totals

    @property
    def orderable(self) -> bool:
        """Say whether there is something to submit and nothing stands in the way."""
        return bool(self.lines) and all(line.orderable for line in self.lines)

    @property
    def problems(self) -> int:
        """How many lines must be mended first."""
        return sum(not line.orderable for line in self.lines)


def price_cart(wanted: Iterable[tuple[int, int]], items: Mapping[int, Item]) -> PricedCart:
    """Price (variant id, quantity) pairs in their order against the items the contact sees."""
    lines = tuple(price_line(variant_id, quantity, items.get(variant_id)) for variant_id, quantity in wanted)
    good = [
        (line.quantity, line.item.price)
        for line in lines
        if line.orderable and line.item and line.item.price is not None
    ]
    return PricedCart(lines, totals(good))


def price_line(variant_id: int, quantity: int, item: Item | None) -> PricedLine:
    """Price one line."""
    problem = line_problem(quantity, item)
    amount = None if item is None or item.price is None else line_amount(item.price, quantity)
    return PricedLine(variant_id, quantity, item, amount, problem)


def line_problem(quantity: int, item: Item | None) -> Any:
    """Say why so many of an item cannot be ordered, or None."""
    if item is None or not item.active:
        return GONE
    if item.price is None:
        return ASK
    return check_quantity(item, quantity)


@dataclass(frozen=True)
class Agreed:
    """A line as it was agreed: what an assessment looks at. `agreed_price` marks a price of customer_prices."""

    quantity: int
    unit_price: Decimal
    list_price: Decimal | None
    custom: bool
    agreed_price: bool


def below_list_percent(lines: Iterable[Agreed]) -> Decimal:
    """Return the largest discount under the list price in percent (0.00 for none).

    A price agreed with the customer (customer_prices) was approved when it was agreed and does not count, or every order of a
    customer with agreed prices would need approval again; product.md's "a price below the list" is about prices given in an order.
    """
    discounts = [
        (line.list_price - line.unit_price) * 100 / line.list_price
        for line in lines
        if line.list_price and not line.agreed_price and line.unit_price < line.list_price
    ]
    return max(discounts, default=Decimal(0)).quantize(Decimal("0.01"))
