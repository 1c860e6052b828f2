"""The stock ledger: the one place that changes a stock level, each change with its line and the balances after it.

No oversell by construction: a change is one `UPDATE … WHERE` the balances allow it, and a CHECK constraint stands behind it. Whoever
changes several variants in one transaction does so in the order of their ids.
"""

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM, Actor
from portal.production.models import StockLevel, StockMovement


@dataclass(frozen=True)
class Balance:
    """What a variant stands at."""

    on_hand: int
    reserved: int

    @property
    def free(self) -> int:
        """What may still be promised."""
        return self.on_hand - self.reserved


def move(
    session: Session,
    *,
    variant_id: int,
    kind: str,
    on_hand: int = 0,
    reserved: int = 0,
    reference: str = "",
    reason: str = "",
    actor: Actor = SYSTEM,
    key: str | None = None,
) -> Balance | None:
    """Change what is on hand and what is promised by these amounts and write the ledger line; None (nothing done) when stock does not allow it."""
    if on_hand > 0:
        _open_level(session, variant_id)
    after_on_hand, after_reserved = StockLevel.on_hand + on_hand, StockLevel.reserved + reserved
    row = session.execute(
        update(StockLevel)
        .where(StockLevel.variant_id == variant_id, after_on_hand - after_reserved >= 0, after_reserved >= 0)
        .values(on_hand=after_on_hand, reserved=after_reserved)
        .returning(StockLevel.on_hand, StockLevel.reserved)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    session.execute(
        insert(StockMovement).values(
            variant_id=variant_id,
            at=clock.now(),
            kind=kind,
            quantity=on_hand or reserved,
            on_hand=row.on_hand,
            reserved=row.reserved,
            reference=reference,
            reason=reason,
            actor_id=actor.user_id,
            actor_name="" if actor.is_system else actor.name,
            key=key,
        )
    )
    return Balance(row.on_hand, row.reserved)


def reserve_up_to(session: Session, *, variant_id: int, wanted: int, reference: str, actor: Actor = SYSTEM) -> int:
    """Promise as much of `wanted` as is free, at most all of it; return how much."""
    if wanted <= 0:
        return 0
    if move(session, variant_id=variant_id, kind="reserve", reserved=wanted, reference=reference, actor=actor):
        return wanted
    taken = min(wanted, locked_balance(session, variant_id).free)
    if taken <= 0:
        return 0
    move(session, variant_id=variant_id, kind="reserve", reserved=taken, reference=reference, actor=actor)
    return taken


def release(session: Session, *, variant_id: int, quantity: int, reference: str, actor: Actor = SYSTEM) -> None:
    """Make promised pieces free again."""
    if quantity > 0:
        move(session, variant_id=variant_id, kind="release", reserved=-quantity, reference=reference, actor=actor)


def locked_balance(session: Session, variant_id: int) -> Balance:
    """Return what a variant stands at, held against change until the transaction ends; zeros when it was never in stock."""
    row = session.execute(
        select(StockLevel.on_hand, StockLevel.reserved).where(StockLevel.variant_id == variant_id).with_for_update()
    ).one_or_none()
    return Balance(row.on_hand, row.reserved) if row else Balance(0, 0)


def already_moved(session: Session, key: str) -> bool:
    """Say whether a movement by hand with this key was written before (a second click)."""
    return session.scalar(select(StockMovement.id).where(StockMovement.key == key)) is not None


def _open_level(session: Session, variant_id: int) -> None:
    session.execute(upsert(StockLevel).values(variant_id=variant_id).on_conflict_do_nothing())
