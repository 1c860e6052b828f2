"""What the pages of the catalogue need to know of the cart and of past orders: a port that orders register themselves at.

The catalogue lies below orders and may not ask them; without readers the cart is empty and nothing was ever bought.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class CartState:
    """What is in an actor's cart: base units per variant id, and what it comes to (None: something in it has no price)."""

    quantities: Mapping[int, int] = field(default_factory=dict)
    total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LastPurchase:
    """When the actor's company last ordered an item, how much of it, and in which order."""

    at: datetime
    quantity: int
    number: str


CartReader = Callable[..., CartState]
PurchaseReader = Callable[..., LastPurchase | None]
Section = Callable[..., Mapping[str, Any]]

_cart: list[CartReader] = []
_purchases: list[PurchaseReader] = []
_sections: list[Section] = []


def register_cart(reader: CartReader) -> None:
    """Let `reader(session, *, actor) -> CartState` answer from now on."""
    _cart[:] = [reader]


def register_purchases(reader: PurchaseReader) -> None:
    """Let `reader(session, *, actor, variant_id) -> LastPurchase | None` answer from now on."""
    _purchases[:] = [reader]


def register_section(section: Section) -> None:
    """Let `section(session, *, actor) -> dict` give the home page more to show; its values join the page's."""
    if section not in _sections:
        _sections.append(section)


def cart(session: Session, *, actor: Any) -> CartState:
    """Return what is in the actor's cart."""
    return _cart[0](session, actor=actor) if _cart else CartState()


def last_purchase(session: Session, *, actor: Any, variant_id: int) -> LastPurchase | None:
    """Return when the actor's company last bought an item."""
    return _purchases[0](session, actor=actor, variant_id=variant_id) if _purchases else None


def sections(session: Session, *, actor: Any) -> dict[str, Any]:
    """Return what others show on the home page."""
    return {name: value for section in _sections for name, value in section(session, actor=actor).items()}
