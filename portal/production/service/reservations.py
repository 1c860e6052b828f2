"""Promising stock to orders."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor
from portal.production.errors import FactoryOrderNotFound, NothingToReserve
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder
from portal.production.permissions import require_worker
from portal.production.protocol import OrderAccount
from portal.production.service import ledger
from portal.production.service.announcements import announce_finished_if_done
from portal.production.service.factory_orders import account_of
from portal.production.service.live import changed
from portal.production.service.locking import get_order, lines_of, order_of_line
from portal.production.states import NOT_STARTED


def short(line: FactoryOrderLine) -> int:
    """Return what the line lacks: neither promised to it nor shipped."""
    return 0 if line.cancelled else line.quantity - line.reserved - line.shipped


def reserve_order(session: Session, *, number: str) -> OrderAccount:
    """Promise what is free to the order's lines, as much as there is. Repeating it adds only what has become free. FactoryOrderNotFound."""
    order = get_order(session, number)
    if order.status in ("open", "released"):
        for line in lines_of(session, order):
            reserve_line(session, order, line)
        changed(session, "stock")
    return account_of(session, order)


def reserve_line(session: Session, order: FactoryOrder, line: FactoryOrderLine, *, actor: Actor = SYSTEM) -> int:
    """Promise what is free to a line of a locked order, at most what it lacks; return how much."""
    taken = ledger.reserve_up_to(
        session, variant_id=line.variant_id, wanted=short(line), reference=order.number, actor=actor
    )
    line.reserved += taken
    return taken


def reserve_for_line(session: Session, *, actor: Actor, line_id: int) -> int:
    """Promise free stock to a line that waits, by a person's choice; return how much.

    What then need not be made any more is taken off its production order if that has not been started. NothingToReserve when
    nothing is free or the line lacks nothing.
    """
    require_worker(actor)
    order = order_of_line(session, line_id)
    line = next((line for line in lines_of(session, order) if line.id == line_id), None)
    if line is None:
        raise FactoryOrderNotFound
    taken = reserve_line(session, order, line, actor=actor) if order.status in ("open", "released") else 0
    if not taken:
        raise NothingToReserve
    _make_less(session, order, line)
    changed(session, "stock", "production", "shipping")
    return taken


def _make_less(session: Session, order: FactoryOrder, line: FactoryOrderLine) -> None:
    session.flush()
    waiting = session.scalar(
        select(ProductionOrder)
        .where(ProductionOrder.line_id == line.id, ProductionOrder.status.in_(NOT_STARTED))
        .execution_options(populate_existing=True)
    )
    if waiting is None:
        return
    if short(line) == 0:
        waiting.status = "cancelled"
        announce_finished_if_done(session, order)
    else:
        waiting.quantity = min(waiting.quantity, short(line))
