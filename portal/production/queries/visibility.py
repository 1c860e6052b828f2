"""Whose orders a reader of the factory's pages may know by name: the rest are only quantities."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.orders.models import Order
from portal.orders.queries.visibility import OrderNotFound, visible_to
from portal.production.permissions import may_work


def visible_numbers(session: Session, *, actor: Actor, numbers: Iterable[str | None]) -> frozenset[str]:
    """Return those of the order numbers that the actor may see; whoever works in the factory sees all of them."""
    wanted = {number for number in numbers if number}
    if may_work(actor) or not wanted:
        return frozenset(wanted)
    return frozenset(session.scalars(select(Order.number).where(Order.number.in_(wanted), visible_to(actor))))


def require_visible(session: Session, *, actor: Actor, number: str) -> None:
    """Refuse an order the actor may not see. OrderNotFound."""
    if session.scalar(select(Order.id).where(Order.number == number, visible_to(actor))) is None:
        raise OrderNotFound


def order_of_reference(reference: str) -> str | None:
    """Return the order number a ledger line refers to: its own, or that of its parcel; None for anything else."""
    if not reference.startswith("SO-"):
        return None
    return "-".join(reference.split("-")[:3])
