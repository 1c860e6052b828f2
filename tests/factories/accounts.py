"""Make people, and browsers in which they are logged in."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy.orm import Session

from portal.accounts import sessions
from portal.accounts.authentication import cookie_name
from portal.accounts.models import User
from portal.accounts.passwords import hash_password
from portal.database import unit_of_work
from portal.settings import Settings
from tests.factories.customers import a_user

PASSWORD = "correct horse 7"


_hashed = cache(hash_password)


def a_user_with_password(session: Session, *roles: str, password: str = PASSWORD, **columns: Any) -> User:
    """A person who can log in with `PASSWORD`."""
    return a_user(session, *roles, password_hash=_hashed(password), **columns)


class Browser:
    """A browser without scripts: keeps cookies, follows nothing by itself, sends the CSRF token with what it posts.

    `htmx=True` sends what htmx sends. `text` of an answer is in Chinese unless `language="en"`.
    """

    def __init__(self, client: TestClient[Litestar], *, language: str = "zh") -> None:
        self.client = client
        self.client.follow_redirects = False
        self.client.headers["Accept-Language"] = language
        self.client.headers["Accept"] = "text/html"

    def log_in(self, user: User, settings: Settings) -> None:
        """Begin a session for a user without asking for a password."""
        with unit_of_work() as session:
            token = sessions.open_session(
                session, user_id=user.id, device=sessions.Device(), days=settings.session_days
            )
        self.client.cookies.set(cookie_name(settings), token)

    def get(self, path: str, *, htmx: bool = False, **more: Any) -> Response:
        """Open a page."""
        return self.client.get(path, headers=self._headers(htmx, more.pop("headers", {})), **more)

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, htmx: bool = False, **more: Any) -> Response:
        """Send a form, with the token a page would carry; lists become several values of one name."""
        headers = {"x-csrftoken": self.csrf_token()} | more.pop("headers", {})
        if not data and "files" not in more:
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return self.client.post(path, data=dict(data or {}), headers=self._headers(htmx, headers), **more)

    def csrf_token(self) -> str:
        """Return the token of this browser, fetched from the log-in page when there is none yet."""
        if "csrf" not in self.client.cookies:
            self.client.get("/login")
        return str(self.client.cookies["csrf"])

    def _headers(self, htmx: bool, more: Mapping[str, str]) -> dict[str, str]:
        return ({"HX-Request": "true"} if htmx else {}) | dict(more)
