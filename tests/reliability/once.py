"""Says whether everything that orders bring about happened, and once: money, stock, parcels, the factory's orders, effects."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.orders.models import Order, OrderEvent, OrderLine, Parcel, ParcelLine, Receipt
from portal.outbox import OutboxRow
from portal.production.models import FactoryOrder, FactoryParcel, ProductionOrder, StockMovement
from portal.workflow.models import Incident, Message, ProcessInstance, UserTask, Wait


def unfinished(session: Session) -> Counter[tuple[str, ...]]:
    """Say what is waited for or owed."""
    waits = session.execute(select(Wait.kind, Wait.name)).all()
    tasks = session.execute(select(UserTask.node_id, UserTask.status).where(UserTask.status == "open")).all()
    left = session.execute(select(OutboxRow.topic, OutboxRow.status).where(OutboxRow.status != "done")).all()
    heard = session.execute(select(Message.name, Message.status).where(Message.status != "delivered")).all()
    return Counter(tuple(row) for row in (*waits, *tasks, *left, *heard))


def assert_everything_once(session: Session, *, orders: int) -> None:
    """Look at all orders there are; there must be so many."""
    assert session.scalars(select(Incident.error)).all() == []
    assert unfinished(session) == {}
    assert Counter(session.scalars(select(ProcessInstance.status))) == {"completed": orders}
    found = session.scalars(select(Order)).all()
    assert Counter((order.status, order.payment) for order in found) == {("completed", "paid"): orders}
    _assert_paid_once(session, {order.id: order.total for order in found})
    _assert_told_once(session, orders)
    _assert_shipped_once(session)
    _assert_made_once(session, orders)


def _assert_paid_once(session: Session, totals: dict[int, object]) -> None:
    paid = select(Receipt.order_id, func.count(), func.sum(Receipt.amount)).group_by(Receipt.order_id)
    assert {row[0]: (row[1], row[2]) for row in session.execute(paid)} == {
        order: (1, total) for order, total in totals.items()
    }


def _assert_told_once(session: Session, orders: int) -> None:
    for kind in ("submitted", "released", "receipt", "receipt_confirmed"):
        said = select(func.count()).where(OrderEvent.kind == kind).group_by(OrderEvent.order_id)
        assert Counter(session.scalars(said)) == {1: orders}, kind


def _assert_shipped_once(session: Session) -> None:
    ordered: Counter[int] = Counter()
    for line in session.scalars(select(OrderLine)):
        assert (line.shipped, line.received, line.reserved) == (line.quantity, line.quantity, 0)
        ordered[line.variant_id] += line.quantity
    packed = select(ParcelLine.order_line_id, func.sum(ParcelLine.quantity)).group_by(ParcelLine.order_line_id)
    lines = select(OrderLine.id, OrderLine.quantity)
    assert _pairs(session, packed) == _pairs(session, lines)
    for kind, sign in (("reserve", 1), ("shipped", -1)):
        moved = select(StockMovement.variant_id, sign * func.sum(StockMovement.quantity))
        moved = moved.where(StockMovement.kind == kind).group_by(StockMovement.variant_id)
        assert _pairs(session, moved) == ordered, kind


def _assert_made_once(session: Session, orders: int) -> None:
    there = Counter(tuple(row) for row in session.execute(select(FactoryOrder.status, FactoryOrder.portal_status)))
    assert there == {("completed", "completed"): orders}
    assert Counter(session.scalars(select(FactoryParcel.status))) == {
        "shipped": session.scalar(select(func.count(Parcel.id)))
    }
    made = select(func.count()).select_from(ProductionOrder).group_by(ProductionOrder.line_id)
    assert set(session.scalars(made)) <= {1}


def _pairs(session: Session, statement: object) -> dict[int, int]:
    return {row[0]: int(row[1]) for row in session.execute(statement)}  # type: ignore[call-overload]  # two columns
