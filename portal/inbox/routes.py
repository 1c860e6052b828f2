"""The inbox's pages: the list with one task beside it, and what is done with a task."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor, staff_only
from portal.database import unit_of_work
from portal.errors import Conflict
from portal.inbox import pages, queries
from portal.inbox.find import find
from portal.inbox.queries import InboxFilter
from portal.paging import LAST
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.nav import badge
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of
from portal.workflow import service as workflow
from portal.workflow.errors import TaskNotFound


@badge("inbox")
def open_tasks(session: Session, *, actor: Actor) -> int:
    """Count what waits for the actor, for the navigation."""
    return queries.mine_count(session, actor=actor) if actor.is_staff else 0


@get("/desk", sync_to_thread=True)
def desk(request: PortalRequest) -> Response[Any]:
    """Begin at the inbox."""
    return see_other(request, pages.PATH)


@get("/desk/inbox", sync_to_thread=True)
def inbox(request: PortalRequest) -> Page:
    """Show a tab of the inbox, with the chosen task beside it; without one named, the team's when nothing is the actor's own."""
    wanted = _wanted(request)
    if "tab" not in request.query_params and "task" not in request.query_params:
        with unit_of_work() as session:
            counts = queries.tab_counts(session, actor=current_actor(request))
        if counts["team"] and not counts["mine"]:
            wanted = replace(wanted, tab="team")
    return _inbox_page(request, wanted, _chosen(request))


@get("/desk/inbox/rows", sync_to_thread=True)
def rows(request: PortalRequest) -> Page:
    """Draw the list again, for a page that was told that tasks have changed."""
    wanted, chosen = _wanted(request), _chosen(request)
    with unit_of_work() as session:
        context = pages.list_context(session, actor=current_actor(request), wanted=wanted, selected=chosen)
    return Page("inbox/_list.html", context)


@get("/desk/find", sync_to_thread=True)
def find_anything(request: PortalRequest) -> Page | Response[Any]:
    """Search everywhere; a single hit is opened at once."""
    text = request.query_params.get("q", "").strip()[:80]
    with unit_of_work() as session:
        found = find(session, actor=current_actor(request), text=text)
    if len(found.everything) == 1:
        return see_other(request, found.everything[0].href)
    return Page("inbox/find.html", text=text, found=found)


@post("/desk/inbox/{task_id:uuid}/form", sync_to_thread=True)
def form_again(request: PortalRequest, task_id: FromPath[UUID]) -> Page:
    """Draw a task's form again for what has been chosen so far; changes nothing."""
    form = Form.of(request)
    with unit_of_work() as session:
        task = pages.panel(session, actor=current_actor(request), task_id=task_id, form=form)
    return Page("inbox/_form.html", _form_context(task))


@post("/desk/inbox/{task_id:uuid}/claim", sync_to_thread=True)
def claim(request: PortalRequest, task_id: FromPath[UUID]) -> Response[Any]:
    """Take a free task."""
    return _act(request, task_id, workflow.claim_task, _("It is yours now"))


@post("/desk/inbox/{task_id:uuid}/release", sync_to_thread=True)
def release(request: PortalRequest, task_id: FromPath[UUID]) -> Response[Any]:
    """Give a task back to the team."""
    return _act(request, task_id, workflow.release_task, _("Given back to the team"))


@post("/desk/inbox/{task_id:uuid}/delegation", sync_to_thread=True)
def delegate(request: PortalRequest, task_id: FromPath[UUID]) -> Response[Any]:
    """Hand a task to a colleague, or take it over."""
    form, actor = Form.of(request), current_actor(request)
    to_user = int_of(form.value("to"), 0) or actor.user_id or 0

    def hand_over(session: Session, *, actor: Actor, task_id: UUID) -> None:
        workflow.delegate_task(session, actor=actor, task_id=task_id, to_user_id=to_user)

    return _act(
        request, task_id, hand_over, _("You have taken it over") if to_user == actor.user_id else _("Handed over")
    )


@post("/desk/inbox/{task_id:uuid}/completion", sync_to_thread=True)
def complete(request: PortalRequest, task_id: FromPath[UUID]) -> Response[Any]:
    """Complete a task with what its form says, and open the next."""
    form, actor = Form.of(request), current_actor(request)
    try:
        with unit_of_work() as session:
            task = workflow.complete_task(session, actor=actor, task_id=task_id, data=dict(form.pairs))
            following = queries.next_task(session, actor=actor, after=task_id)
    except REFUSALS as error:
        return _inbox_page(request, _wanted(request), task_id, form.refused(error))
    done = toast(_("Done: %(task)s %(number)s", task=pick(task.name_zh, task.name_en), number=task.business_key))
    return see_other(request, pages.address(_wanted(request), task=following or ""), toast=done)


def _act(request: PortalRequest, task_id: UUID, service: Any, said: str) -> Response[Any]:
    """Do one thing with a task and come back to it; a race that was lost is said, not silently dropped."""
    here = pages.address(_wanted(request), task=task_id)
    try:
        with unit_of_work() as session:
            service(session, actor=current_actor(request), task_id=task_id)
    except Conflict as error:
        return see_other(request, here, toast=toast(error.message, tone="wait"))
    return see_other(request, here, toast=toast(said))


def _inbox_page(request: PortalRequest, wanted: InboxFilter, chosen: UUID | None, form: Form | None = None) -> Page:
    actor, gone = current_actor(request), False
    with unit_of_work() as session:
        context = pages.list_context(session, actor=actor, wanted=wanted, selected=chosen)
        task = None
        if chosen is not None:
            try:
                task = pages.panel(session, actor=actor, task_id=chosen, form=form)
            except TaskNotFound:
                gone = True
    status = _status(form, gone)
    return Page(
        "inbox/index.html", {**context, **_form_context(task), "gone": gone, "form": form or Form()}, status=status
    )


def _status(form: Form | None, gone: bool) -> int:
    if gone:
        return 404
    if form is None or not form.failed:
        return 200
    return 422 if form.errors else 409


def _form_context(task: pages.TaskPanel | None) -> dict[str, Any]:
    if task is None:
        return {"task": None}
    return {
        "task": task,
        "fields": task.fields,
        "submit_label": task.submit_label,
        "form_href": f"{pages.PATH}/{task.id}/form",
    }


def _wanted(request: PortalRequest) -> InboxFilter:
    asked = request.query_params
    tab = asked.get("tab", "mine")
    return InboxFilter(
        tab=tab if tab in queries.TABS else "mine",
        process=asked.get("process", "")[:80],
        customer_id=int_of(asked.get("customer"), 0) or None,
        due=asked.get("due", "")[:10],
        search=asked.get("q", "").strip()[:80],
        page=min(max(int_of(asked.get("page"), 1), 1), LAST),
        after=asked.get("after", "")[:120],
        before=asked.get("before", "")[:120],
    )


def _chosen(request: PortalRequest) -> UUID | None:
    try:
        return UUID(request.query_params.get("task", ""))
    except ValueError:
        return None


routers = [
    Router(
        path="/",
        route_handlers=[desk, inbox, rows, find_anything, form_again, claim, release, delegate, complete],
        guards=[staff_only],
    )
]
