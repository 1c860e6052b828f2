"""Errors become answers here and nowhere else: a page of the side it happened on, JSON for programs, a toast for htmx.

Every answer carries the request's id; none carries what the actor may not know or what the program thought.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from jinja2 import TemplateError
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, PermissionDeniedException
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError

from portal.errors import Conflict, InvalidInput, NotFound, NotPermitted, PortalError, TooManyRequests
from portal.web import htmx
from portal.web.assets import AssetsNotBuilt
from portal.web.context import PortalRequest, request_id
from portal.web.i18n import lazy_gettext as _
from portal.web.templates import render
from portal.web.urls import with_query

log = structlog.get_logger(__name__)

# `portal.errors` lies below the languages: what its kinds say by themselves is said here.
NotPermitted.message = _("Your role does not allow this. Ask an administrator if you need to do it.")
Conflict.message = _("Somebody changed this in the meantime. Load the page again.")
InvalidInput.message = _("Please check the fields marked below.")
TooManyRequests.message = _("Too many attempts")

LOG_IN = "/login"
LIVE = "/live"
TEMPLATES = {400: 400, 403: 403, 404: 404, 409: 409, 429: 429, 500: 500}
BARE = Markup("<!doctype html><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p><p>{2}</p>")


class LogInRequired(PortalError):
    """Nobody is logged in; `next` is where to go afterwards (a path of ours, or empty)."""

    message = _("Please log in.")

    def __init__(self, message: Any = None, *, next: str = "", **data: Any) -> None:
        super().__init__(message, **data)
        self.next = next


class Elsewhere(PortalError):
    """What is wanted is at another address of ours; `url` is a path."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url


@dataclass(frozen=True)
class Problem:
    """What a person or program is told."""

    status: int
    kind: str
    title: Any
    message: Any
    fields: dict[str, Any] | None = None
    retry_after: int | None = None


NOT_FOUND = Problem(
    404, "not_found", _("Not found"),
    _("There is nothing at this address, or it is not among what you can see. Check the address or go back."),
)  # fmt: skip
BROKEN = Problem(
    500, "internal_error", _("Something went wrong"),
    _("The portal could not do this. Nothing was changed. Try again; if it happens again, tell us the number below."),
)  # fmt: skip
BUSY = Problem(
    503, "busy", _("Very busy just now"),
    _("The portal could not get to this in time. Nothing was changed. Try again in a few seconds."), retry_after=5,
)  # fmt: skip
CSRF = Problem(
    403, "csrf", _("This page was open too long"),
    _("For your safety this was not sent, and nothing was changed. Go back, load the page again and send it once more."),
)  # fmt: skip
BY_STATUS = {
    404: NOT_FOUND,
    400: Problem(400, "bad_request", _("This request cannot be understood"), _("Go back and try again.")),
    405: Problem(405, "method_not_allowed", _("This does not work here"), _("Go back and try again.")),
    408: Problem(408, "timeout", _("The connection was too slow"), _("Not everything arrived. Nothing was changed. Try again.")),
    413: Problem(413, "too_large", _("This is too large"), _("Send a smaller file or less text. Nothing was changed.")),
}  # fmt: skip

STALE = Problem(
    409, "conflict", _("This has changed"), _("Somebody changed this in the meantime. Load the page again.")
)
BELOW: tuple[tuple[tuple[type[Exception], ...], Problem], ...] = (
    ((StaleDataError,), STALE),
    ((PoolExhausted, OperationalError), BUSY),
    ((TimeoutError,), BY_STATUS[408]),
)
"""What the layers below raise."""


def to_response(request: PortalRequest, error: Exception) -> Response[Any]:
    """Answer an error; what nobody foresaw is logged with its trace."""
    if isinstance(error, LogInRequired):
        return _log_in(request, error)
    if isinstance(error, Elsewhere):
        return Response("", status_code=303, media_type=MediaType.HTML, headers={"Location": error.url})
    problem = describe(error)
    if problem.status >= 500:
        log.error("request_failed", exc_info=error, path=request.scope["path"])
    request.scope["failed"] = True  # type: ignore[typeddict-unknown-key]  # nothing is counted for the page: we are on the event loop
    response = _rendered(request, problem)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def describe(error: Exception) -> Problem:
    """Say what happened in words and with a status."""
    match error:
        case NotFound():
            return NOT_FOUND
        case NotPermitted():
            return Problem(403, "not_permitted", _("Not permitted"), error.message)
        case Conflict():
            return Problem(409, "conflict", _("This has changed"), error.message)
        case InvalidInput():
            return Problem(422, "invalid_input", _("This cannot be accepted"), error.message, fields=error.fields)
        case TooManyRequests():
            return Problem(
                429, "too_many_requests", _("Too many attempts"), error.message, retry_after=error.retry_after
            )
        case PermissionDeniedException(detail=str(detail)) if "CSRF" in detail:
            return CSRF
        case HTTPException(status_code=status) if status < 500:
            return BY_STATUS.get(status, BY_STATUS[400])
    return next((problem for kinds, problem in BELOW if isinstance(error, kinds)), BROKEN)


def _log_in(request: PortalRequest, error: LogInRequired) -> Response[Any]:
    url = with_query(LOG_IN, {"next": error.next})
    if request.scope["path"] == LIVE:
        return Response("", status_code=401, media_type=MediaType.TEXT)  # the page stays: something may be typed in it
    if htmx.is_from_htmx(request):
        return Response("", status_code=401, media_type=MediaType.HTML, headers=htmx.redirect_headers(url))
    if wants_json(request):
        return _json(Problem(401, "log_in_required", "", error.message))
    return Response("", status_code=303, media_type=MediaType.HTML, headers={"Location": url})


def _rendered(request: PortalRequest, problem: Problem) -> Response[Any]:
    if wants_json(request):
        return _json(problem)
    if htmx.is_from_htmx(request):
        text = f"{problem.message} ({request_id()})" if problem.status >= 500 else str(problem.message)
        headers = {"HX-Reswap": "none"} | htmx.toast_headers({"text": text, "tone": "stop"})
        return Response("", status_code=problem.status, media_type=MediaType.HTML, headers=headers)
    return Response(_page(problem), status_code=problem.status, media_type=MediaType.HTML)


def wants_json(request: PortalRequest) -> bool:
    """Tell whether a program asks: an address of the API, or JSON wanted and HTML not."""
    accept = request.headers.get("Accept", "")
    return request.scope["path"].startswith("/api/") or ("application/json" in accept and "text/html" not in accept)


def _json(problem: Problem) -> Response[Any]:
    content = {"error": problem.kind, "message": str(problem.message), "request_id": request_id()}
    if problem.fields:
        content["fields"] = {name: str(text) for name, text in problem.fields.items()}  # type: ignore[assignment]
    return Response(content, status_code=problem.status, media_type=MediaType.JSON)


def _page(problem: Problem) -> str:
    plain = problem in (NOT_FOUND, BROKEN)  # the pages themselves say these best, for each side
    values = {
        "error_title": "" if plain else str(problem.title),
        "error_text": "" if plain else " ".join(map(str, (problem.message, *(problem.fields or {}).values()))),
        "retry_after": problem.retry_after,
    }
    try:
        return render(f"errors/{TEMPLATES.get(problem.status, 400 if problem.status < 500 else 500)}.html", values)
    except (
        TemplateError,
        AssetsNotBuilt,
        KeyError,
        RuntimeError,
    ):  # the last resort must not fail with the page itself
        log.exception("error_page_failed")
        return str(BARE.format(str(problem.title), str(problem.message), request_id()))


HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]] = {
    PortalError: to_response,
    HTTPException: to_response,
    Exception: to_response,
}
