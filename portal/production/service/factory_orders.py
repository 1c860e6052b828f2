"""Orders as the factory was told of them: push, release, cancel, final state. Each may be repeated and then changes nothing."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import clock
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, ProductionOrder
from portal.production.protocol import FactoryOrderIn, LineAccount, OrderAccount
from portal.production.service import ledger
from portal.production.service.live import changed
from portal.production.service.locking import find_order, get_order, lines_of
from portal.production.states import NOT_STARTED, OPEN


def push_order(session: Session, *, order: FactoryOrderIn) -> OrderAccount:
    """Write the order and its lines down, unless it is known already."""
    values = {
        "number": order.number,
        "customer_name": order.customer.name,
        "recipient": order.recipient,
        "phone": order.phone,
        "address": order.address,
        "note": order.note[:2000],
        "wanted_on": order.wanted_on,
        "status": "open",
        "created_at": clock.now(),
    }
    new_id = session.scalar(
        insert(FactoryOrder).values(values).on_conflict_do_nothing(index_elements=["number"]).returning(FactoryOrder.id)
    )
    if new_id is not None:
        session.add_all(
            FactoryOrderLine(
                factory_order_id=new_id, position=line.position, variant_id=line.variant_id, quantity=line.quantity
            )
            for line in order.lines
        )
        session.flush()
    return account_of(session, get_order(session, order.number))


def release_order(session: Session, *, number: str, whole: bool = False) -> OrderAccount:
    """Let the warehouse ship what is reserved; what has been reserved since an earlier release is added. FactoryOrderNotFound.

    `whole` is the last release: pieces that went missing meanwhile may leave as soon as the order has others in their place.
    """
    order = get_order(session, number)
    if order.status in ("open", "released"):
        for line in lines_of(session, order):
            if not line.cancelled:
                line.released = line.quantity if whole else max(line.released, line.reserved + line.shipped)
        order.status = "released"
        order.released_at = order.released_at or clock.now()
        changed(session, "shipping")
    return account_of(session, order)


def cancel_order(session: Session, *, number: str) -> OrderAccount:
    """Give up what has not been shipped; an order the factory never heard of is nothing to cancel.

    Reservations become free, production orders not yet started are cancelled, parcels being picked are given up. Production under way
    goes on and its goods go to free stock. What has been shipped is not touched.
    """
    order = find_order(session, number)
    if order is None:
        return OrderAccount(number)
    if order.status in ("open", "released"):
        lines = lines_of(session, order)
        _cancel_parcels(session, order)
        _cancel_production(session, lines)
        for line in lines:
            _cancel_line(session, order, line)
        order.status = "shipped" if any(line.shipped for line in lines) else "cancelled"
        changed(session, "stock", "production", "shipping")
    return account_of(session, order)


def report_payment(session: Session, *, number: str, paid: bool) -> None:
    """Note whether the order is paid; an order the factory never heard of is left alone."""
    order = find_order(session, number)
    if order is not None:
        order.paid = paid


def report_final(session: Session, *, number: str, status: str, paid: bool) -> None:
    """Note the order's final state in the portal; an order the factory never heard of is left alone."""
    order = find_order(session, number)
    if order is not None:
        order.portal_status = status[:40]
        order.paid = paid
        if status == "completed" and order.status == "shipped":
            order.status = "completed"


def account_of(session: Session, order: FactoryOrder) -> OrderAccount:
    """Return how the order's lines stand; cancelled lines count what was shipped of them and no more."""
    session.flush()
    making = _in_production(session, order)
    accounts = [
        LineAccount(
            position=line.position,
            quantity=line.shipped if line.cancelled else line.quantity,
            reserved=line.reserved,
            shipped=line.shipped,
            in_production=0 if line.cancelled else making.get(line.id, 0),
            released=line.shipped if line.cancelled else line.released,
        )
        for line in lines_of(session, order)
    ]
    return OrderAccount(order.number, tuple(sorted(accounts, key=lambda account: account.position)))


def _in_production(session: Session, order: FactoryOrder) -> dict[int, int]:
    rows = session.execute(
        select(ProductionOrder.line_id, func.sum(ProductionOrder.quantity - ProductionOrder.finished))
        .join(FactoryOrderLine, FactoryOrderLine.id == ProductionOrder.line_id)
        .where(FactoryOrderLine.factory_order_id == order.id, ProductionOrder.status.in_(OPEN))
        .group_by(ProductionOrder.line_id)
    )
    return {line_id: max(int(quantity), 0) for line_id, quantity in rows if line_id is not None}


def _cancel_parcels(session: Session, order: FactoryOrder) -> None:
    parcels = select(FactoryParcel).where(FactoryParcel.factory_order_id == order.id, FactoryParcel.status == "picking")
    for parcel in session.scalars(parcels.execution_options(populate_existing=True)):
        parcel.status = "cancelled"


def _cancel_production(session: Session, lines: list[FactoryOrderLine]) -> None:
    session.execute(
        update(ProductionOrder)
        .where(ProductionOrder.line_id.in_([line.id for line in lines]), ProductionOrder.status.in_(NOT_STARTED))
        .values(status="cancelled", version=ProductionOrder.version + 1)
        .execution_options(synchronize_session=False)
    )


def _cancel_line(session: Session, order: FactoryOrder, line: FactoryOrderLine) -> None:
    ledger.release(session, variant_id=line.variant_id, quantity=line.reserved, reference=order.number)
    line.reserved = 0
    line.cancelled = line.shipped < line.quantity
