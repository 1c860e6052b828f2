"""Shipping a parcel: stock leaves, the order's process is told, and from then on the order cannot be cancelled freely."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.errors import InvalidInput
from portal.orders.couriers import COURIERS, InvalidTrackingNumber, clean_tracking_number
from portal.orders.service import hold_for_shipping
from portal.production.errors import OrderNotReleased, OverPicked, ParcelEmpty
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel
from portal.production.permissions import require_worker
from portal.production.service import ledger
from portal.production.service.announcements import announce_shipped
from portal.production.service.live import changed
from portal.production.service.locking import get_parcel, lines_of
from portal.production.service.picking import contents, pickable, require_being_picked
from portal.web.i18n import lazy_gettext as _


def ship_parcel(
    session: Session, *, actor: Actor, parcel_number: str, courier: str, tracking_number: str
) -> FactoryParcel:
    """Send a picked parcel: its goods leave stock and the order's process is told, once.

    Only for a released order that is not being cancelled; the order's row is held, so cancelling and shipping cannot both win. Raises
    InvalidInput, ParcelAlreadyShipped, ParcelCancelled, OrderNotReleased, ParcelEmpty, and what `hold_for_shipping` raises.
    """
    require_worker(actor)
    parcel, order = get_parcel(session, parcel_number)
    require_being_picked(parcel)
    if order.status != "released":
        raise OrderNotReleased
    tracking = _checked(session, order, courier, tracking_number)
    picked = contents(session, parcel)
    if not picked:
        raise ParcelEmpty
    hold_for_shipping(session, number=order.number)
    _take_out(session, order, parcel, picked, actor)
    parcel.status, parcel.courier, parcel.tracking_number = "shipped", courier, tracking
    parcel.shipped_by, parcel.shipped_at = actor.name, clock.now()
    session.flush()
    announce_shipped(session, order, parcel)
    changed(session, "shipping", "stock")
    return parcel


def _checked(session: Session, order: FactoryOrder, courier: str, tracking_number: str) -> str:
    """Return the tracking number as it is stored; InvalidInput for an unknown courier or a number that cannot be right."""
    chosen = COURIERS.get(courier)
    if chosen is None:
        raise InvalidInput(fields={"courier": _("Choose a courier.")})
    try:
        tracking = clean_tracking_number(chosen, tracking_number)
    except InvalidTrackingNumber as error:
        raise InvalidInput(fields={"tracking_number": error.message}) from error
    used_for = _used_elsewhere(session, order, tracking) if tracking else None
    if used_for:
        text = _("This number is already on %(parcel)s, which went to another customer.", parcel=used_for)
        raise InvalidInput(fields={"tracking_number": text})
    return tracking


def _used_elsewhere(session: Session, order: FactoryOrder, tracking: str) -> str | None:
    """Return the parcel of another customer with this number: one waybill may cover several parcels of one customer."""
    return session.scalar(
        select(FactoryParcel.number)
        .join(FactoryOrder, FactoryOrder.id == FactoryParcel.factory_order_id)
        .where(
            FactoryParcel.tracking_number == tracking,
            FactoryParcel.status == "shipped",
            FactoryOrder.customer_name != order.customer_name,
        )
        .limit(1)
    )


def _take_out(
    session: Session, order: FactoryOrder, parcel: FactoryParcel, picked: dict[int, int], actor: Actor
) -> None:
    lines = lines_of(session, order)
    for line in lines:
        quantity = picked.get(line.id, 0)
        if quantity > pickable(line):
            raise OverPicked(most=pickable(line))
        if quantity:
            _ship_line(session, parcel, line, quantity, actor)
    if all(line.cancelled or line.shipped == line.quantity for line in lines):
        order.status = "shipped"


def _ship_line(session: Session, parcel: FactoryParcel, line: FactoryOrderLine, quantity: int, actor: Actor) -> None:
    line.reserved -= quantity
    line.shipped += quantity
    ledger.move(
        session,
        variant_id=line.variant_id,
        kind="shipped",
        on_hand=-quantity,
        reserved=-quantity,
        reference=parcel.number,
        actor=actor,
    )
