"""What is being served now: the request's scope, reachable from the handler's thread and from templates' functions."""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.datastructures import State
from litestar.utils.scope.state import ScopeState

if TYPE_CHECKING:
    from litestar.types import Scope

    from portal.accounts.actor import Actor

PortalRequest = Request[Any, Any, State]
"""The type to annotate a handler's `request` with; `request.user` is the Actor, or None for a visitor."""

_scope: ContextVar["Scope | None"] = ContextVar("scope", default=None)


def serve(scope: "Scope") -> None:
    """Make this request the one that is served in the present context."""
    _scope.set(scope)


def current_request() -> PortalRequest | None:
    """Return the request being served; None outside of one (a job, a test of a template)."""
    scope = _scope.get()
    return None if scope is None else Request(scope)


def actor_of(request: PortalRequest | None) -> "Actor | None":
    """Return who asks, or None for a visitor and for what is served before anybody is known (static files, early errors)."""
    actor: Actor | None = request.scope.get("user") if request is not None else None
    return actor


def request_id() -> str:
    """Return the id under which this request is logged; empty outside of one."""
    scope = _scope.get()
    return "" if scope is None else str(scope.get("request_id", ""))


def csrf_token(request: PortalRequest) -> str:
    """Return the token that a form or header must carry; empty before the CSRF middleware has run."""
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


def theme(request: PortalRequest | None) -> str:
    """Return `auto`, `light` or `dark`: the user's cookie, which log-in sets from the account."""
    chosen = request.cookies.get("theme", "") if request is not None else ""
    return chosen if chosen in THEMES else "auto"


THEMES = ("auto", "light", "dark")


def is_desk(request: PortalRequest | None) -> bool:
    """Tell whether the address belongs to the staff side."""
    path = request.scope["path"] if request is not None else ""
    return path == "/desk" or path.startswith("/desk/")
