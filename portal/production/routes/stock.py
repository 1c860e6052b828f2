"""Stock: the list, one variant beside it, and what is moved by hand."""

import uuid
from collections.abc import Callable
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal.accounts.guards import current_actor, roles
from portal.database import unit_of_work
from portal.production import service
from portal.production.permissions import READERS, may_work
from portal.production.queries import stock as queries
from portal.production.routes.following import following
from portal.production.routes.forms import MakeForm, MoveForm, ShelfForm
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page, partial_or_page
from portal.web.urls import int_of, with_query

PATH = "/desk/stock"
ACTS = ("in", "out", "count", "make", "shelf")


@get("/", sync_to_thread=True)
def stock_page(request: PortalRequest) -> Page:
    """List stock; a single match of a search opens by itself."""
    listing = _listing(request)
    name = partial_or_page(request, "production/stock.html", "rows")
    return Page(name, **listing, view=None, act="", form=Form())


@get("/{variant_id:int}", sync_to_thread=True)
def variant_page(request: PortalRequest, variant_id: FromPath[int]) -> Page:
    """Show one variant beside the list, with the form of what is to be done."""
    return _variant(request, variant_id, request.query_params.get("do", ""), None)


@post("/{variant_id:int}/in", sync_to_thread=True)
def take_in(request: PortalRequest, variant_id: FromPath[int]) -> Response[Any]:
    """Put pieces on the shelf."""

    def act(values: MoveForm) -> str:
        with unit_of_work() as session:
            service.stock_in(
                session, actor=current_actor(request), variant_id=variant_id, quantity=values.quantity,
                reason=values.reason, key=values.key or None,
            )  # fmt: skip
        return _("%(count)s taken in.", count=values.quantity)

    return _done(request, variant_id, "in", MoveForm, act)


@post("/{variant_id:int}/out", sync_to_thread=True)
def take_out(request: PortalRequest, variant_id: FromPath[int]) -> Response[Any]:
    """Take free pieces off the shelf."""

    def act(values: MoveForm) -> str:
        with unit_of_work() as session:
            service.stock_out(
                session, actor=current_actor(request), variant_id=variant_id, quantity=values.quantity,
                reason=values.reason, key=values.key or None,
            )  # fmt: skip
        return _("%(count)s taken out.", count=values.quantity)

    return _done(request, variant_id, "out", MoveForm, act)


@post("/{variant_id:int}/count", sync_to_thread=True)
def count(request: PortalRequest, variant_id: FromPath[int]) -> Response[Any]:
    """Set what is on hand to what was counted."""

    def act(values: MoveForm) -> str:
        with unit_of_work() as session:
            service.count_stock(
                session, actor=current_actor(request), variant_id=variant_id, quantity=values.quantity,
                reason=values.reason, take_back=values.take_back,
            )  # fmt: skip
        return _("Counted: %(count)s on hand.", count=values.quantity)

    return _done(request, variant_id, "count", MoveForm, act)


@post("/{variant_id:int}/make", sync_to_thread=True)
def make(request: PortalRequest, variant_id: FromPath[int]) -> Response[Any]:
    """Have a quantity made for stock."""

    def act(values: MakeForm) -> str:
        with unit_of_work() as session:
            number = service.make_for_stock(
                session, actor=current_actor(request), variant_id=variant_id, quantity=values.quantity, due_on=values.due_on
            )  # fmt: skip
        return _("Production order %(number)s made.", number=number)

    return _done(request, variant_id, "make", MakeForm, act)


@post("/{variant_id:int}/shelf", sync_to_thread=True)
def shelf(request: PortalRequest, variant_id: FromPath[int]) -> Response[Any]:
    """Set place and safety stock."""

    def act(values: ShelfForm) -> str:
        with unit_of_work() as session:
            service.set_shelf(
                session, actor=current_actor(request), variant_id=variant_id, location=values.location, safety=values.safety
            )  # fmt: skip
        return _("Place and safety stock saved.")

    return _done(request, variant_id, "shelf", ShelfForm, act)


@post("/{variant_id:int}/lines/{line_id:int}/reservation", sync_to_thread=True)
def reserve(request: PortalRequest, variant_id: FromPath[int], line_id: FromPath[int]) -> Response[Any]:
    """Promise free stock to a line that waits."""
    with unit_of_work() as session:
        taken = service.reserve_for_line(session, actor=current_actor(request), line_id=line_id)
    return see_other(
        request, _back(request, variant_id), toast=toast(_("%(count)s reserved for the order.", count=taken))
    )


@post("/{variant_id:int}/lines/{line_id:int}/production", sync_to_thread=True)
def make_for_line(request: PortalRequest, variant_id: FromPath[int], line_id: FromPath[int]) -> Response[Any]:
    """Have made what a line lacks."""
    with unit_of_work() as session:
        number = service.make_for_line(session, actor=current_actor(request), line_id=line_id)
    done = toast(
        _("Production order %(number)s made.", number=number), href=f"/desk/production/{number}", link=_("View")
    )
    return see_other(request, _back(request, variant_id), toast=done)


def _listing(request: PortalRequest) -> dict[str, Any]:
    params = request.query_params
    tab, search = params.get("tab", "all"), params.get("q", "")
    with unit_of_work() as session:
        actor = current_actor(request)
        page = queries.stock_page(session, actor=actor, tab=tab, search=search, page=int_of(params.get("page"), 1))
        counts = queries.tab_counts(session, actor=actor)
    keep = {"tab": tab if tab != "all" else "", "q": search}
    return {
        "rows": page, "pager": pages(PATH, keep, page), "counts": counts, "tab": tab if tab in queries.TABS else "all",
        "q": search, "keep": with_query("", keep | {"page": page.number if page.number > 1 else ""}),
        "may_work": may_work(actor), "live_url": following(actor, "stock"),
    }  # fmt: skip


def pages(path: str, keep: dict[str, Any], page: Any) -> dict[str, Any]:
    """Return what the pager draws of a page of a list."""

    def href(number: int | None) -> str | None:
        return with_query(path, keep | {"page": number}) if number else None

    first = (page.number - 1) * page.size + 1
    return {
        "first": min(first, page.total), "last": min(first + page.size - 1, page.total), "total": page.total,
        "previous": href(page.previous), "next": href(page.next),
    }  # fmt: skip


def _variant(request: PortalRequest, variant_id: int, act: str, form: Form | None) -> Page:
    with unit_of_work() as session:
        view = queries.stock_view(session, actor=current_actor(request), variant_id=variant_id)
    shown = act if act in ACTS and may_work(current_actor(request)) else ""
    if form is None:
        form = Form.filled(key=uuid.uuid4().hex, location=view.row.location, safety=view.row.safety)
    name = partial_or_page(request, "production/stock.html", "rows")
    return Page(name, **_listing(request), view=view, act=shown, form=form)


def _done(
    request: PortalRequest, variant_id: int, act: str, into: type[Any], perform: Callable[[Any], str]
) -> Response[Any]:
    form = Form.of(request)
    try:
        text = perform(form.parse(into))
    except REFUSALS as error:
        return _variant(request, variant_id, act, form.refused(error))
    return see_other(request, _back(request, variant_id), toast=toast(text))


def _back(request: PortalRequest, variant_id: int) -> str:
    keep = {name: request.query_params.get(name, "") for name in ("tab", "q", "page")}
    return with_query(f"{PATH}/{variant_id}", keep)


router = Router(
    path=PATH,
    route_handlers=[stock_page, variant_page, take_in, take_out, count, make, shelf, reserve, make_for_line],
    guards=[roles(*READERS)],
)
