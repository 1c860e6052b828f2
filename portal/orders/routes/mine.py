"""A customer's orders: the list by status, the order with its tracker, and what may be done with it."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import contacts_only, current_actor
from portal.catalog import look as wheels
from portal.catalog import queries as catalog
from portal.customers import queries as customers
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.orders import look, queries, service, tabs, views
from portal.orders.entries import parse_quantity
from portal.orders.queries import OrderFilter
from portal.orders.submission import Revision
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page, partial_or_page
from portal.web.urls import int_of


@get("/orders", sync_to_thread=True)
def orders_page(request: PortalRequest) -> Page:
    """Show the company's orders under the tabs of the diagram's statuses."""
    actor, asked = current_actor(request), request.query_params
    search, chosen = asked.get("q", "")[:80], asked.get("status", "")
    with unit_of_work() as session:
        looks = queries.looks(session)
        counts = queries.counts_by_status(session, actor=actor, filters=OrderFilter(search=search))
        drawn = tabs.draw(looks, counts, chosen=chosen or ("all" if search else ""), path="/orders", search=search)
        current = next(tab for tab in drawn if tab.on)
        filters = OrderFilter(
            statuses=current.statuses, search=search, sort="customers_turn" if current.key == "" else "newest"
        )
        page = queries.orders_page(session, actor=actor, filters=filters, page=int_of(asked.get("page"), 1))
    cards = [views.card(row, looks) for row in page.rows]
    pager = views.pager(page, "/orders", {"status": chosen, "q": search})
    return Page("orders/list.html", tabs=drawn, cards=cards, pager=pager, search=search)


@get("/orders/{number:str}", sync_to_thread=True)
def order_page(request: PortalRequest, number: FromPath[str]) -> Page:
    """Show an order; htmx asks for its content again when something happened."""
    with unit_of_work() as session:
        context = _order_context(session, current_actor(request), number)
    return Page(partial_or_page(request, "orders/detail.html", "live"), context)


@post("/orders/{number:str}/receipt", sync_to_thread=True)
def confirm_receipt(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Confirm that everything arrived."""
    with unit_of_work() as session:
        service.confirm_receipt(session, actor=current_actor(request), number=number)
    return see_other(request, f"/orders/{number}", toast=toast(_("Receipt confirmed")))


@post("/orders/{number:str}/reorder", sync_to_thread=True)
def reorder(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Put the order's items into the cart."""
    with unit_of_work() as session:
        refill = service.reorder(session, actor=current_actor(request), number=number)
    said = _("%(count)d items are in your cart", count=refill.added)
    if refill.skipped:
        said = _(
            "%(count)d items are in your cart; no longer available: %(gone)s",
            count=refill.added,
            gone=_(", ").join(refill.skipped),
        )
    return see_other(request, "/cart", toast=toast(said, tone="wait" if refill.skipped else "good"))


@get("/orders/{number:str}/cancellation", sync_to_thread=True)
def cancellation_page(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Ask for the reason, and say whether somebody must decide."""
    return _cancellation_page(request, number, Form.filled())


@post("/orders/{number:str}/cancellation", sync_to_thread=True)
def request_cancellation(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Ask to cancel."""
    form = Form.of(request)
    reason = _("; ").join(text for text in (form.value("cause"), form.value("reason").strip()) if text)
    try:
        with unit_of_work() as session:
            service.request_cancellation(session, actor=current_actor(request), number=number, reason=reason)
    except REFUSALS as error:
        return _cancellation_page(request, number, form.refused(error))
    return see_other(request, f"/orders/{number}")


@get("/orders/{number:str}/revision", sync_to_thread=True)
def revision_page(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Show an order that was sent back with its quantities to change."""
    with unit_of_work() as session:
        order = queries.order_view(session, actor=current_actor(request), number=number)
    values: dict[str, Any] = {f"quantity-{line.position}": line.account.ordered for line in order.lines}
    return _revision_page(request, number, Form.filled(values | {"note": order.note, "revision": order.revision}))


@post("/orders/{number:str}/revision", sync_to_thread=True)
def revise(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Hand the changed order in again."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            service.revise_order(session, actor=current_actor(request), number=number, revision=_revision(form))
    except REFUSALS as error:
        return _revision_page(request, number, form.refused(error))
    return see_other(request, f"/orders/{number}", toast=toast(_("Order %(number)s is with us again", number=number)))


def _order_context(session: Session, actor: Actor, number: str) -> dict[str, Any]:
    order = queries.order_view(session, actor=actor, number=number)
    looks = queries.looks(session)
    salesperson = customers.my_salesperson(session, actor=actor)
    return {
        "order": order,
        "status": look.status_chip(order.status, looks),
        "payment": look.payment_chip(order.payment, owes=views.owes(order)),
        "sentence": views.sentence(order.steps, order.tasks, order.account.shipped, order.account.ordered),
        "promised": views.promised(order),
        "money_back": views.money_back(order),
        "miles": views.miles(order),
        "lines": [(line, wheels.thumb(line.marking), views.account_words(line)) for line in order.lines],
        "parcels": views.parcels(order),
        "events": views.events(order.events),
        "salesperson": salesperson.name if salesperson else "",
        "live_topic": f"subject:order:{number}",
    }


def _cancellation_page(request: PortalRequest, number: str, form: Form) -> Response[Any]:
    with unit_of_work() as session:
        order = queries.order_view(session, actor=current_actor(request), number=number)
    if "cancel" not in order.permitted and not form.failed:
        return see_other(
            request, f"/orders/{number}", toast=toast(_("This order can no longer be cancelled."), tone="stop")
        )
    return Page("orders/cancel.html", order=order, form=form, free="cancel_freely" in order.permitted)


def _revision_page(request: PortalRequest, number: str, form: Form) -> Response[Any]:
    actor = current_actor(request)
    with unit_of_work() as session:
        order = queries.order_view(session, actor=actor, number=number)
        items = catalog.items_by_id(session, actor=actor, variant_ids=[line.variant_id for line in order.lines])
    if "revise" not in order.permitted:
        return see_other(request, f"/orders/{number}", toast=toast(_("This order cannot be changed now."), tone="stop"))
    rows = [views.revision_row(line, items.get(line.variant_id), form) for line in order.lines]
    return Page("orders/revise.html", order=order, rows=rows, form=form)


def _revision(form: Form) -> Revision:
    lines: dict[int, int] = {}
    wrong: dict[str, Any] = {}
    for name, text in form.pairs:
        position = name.removeprefix("quantity-")
        if position == name or not position.isdecimal() or len(position) > 6:
            continue
        try:
            lines[int(position)] = parse_quantity(text, field=name)
        except InvalidInput as error:
            wrong |= error.fields
    if wrong:
        raise InvalidInput(fields=wrong)
    return Revision(lines, form.value("note"), int_of(form.value("revision"), 0))


router = Router(
    path="/",
    route_handlers=[
        orders_page,
        order_page,
        confirm_receipt,
        reorder,
        cancellation_page,
        request_cancellation,
        revision_page,
        revise,
    ],
    guards=[contacts_only],
)
