"""Picking and shipping: what may leave, the parcel being picked, what left today. For the warehouse only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.models import Product, Variant
from portal.orders.calendar import start_of, today
from portal.production.errors import ParcelNotFound
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, FactoryParcelLine, StockLevel
from portal.production.permissions import require_worker
from portal.production.queries.sums import lacking, pickable, picked

MOST = 200


@dataclass(frozen=True, slots=True)
class ToShip:
    """An order with goods that may leave; `picked` of `pieces` lie in `parcel`."""

    number: str
    customer_name: str
    address: str
    wanted_on: date | None
    released_at: datetime | None
    lines: int
    pieces: int
    parcel: str | None
    picked_by: str | None
    picked: int

    @property
    def is_packed(self) -> bool:
        """Whether all that may leave lies in the parcel."""
        return 0 < self.pieces <= self.picked

    @property
    def is_late(self) -> bool:
        """Whether the customer wanted it before today."""
        return self.wanted_on is not None and self.wanted_on < today()


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel that left."""

    number: str
    order_number: str
    customer_name: str
    courier: str
    tracking_number: str
    shipped_at: datetime
    shipped_by: str
    pieces: int


@dataclass(frozen=True, slots=True)
class PickLine:
    """A line to pick: `most` may leave, `picked` lie in the parcel."""

    line_id: int
    position: int
    variant_id: int
    sku: str
    marking: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    pack_size: int
    location: str
    most: int
    picked: int
    lacking: int

    @property
    def is_done(self) -> bool:
        """Whether nothing of the line is left to pick."""
        return self.picked >= self.most


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel with its order and what is in it."""

    number: str
    status: str
    courier: str
    tracking_number: str
    picked_by: str
    shipped_by: str
    shipped_at: datetime | None
    order_number: str
    order_status: str
    customer_name: str
    recipient: str
    phone: str
    address: str
    note: str
    open: int
    """Pieces of the order that have not left, this parcel's included."""
    lines: tuple[PickLine, ...] = ()

    @property
    def most(self) -> int:
        """Pieces that may go into it."""
        return sum(line.most for line in self.lines)

    @property
    def picked(self) -> int:
        """Pieces that lie in it."""
        return sum(line.picked for line in self.lines)

    @property
    def left(self) -> int:
        """Pieces of the order still open once this parcel has left."""
        return max(self.open - self.picked, 0)


def to_ship(session: Session, *, actor: Actor, search: str = "") -> list[ToShip]:
    """Return the orders with goods that may leave, the most urgent first."""
    require_worker(actor)
    parcel = picked()
    pieces = func.sum(pickable)
    rows = session.execute(
        select(
            FactoryOrder.number, FactoryOrder.customer_name, FactoryOrder.address, FactoryOrder.wanted_on,
            FactoryOrder.released_at, func.count().filter(pickable > 0), pieces, parcel.c.parcel, parcel.c.picked_by,
            func.coalesce(parcel.c.picked, 0),
        )
        .join(FactoryOrderLine, FactoryOrderLine.factory_order_id == FactoryOrder.id)
        .outerjoin(parcel, parcel.c.factory_order_id == FactoryOrder.id)
        .where(FactoryOrder.status == "released", FactoryOrderLine.cancelled.is_(False), *_search(search))
        .group_by(FactoryOrder.id, parcel.c.parcel, parcel.c.picked_by, parcel.c.picked)
        .having(pieces > 0)
        .order_by(FactoryOrder.wanted_on.is_(None), FactoryOrder.wanted_on, FactoryOrder.released_at, FactoryOrder.id)
        .limit(MOST)
    )  # fmt: skip
    return [ToShip(*row) for row in rows]


def ready_count(session: Session, *, actor: Actor) -> int:
    """Count the orders with goods that may leave, for the navigation."""
    require_worker(actor)
    orders = (
        select(FactoryOrder.id)
        .join(FactoryOrderLine, FactoryOrderLine.factory_order_id == FactoryOrder.id)
        .where(FactoryOrder.status == "released", FactoryOrderLine.cancelled.is_(False), pickable > 0)
        .distinct()
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(orders)) or 0


def sent_today(session: Session, *, actor: Actor, search: str = "") -> list[Sent]:
    """Return the parcels that left today, the newest first."""
    require_worker(actor)
    rows: Iterable[Any] = session.execute(
        select(
            FactoryParcel.number, FactoryOrder.number, FactoryOrder.customer_name, FactoryParcel.courier,
            FactoryParcel.tracking_number, FactoryParcel.shipped_at, FactoryParcel.shipped_by,
            func.sum(FactoryParcelLine.quantity),
        )
        .join(FactoryOrder, FactoryOrder.id == FactoryParcel.factory_order_id)
        .join(FactoryParcelLine, FactoryParcelLine.parcel_id == FactoryParcel.id)
        .where(FactoryParcel.status == "shipped", FactoryParcel.shipped_at >= start_of(today()), *_search(search))
        .group_by(FactoryParcel.id, FactoryOrder.id)
        .order_by(FactoryParcel.shipped_at.desc())
        .limit(MOST)
    )  # fmt: skip
    return [Sent(*row) for row in rows]


def parcel_view(session: Session, *, actor: Actor, number: str) -> ParcelView:
    """Return a parcel with its lines, by place: the way through the store. ParcelNotFound."""
    require_worker(actor)
    still_open = (
        select(func.coalesce(func.sum(FactoryOrderLine.quantity - FactoryOrderLine.shipped), 0))
        .where(FactoryOrderLine.factory_order_id == FactoryOrder.id, FactoryOrderLine.cancelled.is_(False))
        .scalar_subquery()
    )
    row: Any = session.execute(
        select(
            FactoryParcel.number, FactoryParcel.status, FactoryParcel.courier, FactoryParcel.tracking_number,
            FactoryParcel.picked_by, FactoryParcel.shipped_by, FactoryParcel.shipped_at, FactoryOrder.number,
            FactoryOrder.status, FactoryOrder.customer_name, FactoryOrder.recipient, FactoryOrder.phone,
            FactoryOrder.address, FactoryOrder.note, still_open,
        )
        .join(FactoryOrder, FactoryOrder.id == FactoryParcel.factory_order_id)
        .where(FactoryParcel.number == number)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise ParcelNotFound
    return replace(ParcelView(*row), lines=_lines(session, number, row[1]))


def _lines(session: Session, number: str, status: str) -> tuple[PickLine, ...]:
    inside = func.coalesce(FactoryParcelLine.quantity, 0)
    most = pickable if status == "picking" else inside
    rows: Iterable[Any] = session.execute(
        select(
            FactoryOrderLine.id, FactoryOrderLine.position, Variant.id, Variant.sku, Variant.marking, Product.name_zh,
            Product.name_en, Variant.unit_zh, Variant.unit_en, Variant.pack_size,
            func.coalesce(StockLevel.location, ""), most, inside, lacking,
        )
        .join(FactoryParcel, FactoryParcel.factory_order_id == FactoryOrderLine.factory_order_id)
        .join(Variant, Variant.id == FactoryOrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(
            FactoryParcelLine,
            (FactoryParcelLine.parcel_id == FactoryParcel.id) & (FactoryParcelLine.line_id == FactoryOrderLine.id),
        )
        .where(FactoryParcel.number == number, most + inside > 0)
        .order_by(StockLevel.location, FactoryOrderLine.position)
    )  # fmt: skip
    return tuple(PickLine(*row) for row in rows)


def _search(search: str) -> list[ColumnElement[bool]]:
    words = search.split()[:5]
    found = FactoryOrder.number.concat(" ").concat(FactoryOrder.customer_name)
    return [found.icontains(word, autoescape=True) for word in words]
