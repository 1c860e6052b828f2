"""What the factory does with an order, kept on its lines. No permission: the process and the factory's adapter act."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Conflict
from portal.orders.couriers import courier_name
from portal.orders.models import Order, OrderLine, Parcel, ParcelLine
from portal.orders.service.rows import account_of, lines_of, locked_order, note_event, settle
from portal.orders.service.status import tell_contact
from portal.orders.submission import ParcelIn
from portal.web.i18n import lazy_gettext as _


class BeingCancelled(Conflict):
    """The order is being cancelled or is over: nothing may be made or shipped for it."""

    message = _("This order is being cancelled or is closed. Do not ship it.")


class ParcelTooLarge(Conflict):
    """A parcel holds more than is open on a line, or something that was not ordered."""

    message = _("The parcel holds more than is still open on the order.")


@dataclass(frozen=True)
class ShipmentState:
    """How much of an order has been shipped and is still to be; pieces."""

    shipped: int
    left: int


def hold_for_shipping(session: Session, *, number: str) -> None:
    """Lock the order while something ships, and note that it does: of shipping and cancelling one comes first and stops the other.

    Raises OrderNotFound, BeingCancelled.
    """
    order = locked_order(session, number)
    if order.cancelling_at is not None or order.completed_at is not None:
        raise BeingCancelled
    order.shipping_at = order.shipping_at or clock.now()
    session.flush()


def mark_released(session: Session, *, number: str) -> bool:
    """Note the first release to production or to the warehouse; False when the order is being cancelled: ask nothing of the factory."""
    order = locked_order(session, number)
    if order.cancelling_at is not None or order.completed_at is not None:
        return False
    if order.released_at is None:
        order.released_at = clock.now()
        note_event(session, order, "released", public=False)
        session.flush()
    return True


def record_reservation(
    session: Session, *, number: str, positions: Mapping[int, int], in_production: Mapping[int, int] | None = None
) -> None:
    """Set what is reserved (and in production) per position; absolute, so that repeating changes nothing. Others are left."""
    order = locked_order(session, number)
    before = 0
    after = 0
    for line in lines_of(session, order):
        account = account_of(line)
        before += account.reserved
        if line.position in positions:
            account = account.reserve(positions[line.position])
        if in_production is not None and line.position in in_production:
            account = account.produce(in_production[line.position])
        settle(line, account)
        after += account.reserved
    if after != before:
        note_event(session, order, "reserved", public=False, pieces=after)
    session.flush()


def record_production(session: Session, *, number: str, in_production: Mapping[int, int]) -> None:
    """Set what the factory was asked to make per position; absolute."""
    record_reservation(session, number=number, positions={}, in_production=in_production)


def record_production_finished(session: Session, *, number: str, positions: Mapping[int, int]) -> int:
    """Move finished pieces from production to the reservation; return what is still being made."""
    order = locked_order(session, number)
    lines = lines_of(session, order)
    for line in lines:
        settle(line, account_of(line).finish(positions.get(line.position, 0)))
    note_event(session, order, "produced", pieces=sum(positions.values()))
    session.flush()
    return sum(line.in_production for line in lines)


def record_parcel(session: Session, *, number: str, parcel: ParcelIn) -> ShipmentState:
    """Keep a parcel the factory sent and take its pieces into the lines; the same parcel number again changes nothing.

    Raises ParcelTooLarge. The contact is told once.
    """
    order = locked_order(session, number)
    lines = lines_of(session, order)
    known = select(Parcel.id).where(Parcel.order_id == order.id, Parcel.number == parcel.number)
    if session.scalar(known) is None:
        _ship(order, lines, parcel)
        _keep(session, order, lines, parcel)
        _announce(session, order, parcel)
    session.flush()
    return ShipmentState(sum(line.shipped for line in lines), sum(account_of(line).open for line in lines))


def complete_order(session: Session, *, number: str) -> None:
    """The customer has everything: received becomes what was shipped."""
    order = locked_order(session, number)
    now = clock.now()
    for line in lines_of(session, order):
        settle(line, account_of(line).receive())
    for parcel in session.scalars(select(Parcel).where(Parcel.order_id == order.id, Parcel.received_at.is_(None))):
        parcel.received_at = now
    order.completed_at = now
    session.flush()


def _ship(order: Order, lines: list[OrderLine], parcel: ParcelIn) -> None:
    by_position = {line.position: line for line in lines}
    for position, quantity in parcel.lines.items():
        line = by_position.get(position)
        if line is None or not 0 < quantity <= account_of(line).open:
            raise ParcelTooLarge(number=order.number, parcel=parcel.number, position=position)
        settle(line, account_of(line).ship(quantity))


def _keep(session: Session, order: Order, lines: list[OrderLine], parcel: ParcelIn) -> None:
    row = Parcel(
        order_id=order.id, number=parcel.number, courier=parcel.courier, tracking_number=parcel.tracking_number,
        shipped_at=parcel.shipped_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    ids = {line.position: line.id for line in lines}
    for position, quantity in parcel.lines.items():
        session.add(ParcelLine(parcel_id=row.id, order_line_id=ids[position], quantity=quantity))


def _announce(session: Session, order: Order, parcel: ParcelIn) -> None:
    detail: dict[str, Any] = {
        "parcel": parcel.number,
        "courier": parcel.courier,
        "tracking_number": parcel.tracking_number,
        "pieces": sum(parcel.lines.values()),
    }
    note_event(session, order, "parcel", **detail)
    names = {locale: courier_name(parcel.courier, locale) for locale in ("zh", "en")}
    key = f"order:{order.number}:parcel:{parcel.number}"
    tell_contact(session, order, key, "order.parcel", **(detail | {"courier": names}))
