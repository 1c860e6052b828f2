"""What an assessment looks at: the customer's terms, what it owes, whether it ordered before, and the lines as agreed."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from portal.catalog.models import CustomerPrice
from portal.customers.models import Customer
from portal.money import ZERO
from portal.orders.models import Order, OrderLine
from portal.orders.pricing import Agreed


@dataclass(frozen=True, slots=True)
class Terms:
    """A customer's terms; amounts in CNY."""

    type: str
    status: str
    salesperson_id: int | None
    credit_limit: Decimal
    order_limit: Decimal | None
    overdue: Decimal


def terms(session: Session, *, customer_id: int, held: bool = False) -> Terms:
    """Return the customer's terms; `held` until the transaction ends, so that a company's orders are assessed one after the other."""
    statement = select(
        Customer.type, Customer.status, Customer.salesperson_id, Customer.credit_limit, Customer.order_limit,
        Customer.overdue_amount,
    ).where(Customer.id == customer_id)  # fmt: skip
    row = session.execute(statement.with_for_update(key_share=True) if held else statement).one()
    return Terms(*row)


def owed(session: Session, *, customer_id: int, except_order: int | None = None) -> Decimal:
    """Return what the customer's other orders still come to: what is not cancelled less what was received, each at least zero."""
    live = func.sum((OrderLine.quantity - OrderLine.cancelled) * OrderLine.unit_price) - Order.received
    per_order = (
        select(func.greatest(live, ZERO).label("owed"))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.customer_id == customer_id,
            Order.id != (except_order or 0),
            Order.payment.in_(["unpaid", "partly_paid"]),
        )
        .group_by(Order.id)
        .subquery()
    )
    return session.scalar(select(func.coalesce(func.sum(per_order.c.owed), ZERO))) or ZERO


def ordered_before(session: Session, *, customer_id: int, except_order: int | None = None) -> bool:
    """Say whether the customer has another order that was not given up."""
    live = exists().where(OrderLine.order_id == Order.id, OrderLine.cancelled < OrderLine.quantity)
    other = select(Order.id).where(Order.customer_id == customer_id, Order.id != (except_order or 0), live).limit(1)
    return session.scalar(other) is not None


def agreed_lines(session: Session, *, order_id: int) -> tuple[Agreed, ...]:
    """Return an order's lines with whether each price is the one agreed with the customer."""
    agreed = and_(
        CustomerPrice.customer_id == Order.customer_id,
        CustomerPrice.variant_id == OrderLine.variant_id,
        CustomerPrice.price == OrderLine.unit_price,
    )
    rows = session.execute(
        select(
            OrderLine.quantity,
            OrderLine.unit_price,
            OrderLine.list_price,
            OrderLine.custom,
            CustomerPrice.id.is_not(None),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(CustomerPrice, agreed)
        .where(OrderLine.order_id == order_id, OrderLine.cancelled < OrderLine.quantity)
        .order_by(OrderLine.position)
    )
    return tuple(Agreed(*row) for row in rows)
