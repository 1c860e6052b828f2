"""The operator's page: failed steps, each to be tried again; administrators only."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal import outbox
from portal.accounts import audit
from portal.accounts.actor import Actor, Role
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.operations.queries import incidents as queries
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.i18n import gettext as _
from portal.web.nav import badge
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of
from portal.workflow import service as workflow

PATH = "/desk/operations"


@badge("incidents")
def incidents(session: Session, *, actor: Actor) -> int:
    """Count the open incidents, for the navigation."""
    return queries.incident_count(session) if actor.has(Role.ADMINISTRATOR) else 0


@get(PATH, sync_to_thread=True)
def operations(request: PortalRequest) -> Page:
    """Show what failed and what is owed to the outside."""
    with unit_of_work() as session:
        found = queries.open_incidents(session, page=int_of(request.query_params.get("page"), 1))
        owed, dead = queries.effects(session), queries.dead_effects(session)
    return Page("operations/index.html", incidents=found, effects=owed, dead=dead)


@post(PATH + "/incidents/{incident_id:int}/retry", sync_to_thread=True)
def retry(request: PortalRequest, incident_id: FromPath[int]) -> Response[Any]:
    """Try a failed step again."""
    with unit_of_work() as session:
        workflow.retry_incident(session, actor=current_actor(request), incident_id=incident_id)
    return see_other(request, PATH, toast=toast(_("Tried again")))


@post(PATH + "/effects/retry", sync_to_thread=True)
def retry_effect(request: PortalRequest) -> Response[Any]:
    """Owe an effect again that was given up."""
    with unit_of_work() as session:
        outbox.retry(session, key=Form.of(request).value("key"))
        audit.record(
            session,
            actor=current_actor(request),
            action="effect.retried",
            subject=("effect", Form.of(request).value("key")[:80]),
        )
    return see_other(request, PATH, toast=toast(_("Tried again")))


HANDLERS = [operations, retry, retry_effect]
