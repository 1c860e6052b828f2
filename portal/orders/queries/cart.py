"""Reads of the cart and of what was bought before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import queries as catalog
from portal.catalog.queries import Item
from portal.orders.models import CartLine, Order, OrderLine
from portal.orders.pricing import PricedCart, price_cart


@dataclass(frozen=True, slots=True)
class Bought:
    """Something the company ordered before, as it can be ordered now."""

    item: Item
    quantity: int
    at: datetime


def cart(session: Session, *, actor: Actor) -> PricedCart:
    """Return the actor's cart at today's prices, in the order things were put in."""
    wanted = cart_quantities(session, actor=actor)
    items = catalog.items_by_id(session, actor=actor, variant_ids=list(wanted)) if wanted else {}
    return price_cart(wanted.items(), items)


def cart_quantities(session: Session, *, actor: Actor) -> dict[int, int]:
    """Return variant id → pieces of the actor's cart, in the order things were put in."""
    rows = session.execute(
        select(CartLine.variant_id, CartLine.quantity)
        .where(CartLine.user_id == actor.user_id)
        .order_by(CartLine.added_at, CartLine.variant_id)
    )
    return {row.variant_id: row.quantity for row in rows}


def cart_count(session: Session, *, actor: Actor) -> int:
    """Return how many lines the actor's cart has."""
    if not actor.is_contact:
        return 0
    return session.scalar(select(func.count()).where(CartLine.user_id == actor.user_id)) or 0


def bought_before(session: Session, *, actor: Actor, limit: int = 10) -> tuple[Bought, ...]:
    """Return what the actor's company ordered last, newest first, each item once; only what it may still see."""
    if not actor.is_contact:
        return ()
    newest = (
        select(OrderLine.variant_id, OrderLine.quantity, Order.submitted_at)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.customer_id == actor.customer_id)
        .order_by(Order.id.desc(), OrderLine.position)
        .limit(limit * 10)
    )
    last: dict[int, tuple[int, datetime]] = {}
    for row in session.execute(newest):
        last.setdefault(row.variant_id, (row.quantity, row.submitted_at))
    items = catalog.items_by_id(session, actor=actor, variant_ids=list(last)) if last else {}
    found = [Bought(items[key], quantity, at) for key, (quantity, at) in last.items() if key in items]
    return tuple(bought for bought in found if bought.item.status == "active")[:limit]
