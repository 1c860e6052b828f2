"""Counts beside the factory's entries in the navigation."""

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.production.permissions import may_work
from portal.production.queries import board, shipping
from portal.web.nav import badge


@badge("production")
def open_production(session: Session, *, actor: Actor) -> int:
    """Count open production orders."""
    return board.open_count(session, actor=actor) if may_work(actor) else 0


@badge("shipping")
def ready_to_ship(session: Session, *, actor: Actor) -> int:
    """Count orders with goods that may leave."""
    return shipping.ready_count(session, actor=actor) if may_work(actor) else 0
