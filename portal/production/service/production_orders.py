"""Production orders up to their finish: asked for, planned, started, inspected. How they end is in `finishing`."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.catalog.models import Variant
from portal.errors import InvalidInput
from portal.orders.numbers import next_number
from portal.orders.queries.factory import is_released
from portal.production.errors import (
    AlreadyBeingMade,
    ProductionMoved,
    ProductionNotReleased,
    StillNeeded,
    StockNotFound,
)
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder
from portal.production.permissions import require_worker
from portal.production.protocol import OrderAccount
from portal.production.quantities import require_pieces
from portal.production.service.announcements import announce_finished_if_done, announce_started
from portal.production.service.factory_orders import account_of
from portal.production.service.live import changed
from portal.production.service.locking import get_order, get_production_order, lines_of, order_of_line
from portal.production.service.reservations import reserve_line, short
from portal.production.states import OPEN, may_become
from portal.web.formats import today
from portal.web.i18n import lazy_gettext as _

SERIES = "MO"
FURTHEST = timedelta(days=730)


def request_production(session: Session, *, number: str) -> OrderAccount:
    """Have made what the order's lines lack, one production order a line; a line that has had one gets none again.

    What has become free since the order was reserved is taken first. When nothing is to be made, that is announced at once as
    finished, so whoever waits for it goes on. FactoryOrderNotFound.
    """
    order = get_order(session, number)
    if order.status in ("open", "released"):
        for line in lines_of(session, order):
            if short(line) and not _was_made(session, line):
                reserve_line(session, order, line)
                _make(session, order, line)
        announce_finished_if_done(session, order)
        changed(session, "stock", "production")
    return account_of(session, order)


def make_for_line(session: Session, *, actor: Actor, line_id: int) -> str:
    """Have made what a waiting line lacks, by a person's choice; return the production order's number.

    Only once the order's process has let it: nothing is made before it is approved and, for type two, paid. Raises AlreadyBeingMade,
    ProductionNotReleased.
    """
    require_worker(actor)
    order = order_of_line(session, line_id)
    if not is_released(session, order.number):
        raise ProductionNotReleased
    line = next(line for line in lines_of(session, order) if line.id == line_id)
    made = _make(session, order, line) if order.status in ("open", "released") and not _open(session, line) else None
    if made is None:
        raise AlreadyBeingMade
    changed(session, "stock", "production")
    return made.number


def make_for_stock(session: Session, *, actor: Actor, variant_id: int, quantity: int, due_on: date | None) -> str:
    """Have a quantity made for free stock; return the production order's number. Raises StockNotFound, InvalidInput."""
    require_worker(actor)
    require_pieces(quantity)
    variant = session.get(Variant, variant_id)
    if variant is None:
        raise StockNotFound
    made = _new(session, variant=variant, line_id=None, quantity=quantity, due_on=_require_due(due_on))
    changed(session, "stock", "production")
    return made.number


def plan_production(session: Session, *, actor: Actor, number: str, due_on: date | None, version: int) -> None:
    """Set the day by which a production order is to be done; one that waits is planned by it. ProductionMoved, InvalidInput."""
    require_worker(actor)
    if due_on is None:
        raise InvalidInput(fields={"due_on": _("Choose a day.")})
    production_order, _order = get_production_order(session, number)
    if production_order.version != version or production_order.status not in OPEN:
        raise ProductionMoved(number=number, status=production_order.status)
    production_order.due_on = _require_due(due_on)
    if production_order.status == "requested":
        production_order.status = "planned"
    changed(session, "production")


def start_production(session: Session, *, actor: Actor, number: str) -> None:
    """Begin making; the first start of an order is announced to its process. ProductionMoved."""
    production_order, order = _advance(session, actor, number, "started")
    production_order.started_at = production_order.started_at or clock.now()
    if order is not None and order.status in ("open", "released"):
        announce_started(session, order)


def inspect_production(session: Session, *, actor: Actor, number: str) -> None:
    """Pass what was made on to inspection. ProductionMoved."""
    _advance(session, actor, number, "inspecting")


def rework_production(session: Session, *, actor: Actor, number: str) -> None:
    """Send what was inspected back to be made again. ProductionMoved."""
    production_order, _order = get_production_order(session, number)
    if production_order.status != "inspecting":
        raise ProductionMoved(number=number, status=production_order.status)
    _advance(session, actor, number, "started")


def cancel_production(session: Session, *, actor: Actor, number: str) -> None:
    """Give up a production order that has not been started and that no order waits for. ProductionMoved, StillNeeded."""
    require_worker(actor)
    production_order, order = get_production_order(session, number)
    if order is not None:
        line = next(line for line in lines_of(session, order) if line.id == production_order.line_id)
        if short(line):
            raise StillNeeded
    _advance(session, actor, number, "cancelled")
    if order is not None and order.status in ("open", "released"):
        announce_finished_if_done(session, order)


def follow_up(session: Session, *, order: FactoryOrder, line: FactoryOrderLine) -> ProductionOrder | None:
    """Have made what a line still lacks after a production order brought less than asked."""
    return _make(session, order, line)


def _advance(session: Session, actor: Actor, number: str, to: str) -> tuple[ProductionOrder, FactoryOrder | None]:
    require_worker(actor)
    production_order, order = get_production_order(session, number)
    if not may_become(production_order.status, to):
        raise ProductionMoved(number=number, status=production_order.status)
    production_order.status = to
    changed(session, "production", "stock")
    return production_order, order


def _make(session: Session, order: FactoryOrder, line: FactoryOrderLine) -> ProductionOrder | None:
    quantity = short(line)
    if quantity == 0:
        return None
    variant = session.get_one(Variant, line.variant_id)
    return _new(session, variant=variant, line_id=line.id, quantity=quantity, due_on=order.wanted_on)


def _new(
    session: Session, *, variant: Variant, line_id: int | None, quantity: int, due_on: date | None
) -> ProductionOrder:
    made = ProductionOrder(
        number=next_number(SERIES),
        line_id=line_id,
        variant_id=variant.id,
        quantity=quantity,
        due_on=due_on or today() + timedelta(days=variant.lead_days),
        requested_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def _was_made(session: Session, line: FactoryOrderLine) -> bool:
    made = select(ProductionOrder.id).where(ProductionOrder.line_id == line.id, ProductionOrder.status != "cancelled")
    return session.scalar(made.limit(1)) is not None


def _open(session: Session, line: FactoryOrderLine) -> bool:
    made = select(ProductionOrder.id).where(ProductionOrder.line_id == line.id, ProductionOrder.status.in_(OPEN))
    return session.scalar(made.limit(1)) is not None


def _require_due(due_on: date | None) -> date | None:
    if due_on is not None and not today() <= due_on <= today() + FURTHEST:
        raise InvalidInput(fields={"due_on": _("Choose a day from today on, within two years.")})
    return due_on
