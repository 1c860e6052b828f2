"""A contact's own steps in the process: changing an order that was sent back, confirming receipt; and staff's internal notes."""

import uuid
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.catalog import queries as catalog
from portal.catalog.items import Item
from portal.errors import Conflict, InvalidInput
from portal.money import LARGEST, ZERO, line_amount, total
from portal.orders import permissions, process
from portal.orders.limits import MAX_NOTE, MAX_REASON, text_problem
from portal.orders.models import Order, OrderLine
from portal.orders.pricing import line_problem
from portal.orders.service.rows import lines_of, note_event, visible_order
from portal.orders.service.status import tell_salesperson
from portal.orders.service.submit import OrderTooLarge
from portal.orders.submission import Revision
from portal.web.i18n import lazy_gettext as _
from portal.workflow import service as workflow
from portal.workflow.models import UserTask


class NotOpen(Conflict):
    """The process does not wait for this now."""

    message = _("This step is no longer open. The page shows where the order is now.")


class StaleRevision(Conflict):
    """A colleague changed the order in the meantime."""

    message = _("A colleague changed this order in the meantime. Please look again.")


def revise_order(session: Session, *, actor: Actor, number: str, revision: Revision) -> Order:
    """Change quantities and note of an order that was sent back, and hand it in again as a new revision at today's prices.

    Raises OrderNotFound, NotOpen, StaleRevision, InvalidInput (fields `quantity-<position>`, `note`).
    """
    permissions.require_contact(actor)
    order = visible_order(session, actor=actor, number=number)
    task = _open_task(session, number, process.REVISE)
    if revision.seen_revision not in (None, order.revision):
        raise StaleRevision
    lines = lines_of(session, order)
    items = catalog.items_by_id(session, actor=actor, variant_ids=[line.variant_id for line in lines])
    _check_revision(lines, items, revision)
    changes = _change(session, order, lines, items, revision)
    note_event(session, order, "revised", actor=actor, changes=changes, revision=order.revision)
    audit.record(session, actor=actor, action="order.revised", subject=("order", number), changes=changes)
    tell_salesperson(session, order, f"order:{number}:revised:{order.revision}", "order.revised", who=actor.name)
    session.flush()
    workflow.restate_amount(session, key=process.KEY, business_key=number, amount=order.total)
    workflow.complete_task(session, actor=actor, task_id=task, data={})
    return order


def confirm_receipt(session: Session, *, actor: Actor, number: str) -> None:
    """Say that everything arrived; the process goes on. Raises OrderNotFound, NotOpen."""
    permissions.require_contact(actor)
    order = visible_order(session, actor=actor, number=number)
    task = _open_task(session, number, process.CONFIRM_RECEIPT)
    note_event(session, order, "receipt_confirmed", actor=actor)
    session.flush()
    workflow.complete_task(session, actor=actor, task_id=task, data={})


def add_internal_note(session: Session, *, actor: Actor, number: str, text: str) -> None:
    """Keep a remark that customers never see. Raises OrderNotFound, InvalidInput."""
    permissions.require_staff(actor)
    problem = text_problem(text, MAX_REASON) if text.strip() else _("Write something first.")
    if problem is not None:
        raise InvalidInput(fields={"note": problem})
    order = visible_order(session, actor=actor, number=number)
    note_event(session, order, "note", actor=actor, public=False, text=text.strip())
    session.flush()


def _open_task(session: Session, number: str, node: str) -> uuid.UUID:
    found = session.scalar(
        select(UserTask.id).where(
            UserTask.process_key == process.KEY,
            UserTask.business_key == number,
            UserTask.node_id == node,
            UserTask.status == "open",
        )
    )
    if found is None:
        raise NotOpen
    return found


def _check_revision(lines: list[OrderLine], items: dict[int, Item], revision: Revision) -> None:
    wrong: dict[str, object | None] = {"note": text_problem(revision.note, MAX_NOTE)}
    for line in lines:
        quantity = revision.lines.get(line.position, line.quantity)
        if quantity != 0:
            wrong[f"quantity-{line.position}"] = line_problem(quantity, items.get(line.variant_id))
    if all(revision.lines.get(line.position, line.quantity) == 0 for line in lines):
        wrong["lines"] = _("At least one line must stay. To give up the whole order, cancel it.")
    elif total(_amount(line, items, revision) for line in lines) > LARGEST:
        wrong["lines"] = OrderTooLarge.message
    wrong = {name: problem for name, problem in wrong.items() if problem is not None}
    if wrong:
        raise InvalidInput(fields=wrong)


def _amount(line: OrderLine, items: dict[int, Item], revision: Revision) -> Decimal:
    """What a line will come to; nothing while it cannot be ordered, which is said beside it."""
    item = items.get(line.variant_id)
    quantity = revision.lines.get(line.position, line.quantity)
    return line_amount(item.price, quantity) if item is not None and item.price is not None else ZERO


def _change(
    session: Session, order: Order, lines: list[OrderLine], items: dict[int, Item], revision: Revision
) -> dict[str, list[object]]:
    changes: dict[str, list[object]] = {}
    before = order.total
    for line in lines:
        quantity = revision.lines.get(line.position, line.quantity)
        if quantity != line.quantity:
            changes[line.marking] = [line.quantity, quantity]
        _rewrite(session, line, quantity, items.get(line.variant_id))
    kept = [line for line in lines if revision.lines.get(line.position, line.quantity) != 0]
    order.total = total(line.amount for line in kept)
    order.note = revision.note.strip()
    order.revision += 1
    if order.total != before:
        changes["total"] = [str(before), str(order.total)]
    return changes


def _rewrite(session: Session, line: OrderLine, quantity: int, item: Item | None) -> None:
    if quantity == 0:
        session.delete(line)
        return
    assert item is not None
    assert item.price is not None
    line.quantity, line.unit_price, line.list_price = quantity, item.price, item.list_price
    line.amount = line_amount(item.price, quantity)
