"""What production brings: goods into stock and, in the same transaction, promised to the order they were made for."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.errors import InvalidInput
from portal.production.errors import ProductionMoved
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder
from portal.production.permissions import require_worker
from portal.production.quantities import require_pieces
from portal.production.service import ledger
from portal.production.service.announcements import announce_finished_if_done
from portal.production.service.live import changed
from portal.production.service.locking import get_production_order, lines_of
from portal.production.service.production_orders import follow_up
from portal.production.service.reservations import reserve_line
from portal.production.states import UNDER_WAY
from portal.web.i18n import lazy_gettext as _

MOST_TIMES_ASKED = 10


@dataclass(frozen=True)
class Finish:
    """What a report of production led to, in pieces; `follow_up` is the number of the production order for the rest."""

    reserved: int
    surplus: int
    order_number: str | None
    follow_up: str | None
    done: bool


def finish_production(
    session: Session, *, actor: Actor, number: str, quantity: int, done: bool = True, version: int | None = None
) -> Finish:
    """Take what was made into stock and promise it to its order; what the order does not need becomes free stock.

    `done=False` reports a part: the production order stays open until the quantity asked for is reached. Done with less than the order
    needs makes a new production order for the rest. When nothing more is being made for the order, that is announced, once. `version` is
    what the form was made from. Raises ProductionMoved, InvalidInput.
    """
    require_worker(actor)
    production_order, order = get_production_order(session, number)
    if production_order.status not in UNDER_WAY or version not in (None, production_order.version):
        raise ProductionMoved(number=number, status=production_order.status)
    _require_sensible(production_order, quantity, done)
    _take_in(session, production_order, quantity, actor)
    line = _line_waiting(session, production_order, order)
    reserved = reserve_line(session, order, line) if order and line else 0
    rest = _close(session, production_order, order, line, done)
    changed(session, "production", "stock", "shipping")
    return Finish(
        reserved=reserved,
        surplus=quantity - reserved,
        order_number=order.number if order and line else None,
        follow_up=rest.number if rest else None,
        done=production_order.status == "finished",
    )


def _require_sensible(production_order: ProductionOrder, quantity: int, done: bool) -> None:
    require_pieces(quantity, least=0 if done else 1)
    if quantity > production_order.quantity * MOST_TIMES_ASKED:
        text = _(
            "That is more than ten times the %(asked)d asked for. Check the number.", asked=production_order.quantity
        )
        raise InvalidInput(text, fields={"quantity": text})


def _take_in(session: Session, production_order: ProductionOrder, quantity: int, actor: Actor) -> None:
    production_order.finished += quantity
    if quantity:
        ledger.move(
            session,
            variant_id=production_order.variant_id,
            kind="produced",
            on_hand=quantity,
            reference=production_order.number,
            actor=actor,
        )


def _line_waiting(
    session: Session, production_order: ProductionOrder, order: FactoryOrder | None
) -> FactoryOrderLine | None:
    if order is None or order.status not in ("open", "released"):
        return None
    line = next(line for line in lines_of(session, order) if line.id == production_order.line_id)
    return None if line.cancelled else line


def _close(
    session: Session,
    production_order: ProductionOrder,
    order: FactoryOrder | None,
    line: FactoryOrderLine | None,
    done: bool,
) -> ProductionOrder | None:
    if not done and production_order.finished < production_order.quantity:
        return None
    production_order.status = "finished"
    production_order.finished_at = clock.now()
    session.flush()
    if order is None or line is None:
        return None
    rest = follow_up(session, order=order, line=line)
    announce_finished_if_done(session, order)
    return rest
