"""htmx: what its requests say and what its answers need. The only module that knows its headers."""

import json
from typing import Any

from litestar import Response

from portal.web.context import PortalRequest
from portal.web.urls import path_of


def is_htmx(request: PortalRequest | None) -> bool:
    """Tell whether htmx asks, wanting a fragment (not a whole page: boosted, restored, or to be selected from)."""
    if request is None or request.headers.get("HX-Request") != "true":
        return False
    whole = request.headers.get("HX-Request-Type") == "full" or "HX-Boosted" in request.headers
    return not whole and request.headers.get("HX-History-Restore-Request") != "true"


def is_from_htmx(request: PortalRequest) -> bool:
    """Tell whether htmx sent this at all: a redirect must then be a header, for a 303 would be followed unseen."""
    return request.headers.get("HX-Request") == "true"


def current_path(request: PortalRequest) -> str:
    """Return path and query of the page the person is looking at when htmx asks; empty when it does not say."""
    return path_of(request.headers.get("HX-Current-URL", ""), query=True)


def redirect_headers(url: str) -> dict[str, str]:
    """Return the header by which htmx leaves for another page."""
    return {"HX-Redirect": url}


def toast_headers(toast: dict[str, Any]) -> dict[str, str]:
    """Return the header by which htmx shows a toast."""
    return {"HX-Trigger": json.dumps({"toast": toast})}


def add_headers(response: Response[Any], headers: dict[str, str]) -> Response[Any]:
    """Set headers on a response and return it."""
    for name, value in headers.items():
        response.headers[name] = value
    return response
