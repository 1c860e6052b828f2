"""What the order's diagram may call. Each action runs inside the process step; `call.key` is its idempotency key."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.orders import service
from portal.orders.models import Order
from portal.orders.process import KEY
from portal.orders.service.rows import actor_by_id
from portal.orders.submission import ParcelIn
from portal.workflow.registry import ActionCall, assignee_rule, process_subject, service_action

PAYMENT = "amount, method, reference, received_on of the form"
FACTS = {
    "order": {"number": "text", "customer_type": "text", "partial_delivery": "yesno"},
}
ASSESSED = {
    "amount": "money", "customer_type": "text", "custom": "yesno", "below_list_percent": "number", "over_limit": "yesno",
    "overdue": "money", "credit_left": "money", "over_credit": "yesno", "first_order": "yesno", "item_count": "integer", "partial_delivery": "yesno",
}  # fmt: skip


@service_action(
    "order.assess", label=("算价信用", "Assess price and credit"), result="price and credit facts", outputs=ASSESSED
)
def assess(session: Session, call: ActionCall) -> dict[str, Any]:
    """Say what the decision table decides on."""
    return service.assess_order(session, number=call.business_key)


@service_action(
    "order.note_decision",
    label=("登记结论", "Note the decision"),
    inputs={"decision": "text", "message": "text?", "reason": "text?", "promised_on": "date?"},
)
def note_decision(session: Session, call: ActionCall) -> None:
    """Keep what a person decided, and their words, for the customer."""
    service.note_decision(
        session,
        number=call.business_key,
        actor=actor_by_id(session, call.actor_id),
        decision=str(call.inputs["decision"]),
        message=_text(call, "message") or _text(call, "reason"),
        promised_on=_day(call.inputs.get("promised_on")),
    )


@service_action("order.note_rejection", label=("告知拒绝", "Tell of the rejection"), inputs={"reason": "text?"})
def note_rejection(session: Session, call: ActionCall) -> None:
    """Give up the lines and keep the reason for the customer."""
    actor = actor_by_id(session, call.actor_id)
    service.note_rejection(session, number=call.business_key, actor=actor, reason=_text(call, "reason"))


@service_action(
    "order.record_receipt",
    label=("登记收款", "Record a receipt"),
    inputs={"payment": "list"},
    result=f"what is left to pay; payment holds {PAYMENT}; an amount of nothing records nothing",
    outputs={"received": "money", "left": "money", "paid": "yesno"},
)
def record_receipt(session: Session, call: ActionCall) -> dict[str, Any]:
    """Keep money that a person confirmed."""
    paid = service.record_receipt(
        session,
        number=call.business_key,
        key=call.key,
        payment=_payment(call.inputs.get("payment")),
        actor=actor_by_id(session, call.actor_id),
    )
    return {"received": paid.received, "left": paid.left, "paid": paid.state == "paid"}


@service_action(
    "order.record_refund",
    label=("登记退款", "Record a refund"),
    inputs={"payment": "list"},
    result=f"refund: money still to give back; payment holds {PAYMENT}",
    outputs={"refunded": "money", "refund": "money"},
)
def record_refund(session: Session, call: ActionCall) -> dict[str, Any]:
    """Keep money that was given back."""
    paid = service.record_refund(
        session,
        number=call.business_key,
        key=call.key,
        payment=_payment(call.inputs.get("payment")),
        actor=actor_by_id(session, call.actor_id),
    )
    return {"refunded": paid.refunded, "refund": paid.received - paid.refunded}


@service_action(
    "order.record_production",
    label=("登记入库", "Record finished production"),
    inputs={"positions": "list"},
    result="pieces still in production",
    outputs={"left": "integer"},
)
def record_production(session: Session, call: ActionCall) -> dict[str, Any]:
    """Move finished pieces to the order's reservation."""
    positions = {int(position): int(count) for position, count in dict(call.inputs["positions"]).items()}
    return {"left": service.record_production_finished(session, number=call.business_key, positions=positions)}


@service_action(
    "order.record_parcel",
    label=("记录包裹", "Record a parcel"),
    inputs={"parcel": "list"},
    result="pieces shipped and still to ship",
    outputs={"shipped": "integer", "left": "integer"},
)
def record_parcel(session: Session, call: ActionCall) -> dict[str, Any]:
    """Keep a parcel the factory sent."""
    state = service.record_parcel(session, number=call.business_key, parcel=_parcel(dict(call.inputs["parcel"])))
    return {"shipped": state.shipped, "left": state.left}


@service_action("order.complete", label=("完成订单", "Complete the order"))
def complete(session: Session, call: ActionCall) -> None:
    """Take everything shipped as received."""
    service.complete_order(session, number=call.business_key)


@service_action(
    "order.cancellation_facts",
    label=("查看进度", "Check progress"),
    inputs={"reason": "text?"},
    result="whether it can be cancelled, and without a decision",
    outputs={"possible": "yesno", "free": "yesno"},
)
def cancellation_facts(session: Session, call: ActionCall) -> dict[str, Any]:
    """Say how far the order is."""
    facts = service.cancellation_facts(session, number=call.business_key)
    return {"possible": facts.possible, "free": facts.free}


@service_action(
    "order.begin_cancellation",
    label=("下达取消", "Order the cancellation"),
    inputs={"reason": "text?", "message": "text?"},
    result="whether it was still possible",
    outputs={"begun": "yesno"},
)
def begin_cancellation(session: Session, call: ActionCall) -> dict[str, Any]:
    """Decide the cancellation and tell the process to stop."""
    begun = service.begin_cancellation(
        session,
        number=call.business_key,
        reason=_text(call, "reason"),
        message=_text(call, "message"),
        actor=actor_by_id(session, call.actor_id),
    )
    return {"begun": begun}


@service_action(
    "order.decline_cancellation", label=("告知不取消", "Decline the cancellation"), inputs={"reason": "text?"}
)
def decline_cancellation(session: Session, call: ActionCall) -> None:
    """Tell the contact that the order goes on."""
    actor = actor_by_id(session, call.actor_id)
    service.decline_cancellation(session, number=call.business_key, reason=_text(call, "reason"), actor=actor)


@service_action(
    "order.settle_cancellation",
    label=("结清取消", "Settle the cancellation"),
    inputs={"reason": "text?"},
    result="money to give back",
    outputs={"refund": "money"},
)
def settle_cancellation(session: Session, call: ActionCall) -> dict[str, Any]:
    """Give up what is open and say what must be refunded."""
    return {"refund": service.settle_cancellation(session, number=call.business_key)}


@assignee_rule("order.salesperson")
def salesperson(session: Session, business_key: str) -> int | None:
    """Name the salesperson of the order."""
    return session.scalar(select(Order.salesperson_id).where(Order.number == business_key))


@assignee_rule("order.contact")
def contact(session: Session, business_key: str) -> int | None:
    """Name the contact of the order."""
    return session.scalar(select(Order.contact_id).where(Order.number == business_key))


@process_subject(KEY, facts=FACTS, page="/desk/orders/{key}")
class OrderSubject:
    """The order, as its process knows it."""

    @staticmethod
    def status_changed(session: Session, business_key: str, status_key: str, node_id: str) -> None:  # noqa: ARG004  the engine passes it by position
        """Set the public status."""
        service.change_status(session, number=business_key, status=status_key)

    @staticmethod
    def ended(session: Session, business_key: str) -> None:
        """Nothing is left to do: the last nodes said it all."""

    @staticmethod
    def cancelled(session: Session, business_key: str, *, actor: Actor, reason: str) -> None:
        """Give up what has not been shipped, here and in the factory."""
        service.stop_order(session, number=business_key, actor=actor, reason=reason)

    @staticmethod
    def if_cancelled(session: Session, business_key: str) -> list[Any]:
        """Say what that would be."""
        return service.if_stopped(session, number=business_key)


def _text(call: ActionCall, name: str) -> str:
    return str(call.inputs.get(name) or "")


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else date.fromisoformat(value) if value else None


def _payment(value: Mapping[str, Any] | None) -> service.Payment:
    given = value or {}
    return service.Payment(
        amount=Decimal(given.get("amount") or 0),
        method=str(given.get("method") or "transfer"),
        reference=str(given.get("reference") or ""),
        received_on=_day(given.get("received_on")),
    )


def _parcel(payload: Mapping[str, Any]) -> ParcelIn:
    lines: dict[int, int] = {}
    for line in payload["lines"]:
        lines[int(line["position"])] = lines.get(int(line["position"]), 0) + int(line["quantity"])
    at = payload["shipped_at"]
    return ParcelIn(
        number=str(payload["parcel"]),
        courier=str(payload.get("courier") or ""),
        tracking_number=str(payload.get("tracking_number") or ""),
        shipped_at=at if isinstance(at, datetime) else datetime.fromisoformat(at),
        lines=lines,
    )
