"""Money that people confirmed: receipts and refunds, the only writers of an order's payment state."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.errors import InvalidInput
from portal.money import LARGEST, ZERO
from portal.orders.calendar import today
from portal.orders.models import Order, Receipt
from portal.orders.service.rows import account_of, lines_of, locked_order, note_event
from portal.orders.service.status import money_text, tell_contact
from portal.orders.totals import left_to_pay, payment_state
from portal.web.i18n import lazy_gettext as _


@dataclass(frozen=True)
class Payment:
    """Money as a person reports it; CNY."""

    amount: Decimal
    method: str = "transfer"
    reference: str = ""
    received_on: date | None = None


@dataclass(frozen=True)
class Paid:
    """How an order's money stands; CNY."""

    received: Decimal
    refunded: Decimal
    left: Decimal
    state: str


def record_receipt(session: Session, *, number: str, key: str, payment: Payment, actor: Actor) -> Paid:
    """Keep a receipt, once per key, and derive the payment state; more than the total is kept and noted. Raises InvalidInput."""
    return _record(session, number, key, "receipt", payment, actor)


def record_refund(session: Session, *, number: str, key: str, payment: Payment, actor: Actor) -> Paid:
    """Keep a refund, once per key. Raises InvalidInput for more than was received."""
    return _record(session, number, key, "refund", payment, actor)


def refund_due(session: Session, order: Order) -> Decimal:
    """Return what must be given back: what was received and not yet refunded; CNY."""
    return max(_sum(session, order, "receipt") - _sum(session, order, "refund"), ZERO)


def settle_payment(session: Session, order: Order) -> Paid:
    """Write the payment state that the receipts, refunds and lines amount to."""
    received, refunded = _sum(session, order, "receipt"), _sum(session, order, "refund")
    lines = lines_of(session, order)
    cancelled = all(account_of(line).ordered == line.cancelled for line in lines)
    order.received = received
    order.payment = payment_state(owed=order.total, received=received, refunded=refunded, cancelled=cancelled)
    left = ZERO if cancelled else left_to_pay(owed=order.total, received=received)
    return Paid(received, refunded, left, order.payment)


def _record(session: Session, number: str, key: str, kind: str, payment: Payment, actor: Actor) -> Paid:
    order = locked_order(session, number)
    if payment.amount != ZERO and not _known(session, order, key):
        _check(session, order, kind, payment.amount)
        _keep(session, order, key, kind, payment, actor)
    paid = settle_payment(session, order)
    session.flush()
    return paid


def _known(session: Session, order: Order, key: str) -> bool:
    found = select(Receipt.id).where(Receipt.order_id == order.id, Receipt.key == key)
    return session.scalar(found) is not None


def _check(session: Session, order: Order, kind: str, amount: Decimal) -> None:
    if amount < ZERO or amount > LARGEST:
        raise InvalidInput(fields={"amount": _("Enter an amount of zero or more.")})
    if kind == "refund" and amount > refund_due(session, order):
        due = money_text(refund_due(session, order))
        raise InvalidInput(fields={"amount": _("At most ¥%(due)s can be given back.", due=due)})


def _keep(session: Session, order: Order, key: str, kind: str, payment: Payment, actor: Actor) -> None:
    session.add(
        Receipt(
            order_id=order.id, key=key, kind=kind, amount=payment.amount, method=payment.method,
            reference=payment.reference[:120], received_on=payment.received_on or today(), confirmed_by_id=actor.user_id,
            confirmed_by=actor.name, created_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()
    over = kind == "receipt" and _sum(session, order, "receipt") > order.total
    amount = money_text(payment.amount)
    note_event(session, order, kind, actor=actor, amount=amount, method=payment.method, over=over)
    tell_contact(session, order, f"order:{order.number}:{kind}:{key}", f"order.{kind}", amount=amount)
    audit.record(
        session,
        actor=actor,
        action=f"order.{kind}",
        subject=("order", order.number),
        changes={"amount": [None, str(payment.amount)]},
    )


def _sum(session: Session, order: Order, kind: str) -> Decimal:
    amounts = select(func.coalesce(func.sum(Receipt.amount), ZERO)).where(
        Receipt.order_id == order.id, Receipt.kind == kind
    )
    return session.scalar(amounts) or ZERO
