"""Moving instances to another version: choose, see the mapping, try it out, then let a batch do it."""

from typing import Any

from litestar import Response, get, post

from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.operations import batches, migrations
from portal.operations.board import PATH
from portal.operations.queries import instances as listed
from portal.operations.queries import overview
from portal.web.context import PortalRequest
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import pick
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import with_query

MIGRATIONS = PATH + "/migrations"


@get(MIGRATIONS, sync_to_thread=True)
def planning(request: PortalRequest) -> Page:
    """Choose what is to be moved where, and see what corresponds."""
    return _page(request, migrations.choice_of(request.query_params), Form())


@get(MIGRATIONS + "/new", sync_to_thread=True)
def planning_chosen(request: PortalRequest) -> Page:
    """Begin with instances that were chosen in a list, or with its filter."""
    return _page(request, migrations.choice_of(request.query_params), Form())


@get(MIGRATIONS + "/rehearsal", sync_to_thread=True)
def rehearsal(request: PortalRequest) -> Page:
    """Try it out, and show what came of it."""
    return _page(request, migrations.choice_of(request.query_params), Form(), rehearse=True)


@get(MIGRATIONS + "/rehearsal.csv", sync_to_thread=True)
def rehearsal_list(request: PortalRequest) -> Response[bytes]:
    """Try it out, and hand over what came of each instance as a file."""
    with unit_of_work() as session:
        planned = migrations.planned(session, migrations.choice_of(request.query_params))
        result = planned and migrations.rehearsed(session, actor=current_actor(request), migrating=planned)
    headers = {"Content-Disposition": 'attachment; filename="migration.csv"'}
    return Response(migrations.as_csv(result) if result else b"", media_type="text/csv; charset=utf-8", headers=headers)


@post(MIGRATIONS, sync_to_thread=True)
def begin(request: PortalRequest) -> Response[Any] | Page:
    """Let a batch move them: those that can, and those that go on at once as far as they were chosen."""
    form = Form.of(request)
    choice = migrations.choice_of(dict(form.pairs))
    at_once = form.value("at_once") == "go"
    wanted = [*form.value("moving").split(","), *(form.values("also") if at_once else [])]
    ids = [int(one) for one in wanted if one.isdecimal() and len(one) < 19][: migrations.MOST + 1]
    try:
        with unit_of_work() as session:
            batch_id = migrations.start(
                session, actor=current_actor(request), choice=choice, subjects=listed.chosen(session, ids=ids),
                at_once=at_once, reason=form.value("reason"), canaries=batches.canaries_of(form.value("canaries")),
            )  # fmt: skip
    except REFUSALS as error:
        return _page(request, choice, form.refused(error), rehearse=True)
    return see_other(request, f"{PATH}/batches/{batch_id}")


def _page(request: PortalRequest, choice: migrations.Choice, form: Form, *, rehearse: bool = False) -> Page:
    with unit_of_work() as session:
        planned = migrations.planned(session, choice)
        versions = overview.versions(session, planned.choice.filters.process) if planned else ()
        processes = overview.processes(session)
        result = (
            migrations.rehearsed(session, actor=current_actor(request), migrating=planned)
            if planned and rehearse
            else None
        )
    query = planned.choice.query if planned else {}
    return Page(
        "operations/migration.html", planned=planned, result=result, processes=processes, versions=versions, form=form,
        nodes=[(row.step.node.id, pick(*row.step.node.name)) for row in _by_name(planned)],
        at_once=migrations.at_once_by_node(result.at_once) if result else {}, most=migrations.MOST,
        path=MIGRATIONS, csv=with_query(MIGRATIONS + "/rehearsal.csv", query),
        process_name=next((pick(p.name_zh, p.name_en) for p in processes if planned and p.key == planned.choice.filters.process), ""),
        canaries=min(5, len(result.moves)) if result else 0,
    )  # fmt: skip


def _by_name(planned: migrations.Planned | None) -> list[migrations.Row]:
    return [*planned.rows, *planned.others] if planned else []


HANDLERS = [planning, planning_chosen, rehearsal, rehearsal_list, begin]
