"""Picking: taking released goods from their places into a parcel. One parcel of an order is being picked at a time."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.production.errors import (
    NothingLeftToPick,
    NothingToPick,
    NotInParcel,
    OrderNotReleased,
    OverPicked,
    ParcelAlreadyShipped,
    ParcelCancelled,
)
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, FactoryParcelLine
from portal.production.permissions import require_worker
from portal.production.quantities import require_pieces, require_reason
from portal.production.service import ledger
from portal.production.service.live import changed
from portal.production.service.locking import get_order, get_parcel, lines_of


@dataclass(frozen=True)
class Added:
    """What a scanned package did to a line of a parcel: how many pieces before and after."""

    line_id: int
    before: int
    after: int


def pickable(line: FactoryOrderLine) -> int:
    """Return how many pieces of the line may leave now: released, still promised, not shipped."""
    return 0 if line.cancelled else max(0, min(line.released - line.shipped, line.reserved))


def start_picking(session: Session, *, actor: Actor, number: str) -> FactoryParcel:
    """Open a parcel for a released order, or return the one that is being picked. Raises OrderNotReleased, NothingToPick."""
    require_worker(actor)
    order = get_order(session, number)
    _require_released(order)
    parcel = session.scalar(
        select(FactoryParcel).where(FactoryParcel.factory_order_id == order.id, FactoryParcel.status == "picking")
    )
    if parcel is not None:
        return parcel
    if not any(pickable(line) for line in lines_of(session, order)):
        raise NothingToPick
    parcel = FactoryParcel(
        number=f"{order.number}-{_parcels(session, order) + 1}",
        factory_order_id=order.id,
        picked_by=actor.name,
        created_at=clock.now(),
    )
    session.add(parcel)
    session.flush()
    changed(session, "shipping")
    return parcel


def set_picked(session: Session, *, actor: Actor, parcel_number: str, line_id: int, quantity: int) -> None:
    """Say how many pieces of a line lie in the parcel (not how many more). Raises OverPicked, ParcelAlreadyShipped, ParcelCancelled."""
    require_worker(actor)
    parcel, order = get_parcel(session, parcel_number)
    require_being_picked(parcel)
    require_pieces(quantity, least=0)
    line = next((line for line in lines_of(session, order) if line.id == line_id), None)
    most = pickable(line) if line else 0
    if quantity > most:
        raise OverPicked(most=most)
    _put(session, parcel, line_id, quantity)
    changed(session, "shipping")


def add_picked(session: Session, *, actor: Actor, parcel_number: str, variant_id: int, pieces: int) -> Added:
    """Put pieces of a variant into the parcel, as a scanned package does, at most what may leave. Raises NotInParcel, NothingLeftToPick …"""
    require_worker(actor)
    parcel, order = get_parcel(session, parcel_number)
    require_being_picked(parcel)
    inside = contents(session, parcel)
    lines = [line for line in lines_of(session, order) if line.variant_id == variant_id and pickable(line)]
    if not lines:
        raise NotInParcel
    line = next((line for line in lines if inside.get(line.id, 0) < pickable(line)), None)
    if line is None:
        raise NothingLeftToPick
    before = inside.get(line.id, 0)
    after = min(before + pieces, pickable(line))
    _put(session, parcel, line.id, after)
    changed(session, "shipping")
    return Added(line.id, before, after)


def report_missing(session: Session, *, actor: Actor, parcel_number: str, line_id: int, found: int, reason: str) -> int:
    """Note that fewer pieces lie in their place than the book says; return how many are missing.

    What was found goes into the parcel; the missing pieces leave the ledger and the promise to this order, which waits for them again.
    Raises OverPicked, InvalidInput, ParcelAlreadyShipped, ParcelCancelled.
    """
    require_worker(actor)
    parcel, order = get_parcel(session, parcel_number)
    require_being_picked(parcel)
    require_pieces(found, least=0)
    reason = require_reason(reason)
    line = next((line for line in lines_of(session, order) if line.id == line_id), None)
    if line is None or found > pickable(line):
        raise OverPicked(most=pickable(line) if line else 0)
    missing = pickable(line) - found
    _put(session, parcel, line_id, found)
    if missing:
        line.reserved -= missing
        ledger.move(
            session, variant_id=line.variant_id, kind="count", on_hand=-missing, reserved=-missing,
            reference=parcel.number, reason=reason, actor=actor,
        )  # fmt: skip
    changed(session, "shipping", "stock")
    return missing


def pick_all(session: Session, *, actor: Actor, parcel_number: str) -> None:
    """Put everything that may leave into the parcel. Raises ParcelAlreadyShipped, ParcelCancelled."""
    require_worker(actor)
    parcel, order = get_parcel(session, parcel_number)
    require_being_picked(parcel)
    for line in lines_of(session, order):
        _put(session, parcel, line.id, pickable(line))
    changed(session, "shipping")


def cancel_picking(session: Session, *, actor: Actor, parcel_number: str) -> None:
    """Give up a parcel that is being picked; its goods wait to be picked again. Raises ParcelAlreadyShipped, ParcelCancelled."""
    require_worker(actor)
    parcel, _order = get_parcel(session, parcel_number)
    require_being_picked(parcel)
    parcel.status = "cancelled"
    changed(session, "shipping")


def require_being_picked(parcel: FactoryParcel) -> None:
    """Refuse a parcel that was shipped (and say by whom) or given up."""
    if parcel.status == "shipped":
        raise ParcelAlreadyShipped(parcel=parcel.number, by=parcel.shipped_by, tracking_number=parcel.tracking_number)
    if parcel.status == "cancelled":
        raise ParcelCancelled


def contents(session: Session, parcel: FactoryParcel) -> dict[int, int]:
    """Return how many pieces of each line lie in the parcel."""
    rows = session.execute(
        select(FactoryParcelLine.line_id, FactoryParcelLine.quantity).where(FactoryParcelLine.parcel_id == parcel.id)
    )
    return {row.line_id: row.quantity for row in rows}


def _require_released(order: FactoryOrder) -> None:
    if order.status != "released":
        raise OrderNotReleased


def _parcels(session: Session, order: FactoryOrder) -> int:
    counted = select(func.count()).select_from(FactoryParcel).where(FactoryParcel.factory_order_id == order.id)
    return session.scalar(counted) or 0


def _put(session: Session, parcel: FactoryParcel, line_id: int, quantity: int) -> None:
    here = FactoryParcelLine.parcel_id == parcel.id, FactoryParcelLine.line_id == line_id
    if quantity == 0:
        session.execute(delete(FactoryParcelLine).where(*here))
        return
    values = {"parcel_id": parcel.id, "line_id": line_id, "quantity": quantity}
    session.execute(
        insert(FactoryParcelLine)
        .values(values)
        .on_conflict_do_update(index_elements=["parcel_id", "line_id"], set_={"quantity": quantity})
    )
