"""Who may do what to accounts."""

from portal.accounts.actor import Actor, Role
from portal.errors import NotFound

STAFF_ROLES = (Role.SALESPERSON, Role.SALES_MANAGER, Role.WAREHOUSE, Role.FINANCE, Role.ADMINISTRATOR)


def may_administer(actor: Actor) -> bool:
    """Tell whether the actor manages other people's accounts: administrators, and the system (the command line)."""
    return actor.is_system or actor.has(Role.ADMINISTRATOR)


def require_administration(actor: Actor) -> None:
    """Let administrators pass; for others there are no accounts but their own (NotFound)."""
    if not may_administer(actor):
        raise NotFound
