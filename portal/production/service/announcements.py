"""What the book tells the order's process: outbox rows of the same transaction, each with a key that makes it happen once."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.orders.process import KEY as ORDER
from portal.outbox import enqueue
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, FactoryParcelLine, ProductionOrder
from portal.production.states import OPEN

TOPIC = "production.announce"
SENDER = "book"


def announce_started(session: Session, order: FactoryOrder) -> None:
    """Tell that the first production order for the order was started; told once, however often it is called."""
    _announce(session, order, f"book:{order.number}:started", "production_started", {"at": clock.now().isoformat()})


def announce_finished_if_done(session: Session, order: FactoryOrder) -> None:
    """Tell that nothing is being made for the order any more, once; nothing while a production order for it is open."""
    session.flush()
    being_made = (
        select(ProductionOrder.id)
        .join(FactoryOrderLine, FactoryOrderLine.id == ProductionOrder.line_id)
        .where(FactoryOrderLine.factory_order_id == order.id, ProductionOrder.status.in_(OPEN))
    )
    if session.scalar(being_made.limit(1)) is None:
        announce_started(session, order)
        payload = {"positions": _finished(session, order)}
        _announce(session, order, f"book:{order.number}:finished", "production_finished", payload)


def announce_shipped(session: Session, order: FactoryOrder, parcel: FactoryParcel) -> None:
    """Tell that a parcel left, with what is in it."""
    assert parcel.shipped_at is not None
    rows = session.execute(
        select(FactoryOrderLine.position, FactoryParcelLine.quantity)
        .join(FactoryOrderLine, FactoryOrderLine.id == FactoryParcelLine.line_id)
        .where(FactoryParcelLine.parcel_id == parcel.id)
        .order_by(FactoryOrderLine.position)
    )
    payload = {
        "parcel": parcel.number,
        "courier": parcel.courier,
        "tracking_number": parcel.tracking_number,
        "lines": [{"position": row.position, "quantity": row.quantity} for row in rows],
        "shipped_at": parcel.shipped_at.isoformat(),
    }
    _announce(session, order, f"book:{parcel.number}:shipped", "parcel_shipped", payload)


def _finished(session: Session, order: FactoryOrder) -> dict[str, int]:
    rows = session.execute(
        select(FactoryOrderLine.position, FactoryOrderLine.quantity, ProductionOrder.finished)
        .join(ProductionOrder, ProductionOrder.line_id == FactoryOrderLine.id)
        .where(FactoryOrderLine.factory_order_id == order.id, ProductionOrder.finished > 0)
        .order_by(FactoryOrderLine.position)
    )
    made: dict[str, int] = {}
    for row in rows:
        made[str(row.position)] = min(row.quantity, made.get(str(row.position), 0) + row.finished)
    return made


def _announce(session: Session, order: FactoryOrder, message_id: str, name: str, payload: dict[str, Any]) -> None:
    message = {"message_id": message_id, "name": name, "number": order.number, "payload": payload}
    enqueue(session, TOPIC, key=message_id, payload=message, subject=f"{ORDER}:{order.number}")
