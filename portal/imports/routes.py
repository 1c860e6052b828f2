"""Import of lists for administrators: upload, choose columns, look at the plan, apply."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal.accounts.actor import Role
from portal.accounts.guards import current_actor, roles
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.imports import pages, queries, report, service
from portal.imports.columns import ColumnsUnclear
from portal.imports.kinds import KINDS
from portal.imports.plan import Difference, RowRefused
from portal.imports.service import Refused, ShopChanged
from portal.imports.uploads import UploadNotFound
from portal.imports.words import outcome_name
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of

HOME = "/desk/imports"
_DIFFERENCES_SHOWN = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get(HOME, sync_to_thread=True)
def index(request: PortalRequest) -> Page:
    """Ask for a list, and show what was imported lately."""
    return _index(request, Form.filled(kind=request.query_params.get("kind", "products")))


@post(HOME, sync_to_thread=True)
def upload(request: PortalRequest) -> Response[Any]:
    """Read and keep a list; its columns are confirmed next."""
    form = Form.of(request)
    file = form.file("file")
    try:
        if file is None:
            raise InvalidInput(fields={"file": _("Choose a file.")})
        with unit_of_work() as session:
            upload_id = service.keep_upload(
                session, actor=current_actor(request), kind=form.value("kind"), filename=file.filename,
                content=file.file.read(),
            )  # fmt: skip
    except InvalidInput as error:
        return _index(request, form.refused(_beside_file(error)))
    return see_other(request, f"{HOME}/{upload_id}")


@get(f"{HOME}/{{upload_id:int}}", sync_to_thread=True)
def columns_page(request: PortalRequest, upload_id: FromPath[int]) -> Page:
    """Show which column holds what, to be confirmed or changed."""
    return _columns(request, upload_id, Form())


@post(f"{HOME}/{{upload_id:int}}/columns", sync_to_thread=True)
def choose_columns(request: PortalRequest, upload_id: FromPath[int]) -> Response[Any]:
    """Keep the chosen columns and go on to the plan."""
    form = Form.of(request)
    mapping = {name.removeprefix("column-"): value for name, value in form.pairs if name.startswith("column-")}
    try:
        with unit_of_work() as session:
            service.choose_columns(session, actor=current_actor(request), upload_id=upload_id, mapping=mapping)
    except ColumnsUnclear as error:
        return _columns(request, upload_id, form.refused(error))
    return see_other(request, f"{HOME}/{upload_id}/check")


@get(f"{HOME}/{{upload_id:int}}/check", sync_to_thread=True)
def check_page(request: PortalRequest, upload_id: FromPath[int]) -> Page:
    """Show what the import would do."""
    return _check(request, upload_id)


@get(f"{HOME}/{{upload_id:int}}/{{file:str}}", sync_to_thread=True)
def download(request: PortalRequest, upload_id: FromPath[int], file: FromPath[str]) -> Response[bytes]:
    """Hand out what is said of rows as `findings.csv` or `findings.xlsx`."""
    writers = {"findings.csv": (report.as_csv, "text/csv; charset=utf-8"), "findings.xlsx": (report.as_xlsx, _XLSX)}
    if file not in writers:
        raise UploadNotFound
    write, media_type = writers[file]
    with unit_of_work() as session:
        plan = service.check_upload(session, actor=current_actor(request), upload_id=upload_id)
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    return Response(write(plan), media_type=media_type, headers=headers)


@post(f"{HOME}/{{upload_id:int}}/application", sync_to_thread=True)
def apply(request: PortalRequest, upload_id: FromPath[int]) -> Response[Any]:
    """Write the list as it was shown; when the shop has changed since, say what differs and show the plan anew."""
    try:
        with unit_of_work() as session:
            service.apply_upload(session, actor=current_actor(request), upload_id=upload_id)
    except ShopChanged as error:
        return _check(request, upload_id, message=error.message, differences=error.differences)
    except (RowRefused, Refused) as error:
        return _check(request, upload_id, message=error.message)
    return see_other(request, f"{HOME}/{upload_id}/result", toast=toast(_("Imported")))


@get(f"{HOME}/{{upload_id:int}}/result", sync_to_thread=True)
def result_page(request: PortalRequest, upload_id: FromPath[int]) -> Response[Any]:
    """Say what an import has done; before it is done, show what it would do."""
    with unit_of_work() as session:
        view = service.upload(session, actor=current_actor(request), upload_id=upload_id)
    if view.applied_at is None:
        return see_other(request, f"{HOME}/{upload_id}/check")
    return Page("imports/result.html", upload=view, kind=KINDS[view.kind], outcome_name=outcome_name)


@post(f"{HOME}/{{upload_id:int}}/removal", sync_to_thread=True)
def discard(request: PortalRequest, upload_id: FromPath[int]) -> Response[Any]:
    """Throw an uploaded list away."""
    with unit_of_work() as session:
        service.discard_upload(session, actor=current_actor(request), upload_id=upload_id)
    return see_other(request, HOME, toast=toast(_("List discarded")))


def _index(request: PortalRequest, form: Form) -> Page:
    with unit_of_work() as session:
        past = queries.past_imports(session, actor=current_actor(request))
    return Page("imports/index.html", form=form, past=past, kinds=KINDS)


def _columns(request: PortalRequest, upload_id: int, form: Form) -> Page:
    with unit_of_work() as session:
        actor = current_actor(request)
        view = service.upload(session, actor=actor, upload_id=upload_id)
        columns, sheet = service.columns_of(session, actor=actor, upload_id=upload_id)
    return Page(
        "imports/columns.html", form=form, upload=view, kind=KINDS[view.kind], columns=columns, rows=len(sheet.rows),
        choices=pages.choices(view.kind, columns, sheet), options=[("", "–"), *pages.column_options(columns)],
    )  # fmt: skip


def _check(
    request: PortalRequest, upload_id: int, *, message: Any = "", differences: tuple[Difference, ...] = ()
) -> Page:
    actor, path = current_actor(request), f"{HOME}/{upload_id}/check"
    with unit_of_work() as session:
        plan = service.check_upload(session, actor=actor, upload_id=upload_id)
        view = service.upload(session, actor=actor, upload_id=upload_id)
    tab = pages.tab_shown(plan, request.query_params.get("show", ""))
    rows, pager = pages.page_of(plan, tab, int_of(request.query_params.get("page"), 1), path)
    return Page(
        "imports/check.html", status=409 if message else 200, upload=view, kind=KINDS[view.kind], plan=plan, tab=tab,
        tabs=pages.tabs(plan, path), rows=rows, pages=pager, message=message, outcome_name=outcome_name,
        differences=differences[:_DIFFERENCES_SHOWN], differing=len(differences),
    )  # fmt: skip


def _beside_file(error: InvalidInput) -> InvalidInput:
    """A list that cannot be read is said beside its field."""
    return error if error.fields else InvalidInput(fields={"file": error.message})


routers = [
    Router(
        path="/",
        route_handlers=[
            index, upload, columns_page, choose_columns, check_page, download, apply, result_page, discard,
        ],
        guards=[roles(Role.ADMINISTRATOR)],
    )
]  # fmt: skip
