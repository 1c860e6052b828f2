"""Who may do what with an order, and what is possible at its point (pure); called first in each service function."""

from dataclasses import dataclass
from datetime import datetime

from portal.accounts.actor import Actor, Role
from portal.errors import NotPermitted

CANCELLERS = (Role.SALESPERSON, Role.SALES_MANAGER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Stage:
    """How far an order is, as far as permissions care."""

    shipped: int
    cancelled: int
    released_at: datetime | None
    cancelling_at: datetime | None
    completed_at: datetime | None
    running: bool
    """Its process has not ended."""


def require_contact(actor: Actor) -> None:
    """Refuse everybody who has no cart."""
    if not actor.is_contact:
        raise NotPermitted


def require_canceller(actor: Actor) -> None:
    """Refuse whoever may not ask for a cancellation: the customer's contacts and the sales side may."""
    if not (actor.is_contact or actor.has(*CANCELLERS)):
        raise NotPermitted


def require_staff(actor: Actor) -> None:
    """Refuse customers."""
    if not actor.is_staff:
        raise NotPermitted


def sees_amounts(actor: Actor) -> bool:
    """Say whether money is shown: to everybody but those who are only of the warehouse."""
    return actor.is_contact or actor.is_system or bool(actor.roles - {Role.WAREHOUSE.value})


def may_cancel(stage: Stage) -> bool:
    """Say whether a cancellation can still be asked for: nothing shipped, nothing decided, not over."""
    return (
        stage.running
        and stage.shipped == 0
        and stage.cancelled == 0
        and stage.cancelling_at is None
        and stage.completed_at is None
    )


def cancels_freely(stage: Stage) -> bool:
    """Say whether cancelling needs nobody's decision: before anything was released to production or to the warehouse."""
    return may_cancel(stage) and stage.released_at is None
