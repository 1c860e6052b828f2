"""The process's word on an order: its public status, who hears of it, and what people decided on the way."""

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.notifications import service as notifications
from portal.orders import assessment, process
from portal.orders.models import Order
from portal.orders.queries import facts
from portal.orders.service.rows import account_of, lines_of, locked_order, note_event, settle
from portal.workflow import queries as workflow

DECISIONS = {"approve": "approved", "send_back": "sent_back", "reject": "rejected"}


def assess_order(session: Session, *, number: str) -> dict[str, Any]:
    """Return the price and credit facts of an order (see `assessment.assess`).

    The customer is held until the transaction ends: two orders at once must not both use the same credit.
    """
    order = locked_order(session, number)
    terms = facts.terms(session, customer_id=order.customer_id, held=True)
    assessed = assessment.assess(
        facts.agreed_lines(session, order_id=order.id),
        customer_type=terms.type,
        order_limit=terms.order_limit,
        credit_limit=terms.credit_limit,
        overdue=terms.overdue,
        owed=facts.owed(session, customer_id=order.customer_id, except_order=order.id),
        first_order=not facts.ordered_before(session, customer_id=order.customer_id, except_order=order.id),
    )
    return assessed | {"partial_delivery": order.partial_delivery}


def change_status(session: Session, *, number: str, status: str) -> None:
    """Set the public status; only the process calls this. The contact is told, once per revision and status."""
    order = locked_order(session, number)
    if order.status == status:
        return
    order.status, order.status_at = status, clock.now()
    look = workflow.statuses(session, process.KEY).get(status)
    names = {"zh": look.zh, "en": look.en} if look else {"zh": status, "en": status}
    note_event(session, order, "status", status=names, key=status)
    key = f"order:{number}:status:{order.revision}:{status}"
    given_up = order.cancelling_at is not None or (look is not None and look.tone == "stop")
    last_word = order.customer_message if given_up else ""
    tell_contact(session, order, key, "order.status", status=names, message=last_word)
    session.flush()


def note_decision(
    session: Session, *, number: str, actor: Actor, decision: str, message: str = "", promised_on: Any = None
) -> None:
    """Keep what a person decided for the customer to read: the words and, when approved, the promised day."""
    order = locked_order(session, number)
    order.customer_message = message
    if decision == "approve":
        order.promised_on = promised_on
    kind = DECISIONS.get(decision, decision)
    promised = promised_on.isoformat() if promised_on else None
    note_event(session, order, kind, actor=actor, message=message, promised_on=promised)
    if decision == "send_back":
        tell_contact(session, order, f"order:{number}:sent_back:{order.revision}", "order.sent_back", message=message)
    session.flush()


def note_rejection(session: Session, *, number: str, actor: Actor, reason: str) -> None:
    """Give up every line of a rejected order and keep the reason for the customer."""
    order = locked_order(session, number)
    order.customer_message = reason
    for line in lines_of(session, order):
        settle(line, account_of(line).cancel())
    note_event(session, order, "rejection", actor=actor, message=reason)
    session.flush()


def tell_contact(session: Session, order: Order, key: str, event: str, **detail: Any) -> None:
    """Tell the contact of the order."""
    notifications.notify(
        session, user_id=order.contact_id, key=key, event=event, link=f"/orders/{order.number}",
        detail={"number": order.number, **detail},
    )  # fmt: skip


def tell_salesperson(session: Session, order: Order, key: str, event: str, **detail: Any) -> None:
    """Tell the salesperson of the order, when it has one."""
    if order.salesperson_id is not None:
        notifications.notify(
            session, user_id=order.salesperson_id, key=key, event=event, link=f"/desk/orders/{order.number}",
            detail={"number": order.number, **detail},
        )  # fmt: skip


def money_text(amount: Decimal) -> str:
    """Write an amount as kept in events and notifications."""
    return f"{amount:,.2f}"
