"""Who may do what to a customer; called first in each service function."""

from portal.accounts.actor import Actor, Role
from portal.errors import NotPermitted

EDITORS = (Role.SALESPERSON, Role.SALES_MANAGER, Role.ADMINISTRATOR)
CREDIT_EDITORS = (Role.SALES_MANAGER, Role.ADMINISTRATOR)


def may_edit_customers(actor: Actor) -> bool:
    """Say whether the actor edits the customers they see, and makes new ones."""
    return actor.is_system or actor.has(*EDITORS)


def may_choose_salesperson(actor: Actor) -> bool:
    """Say whether the actor decides whose customer it is; a salesperson's new customers are their own."""
    return actor.is_system or actor.has(Role.SALES_MANAGER, Role.ADMINISTRATOR)


def may_set_credit(actor: Actor) -> bool:
    """Say whether the actor sets limits and what is overdue: those decide who must approve, so not the seller."""
    return actor.is_system or actor.has(*CREDIT_EDITORS)


def require_editor(actor: Actor) -> None:
    """Refuse whoever does not edit customers."""
    if not may_edit_customers(actor):
        raise NotPermitted
