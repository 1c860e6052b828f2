"""What orders answer for the layers below: the cart on catalogue pages, counts in the navigation, who may follow an order live."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import buying
from portal.catalog import pages as catalog_pages
from portal.catalog.buying import CartState, LastPurchase
from portal.orders import queries, views
from portal.orders.models import Order, OrderLine
from portal.orders.queries import visible_to
from portal.web.live import topic_authoriser
from portal.web.nav import badge


def cart_state(session: Session, *, actor: Actor) -> CartState:
    """Say what is in the actor's cart."""
    if not actor.is_contact:
        return CartState()
    cart = queries.cart(session, actor=actor)
    return CartState({line.variant_id: line.quantity for line in cart.lines}, cart.totals.amount)


def last_purchase(session: Session, *, actor: Actor, variant_id: int) -> LastPurchase | None:
    """Say when the actor's company last bought an item."""
    if not actor.is_contact:
        return None
    row = session.execute(
        select(Order.submitted_at, OrderLine.quantity, Order.number)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(visible_to(actor), OrderLine.variant_id == variant_id)
        .order_by(Order.id.desc())
        .limit(1)
    ).one_or_none()
    return LastPurchase(*row) if row else None


def home(session: Session, *, actor: Actor) -> dict[str, Any]:
    """Give the home page its sections "orders in progress" and "bought before"."""
    if not actor.is_contact:
        return {"order_cards": [], "orders_open": 0, "bought": []}
    looks = queries.looks(session)
    page = queries.open_orders(session, actor=actor)
    bought = queries.bought_before(session, actor=actor, limit=8)
    return {
        "order_cards": [views.card(row, looks) for row in page.rows],
        "orders_open": page.total,
        "bought": [(one, catalog_pages.drawing(one.item)) for one in bought],
    }


@badge("cart")
def cart_lines(session: Session, *, actor: Actor) -> int:
    """Count the lines of the actor's cart."""
    return queries.cart_count(session, actor=actor)


@badge("orders")
def orders_waiting(session: Session, *, actor: Actor) -> int:
    """Count the orders that wait for the customer."""
    return queries.waiting_for_customer(session, actor=actor)


@topic_authoriser("subject:order")
def may_follow(session: Session, *, actor: Actor, key: str) -> bool:
    """Say whether the actor may hear of an order."""
    return session.scalar(select(Order.id).where(Order.number == key, visible_to(actor))) is not None


def register() -> None:
    """Answer from now on."""
    buying.register_cart(cart_state)
    buying.register_purchases(last_purchase)
    buying.register_section(home)
