"""Who may come in at all: guards of routers and handlers. What a person may do there is the services' to decide.

Every handler needs a log-in unless it says `opt={"public": True}`; every address under /desk needs staff.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from portal.accounts.actor import Actor, Role
from portal.accounts.interrupted import log_in_required
from portal.errors import NotFound
from portal.web.context import PortalRequest, is_desk
from portal.web.errors import Elsewhere

HOME_OF_STAFF = "/desk/inbox"
HOME_OF_CONTACTS = "/"

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def current_actor(request: PortalRequest) -> Actor:
    """Return who asks; for handlers behind the log-in."""
    actor = request.user
    if not isinstance(actor, Actor):
        raise TypeError("this handler is open to visitors: use request.user, which may be None")
    return actor


async def logged_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let in who is logged in; anybody where the handler is public. Staff only under /desk; others find nothing there."""
    if handler.opt.get("public"):
        return
    actor = connection.scope.get("user")
    if actor is None:
        raise await log_in_required(connection)
    if connection.scope["path"] == "/" and actor.is_staff:
        raise Elsewhere(HOME_OF_STAFF)
    if is_desk(connection) and not actor.is_staff:  # type: ignore[arg-type]  # asks for the path only
        raise NotFound


def roles(*wanted: str) -> Guard:
    """Return a guard that lets in who has any of the roles; for others there is nothing here."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        actor = connection.scope.get("user")
        if actor is None:
            raise await log_in_required(connection)
        if not actor.has(*wanted):
            raise NotFound

    return guard


contacts_only = roles(Role.CONTACT)
staff_only = roles(Role.SALESPERSON, Role.SALES_MANAGER, Role.WAREHOUSE, Role.FINANCE, Role.ADMINISTRATOR)
