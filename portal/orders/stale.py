"""What changed between the page a contact saw and today's cart (pure)."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from portal.orders.pricing import PricedCart, PricedLine


@dataclass(frozen=True)
class Seen:
    """A line as the page showed it; CNY per piece."""

    variant_id: int
    quantity: int
    price: Decimal


@dataclass(frozen=True)
class Change:
    """One difference: `kind` is gone, added, removed, quantity or price; before and after as numbers."""

    kind: str
    marking: str
    before: Decimal | int | None = None
    after: Decimal | int | None = None


def write_seen(cart: PricedCart) -> str:
    """Write what a page shows into one hidden field."""
    return ",".join(
        f"{line.variant_id}:{line.quantity}:{line.item.price}"
        for line in cart.lines
        if line.item is not None and line.item.price is not None
    )


def read_seen(text: str) -> tuple[Seen, ...] | None:
    """Read the field back; None when it is missing or was tampered with, which compares the total only."""
    try:
        return tuple(_one(part) for part in text.split(",")) if text else None
    except (ValueError, InvalidOperation):
        return None


def changes(seen: tuple[Seen, ...] | None, cart: PricedCart) -> tuple[Change, ...]:
    """List what differs between what was seen and the cart, and what cannot be ordered any more."""
    gone = [Change("gone", _marking(line)) for line in cart.lines if not line.orderable]
    if seen is None:
        return tuple(gone)
    before = {line.variant_id: line for line in seen}
    now = {line.variant_id: line for line in cart.lines}
    found = [change for key, line in now.items() if line.orderable for change in _differences(before.get(key), line)]
    removed = [Change("removed", "") for key in before if key not in now]
    return tuple(gone + found + removed)


def _differences(before: Seen | None, line: PricedLine) -> list[Change]:
    assert line.item is not None
    if before is None:
        return [Change("added", line.item.marking, after=line.quantity)]
    found = []
    if before.quantity != line.quantity:
        found.append(Change("quantity", line.item.marking, before.quantity, line.quantity))
    if before.price != line.item.price:
        found.append(Change("price", line.item.marking, before.price, line.item.price))
    return found


def _marking(line: PricedLine) -> str:
    return line.item.marking if line.item is not None else ""


def _one(part: str) -> Seen:
    variant, quantity, price = part.split(":")
    seen = Seen(int(variant), int(quantity), Decimal(price))
    if not seen.price.is_finite():
        raise ValueError(part)
    return seen
