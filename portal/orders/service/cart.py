"""Changes to a cart: one line a variant, checked against what the contact sees now."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.catalog import queries as catalog
from portal.catalog.items import Item
from portal.catalog.quantities import LARGEST, rounded_up
from portal.errors import InvalidInput
from portal.orders import permissions
from portal.orders.limits import MAX_LINES
from portal.orders.models import CartLine, Order, OrderLine
from portal.orders.pricing import line_problem
from portal.orders.queries.visibility import OrderNotFound, visible_to
from portal.web.i18n import lazy_gettext as _


class CartFull(InvalidInput):
    """The cart has as many lines as an order may have."""

    def __init__(self) -> None:
        super().__init__(
            fields={"quantity": _("An order has at most %(most)d lines. Submit this one first.", most=MAX_LINES)}
        )


@dataclass(frozen=True)
class Refill:
    """What went into the cart, and the markings of what cannot be ordered any more."""

    added: int
    skipped: tuple[str, ...]


def set_cart_line(session: Session, *, actor: Actor, sku: str, quantity: int) -> None:
    """Set how much of an item is in the cart; 0 takes it out. Raises ItemNotFound (hidden or unknown alike), InvalidInput, CartFull."""
    permissions.require_contact(actor)
    item = catalog.item(session, actor=actor, sku=sku)
    if quantity == 0:
        remove_cart_line(session, actor=actor, variant_id=item.variant_id)
        return
    _check(item, quantity)
    _require_room(session, actor, {item.variant_id})
    _write(session, actor, {item.variant_id: quantity})


def add_to_cart(session: Session, *, actor: Actor, sku: str, quantity: int) -> None:
    """Put more of an item into the cart. Raises as `set_cart_line`."""
    permissions.require_contact(actor)
    item = catalog.item(session, actor=actor, sku=sku)
    _check(item, quantity)
    there = session.scalar(
        select(CartLine.quantity).where(CartLine.user_id == actor.user_id, CartLine.variant_id == item.variant_id)
    )
    set_cart_line(session, actor=actor, sku=sku, quantity=quantity + (there or 0))


def remove_cart_line(session: Session, *, actor: Actor, variant_id: int) -> None:
    """Take a line out; nothing happens when it is not there."""
    permissions.require_contact(actor)
    session.execute(delete(CartLine).where(CartLine.user_id == actor.user_id, CartLine.variant_id == variant_id))


def clear_cart(session: Session, *, actor: Actor) -> None:
    """Empty the cart."""
    permissions.require_contact(actor)
    session.execute(delete(CartLine).where(CartLine.user_id == actor.user_id))


def fill_cart(session: Session, *, actor: Actor, quantities: Mapping[int, int]) -> Refill:
    """Add quantities by variant id, rounded up to what can be ordered; what cannot be is skipped. Raises CartFull."""
    permissions.require_contact(actor)
    items = catalog.items_by_id(session, actor=actor, variant_ids=list(quantities))
    good = {
        key: _orderable(items[key], count) for key, count in quantities.items() if key in items and items[key].orderable
    }
    _require_room(session, actor, set(good))
    _write(session, actor, good)
    return Refill(len(good), ())


def reorder(session: Session, *, actor: Actor, number: str) -> Refill:
    """Put what an order had into the cart, at today's prices. Raises OrderNotFound, CartFull."""
    permissions.require_contact(actor)
    rows = session.execute(
        select(OrderLine.variant_id, OrderLine.quantity, OrderLine.marking)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.number == number, visible_to(actor))
        .order_by(OrderLine.position)
    ).all()
    if not rows:
        raise OrderNotFound
    filled = fill_cart(session, actor=actor, quantities={row.variant_id: row.quantity for row in rows})
    inside = set(session.scalars(select(CartLine.variant_id).where(CartLine.user_id == actor.user_id)))
    return Refill(filled.added, tuple(row.marking for row in rows if row.variant_id not in inside))


def _check(item: Item, quantity: int) -> None:
    problem = line_problem(quantity, item)
    if problem is not None:
        raise InvalidInput(fields={"quantity": problem})


def _orderable(item: Item, quantity: int) -> int:
    return rounded_up(item, min(quantity, LARGEST - item.order_multiple))


def _require_room(session: Session, actor: Actor, variant_ids: set[int]) -> None:
    others = session.scalar(
        select(func.count()).where(CartLine.user_id == actor.user_id, CartLine.variant_id.not_in(variant_ids))
    )
    if (others or 0) + len(variant_ids) > MAX_LINES:
        raise CartFull


def _write(session: Session, actor: Actor, quantities: Mapping[int, int]) -> None:
    if not quantities:
        return
    now = clock.now()
    rows = [
        {"user_id": actor.user_id, "variant_id": key, "quantity": count, "added_at": now}
        for key, count in quantities.items()
    ]
    statement = insert(CartLine).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "variant_id"], set_={"quantity": statement.excluded.quantity}
        )
    )
