"""The bell: one's own notifications."""

from typing import Any

from litestar import Response, Router, get, post

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.notifications import queries, service
from portal.web.context import PortalRequest
from portal.web.forms import Form
from portal.web.nav import badge
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of, with_query


@badge("notifications")
def unread(session: Any, *, actor: Actor) -> int:
    """Count what is new."""
    return queries.unread_count(session, actor=actor)


@get("/notifications", sync_to_thread=True)
def notifications_page(request: PortalRequest) -> Page:
    """Show one's notifications, newest first."""
    actor = current_actor(request)
    with unit_of_work() as session:
        page = queries.notifications_page(session, actor=actor, page=int_of(request.query_params.get("page"), 1))
    links = {
        "previous": with_query("/notifications", {"page": page.previous}) if page.previous else None,
        "next": with_query("/notifications", {"page": page.next}) if page.next else None,
    }
    side = "notifications/desk.html" if actor.is_staff else "notifications/list.html"
    return Page(side, page=page, links=links, newest=max((told.id for told in page.rows), default=0))


@post("/notifications/read", sync_to_thread=True)
def mark_read(request: PortalRequest) -> Response[Any]:
    """Mark everything up to what was shown as read."""
    with unit_of_work() as session:
        service.mark_all_read(session, actor=current_actor(request), up_to=int_of(Form.of(request).value("up_to"), 0))
    return see_other(request, "/notifications")


routers = [Router(path="/", route_handlers=[notifications_page, mark_read])]
