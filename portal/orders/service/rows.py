"""Rows that a change works on, and what every change writes beside them. Locks are taken in one order: process instance, then order."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import User
from portal.orders.models import Order, OrderEvent, OrderLine
from portal.orders.process import KEY
from portal.orders.quantities import Account
from portal.orders.queries.visibility import OrderNotFound, visible_to
from portal.workflow.models import ProcessInstance


def locked_order(session: Session, number: str) -> Order:
    """Return the order, locked until the transaction ends; raises OrderNotFound."""
    order = session.scalars(
        select(Order)
        .where(Order.number == number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if order is None:
        raise OrderNotFound
    return order


def visible_order(session: Session, *, actor: Actor, number: str) -> Order:
    """Return an order the actor may see, its process locked first so that no step runs meanwhile; raises OrderNotFound."""
    found = session.scalar(select(Order.id).where(Order.number == number, visible_to(actor)))
    if found is None:
        raise OrderNotFound
    lock_process(session, number)
    return locked_order(session, number)


def lock_process(session: Session, number: str) -> None:
    """Lock the order's process instance, as every step of it does."""
    session.scalar(
        select(ProcessInstance.id)
        .where(ProcessInstance.process_key == KEY, ProcessInstance.business_key == number)
        .with_for_update(key_share=True)
    )


def lines_of(session: Session, order: Order) -> list[OrderLine]:
    """Return the order's lines by position."""
    lines = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    return list(session.scalars(lines.execution_options(populate_existing=True)))


def account_of(line: OrderLine) -> Account:
    """Read a line's account."""
    return Account(
        line.quantity, line.cancelled, line.reserved, line.in_production, line.shipped, line.received, line.returned
    )


def settle(line: OrderLine, account: Account) -> None:
    """Write a line's account."""
    line.cancelled, line.reserved, line.in_production = account.cancelled, account.reserved, account.in_production
    line.shipped, line.received, line.returned = account.shipped, account.received, account.returned


def note_event(
    session: Session, order: Order, kind: str, *, actor: Actor = SYSTEM, public: bool = True, **detail: Any
) -> OrderEvent:
    """Add a line to the order's history; `detail` is JSON."""
    event = OrderEvent(
        order_id=order.id,
        at=clock.now(),
        kind=kind,
        actor_id=actor.user_id,
        actor_name="" if actor.is_system else actor.name,
        public=public,
        detail=detail,
    )
    session.add(event)
    return event


def actor_by_id(session: Session, user_id: int | None) -> Actor:
    """Return who acts behind a service action; the system when nobody does."""
    user = session.get(User, user_id) if user_id is not None else None
    if user is None:
        return SYSTEM
    return Actor(user.id, user.name, frozenset(user.roles), user.customer_id, user.team, user.locale or "zh")
