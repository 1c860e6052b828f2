"""Who may look into the factory and who may work in it."""

from portal.accounts.actor import Actor, Role
from portal.errors import NotFound, NotPermitted

WORKERS = (Role.WAREHOUSE, Role.SALES_MANAGER, Role.ADMINISTRATOR)
READERS = (*WORKERS, Role.SALESPERSON)


def may_work(actor: Actor) -> bool:
    """Say whether the actor may move stock, make, pick and ship."""
    return actor.is_staff and actor.has(*WORKERS)


def require_worker(actor: Actor) -> None:
    """Refuse who may not change anything here: NotPermitted to those who may look, NotFound to all others."""
    require_reader(actor)
    if not may_work(actor):
        raise NotPermitted


def require_reader(actor: Actor) -> None:
    """Refuse who may not see stock and production: to them the pages do not exist."""
    if not (actor.is_staff and actor.has(*READERS)):
        raise NotFound
