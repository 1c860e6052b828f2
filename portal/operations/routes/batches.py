"""Batches: those of late, one with its progress and results, continuing it after its canaries, stopping it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor, Role
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.operations import batches
from portal.operations.queries import batches as queries
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.i18n import gettext as _
from portal.web.live import topic_authoriser
from portal.web.responses import see_other
from portal.web.templates import Page, partial_or_page
from portal.web.urls import int_of

PATH = "/desk/operations/batches"


@topic_authoriser("batch")
def may_follow(_session: Session, *, actor: Actor, key: str) -> bool:
    """Let administrators follow a batch."""
    return actor.has(Role.ADMINISTRATOR) and key.isdecimal()


@get(PATH, sync_to_thread=True)
def recent() -> Page:
    """List the newest batches."""
    with unit_of_work() as session:
        found = queries.recent(session)
    return Page("operations/batches.html", batches=found, labels=batches.labels())


@get(PATH + "/{batch_id:int}", sync_to_thread=True)
def batch(request: PortalRequest, batch_id: FromPath[int]) -> Page:
    """Show a batch's progress and what came of each item."""
    with unit_of_work() as session:
        found = queries.batch(session, batch_id)
        items = queries.items(session, batch_id, page=int_of(request.query_params.get("page"), 1))
    return Page(
        partial_or_page(request, "operations/batch.html", "progress"), batch=found, items=items, labels=batches.labels(),
        live_url=f"/live?topic=batch:{batch_id}",
    )  # fmt: skip


@post(PATH + "/{batch_id:int}/continuation", sync_to_thread=True)
def go_on(request: PortalRequest, batch_id: FromPath[int]) -> Response[Any]:
    """Let the rest follow the canaries."""
    with unit_of_work() as session:
        batches.continue_batch(session, actor=current_actor(request), batch_id=batch_id)
    return see_other(request, f"{PATH}/{batch_id}", toast=toast(_("The rest follows now")))


@post(PATH + "/{batch_id:int}/stop", sync_to_thread=True)
def stop(request: PortalRequest, batch_id: FromPath[int]) -> Response[Any]:
    """Leave the rest undone."""
    with unit_of_work() as session:
        batches.stop_batch(session, actor=current_actor(request), batch_id=batch_id)
    return see_other(request, f"{PATH}/{batch_id}", toast=toast(_("Stopped; what was done stays done")))


HANDLERS = [recent, batch, go_on, stop]
