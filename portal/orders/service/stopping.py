"""When an operator ends an order's process where it stands: what becomes of the order, and what nobody will do any more."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, outbox
from portal.accounts.actor import Actor
from portal.money import ZERO
from portal.orders import process
from portal.orders.models import Order
from portal.orders.service.payments import refund_due, settle_payment
from portal.orders.service.rows import account_of, lines_of, locked_order, note_event, settle
from portal.orders.service.status import change_status, money_text
from portal.web.i18n import lazy_gettext as _


def stop_order(session: Session, *, number: str, actor: Actor, reason: str) -> None:
    """Cancel what of the order has not been shipped and have the factory give it up, in the transaction that ends its process.

    An order all of which has been shipped, or that is over, keeps its status. The reason is for staff. Nothing of the money is touched.
    """
    order = locked_order(session, number)
    note_event(session, order, "stopped", actor=actor, public=False, reason=reason)
    if order.completed_at is not None or not _open_pieces(session, order):
        session.flush()
        return
    if order.cancelling_at is None:
        order.cancelling_at, order.customer_message = clock.now(), ""
    for line in lines_of(session, order):
        settle(line, account_of(line).cancel())
    session.flush()
    settle_payment(session, order)
    change_status(session, number=number, status=process.CANCELLED)
    outbox.enqueue(
        session, process.STOPPED, key=f"order:{number}:stopped", payload={"number": number}, target="factory",
        subject=f"{process.KEY}:{number}",
    )  # fmt: skip


def if_stopped(session: Session, *, number: str) -> list[Any]:
    """Say, as sentences, what ending the order's process now would mean."""
    # not locked: a page is only looked at
    order = session.scalars(select(Order).where(Order.number == number)).one_or_none()
    if order is None:
        return []
    due = refund_due(session, order)
    shipped = sum(line.shipped for line in lines_of(session, order))
    open_ones = _open_pieces(session, order)
    said: list[Any] = []
    if order.completed_at is not None or not open_ones:
        said.append(_("The customer sees no change: nothing of the order is left to ship, and it keeps its status."))
    else:
        said += [
            _("The customer sees the order as cancelled and is told so; your reason stays with the staff."),
            _("What is not shipped is given up: %(count)d pieces, their reservation becomes free.", count=open_ones),
            _(
                "The factory is told to stop: production not yet started is cancelled, production under way goes on "
                "and its goods go to free stock."
            ),
        ]
    if shipped:
        said.append(_("%(count)d pieces have been shipped; they are not called back.", count=shipped))
    if due > ZERO and order.completed_at is None:
        said.append(
            _("¥%(amount)s was received. No task asks to give it back any more: do it by hand.", amount=money_text(due))
        )
    return said


def _open_pieces(session: Session, order: Order) -> int:
    return sum(account_of(line).open for line in lines_of(session, order))
