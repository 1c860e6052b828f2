"""Production: the board, one production order beside it, and its steps."""

from collections.abc import Callable
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor, roles
from portal.database import unit_of_work
from portal.production import service
from portal.production.permissions import READERS, may_work
from portal.production.queries import board as queries
from portal.production.routes.following import following
from portal.production.routes.forms import FinishForm, PlanForm
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page, partial_or_page
from portal.web.urls import with_query

PATH = "/desk/production"


@get("/", sync_to_thread=True)
def board_page(request: PortalRequest) -> Page:
    """Show the board (or, as `view=list`, a list) of open production orders."""
    return Page(partial_or_page(request, "production/board.html", "cards"), **_listing(request), card=None, form=Form())


@get("/{number:str}", sync_to_thread=True)
def card_page(request: PortalRequest, number: FromPath[str]) -> Page:
    """Show one production order beside the board."""
    return _card(request, number, None)


@post("/{number:str}/plan", sync_to_thread=True)
def plan(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Set the day it is to be done."""

    def act(session: Session, actor: Actor, values: PlanForm) -> str:
        service.plan_production(session, actor=actor, number=number, due_on=values.due_on, version=values.version)
        return _("%(number)s is planned.", number=number)

    return _done(request, number, PlanForm, act)


@post("/{number:str}/finish", sync_to_thread=True)
def finish(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Take what was made into stock."""

    def act(session: Session, actor: Actor, values: FinishForm) -> str:
        brought = service.finish_production(
            session, actor=actor, number=number, quantity=values.quantity, done=not values.more, version=values.version
        )
        return _told(brought)

    return _done(request, number, FinishForm, act)


@post("/{number:str}/{step:str}", sync_to_thread=True)
def take_step(request: PortalRequest, number: FromPath[str], step: FromPath[str]) -> Response[Any]:
    """Take a step that needs no more words: start, inspect, rework, cancel."""
    steps = {
        "start": (service.start_production, _("%(number)s has been started.", number=number)),
        "inspect": (service.inspect_production, _("%(number)s is being inspected.", number=number)),
        "rework": (service.rework_production, _("%(number)s goes back to production.", number=number)),
        "cancel": (service.cancel_production, _("%(number)s is cancelled.", number=number)),
    }
    perform, text = steps.get(step, (None, ""))
    if perform is None:
        return _card(request, number, None)
    try:
        with unit_of_work() as session:
            perform(session, actor=current_actor(request), number=number)
    except REFUSALS as error:
        return _card(request, number, Form().refused(error))
    return see_other(request, _back(request, number), toast=toast(text))


def _told(brought: service.Finish) -> str:
    parts = [_("%(count)s taken into stock.", count=brought.reserved + brought.surplus)]
    if brought.reserved:
        parts.append(_("%(count)s reserved for %(order)s.", count=brought.reserved, order=brought.order_number))
    if brought.follow_up:
        parts.append(_("%(number)s was made for the rest.", number=brought.follow_up))
    return " ".join(parts)


def _listing(request: PortalRequest) -> dict[str, Any]:
    params = request.query_params
    late, search, look = params.get("late") == "1", params.get("q", ""), params.get("view", "")
    actor = current_actor(request)
    with unit_of_work() as session:
        columns, totals = queries.board(session, actor=actor, late_only=late, search=search)
    keep = {"view": "list" if look == "list" else "", "late": "1" if late else "", "q": search}
    return {
        "columns": columns, "totals": totals, "late": late, "q": search, "as_list": look == "list",
        "keep": with_query("", keep), "without_late": with_query(PATH, keep | {"late": ""}),
        "with_late": with_query(PATH, keep | {"late": "1"}), "as_board_href": with_query(PATH, keep | {"view": ""}),
        "as_list_href": with_query(PATH, keep | {"view": "list"}), "may_work": may_work(actor), "live_url": following(actor, "production"),
    }  # fmt: skip


def _card(request: PortalRequest, number: str, form: Form | None) -> Page:
    with unit_of_work() as session:
        card = queries.card(session, actor=current_actor(request), number=number)
    if form is None:
        form = Form.filled(quantity=card.left, due_on=card.due_on)
    name = partial_or_page(request, "production/board.html", "cards")
    return Page(name, **_listing(request), card=card, form=form)


def _done(
    request: PortalRequest, number: str, into: type[Any], perform: Callable[[Session, Actor, Any], str]
) -> Response[Any]:
    form = Form.of(request)
    try:
        values = form.parse(into)
        with unit_of_work() as session:
            text = perform(session, current_actor(request), values)
    except REFUSALS as error:
        return _card(request, number, form.refused(error))
    return see_other(request, _back(request, number), toast=toast(text))


def _back(request: PortalRequest, number: str) -> str:
    keep = {name: request.query_params.get(name, "") for name in ("view", "late", "q")}
    return with_query(f"{PATH}/{number}", keep)


router = Router(path=PATH, route_handlers=[board_page, card_page, plan, finish, take_step], guards=[roles(*READERS)])
