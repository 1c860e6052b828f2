"""What goes around every request: its id, its language, security headers, HEAD, a deadline for the body, one log line."""

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from litestar.types import Message, Receive, Scope, Send

from portal import metrics
from portal.web import context
from portal.web.i18n import LOCALES, best_locale, set_locale

log = structlog.get_logger(__name__)

BODY_SECONDS = 60
LOCALE_COOKIE = "locale"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
QUIET = ("/static/", "/healthz", "/readyz", "/metrics", "/favicon.ico")

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}
PAGE_VARY = "HX-Request, Cookie, Accept-Language"
_ALWAYS = [
    (name.lower().encode(), value.encode())
    for name, value in {**SECURITY, "Cache-Control": "private, no-cache"}.items()
]
_ALWAYS_SECURE = [*_ALWAYS, *((name.lower().encode(), value.encode()) for name, value in HSTS.items())]

App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def handle(app: App, scope: Scope, receive: Receive, send: Send, *, secure: bool) -> None:
    """Serve one HTTP request through `app`, with everything that goes around it."""
    _open(scope)
    is_head = scope["method"] == "HEAD"  # type: ignore[typeddict-item]  # HTTP only
    if is_head:  # a copy: the server counts what it sends by its own scope's method
        scope = cast("Scope", {**scope, "method": "GET"})
    started, status = time.perf_counter(), 0

    async def answer(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            _add_headers(message, secure=secure, request_id=scope["request_id"])  # type: ignore[typeddict-item]
        elif is_head and message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    try:
        await app(scope, _within_deadline(receive), answer)
    finally:
        seconds = time.perf_counter() - started
        method = "HEAD" if is_head else scope["method"]  # type: ignore[typeddict-item]  # HTTP only
        metrics.request(route=scope.get("path_template"), method=method, status=status, seconds=seconds)
        _log(scope, status, seconds * 1000, is_head=is_head)


def _open(scope: Scope) -> None:
    _without_nul(scope)
    headers = dict(scope["headers"])
    offered = headers.get(b"x-request-id", b"").decode("latin-1")
    scope["request_id"] = offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex[:16]  # type: ignore[typeddict-unknown-key]
    context.serve(scope)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=scope["request_id"])  # type: ignore[typeddict-item]
    set_locale(_locale_of(headers))


def _without_nul(scope: Scope) -> None:
    """Put the sign of an unreadable character in place of NUL, which no text of the database may hold: nothing is found by it."""
    scope["path"] = scope["path"].replace("\0", "\ufffd")
    scope["query_string"] = scope["query_string"].replace(b"%00", b"%EF%BF%BD")


def _locale_of(headers: dict[bytes, bytes]) -> str:
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == LOCALE_COOKIE and value in LOCALES:
            return value
    return best_locale(headers.get(b"accept-language", b"").decode("latin-1"))


def _add_headers(message: Any, *, secure: bool, request_id: str) -> None:
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
    there = {name.lower(): value for name, value in headers}
    wanted = (*(_ALWAYS_SECURE if secure else _ALWAYS), (b"x-request-id", request_id.encode()))
    headers += [(name, value) for name, value in wanted if name not in there]
    if there.get(b"content-type", b"").startswith(b"text/html"):
        vary = b", ".join(filter(None, (there.get(b"vary"), PAGE_VARY.encode())))
        headers = [*(header for header in headers if header[0].lower() != b"vary"), (b"vary", vary)]
    message["headers"] = headers


def _within_deadline(receive: Receive) -> Receive:
    """Let the body take so long and no longer (TimeoutError); what is received after it (a disconnect) may take any time."""
    deadline = time.monotonic() + BODY_SECONDS
    complete = False

    async def timely() -> Any:
        nonlocal complete
        if complete:
            return await receive()
        async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
            message = await receive()
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return timely


def _log(scope: Scope, status: int, milliseconds: float, *, is_head: bool) -> None:
    path = scope["path"]
    if path.startswith(QUIET) and status < 400:
        return
    actor = scope.get("user")
    log.info(
        "request", method="HEAD" if is_head else scope["method"], path=path, status=status,  # type: ignore[typeddict-item]
        ms=round(milliseconds, 1), user=getattr(actor, "user_id", None), htmx=_is_htmx(scope) or None,
    )  # fmt: skip


def _is_htmx(scope: Scope) -> bool:
    return any(name == b"hx-request" for name, _value in scope["headers"])
