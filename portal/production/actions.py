"""What a diagram may ask of the factory. All are external: performed after the commit, repeated until they succeed, each harmless twice.

Where the factory's answer is part of the order's own account (reserved, in production), it is written on the order in a second
transaction; a crash between the two repeats the call, which answers the same.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.database import unit_of_work
from portal.orders import service as orders
from portal.orders.models import Order, OrderLine
from portal.orders.queries.factory import for_factory, is_wanted
from portal.production.adapters import system
from portal.production.protocol import FactoryCustomer, FactoryLineIn, FactoryOrderIn, OrderAccount
from portal.workflow.registry import ActionCall, service_action


@service_action(
    "production.push_order",
    label=("推送订单", "Push the order to the factory"),
    result="lines: how many lines were pushed",
    outputs={"lines": "integer"},
    external=True,
)
def push_order(call: ActionCall) -> dict[str, Any]:
    """Make the order and its customer known to the factory; an order that is being cancelled is not, or no longer.

    A cancellation may overtake a push that is late, and find nothing in the factory to cancel: then it is the push that cancels.
    """
    pushed = _push(call) if _is_wanted(call.business_key) else 0
    if not _is_wanted(call.business_key):
        system().cancel(call.business_key, key=f"{call.key}:cancel")
    return {"lines": pushed}


def _push(call: ActionCall) -> int:
    with unit_of_work() as session:
        order = for_factory(session, number=call.business_key)
    customer = FactoryCustomer(order.customer_code, order.customer_name)
    lines = tuple(FactoryLineIn(line.position, line.variant_id, line.quantity) for line in order.lines if line.quantity)
    pushed = FactoryOrderIn(
        order.number, customer, order.recipient, order.phone, order.address, order.note, order.wanted_on, lines
    )
    system().push_customer(customer, key=call.key)
    return len(system().push_order(pushed, key=call.key).lines)


@service_action(
    "production.reserve",
    label=("锁定库存", "Reserve stock"),
    result="short: something is missing; short_quantity, reserved_quantity: pieces; some: something was reserved",
    outputs={"short": "yesno", "short_quantity": "integer", "reserved_quantity": "integer", "some": "yesno"},
    external=True,
)
def reserve(call: ActionCall) -> dict[str, Any]:
    """Promise stock to the order, as much as there is, and write it on the order's lines."""
    account = system().reserve(call.business_key, key=call.key)
    _record(account)
    return {
        "short": account.short > 0,
        "short_quantity": account.short,
        "reserved_quantity": account.reserved,
        "some": account.reserved > 0,
    }


@service_action(
    "production.request",
    label=("下生产单", "Request production"),
    result="requested: pieces being made",
    outputs={"requested": "integer"},
    external=True,
)
def request(call: ActionCall) -> dict[str, Any]:
    """Have what is short made; nothing for an order that is being cancelled."""
    if not _may_go_on(call.business_key):
        return {"requested": 0}
    account = system().request_production(call.business_key, key=call.key)
    _record(account)
    return {"requested": account.in_production}


@service_action(
    "production.release",
    label=("通知发货", "Release to the warehouse"),
    inputs={"whole": "yesno?"},
    result="released: pieces the warehouse may ship; shipped, left: pieces of the order that have and have not left",
    outputs={"released": "integer", "shipped": "integer", "left": "integer"},
    external=True,
)
def release(call: ActionCall) -> dict[str, Any]:
    """Let the warehouse ship what is reserved, or (`whole`) all of the order; nothing for an order that is being cancelled."""
    released = 0
    if _may_go_on(call.business_key):
        account = system().release(call.business_key, whole=bool(call.inputs.get("whole")), key=call.key)
        _record(account)
        released = account.released
    return {"released": released, **_shipment(call.business_key)}


@service_action(
    "production.cancel",
    label=("释放库存", "Release stock and production"),
    inputs={"reason": "text?"},
    result="shipped: pieces that had left already",
    outputs={"shipped": "integer"},
    external=True,
)
def cancel(call: ActionCall) -> dict[str, Any]:
    """Have the factory give up what has not been shipped."""
    return {"shipped": system().cancel(call.business_key, key=call.key).shipped}


@service_action(
    "production.report_payment",
    label=("告知收款", "Report payment"),
    result="paid: whether the order is paid in full",
    outputs={"paid": "yesno"},
    external=True,
)
def report_payment(call: ActionCall) -> dict[str, Any]:
    """Tell the factory whether the order is paid."""
    with unit_of_work() as session:
        order = for_factory(session, number=call.business_key)
    system().report_payment(call.business_key, paid=order.paid, key=call.key)
    return {"paid": order.paid}


@service_action(
    "production.report_final",
    label=("同步终态", "Report the final state"),
    inputs={"status": "text?"},
    result="nothing",
    outputs={},
    external=True,
)
def report_final(call: ActionCall) -> None:
    """Tell the factory how the order ended and whether it is paid."""
    with unit_of_work() as session:
        order = for_factory(session, number=call.business_key)
    status = str(call.inputs.get("status") or order.status)
    system().report_final(call.business_key, status=status, paid=order.paid, key=call.key)


def _is_wanted(number: str) -> bool:
    with unit_of_work() as session:
        return is_wanted(session, number=number)


def _may_go_on(number: str) -> bool:
    with unit_of_work() as session:
        return orders.mark_released(session, number=number)


def _record(account: OrderAccount) -> None:
    """Write what the factory has for each line on the order: what left but is not known there yet still counts as reserved."""
    with unit_of_work() as session:
        session.execute(select(Order.id).where(Order.number == account.number).with_for_update(key_share=True))
        known = _shipped_by_position(session, account.number)
        orders.record_reservation(
            session,
            number=account.number,
            positions={
                line.position: max(line.reserved + line.shipped - known.get(line.position, 0), 0)
                for line in account.lines
            },
            in_production={line.position: line.in_production for line in account.lines},
        )


def _shipped_by_position(session: Session, number: str) -> dict[int, int]:
    rows = session.execute(
        select(OrderLine.position, OrderLine.shipped)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.number == number)
    )
    return {row.position: row.shipped for row in rows}


def _shipment(number: str) -> dict[str, int]:
    """Return what the portal knows to have left: a parcel whose message is still to come is counted when it comes."""
    with unit_of_work() as session:
        row = session.execute(
            select(
                func.coalesce(func.sum(OrderLine.shipped), 0).label("shipped"),
                func.coalesce(func.sum(OrderLine.quantity - OrderLine.cancelled - OrderLine.shipped), 0).label("left"),
            )
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.number == number)
        ).one()
    return {"shipped": int(row.shipped), "left": int(row.left)}
