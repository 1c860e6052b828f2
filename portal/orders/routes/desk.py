"""Orders for staff: the list under saved views, the order with its process, and what may be done beside the inbox."""

from typing import Any

from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor, staff_only
from portal.customers import queries as customers
from portal.database import unit_of_work
from portal.orders import desk, look, queries, service, tabs, views
from portal.orders.queries import OrderFilter
from portal.orders.queries.process import diagram_state, diagram_xml
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.htmx import is_htmx
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of

SORTS = ("newest", "oldest", "amount", "customer", "waiting")
LIVE = "/live?topic=tasks&topic=user:%(user)s&topic=subject:order:%(number)s"


@get("/desk/orders", sync_to_thread=True)
def orders_page(request: PortalRequest) -> Page:
    """Show the orders the actor sees under a view, narrowed by filters, with their sum."""
    actor, asked = current_actor(request), dict(request.query_params)
    narrowed = _filter(asked)
    with unit_of_work() as session:
        looks = queries.looks(session)
        counts = queries.counts_by_status(session, actor=actor, filters=narrowed)
        more = {name: asked.get(name, "") for name in ("payment", "type", "salesperson", "customer", "sort")}
        drawn = tabs.draw(
            looks, counts, chosen=asked.get("status", ""), path="/desk/orders", search=narrowed.search, more=more
        )
        filters = _filter(asked, next(tab for tab in drawn if tab.on).statuses)
        page = queries.orders_page(session, actor=actor, filters=filters, page=int_of(asked.get("page"), 1))
        sums = queries.sums(session, actor=actor, filters=filters)
        sellers = customers.salespeople(session) if actor.has(*desk.SEES_SELLERS) else ()
    rows = [desk.row(row, looks) for row in page.rows]
    query = {"status": asked.get("status", ""), "q": narrowed.search} | more
    return Page(
        "orders/desk_list.html", tabs=drawn, rows=rows, pager=views.pager(page, "/desk/orders", query), sums=sums,
        filters=filters, asked=query, sellers=sellers,
    )  # fmt: skip


@get("/desk/orders/{number:str}", sync_to_thread=True)
def order_page(request: PortalRequest, number: FromPath[str]) -> Page:
    """Show an order with its process; htmx asks for its content again when something happened."""
    actor = current_actor(request)
    with unit_of_work() as session:
        context = _order_context(session, actor, number)
    context["live_url"] = LIVE % {"user": actor.user_id, "number": number}
    form = Form.filled()
    only = request.query_params.get("only", "")
    return Page(
        "orders/_desk_live.html" if is_htmx(request) else "orders/desk_detail.html", context, form=form, only=only
    )


@get("/desk/orders/{number:str}/diagram.xml", sync_to_thread=True)
def diagram(request: PortalRequest, number: FromPath[str]) -> Response[str]:
    """Return the diagram that the order runs on."""
    with unit_of_work() as session:
        order = queries.order_view(session, actor=current_actor(request), number=number)
        xml = diagram_xml(session, instance=order.instance)
    return Response(xml, media_type=MediaType.XML, headers={"Cache-Control": "no-store"})


@get("/desk/orders/{number:str}/path.json", sync_to_thread=True)
def path(request: PortalRequest, number: FromPath[str]) -> dict[str, Any]:
    """Return where the order is on its diagram, and how it came there."""
    with unit_of_work() as session:
        order = queries.order_view(session, actor=current_actor(request), number=number)
        return diagram_state(session, instance=order.instance)


@post("/desk/orders/{number:str}/notes", sync_to_thread=True)
def add_note(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Keep an internal note."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            service.add_internal_note(session, actor=current_actor(request), number=number, text=form.value("note"))
    except REFUSALS as error:
        return _refused(request, number, form.refused(error))
    return see_other(request, f"/desk/orders/{number}")


@get("/desk/orders/{number:str}/cancellation", sync_to_thread=True)
def cancellation_page(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Ask staff for the reason of a cancellation."""
    return _cancellation_page(request, number, Form.filled())


@post("/desk/orders/{number:str}/cancellation", sync_to_thread=True)
def request_cancellation(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Ask to cancel for the customer."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            service.request_cancellation(
                session, actor=current_actor(request), number=number, reason=form.value("reason")
            )
    except REFUSALS as error:
        return _cancellation_page(request, number, form.refused(error))
    return see_other(request, f"/desk/orders/{number}", toast=toast(_("Cancellation asked for")))


def _filter(asked: dict[str, str], statuses: tuple[str, ...] | None = None) -> OrderFilter:
    sort = asked.get("sort", "")
    return OrderFilter(
        statuses=statuses,
        search=asked.get("q", "")[:80],
        customer_id=int_of(asked.get("customer"), 0) or None,
        salesperson_id=int_of(asked.get("salesperson"), 0) or None,
        payment=asked.get("payment", "") if asked.get("payment", "") in look.PAYMENTS else "",
        customer_type=asked.get("type", "") if asked.get("type", "") in ("one", "two") else "",
        sort=sort if sort in SORTS else "newest",
    )


def _order_context(session: Session, actor: Actor, number: str) -> dict[str, Any]:
    order = queries.order_view(session, actor=actor, number=number)
    looks = queries.looks(session)
    return {
        "order": order,
        "status": look.status_chip(order.status, looks),
        "payment": look.payment_chip(order.payment, owes=views.owes(order)),
        "parcels": views.parcels(order),
        "receipts": [(receipt, look.method(receipt.method)) for receipt in order.receipts],
        "events": views.events(order.events),
        "sync": desk.sync(session, order),
        "version": desk.version(session, order),
        "mine": desk.task_of(order, actor),
        "suspended": desk.suspended(session, order),
    }


def _refused(request: PortalRequest, number: str, form: Form) -> Page:
    actor = current_actor(request)
    with unit_of_work() as session:
        context = _order_context(session, actor, number)
    context["live_url"] = LIVE % {"user": actor.user_id, "number": number}
    return Page("orders/desk_detail.html", context, form=form, only="")


def _cancellation_page(request: PortalRequest, number: str, form: Form) -> Response[Any]:
    with unit_of_work() as session:
        order = queries.order_view(session, actor=current_actor(request), number=number)
    if "cancel" not in order.permitted and not form.failed:
        return see_other(
            request, f"/desk/orders/{number}", toast=toast(_("This order can no longer be cancelled."), tone="stop")
        )
    return Page("orders/desk_cancel.html", order=order, form=form, free="cancel_freely" in order.permitted)


router = Router(
    path="/",
    route_handlers=[orders_page, order_page, diagram, path, add_note, cancellation_page, request_cancellation],
    guards=[staff_only],
)
