"""What the factory is told of an order; no permission: the process asks."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.customers.models import Customer
from portal.orders.models import Order, OrderLine
from portal.orders.queries.visibility import OrderNotFound


@dataclass(frozen=True, slots=True)
class FactoryLine:
    """A line; `quantity` is what is not cancelled."""

    position: int
    variant_id: int
    sku: str
    marking: str
    name_zh: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class FactoryOrder:
    """An order as the factory needs it."""

    number: str
    customer_id: int
    customer_code: str
    customer_name: str
    recipient: str
    phone: str
    address: str
    note: str
    purchase_order: str
    wanted_on: date | None
    partial_delivery: bool
    status: str
    paid: bool
    lines: tuple[FactoryLine, ...]


def for_factory(session: Session, number: str) -> FactoryOrder:
    """Return an order as the factory needs it; raises OrderNotFound."""
    found = session.execute(
        select(Order, Customer.code, Customer.name)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.number == number)
    ).one_or_none()
    if found is None:
        raise OrderNotFound
    order, code, name = found
    rows = session.execute(
        select(
            OrderLine.position, OrderLine.variant_id, OrderLine.sku, OrderLine.marking, OrderLine.name_zh,
            OrderLine.quantity - OrderLine.cancelled, OrderLine.unit_price,
        ).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    )  # fmt: skip
    return FactoryOrder(
        order.number, order.customer_id, code, name, order.recipient, order.phone, order.address, order.note, order.purchase_order,
        order.wanted_on, order.partial_delivery, order.status, order.payment == "paid", tuple(FactoryLine(*row) for row in rows),
    )  # fmt: skip


def is_wanted(session: Session, number: str) -> bool:
    """Say whether the order is neither over nor being cancelled."""
    return (
        session.scalar(
            select(Order.cancelling_at.is_(None) & Order.completed_at.is_(None)).where(Order.number == number)
        )
        or False
    )


def is_released(session: Session, number: str) -> bool:
    """Say whether the order's process has released anything of it to production or to the warehouse."""
    return session.scalar(select(Order.released_at.is_not(None)).where(Order.number == number)) or False
