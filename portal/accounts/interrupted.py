"""The form survives the log-in: what was sent with an ended session is kept for its sender until they are back.

The sender is known by the ended session's token, so nothing is kept for strangers, and only the same user gets it back. It is
never sent by itself: after log-in a page offers to send it, with a fresh CSRF token. Passwords are never kept.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import InterruptedForm
from portal.accounts.sessions import digest
from portal.database import unit_of_work
from portal.web import htmx
from portal.web.context import PortalRequest
from portal.web.errors import LogInRequired
from portal.web.forms import Form
from portal.web.urls import host_of, local_path, path_of

KEPT_FOR = timedelta(hours=12)
LARGEST = 256 * 1024
MOST_FORMS = 20
"""Forms kept for one user; beyond that the oldest go."""


@dataclass(frozen=True)
class Kept:
    """A form as it was sent: where to, from which page, and its fields."""

    action: str
    page: str
    pairs: tuple[tuple[str, str], ...]
    had_files: bool


async def log_in_required(connection: ASGIConnection[Any, Any, Any, Any]) -> LogInRequired:
    """Return the error that leads to the log-in page and afterwards back: to the page, or to the form that was being sent."""
    request: PortalRequest = connection if isinstance(connection, Request) else Request(connection.scope)
    here = request.scope["path"]
    if request.method == "GET":
        query = request.scope["query_string"].decode("latin-1")
        wanted = htmx.current_path(request) if htmx.is_from_htmx(request) else here + (f"?{query}" if query else "")
        return LogInRequired(next=local_path(wanted) or "")
    page = local_path(htmx.current_path(request) or _referring_page(request)) or ""
    token = await sync_to_thread(_keep, request, page)
    return LogInRequired(next=f"/continue/{token}" if token else page)


def _referring_page(request: PortalRequest) -> str:
    page = request.headers.get("Referer", "")
    return path_of(page, query=True) if host_of(page) == request.headers.get("Host", "") else ""


def _keep(request: PortalRequest, page: str) -> str | None:
    user_id = request.scope.get("ended_session_of")
    form = Form.of(request)
    if not isinstance(user_id, int) or not form.pairs or request.method != "POST":
        return None
    if any("password" in name for name, _text in form.pairs) or sum(len(n) + len(t) for n, t in form.pairs) > LARGEST:
        return None
    query = request.scope["query_string"].decode("latin-1")
    action = request.scope["path"] + (f"?{query}" if query else "")
    with unit_of_work() as session:
        return keep(
            session, user_id=user_id, kept=Kept(action[:2000], page[:2000] or "/", form.pairs, bool(form.files))
        )


def keep(session: Session, *, user_id: int, kept: Kept) -> str:
    """Keep a form for a user and return the token it is found by; forgets what is too old or too many."""
    token = secrets.token_urlsafe(24)
    session.execute(delete(InterruptedForm).where(InterruptedForm.created_at < clock.now() - KEPT_FOR))
    newest = (
        select(InterruptedForm.id)
        .where(InterruptedForm.user_id == user_id)
        .order_by(InterruptedForm.id.desc())
        .limit(MOST_FORMS - 1)
    )
    session.execute(
        delete(InterruptedForm).where(InterruptedForm.user_id == user_id, InterruptedForm.id.not_in(newest))
    )
    session.add(
        InterruptedForm(
            token_hash=digest(token), user_id=user_id, action=kept.action, page=kept.page,
            pairs=[list(pair) for pair in kept.pairs], had_files=kept.had_files, created_at=clock.now(),
        )
    )  # fmt: skip
    return token


def find_kept(session: Session, *, user_id: int | None, token: str) -> Kept | None:
    """Return a form that was kept for this very user; None for anybody else's, an old one, or none."""
    row = session.scalar(
        select(InterruptedForm).where(
            InterruptedForm.token_hash == digest(token),
            InterruptedForm.user_id == user_id,
            InterruptedForm.created_at >= clock.now() - KEPT_FOR,
        )
    )
    if row is None:
        return None
    return Kept(row.action, row.page, tuple((name, text) for name, text in row.pairs), row.had_files)


def is_waiting(session: Session, *, token: str) -> bool:
    """Tell whether a form is kept under a token, so that the log-in page can say so."""
    return bool(
        session.scalar(
            select(func.count()).where(InterruptedForm.token_hash == digest(token)).select_from(InterruptedForm)
        )
    )
