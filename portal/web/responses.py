"""Answers other than pages: leaving for another page after a change, and the toast that goes along."""

from typing import Any

from litestar import Response

from portal.web import flash
from portal.web.context import PortalRequest
from portal.web.htmx import add_headers, is_from_htmx, redirect_headers, toast_headers
from portal.web.templates import environment
from portal.web.urls import in_header


def see_other(request: PortalRequest, url: str, *, toast: dict[str, str] | None = None) -> Response[Any]:
    """Send the person to a page of ours after a change: a 303, or htmx's own header; the toast shows on that page."""
    place = in_header(url)
    if is_from_htmx(request):
        response: Response[Any] = Response("", status_code=200, media_type="text/html", headers=redirect_headers(place))
    else:
        response = Response("", status_code=303, media_type="text/html", headers={"Location": place})
    if toast is not None:
        response.set_cookie(flash.cookie(toast, secure=bool(environment.globals["secure"])))
    return response


def with_toast(response: Response[Any], toast: dict[str, str]) -> Response[Any]:
    """Let htmx show a toast along with a fragment."""
    return add_headers(response, toast_headers(toast))


def no_content(*, toast: dict[str, str] | None = None) -> Response[Any]:
    """Answer htmx without changing the page, but for a toast."""
    response: Response[Any] = Response("", status_code=200, media_type="text/html", headers={"HX-Reswap": "none"})
    return with_toast(response, toast) if toast is not None else response
