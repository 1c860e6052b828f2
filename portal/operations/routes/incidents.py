"""Failed steps, grouped by what they have in common: what to know before trying again, and trying again."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor, Role
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.errors import Conflict
from portal.operations import actions
from portal.operations import incident_page as shown
from portal.operations.batches import MOST, start_batch
from portal.operations.incident_page import PATH
from portal.operations.queries import incidents as queries
from portal.operations.queries.incidents import Cause
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.i18n import gettext as _
from portal.web.nav import badge
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of, local_path


@badge("incidents")
def open_incidents(session: Session, *, actor: Actor) -> int:
    """Count the open incidents, for the navigation."""
    return queries.incident_count(session) if actor.has(Role.ADMINISTRATOR) else 0


@get(PATH, sync_to_thread=True)
def incidents(request: PortalRequest) -> Page:
    """Show what steps fail of, and one cause in full: the one asked for, or on a wide screen the newest."""
    asked = request.query_params
    page = int_of(asked.get("page"), 1)
    if asked.get("tab") == "resolved":
        return _resolved(page)
    with unit_of_work() as session:
        found = shown.group_views(session, queries.groups(session))
        cause = _asked(session, request)
        first = found[0].group.cause if found else None
        wanted = cause or first
        detail = shown.detail(session, cause=wanted, page=page) if wanted else None
        count = queries.incident_count(session)
    return Page(
        "operations/incidents.html", tab="open", groups=found, detail=detail, count=count, cause=wanted, asked=cause is not None,
        here=shown.address(wanted) if wanted else PATH,
        pager=_pager(detail.stuck, shown.address(wanted)) if detail and wanted else None, live_url="/live?topic=tasks",
    )  # fmt: skip


def _asked(session: Session, request: PortalRequest) -> Cause | None:
    asked = request.query_params
    if instance_id := int_of(asked.get("instance"), 0):
        return queries.cause_of(session, instance_id=instance_id)
    cause = Cause(asked.get("cause", "")[:32], asked.get("process", "")[:80], asked.get("node", "")[:120])
    return cause if cause.cause else None


def _resolved(page: int) -> Page:
    with unit_of_work() as session:
        found = queries.resolved(session, page=page)
        rows, count = shown.resolved_rows(session, found), queries.incident_count(session)
    return Page(
        "operations/incidents_resolved.html",
        tab="resolved",
        rows=rows,
        count=count,
        pager=_pager(found, f"{PATH}?tab=resolved"),
    )


def _pager(found: Any, path: str) -> dict[str, Any] | None:
    if found.last == 1:
        return None
    first, sign = (found.number - 1) * found.size + 1, "&" if "?" in path else "?"
    return {
        "first": first, "last": first + len(found.rows) - 1, "total": found.total,
        "previous": f"{path}{sign}page={found.previous}" if found.previous else None,
        "next": f"{path}{sign}page={found.next}" if found.next else None,
    }  # fmt: skip


@post(PATH + "/{incident_id:int}/retry", sync_to_thread=True)
def retry(request: PortalRequest, incident_id: FromPath[int]) -> Response[Any]:
    """Try one failed step again."""
    form = Form.of(request)
    return see_other(request, local_path(form.value("back")) or PATH, toast=_tried(request, incident_id, ""))


@post(PATH + "/retry", sync_to_thread=True)
def retry_many(request: PortalRequest) -> Response[Any]:
    """Try those that were chosen again, or all of a cause: one at once, more as a batch."""
    form = Form.of(request)
    cause = Cause(form.value("cause"), form.value("process"), form.value("node"))
    with unit_of_work() as session:
        subjects = _subjects(session, form, cause)
        if len(subjects) > 1:
            batch_id = start_batch(
                session, actor=current_actor(request), kind=actions.RETRY, subjects=subjects, parameters={}, reason=_reason(form, subjects)
            )  # fmt: skip
            return see_other(request, f"/desk/operations/batches/{batch_id}")
    if not subjects:
        return see_other(request, shown.address(cause), toast=toast(_("Choose what to try again"), tone="stop"))
    return see_other(request, shown.address(cause), toast=_tried(request, subjects[0][0], form.value("reason")))


def _subjects(session: Session, form: Form, cause: Cause) -> list[tuple[int, str]]:
    if form.value("all"):
        return queries.subjects(session, cause=cause, limit=MOST)
    return queries.chosen(session, ids=[int_of(one, 0) for one in form.values("incident")[: MOST + 1]])


def _tried(request: PortalRequest, incident_id: int, reason: str) -> dict[str, str]:
    """Try one again; what came of it, or why it may not be tried, is said in a toast."""
    actor = current_actor(request)
    try:
        with unit_of_work() as session:
            said = actions.tried(session, actor=actor, incident_id=incident_id, reason=reason.strip())
            return toast(said, tone="stop" if actions.fails_still(session, incident_id=incident_id) else "good")
    except Conflict as refusal:
        return toast(refusal.message, tone="stop")


def _reason(form: Form, subjects: Sequence[tuple[int, str]]) -> str:
    return form.value("reason").strip() or _("%(count)d failed steps tried again", count=len(subjects))


HANDLERS = [incidents, retry, retry_many]
