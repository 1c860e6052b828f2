"""What the factory has of one order: for the order's page on the staff side. The caller has shown the order to its reader already."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalog.models import Variant
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, FactoryParcelLine, ProductionOrder


@dataclass(frozen=True, slots=True)
class FactoryLine:
    """A line's account in the factory, in base units."""

    position: int
    quantity: int
    reserved: int
    released: int
    shipped: int
    cancelled: bool


@dataclass(frozen=True, slots=True)
class MadeFor:
    """A production order made for a line."""

    number: str
    position: int
    marking: str
    quantity: int
    finished: int
    status: str
    due_on: date | None
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A parcel of the order and how many pieces are in it."""

    number: str
    status: str
    courier: str
    tracking_number: str
    picked_by: str
    shipped_at: datetime | None
    pieces: int


@dataclass(frozen=True, slots=True)
class FactoryOrderView:
    """An order as the factory has it."""

    number: str
    status: str
    portal_status: str
    paid: bool
    created_at: datetime
    released_at: datetime | None
    lines: tuple[FactoryLine, ...]
    production_orders: tuple[MadeFor, ...]
    parcels: tuple[ParcelRow, ...]


def order_view(session: Session, *, number: str) -> FactoryOrderView | None:
    """Return the order as the factory has it; None when the factory was never told of it."""
    order = session.execute(
        select(
            FactoryOrder.id, FactoryOrder.number, FactoryOrder.status, FactoryOrder.portal_status, FactoryOrder.paid,
            FactoryOrder.created_at, FactoryOrder.released_at,
        ).where(FactoryOrder.number == number)
    ).one_or_none()  # fmt: skip
    if order is None:
        return None
    return FactoryOrderView(
        *order[1:],
        lines=_lines(session, order.id),
        production_orders=_made(session, order.id),
        parcels=_parcels(session, order.id),
    )


def _lines(session: Session, order_id: int) -> tuple[FactoryLine, ...]:
    rows = session.execute(
        select(
            FactoryOrderLine.position, FactoryOrderLine.quantity, FactoryOrderLine.reserved, FactoryOrderLine.released,
            FactoryOrderLine.shipped, FactoryOrderLine.cancelled,
        )
        .where(FactoryOrderLine.factory_order_id == order_id)
        .order_by(FactoryOrderLine.position)
    )  # fmt: skip
    return tuple(FactoryLine(*row) for row in rows)


def _made(session: Session, order_id: int) -> tuple[MadeFor, ...]:
    rows = session.execute(
        select(
            ProductionOrder.number, FactoryOrderLine.position, Variant.marking, ProductionOrder.quantity,
            ProductionOrder.finished, ProductionOrder.status, ProductionOrder.due_on, ProductionOrder.started_at,
            ProductionOrder.finished_at,
        )
        .join(FactoryOrderLine, FactoryOrderLine.id == ProductionOrder.line_id)
        .join(Variant, Variant.id == ProductionOrder.variant_id)
        .where(FactoryOrderLine.factory_order_id == order_id)
        .order_by(ProductionOrder.id)
    )  # fmt: skip
    return tuple(MadeFor(*row) for row in rows)


def _parcels(session: Session, order_id: int) -> tuple[ParcelRow, ...]:
    rows = session.execute(
        select(
            FactoryParcel.number, FactoryParcel.status, FactoryParcel.courier, FactoryParcel.tracking_number,
            FactoryParcel.picked_by, FactoryParcel.shipped_at, func.coalesce(func.sum(FactoryParcelLine.quantity), 0),
        )
        .outerjoin(FactoryParcelLine, FactoryParcelLine.parcel_id == FactoryParcel.id)
        .where(FactoryParcel.factory_order_id == order_id)
        .group_by(FactoryParcel.id)
        .order_by(FactoryParcel.id)
    )  # fmt: skip
    return tuple(ParcelRow(*row) for row in rows)
