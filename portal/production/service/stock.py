"""Stock moved by hand: in, out, counted; each with its reason, under the person's name."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.models import Variant
from portal.production.errors import CountBelowReserved, NotEnoughFree, StockNotFound
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, FactoryParcelLine, StockLevel
from portal.production.permissions import require_worker
from portal.production.quantities import require_pieces, require_reason
from portal.production.service import ledger
from portal.production.service.ledger import Balance
from portal.production.service.live import changed


def stock_in(
    session: Session, *, actor: Actor, variant_id: int, quantity: int, reason: str, key: str | None = None
) -> None:
    """Put pieces on the shelf as free stock. Waiting orders do not take them by themselves: a person reserves for them, or production does.

    The same key twice moves once. Raises StockNotFound, InvalidInput.
    """
    require_worker(actor)
    _require_variant(session, variant_id)
    require_pieces(quantity)
    reason = require_reason(reason)
    if key and ledger.already_moved(session, key):
        return
    ledger.move(session, variant_id=variant_id, kind="in", on_hand=quantity, reason=reason, actor=actor, key=key)
    changed(session, "stock")


def stock_out(
    session: Session, *, actor: Actor, variant_id: int, quantity: int, reason: str, key: str | None = None
) -> None:
    """Take free pieces off the shelf; what is promised stays. The same key twice moves once. Raises NotEnoughFree, StockNotFound, InvalidInput."""
    require_worker(actor)
    _require_variant(session, variant_id)
    require_pieces(quantity)
    reason = require_reason(reason)
    if key and ledger.already_moved(session, key):
        return
    if not ledger.move(
        session, variant_id=variant_id, kind="out", on_hand=-quantity, reason=reason, actor=actor, key=key
    ):
        raise NotEnoughFree(free=ledger.locked_balance(session, variant_id).free)
    changed(session, "stock")


def count_stock(
    session: Session, *, actor: Actor, variant_id: int, quantity: int, reason: str, take_back: bool = False
) -> None:
    """Set what is on hand to what was counted. A count below what is promised needs `take_back`: the newest promises lose the missing pieces.

    Raises CountBelowReserved, StockNotFound, InvalidInput.
    """
    require_worker(actor)
    _require_variant(session, variant_id)
    require_pieces(quantity, least=0)
    reason = require_reason(reason)
    lines = _holders_locked(session, variant_id) if take_back else []
    before = ledger.locked_balance(session, variant_id)
    if quantity < before.reserved and take_back:
        before = _take_back(session, lines, before, before.reserved - quantity, actor)
    if quantity < before.reserved:
        raise CountBelowReserved(reserved=before.reserved)
    if quantity != before.on_hand:
        change = quantity - before.on_hand
        ledger.move(session, variant_id=variant_id, kind="count", on_hand=change, reason=reason, actor=actor)
    changed(session, "stock", "shipping")


def set_shelf(session: Session, *, actor: Actor, variant_id: int, location: str, safety: int) -> None:
    """Say where a variant lies and below how many pieces it is to be noticed. Raises StockNotFound, InvalidInput."""
    require_worker(actor)
    _require_variant(session, variant_id)
    require_pieces(safety, least=0, field="safety")
    values = {"location": location.strip().upper()[:20], "safety": safety}
    session.execute(
        insert(StockLevel)
        .values(variant_id=variant_id, **values)
        .on_conflict_do_update(index_elements=["variant_id"], set_=values)
    )
    changed(session, "stock")


def _require_variant(session: Session, variant_id: int) -> None:
    if session.scalar(select(Variant.id).where(Variant.id == variant_id)) is None:
        raise StockNotFound


def _holders_locked(session: Session, variant_id: int) -> list[tuple[FactoryOrder, FactoryOrderLine]]:
    """Return the lines that hold the variant with their orders, locked, newest first."""
    held = FactoryOrderLine.variant_id == variant_id, FactoryOrderLine.reserved > 0
    ids = select(FactoryOrderLine.factory_order_id).where(*held)
    orders = session.scalars(
        select(FactoryOrder)
        .where(FactoryOrder.id.in_(ids))
        .order_by(FactoryOrder.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    by_id = {order.id: order for order in orders}
    lines = session.scalars(
        select(FactoryOrderLine)
        .where(FactoryOrderLine.factory_order_id.in_(by_id), *held)
        .order_by(FactoryOrderLine.factory_order_id.desc())
        .execution_options(populate_existing=True)
    )
    return [(by_id[line.factory_order_id], line) for line in lines]


def _take_back(
    session: Session, lines: list[tuple[FactoryOrder, FactoryOrderLine]], before: Balance, missing: int, actor: Actor
) -> Balance:
    for order, line in lines:
        taken = min(missing, line.reserved - _in_picked_parcel(session, line))
        if taken > 0:
            line.reserved -= taken
            missing -= taken
            before = Balance(before.on_hand, before.reserved - taken)
            ledger.release(session, variant_id=line.variant_id, quantity=taken, reference=order.number, actor=actor)
    return before


def _in_picked_parcel(session: Session, line: FactoryOrderLine) -> int:
    return (
        session.scalar(
            select(FactoryParcelLine.quantity)
            .join(FactoryParcel, FactoryParcel.id == FactoryParcelLine.parcel_id)
            .where(FactoryParcelLine.line_id == line.id, FactoryParcel.status == "picking")
        )
        or 0
    )
