"""Who is asking: the session cookie becomes `request.user` (an Actor, or None), with the person's language."""

from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Message, Receive, Scope, Send

from portal.accounts import sessions
from portal.database import alone
from portal.settings import Settings
from portal.web.i18n import current_locale, set_locale

LONGEST_TOKEN = 100
REMEMBERED_DAYS = 60
"""The cookie outlives its session by this much, so that an interrupted form finds its sender."""


class Authentication(AbstractAuthenticationMiddleware):
    """Looks the session up in a worker thread, and renews the cookie when the session's end moves."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["route_handler"].opt.get("anonymous"):
            scope["user"] = scope["auth"] = None
            await self.app(scope, receive, send)
            return
        result = await self.authenticate_request(ASGIConnection(scope))
        scope["user"], scope["auth"] = result.user, result.auth
        await self.app(scope, receive, _renewing(scope, send) if scope.get("renew_session") else send)

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Return who holds the token and their session's id; the result is empty for a visitor."""
        settings: Settings = connection.app.state.settings
        token = connection.cookies.get(cookie_name(settings), "")
        if not token or len(token) > LONGEST_TOKEN or not token.isascii():
            return AuthenticationResult(user=None, auth=None)
        found = await sync_to_thread(_recognise, token, settings.session_days)
        if found is None:
            return AuthenticationResult(user=None, auth=None)
        if found.actor is None:
            connection.scope["ended_session_of"] = found.user_id  # type: ignore[typeddict-unknown-key]
            return AuthenticationResult(user=None, auth=None)
        set_locale(found.locale or current_locale())
        if found.renewed:
            connection.scope["renew_session"] = session_cookie(settings, token)  # type: ignore[typeddict-unknown-key]
        return AuthenticationResult(user=found.actor, auth=found.session_id)


def _recognise(token: str, days: int) -> sessions.Recognised | None:
    with alone() as session:
        return sessions.recognise(session, token=token, days=days)


def _renewing(scope: Scope, send: Send) -> Send:
    async def renewing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            cookie: Cookie = scope["renew_session"]  # type: ignore[typeddict-item]
            if not any(value.startswith(f"{cookie.key}=") for value in headers.getall("set-cookie", [])):
                headers.add("set-cookie", cookie.to_header(header=""))
        await send(message)

    return renewing


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name; over https one that other hosts and plain http cannot set."""
    return "__Host-session" if settings.secure else "session"


def session_cookie(settings: Settings, token: str) -> Cookie:
    """Return the cookie for a session."""
    return Cookie(
        key=cookie_name(settings), value=token, max_age=(settings.session_days + REMEMBERED_DAYS) * 86400,
        httponly=True, secure=settings.secure, samesite="lax", path="/",
    )  # fmt: skip


def ended_cookie(settings: Settings) -> Cookie:
    """Return the cookie that removes a session's."""
    return Cookie(
        key=cookie_name(settings), value="", max_age=0, httponly=True, secure=settings.secure, samesite="lax", path="/"
    )
