"""The cart: lines with steppers, live totals, and what is wrong with a line beside it."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import contacts_only, current_actor
from portal.catalog import pages as catalog_pages
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.orders import queries, service, views
from portal.orders.entries import parse_quantity
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.htmx import is_htmx
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import local_path


@get("/cart", sync_to_thread=True)
def cart_page(request: PortalRequest) -> Page:
    """Show the cart; an empty one proposes what was bought before."""
    with unit_of_work() as session:
        context = _cart_context(session, current_actor(request))
    return Page("orders/cart.html", context)


@post("/cart/lines", sync_to_thread=True)
def change_line(request: PortalRequest) -> Response[Any]:
    """Set (mode `set`) or add (`add`) a quantity; answers the place it was changed in: a list, a product, the cart."""
    form, actor = Form.of(request), current_actor(request)
    error = ""
    try:
        with unit_of_work() as session:
            _change(session, actor, form)
    except InvalidInput as refused:
        error = str(refused.fields.get("quantity", refused.message))
    if is_htmx(request):
        return _changed(actor, form, error)
    back = local_path(form.value("back")) or "/cart"
    said = toast(error, tone="stop") if error else toast(_("In your cart"), href="/cart", link=_("Cart"))
    return see_other(request, back, toast=said)


@post("/cart/lines/{variant_id:int}/delete", sync_to_thread=True)
def remove_line(request: PortalRequest, variant_id: FromPath[int]) -> Response[Any]:
    """Take a line out."""
    with unit_of_work() as session:
        service.remove_cart_line(session, actor=current_actor(request), variant_id=variant_id)
        context = _cart_context(session, current_actor(request)) if is_htmx(request) else {}
    return Page("orders/cart.html@content", context) if context else see_other(request, "/cart")


def _change(session: Session, actor: Actor, form: Form) -> None:
    change = service.add_to_cart if form.value("mode") == "add" else service.set_cart_line
    change(session, actor=actor, sku=form.value("sku"), quantity=parse_quantity(form.value("quantity")))


def _changed(actor: Actor, form: Form, error: str) -> Page:
    with unit_of_work() as session:
        if form.value("place") == "cart":
            return _cart_changed(session, actor, form, error)
        typed = (
            int(form.value("quantity"))
            if form.value("quantity").isdecimal() and len(form.value("quantity")) < 10
            else None
        )
        return catalog_pages.after_cart_change(
            session,
            actor=actor,
            sku=form.value("sku"),
            place=form.value("place"),
            error=error,
            quantity=typed if error else None,
        )


def _cart_changed(session: Session, actor: Actor, form: Form, error: str) -> Page:
    """Answer the one line that was changed, and the bar beside it."""
    cart = queries.cart(session, actor=actor)
    lines = [line for line in cart.lines if line.item is not None and line.item.sku == form.value("sku")]
    if not lines:
        return Page("orders/cart.html@content", _cart_context(session, actor))
    errors = {lines[0].variant_id: error} if error else None
    row = views.cart_rows(session, lines=lines[:1], errors=errors)[0]
    return Page(
        "orders/_cart_changed.html",
        row=row,
        cart=cart,
        typed=form.value("quantity") if error else "",
        status=422 if error else 200,
    )


def _cart_context(session: Session, actor: Actor) -> dict[str, Any]:
    cart = queries.cart(session, actor=actor)
    before = queries.bought_before(session, actor=actor, limit=6) if not cart.lines else ()
    cards = catalog_pages.cards(session, actor=actor, items=[bought.item for bought in before])
    last = {bought.item.variant_id: bought.quantity for bought in before}
    return {"cart": cart, "rows": views.cart_rows(session, lines=cart.lines), "before": cards, "last": last}


router = Router(path="/", route_handlers=[cart_page, change_line, remove_line], guards=[contacts_only])
