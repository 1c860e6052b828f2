"""Who may change the catalogue; called first in each service function."""

from portal.accounts.actor import Actor, Role
from portal.errors import NotPermitted

EDITORS = (Role.SALESPERSON, Role.SALES_MANAGER, Role.ADMINISTRATOR)
READERS = (*EDITORS, Role.FINANCE, Role.WAREHOUSE)


def may_edit(actor: Actor) -> bool:
    """Say whether the actor changes products, prices and grants."""
    return actor.is_system or actor.has(*EDITORS)


def may_grant_to_levels(actor: Actor) -> bool:
    """Say whether the actor decides for a whole level: that reaches customers of everybody's."""
    return actor.is_system or actor.has(Role.SALES_MANAGER, Role.ADMINISTRATOR)


def require_editor(actor: Actor) -> None:
    """Refuse whoever does not change the catalogue."""
    if not may_edit(actor):
        raise NotPermitted
