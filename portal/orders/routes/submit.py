"""Handing in the cart: address, order number, date, note; nothing to pay now."""

import secrets
from typing import Any

from litestar import Response, Router, get, post
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import contacts_only, current_actor
from portal.customers import queries as customers
from portal.database import unit_of_work
from portal.errors import Conflict, InvalidInput
from portal.orders import queries, service, views
from portal.orders.entries import SubmitForm
from portal.orders.queries.hint import approval_hint
from portal.orders.stale import read_seen, write_seen
from portal.orders.submission import AddressChoice, Submission
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of


@get("/cart/submit", sync_to_thread=True)
def submit_page(request: PortalRequest) -> Response[Any]:
    """Show the form with the default address chosen."""
    with unit_of_work() as session:
        addresses = _addresses(session, current_actor(request))
    chosen = str(addresses[0].id) if addresses else "new"
    form = Form.filled(key=secrets.token_urlsafe(18), address=chosen, remember=True, partial_delivery=True)
    return _form_page(request, form)


@post("/cart/submit", sync_to_thread=True)
def submit(request: PortalRequest) -> Response[Any]:
    """Hand in; a second click ends at the same order. A refusal keeps everything and says what changed."""
    form = Form.of(request)
    try:
        values = form.parse(SubmitForm)
        with unit_of_work() as session:
            order = service.submit_order(session, actor=current_actor(request), submission=_submission(values))
            number = order.number
    except REFUSALS as error:
        return _form_page(request, form.refused(error), error)
    return see_other(request, f"/orders/{number}", toast=toast(_("Order %(number)s is with us", number=number)))


def _submission(values: SubmitForm) -> Submission:
    address_id = int_of(values.address, 0) or None
    return Submission(
        submission_key=values.key,
        address=AddressChoice(
            address_id, values.recipient, values.phone, values.region, values.detail, values.remember
        ),
        purchase_order=values.purchase_order,
        wanted_on=values.wanted_on,
        note=values.note,
        partial_delivery=values.partial_delivery,
        expected_total=values.total,
        seen=read_seen(values.seen),
    )


def _form_page(request: PortalRequest, form: Form, error: InvalidInput | Conflict | None = None) -> Response[Any]:
    actor = current_actor(request)
    with unit_of_work() as session:
        cart = queries.cart(session, actor=actor)
        if not cart.lines:
            return see_other(request, "/cart", toast=toast(_("Your cart is empty."), tone="wait"))
        salesperson = customers.my_salesperson(session, actor=actor)
        context = {
            "form": form,
            "cart": cart,
            "rows": views.cart_rows(session, lines=cart.lines),
            "seen": write_seen(cart),
            "addresses": _addresses(session, actor),
            "hint": approval_hint(session, actor=actor, cart=cart) if cart.orderable else None,
            "salesperson": salesperson.name if salesperson else "",
            "terms": views.terms(session, actor),
            "earliest": views.earliest(cart),
            "changes": error.changes if isinstance(error, service.StaleCart) else (),
        }
    status = 409 if isinstance(error, Conflict) else None
    return Page("orders/submit.html", context, status=status)


def _addresses(session: Session, actor: Actor) -> tuple[customers.AddressRow, ...]:
    assert actor.customer_id is not None
    return customers.addresses(session, actor=actor, customer_id=actor.customer_id)


router = Router(path="/", route_handlers=[submit_page, submit], guards=[contacts_only])
