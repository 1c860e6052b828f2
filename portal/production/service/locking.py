"""What is held while the factory acts on an order.

A factory order's row is the lock of all that belongs to it: its lines, the production orders for them, its parcels. Whoever changes
any of these locks that row first, then stock levels by rising variant id; so cancelling, making and shipping wait for each other and
never deadlock.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.production.errors import FactoryOrderNotFound, ParcelNotFound, ProductionOrderNotFound
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, ProductionOrder


def find_order(session: Session, number: str) -> FactoryOrder | None:
    """Return the factory order, locked, or None."""
    return session.scalar(
        select(FactoryOrder)
        .where(FactoryOrder.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def get_order(session: Session, number: str) -> FactoryOrder:
    """Return the factory order, locked; FactoryOrderNotFound."""
    order = find_order(session, number)
    if order is None:
        raise FactoryOrderNotFound
    return order


def lines_of(session: Session, order: FactoryOrder) -> list[FactoryOrderLine]:
    """Return the lines of a locked order, by variant: the order in which stock is to be changed."""
    return list(
        session.scalars(
            select(FactoryOrderLine)
            .where(FactoryOrderLine.factory_order_id == order.id)
            .order_by(FactoryOrderLine.variant_id, FactoryOrderLine.position)
            .execution_options(populate_existing=True)
        )
    )


def order_of_line(session: Session, line_id: int) -> FactoryOrder:
    """Return the order of a line, locked; FactoryOrderNotFound."""
    number = session.scalar(
        select(FactoryOrder.number)
        .join(FactoryOrderLine, FactoryOrderLine.factory_order_id == FactoryOrder.id)
        .where(FactoryOrderLine.id == line_id)
    )
    return get_order(session, number or "")


def get_production_order(session: Session, number: str) -> tuple[ProductionOrder, FactoryOrder | None]:
    """Return the production order and the order it is for, both locked; ProductionOrderNotFound."""
    line_id = session.scalar(select(ProductionOrder.line_id).where(ProductionOrder.number == number))
    order = order_of_line(session, line_id) if line_id is not None else None
    production_order = session.scalar(
        select(ProductionOrder)
        .where(ProductionOrder.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if production_order is None:
        raise ProductionOrderNotFound
    return production_order, order


def get_parcel(session: Session, number: str) -> tuple[FactoryParcel, FactoryOrder]:
    """Return the parcel and its order, both locked; ParcelNotFound."""
    order_number = session.scalar(
        select(FactoryOrder.number)
        .join(FactoryParcel, FactoryParcel.factory_order_id == FactoryOrder.id)
        .where(FactoryParcel.number == number)
    )
    if order_number is None:
        raise ParcelNotFound
    order = get_order(session, order_number)
    parcel = session.scalar(
        select(FactoryParcel)
        .where(FactoryParcel.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert parcel is not None
    return parcel, order
