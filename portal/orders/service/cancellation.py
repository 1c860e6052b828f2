"""Cancelling: asked for by people, decided by the process, carried out here (product.md, "At any point before shipping")."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import SYSTEM, Actor
from portal.errors import Conflict, InvalidInput
from portal.orders import permissions, process
from portal.orders.limits import MAX_REASON, text_problem
from portal.orders.models import Order
from portal.orders.permissions import Stage
from portal.orders.service.payments import refund_due, settle_payment
from portal.orders.service.rows import account_of, lines_of, locked_order, note_event, settle, visible_order
from portal.orders.service.status import tell_contact, tell_salesperson
from portal.web.i18n import lazy_gettext as _
from portal.workflow import service as workflow
from portal.workflow.models import ProcessInstance, UserTask


class CannotCancel(Conflict):
    """It is too late, or it was asked for already."""

    message = _("This order can no longer be cancelled.")


@dataclass(frozen=True)
class CancellationFacts:
    """Whether a cancellation is possible, and whether it needs nobody's decision."""

    possible: bool
    free: bool


def request_cancellation(session: Session, *, actor: Actor, number: str, reason: str) -> None:
    """Ask the process to cancel: at once before anything was released, else somebody decides. Raises OrderNotFound, CannotCancel, InvalidInput."""
    permissions.require_canceller(actor)
    _check_reason(reason)
    order = visible_order(session, actor=actor, number=number)
    _require_possible(session, order)
    free = permissions.cancels_freely(stage_of(session, order))
    note_event(session, order, "cancellation_requested", actor=actor, reason=reason.strip())
    audit.record(
        session, actor=actor, action="order.cancellation_requested", subject=("order", number), reason=reason.strip()
    )
    if actor.is_contact:
        key = f"order:{number}:cancellation:{clock.now().isoformat()}"
        tell_salesperson(session, order, key, "order.cancellation_requested", who=actor.name, free=free)
    session.flush()
    workflow.receive_message(
        session, sender=process.SENDER, message_id=f"cancellation:{number}:{uuid.uuid4()}", name=process.CANCEL_REQUESTED,
        business_key=number, payload={"reason": reason.strip(), "by": actor.name}, actor=actor,
    )  # fmt: skip


def stage_of(session: Session, order: Order) -> Stage:
    """Return how far an order is, as permissions ask."""
    lines = lines_of(session, order)
    ended = session.scalar(
        select(ProcessInstance.ended_at).where(
            ProcessInstance.process_key == process.KEY, ProcessInstance.business_key == order.number
        )
    )
    return Stage(
        shipped=sum(line.shipped for line in lines) or int(order.shipping_at is not None),
        cancelled=sum(line.cancelled for line in lines),
        released_at=order.released_at,
        cancelling_at=order.cancelling_at,
        completed_at=order.completed_at,
        running=ended is None,
    )


def cancellation_facts(session: Session, *, number: str) -> CancellationFacts:
    """Say at this moment whether the order can be cancelled, and freely."""
    stage = stage_of(session, locked_order(session, number))
    return CancellationFacts(permissions.may_cancel(stage), permissions.cancels_freely(stage))


def begin_cancellation(session: Session, *, number: str, reason: str, message: str = "", actor: Actor = SYSTEM) -> bool:
    """Decide the cancellation: from now on nothing ships; the process is told to stop. False when something has shipped meanwhile."""
    order = locked_order(session, number)
    if not permissions.may_cancel(stage_of(session, order)):
        _refuse(session, order)
        return False
    order.cancelling_at, order.cancel_reason, order.customer_message = clock.now(), reason[:2000], message
    note_event(session, order, "cancellation_agreed", actor=actor, message=message)
    session.flush()
    workflow.receive_message(
        session, sender=process.SENDER, message_id=f"cancel:{number}", name=process.CANCEL_ORDER, business_key=number,
        payload={"reason": reason},
    )  # fmt: skip
    return True


def decline_cancellation(session: Session, *, number: str, reason: str, actor: Actor = SYSTEM) -> None:
    """Tell the contact that the order goes on, and why."""
    order = locked_order(session, number)
    order.customer_message = reason
    event = note_event(session, order, "cancellation_declined", actor=actor, message=reason)
    session.flush()
    tell_contact(session, order, f"order:{number}:declined:{event.id}", "order.cancellation_declined", message=reason)


def settle_cancellation(session: Session, *, number: str) -> Decimal:
    """Give up what is open on every line; return the money to give back (CNY)."""
    order = locked_order(session, number)
    for line in lines_of(session, order):
        settle(line, account_of(line).cancel())
    session.flush()
    settle_payment(session, order)
    due = refund_due(session, order)
    note_event(session, order, "cancellation_settled", refund=str(due))
    session.flush()
    return due


def _refuse(session: Session, order: Order) -> None:
    event = note_event(session, order, "cancellation_too_late")
    session.flush()
    tell_contact(session, order, f"order:{order.number}:too_late:{event.id}", "order.cancellation_too_late")


def _check_reason(reason: str) -> None:
    problem = text_problem(reason, MAX_REASON) if reason.strip() else _("Say why, so that we can help.")
    if problem is not None:
        raise InvalidInput(fields={"reason": problem})


def _require_possible(session: Session, order: Order) -> None:
    stage = stage_of(session, order)
    if stage.shipped:
        raise CannotCancel(_("Something of this order has already shipped, so it can no longer be cancelled."))
    if stage.cancelling_at is not None:
        raise CannotCancel(_("This order is already being cancelled."))
    if not permissions.may_cancel(stage):
        raise CannotCancel
    pending = select(UserTask.id).where(
        UserTask.process_key == process.KEY,
        UserTask.business_key == order.number,
        UserTask.node_id == process.DECIDE_CANCELLATION,
        UserTask.status == "open",
    )
    if session.scalar(pending) is not None:
        raise CannotCancel(_("You have already asked; your salesperson is deciding."))
