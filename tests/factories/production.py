"""Make stock, orders in the factory, and the people of the warehouse."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor, Role
from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.orders.models import Order, OrderLine
from portal.production import service
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder, StockLevel
from portal.production.protocol import FactoryCustomer, FactoryLineIn, FactoryOrderIn
from portal.production.service import ledger
from tests.factories.customers import a_contact, a_customer, a_user, actor_of

_numbers = count(1)


def a_worker(session: Session, name: str = "何建国") -> Actor:
    """Somebody of the warehouse."""
    return actor_of(a_user(session, Role.WAREHOUSE, name=name))


def in_stock(session: Session, variant: Variant, quantity: int, **columns: Any) -> None:
    """Put pieces of the variant on the shelf."""
    ledger.move(session, variant_id=variant.id, kind="in", on_hand=quantity, reason="开账")
    for name, value in columns.items():
        setattr(session.get_one(StockLevel, variant.id), name, value)
    session.flush()


def an_order(session: Session, wanted: dict[Variant, int], customer: Customer | None = None, **columns: Any) -> Order:
    """An order of the portal for these quantities, without a process."""
    company = customer or a_customer(session)
    contact = a_contact(session, company)
    amount = Decimal("186.00") * sum(wanted.values())
    defaults: dict[str, Any] = {
        "number": f"SO-260716-{next(_numbers):03d}", "customer_id": company.id, "placed_by_id": contact.id, "contact_id": contact.id,
        "submission_key": f"key-{next(_numbers)}", "status_at": clock.now(), "submitted_at": clock.now(), "total": amount,
        "recipient": "王磊", "phone": "13805741234", "address": "浙江省宁波市北仑区大碶街道 2 号仓",
    }  # fmt: skip
    order = Order(**(defaults | columns))
    session.add(order)
    session.flush()
    for position, (variant, quantity) in enumerate(wanted.items(), start=1):
        session.add(_line(order, position, variant, quantity))
    session.flush()
    return order


def a_factory_order(
    session: Session, wanted: dict[Variant, int], *, wanted_on: date | None = None, **columns: Any
) -> FactoryOrder:
    """An order of the portal that the factory knows; nothing reserved yet."""
    order = an_order(session, wanted, wanted_on=wanted_on, **columns)
    customer = session.get_one(Customer, order.customer_id)
    lines = tuple(
        FactoryLineIn(position, variant.id, quantity)
        for position, (variant, quantity) in enumerate(wanted.items(), start=1)
    )
    known = FactoryOrderIn(
        order.number, FactoryCustomer(customer.code, customer.name), order.recipient, order.phone, order.address,
        order.note, wanted_on, lines,
    )  # fmt: skip
    service.push_order(session, order=known)
    return factory_order(session, order.number)


def a_released_order(session: Session, wanted: dict[Variant, int], **columns: Any) -> FactoryOrder:
    """An order whose goods are reserved, as far as they are there, and released to the warehouse."""
    order = a_factory_order(session, wanted, **({"released_at": clock.now()} | columns))
    service.reserve_order(session, number=order.number)
    service.release_order(session, number=order.number)
    return order


def factory_order(session: Session, number: str) -> FactoryOrder:
    """The order as the factory has it now."""
    statement = select(FactoryOrder).where(FactoryOrder.number == number)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def lines(session: Session, order: FactoryOrder) -> list[FactoryOrderLine]:
    """The order's lines as they are now."""
    statement = select(FactoryOrderLine).where(FactoryOrderLine.factory_order_id == order.id)
    return list(
        session.scalars(statement.order_by(FactoryOrderLine.position).execution_options(populate_existing=True))
    )


def production_orders(session: Session, order: FactoryOrder | None = None) -> list[ProductionOrder]:
    """The production orders for the order (or all), the oldest first."""
    statement = select(ProductionOrder).order_by(ProductionOrder.id).execution_options(populate_existing=True)
    if order is not None:
        ids = select(FactoryOrderLine.id).where(FactoryOrderLine.factory_order_id == order.id)
        statement = statement.where(ProductionOrder.line_id.in_(ids))
    return list(session.scalars(statement))


def stock(session: Session, variant: Variant) -> tuple[int, int]:
    """What is on hand and what is reserved of the variant."""
    row = session.execute(
        select(StockLevel.on_hand, StockLevel.reserved).where(StockLevel.variant_id == variant.id)
    ).one_or_none()
    return (row.on_hand, row.reserved) if row else (0, 0)


def _line(order: Order, position: int, variant: Variant, quantity: int) -> OrderLine:
    price = Decimal("186.00")
    return OrderLine(
        order_id=order.id, position=position, variant_id=variant.id, sku=variant.sku, marking=variant.marking,
        name_zh="平形砂轮", name_en="Straight wheel", unit_zh="片", unit_en="pcs", list_price=price, unit_price=price,
        quantity=quantity, amount=price * quantity,
    )  # fmt: skip
