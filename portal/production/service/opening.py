"""The book's opening balances: what a list says is on the shelf when an item enters the book."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.production.models import StockLevel, StockMovement
from portal.production.permissions import require_worker
from portal.production.quantities import require_pieces, require_reason
from portal.production.service.live import changed


@dataclass(frozen=True, slots=True)
class Opening:
    """What is on hand of an item (pieces), and where it lies."""

    on_hand: int
    location: str = ""


def open_stock(session: Session, *, actor: Actor, openings: Mapping[int, Opening], reason: str) -> None:
    """Take items (variant id → opening) into the book as counted, each with its line in the ledger.

    An item that the book knows already is left alone: a living ledger is never overwritten. Raises InvalidInput.
    """
    if not actor.is_system:
        require_worker(actor)
    for opening in openings.values():
        require_pieces(opening.on_hand, least=0)
    values = [
        {"variant_id": variant_id, "on_hand": opening.on_hand, "location": opening.location.strip().upper()[:20]}
        for variant_id, opening in sorted(openings.items())
    ]
    if not values:
        return
    statement = upsert(StockLevel).on_conflict_do_nothing().returning(StockLevel.variant_id)
    opened = set(session.scalars(statement, values))
    _write_ledger(session, actor, [one for one in values if one["variant_id"] in opened], require_reason(reason))
    changed(session, "stock")


def _write_ledger(session: Session, actor: Actor, values: list[dict[str, object]], reason: str) -> None:
    written = {
        "at": clock.now(), "kind": "count", "reserved": 0, "reason": reason, "actor_id": actor.user_id,
        "actor_name": "" if actor.is_system else actor.name,
    }  # fmt: skip
    lines = [
        written | {"variant_id": one["variant_id"], "quantity": one["on_hand"], "on_hand": one["on_hand"]}
        for one in values
        if one["on_hand"]
    ]
    if lines:
        session.execute(insert(StockMovement), lines)
