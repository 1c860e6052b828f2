"""Reading forms before handlers run, and CSRF protection by double submit in header, form or multipart."""

from functools import lru_cache
from typing import Any

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.enums import RequestEncodingType, ScopeType
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

COOKIE = "csrf"
HEADER = "x-csrftoken"
FIELD = "_csrf_token"
MOST_REMEMBERED = 4096
"""Tokens whose signature is not computed again; it is asked for five times in a request."""
LONGEST_REMEMBERED = 200
"""Characters; ours have 128, so that a longer one is not ours."""
FORMS = {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}


def csrf_config(secret: str, *, secure: bool) -> CSRFConfig:
    """Return the protection's settings; scripts never need the cookie, pages carry the token."""
    return CSRFConfig(secret=secret, cookie_name=COOKIE, header_name=HEADER, cookie_httponly=True, cookie_secure=secure)


class CsrfProtection(CSRFMiddleware):
    """Litestar's protection, made to refuse (not to break on) odd tokens and to replace a cookie that is not ours.

    It also reads the form whenever there is one, so that synchronous handlers find it read.
    """

    def __init__(self, app: ASGIApp, config: CSRFConfig) -> None:
        super().__init__(app, config)
        self._decoded = lru_cache(MOST_REMEMBERED)(super()._decode_csrf_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["route_handler"].opt.get("anonymous"):
            await self.app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive)
        if request.content_type[0] in FORMS and request.method not in self.config.safe_methods:
            await request.form()
        token = request.cookies.get(COOKIE)
        if token is not None and not self._is_ours(token):
            request.cookies.pop(COOKIE)
        await super().__call__(scope, receive, send)

    def _decode_csrf_token(self, token: str) -> str | None:
        return self._decoded(token) if len(token) <= LONGEST_REMEMBERED else None

    def _is_ours(self, token: object) -> bool:
        return isinstance(token, str) and token.isascii() and self._decode_csrf_token(token) is not None

    def _csrf_tokens_match(self, request_csrf_token: Any, cookie_csrf_token: str) -> bool:
        if not self._is_ours(request_csrf_token) or not self._is_ours(cookie_csrf_token):
            return False
        return super()._csrf_tokens_match(request_csrf_token, cookie_csrf_token)
