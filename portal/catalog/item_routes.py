"""Items for staff: the form with its marking read back as it is typed, customer prices, grants and package codes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor, roles
from portal.catalog import builder, desk_queries, look, permissions, queries, service
from portal.catalog.desk_queries import VariantView
from portal.catalog.desk_routes import show_product
from portal.catalog.entries import VariantEntry
from portal.catalog.queries import ProductNotFound
from portal.catalog.service import CustomerUnknown, ItemUnknown, ProductUnknown
from portal.customers.revisions import Stale
from portal.customers.routes import show_customer
from portal.customers.words import tell_change
from portal.database import unit_of_work
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form, clean
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of, local_path


class PriceForm(msgspec.Struct, frozen=True, kw_only=True):
    """A price for a customer and an item; either is known from the page or typed."""

    price: Decimal
    customer: str = ""
    item: str = ""


class GrantForm(msgspec.Struct, frozen=True, kw_only=True):
    """Allow or deny to a customer or a level, or for a customer a product."""

    effect: str
    customer: str = ""
    level: str = ""
    product: str = ""


class CodeForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a package says."""

    code: str
    lot: str = ""


@get("/desk/products/marking", sync_to_thread=True)
def marking_preview(request: PortalRequest) -> Page:
    """Read a marking back as it is typed, or print one from its fields (htmx); show what is already like it."""
    query = request.query_params
    fields = {name: clean(query.get(f"m_{name}", "")).strip()[:20] for name in builder.FIELDS}
    text = builder.compose(fields) if query.get("build") else clean(query.get("marking", "")).strip()[:160]
    with unit_of_work() as session:
        near = queries.close_items(session, actor=current_actor(request), text=text, limit=4) if text else ()
    return Page(
        "catalog/_marking.html",
        preview=builder.preview(text),
        text=text,
        near=near,
        built=bool(query.get("build")),
        thumb=look.thumb,
    )


@get("/desk/products/{product_id:int}/items/new", sync_to_thread=True)
def new_page(request: PortalRequest, product_id: FromPath[int]) -> Page:
    """Show the form for a new item, with the marking of a neighbour to start from (`?marking=`)."""
    blank = VariantEntry(sku="", marking=clean(request.query_params.get("marking", ""))[:160])
    return _form_page(request, product_id, Form.filled(msgspec.structs.asdict(blank)))


@post("/desk/products/{product_id:int}/items/new", sync_to_thread=True)
def create(request: PortalRequest, product_id: FromPath[int]) -> Response[Any]:
    """Add an item to a product."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            entry = form.parse(VariantEntry)
            row = service.create_variant(session, actor=current_actor(request), product_id=product_id, entry=entry)
    except REFUSALS as error:
        return _form_page(request, product_id, form.refused(error))
    return see_other(request, _place(product_id, row.id), toast=toast(_("The item is created")))


@get("/desk/products/{product_id:int}/items/{variant_id:int}", sync_to_thread=True)
def edit_page(request: PortalRequest, product_id: FromPath[int], variant_id: FromPath[int]) -> Page:
    """Show the form of an item."""
    view = _variant(request, product_id, variant_id)
    values = {name: getattr(view.item, name) for name in VariantEntry.__struct_fields__ if name != "status"}
    return _form_page(request, product_id, Form.filled(values, status=view.status, version=view.version), view)


@post("/desk/products/{product_id:int}/items/{variant_id:int}", sync_to_thread=True)
def edit(request: PortalRequest, product_id: FromPath[int], variant_id: FromPath[int]) -> Response[Any]:
    """Change an item; a stale page is told what changed meanwhile."""
    form, view = Form.of(request), _variant(request, product_id, variant_id)
    try:
        with unit_of_work() as session:
            entry, version = form.parse(VariantEntry), int_of(form.value("version"), 0)
            service.edit_variant(
                session, actor=current_actor(request), variant_id=variant_id, version=version, entry=entry
            )
    except REFUSALS as error:
        return _form_page(
            request, product_id, form.refused(error), view, stale=error if isinstance(error, Stale) else None
        )
    return see_other(request, _place(product_id, variant_id), toast=toast(_("Saved")))


@post("/desk/products/{product_id:int}/grants", sync_to_thread=True)
def grant_product(request: PortalRequest, product_id: FromPath[int]) -> Response[Any]:
    """Allow or deny a product to a customer or a level."""

    def change(session: Session, actor: Actor, form: Form) -> None:
        entry = form.parse(GrantForm)
        customer_id = _customer(session, actor, entry.customer) if entry.customer else None
        service.grant_visibility(
            session, actor=actor, product_id=product_id, customer_id=customer_id, level=entry.level or None, effect=entry.effect
        )  # fmt: skip

    return _on_product(request, product_id, "grant", change)


@post("/desk/products/{product_id:int}/items/{variant_id:int}/prices", sync_to_thread=True)
def price_item(request: PortalRequest, product_id: FromPath[int], variant_id: FromPath[int]) -> Response[Any]:
    """Agree a price for an item with a customer."""
    _variant(request, product_id, variant_id)

    def change(session: Session, actor: Actor, form: Form) -> None:
        entry = form.parse(PriceForm)
        customer_id = _customer(session, actor, entry.customer)
        service.set_customer_price(
            session, actor=actor, customer_id=customer_id, variant_id=variant_id, price=entry.price
        )

    return _on_product(request, product_id, "price", change)


@post("/desk/products/{product_id:int}/items/{variant_id:int}/codes", sync_to_thread=True)
def add_code(request: PortalRequest, product_id: FromPath[int], variant_id: FromPath[int]) -> Response[Any]:
    """Let a package's code lead to an item."""
    _variant(request, product_id, variant_id)

    def change(session: Session, actor: Actor, form: Form) -> None:
        entry = form.parse(CodeForm)
        service.add_package_code(session, actor=actor, variant_id=variant_id, code=entry.code, lot=entry.lot)

    return _on_product(request, product_id, "code", change)


@post("/desk/customers/{customer_id:int}/grants", sync_to_thread=True)
def grant_customer(request: PortalRequest, customer_id: FromPath[int]) -> Response[Any]:
    """Allow or deny a product to a customer."""

    def change(session: Session, actor: Actor, form: Form) -> None:
        entry = form.parse(GrantForm)
        product_id = desk_queries.find_product(session, actor=actor, text=entry.product)
        if product_id is None:
            raise ProductUnknown
        service.grant_visibility(
            session, actor=actor, product_id=product_id, customer_id=customer_id, effect=entry.effect
        )

    return _on_customer(request, customer_id, "grant", change)


@post("/desk/customers/{customer_id:int}/prices", sync_to_thread=True)
def price_customer(request: PortalRequest, customer_id: FromPath[int]) -> Response[Any]:
    """Agree a price with a customer for an item."""

    def change(session: Session, actor: Actor, form: Form) -> None:
        entry = form.parse(PriceForm)
        variant_id = desk_queries.find_variant(session, actor=actor, text=entry.item)
        if variant_id is None:
            raise ItemUnknown
        service.set_customer_price(
            session, actor=actor, customer_id=customer_id, variant_id=variant_id, price=entry.price
        )

    return _on_customer(request, customer_id, "price", change)


@post("/desk/customers/{customer_id:int}/prices/{variant_id:int}/removal", sync_to_thread=True)
def remove_price(request: PortalRequest, customer_id: FromPath[int], variant_id: FromPath[int]) -> Response[Any]:
    """Let the list's price count again."""
    with unit_of_work() as session:
        service.remove_customer_price(
            session, actor=current_actor(request), customer_id=customer_id, variant_id=variant_id
        )
    return _back(request, f"/desk/customers/{customer_id}", _("Price removed"))


@post("/desk/grants/{grant_id:int}/removal", sync_to_thread=True)
def revoke(request: PortalRequest, grant_id: FromPath[int]) -> Response[Any]:
    """Take a grant away."""
    with unit_of_work() as session:
        service.revoke_visibility(session, actor=current_actor(request), grant_id=grant_id)
    return _back(request, "/desk/products", _("Grant removed"))


@post("/desk/codes/{code_id:int}/removal", sync_to_thread=True)
def remove_code(request: PortalRequest, code_id: FromPath[int]) -> Response[Any]:
    """Forget a package's code."""
    with unit_of_work() as session:
        service.remove_package_code(session, actor=current_actor(request), code_id=code_id)
    return _back(request, "/desk/products", _("Code removed"))


Change = Callable[[Session, Actor, Form], None]


def _on_product(request: PortalRequest, product_id: int, name: str, change: Change) -> Response[Any]:
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            change(session, current_actor(request), form)
    except REFUSALS as error:
        return show_product(request, product_id, forms={name: form.refused(error)})
    return _back(request, f"/desk/products/{product_id}", _("Saved"))


def _on_customer(request: PortalRequest, customer_id: int, name: str, change: Change) -> Response[Any]:
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            change(session, current_actor(request), form)
    except REFUSALS as error:
        return show_customer(request, customer_id, forms={name: form.refused(error)})
    return _back(request, f"/desk/customers/{customer_id}", _("Saved"))


def _back(request: PortalRequest, otherwise: str, told: str) -> Response[Any]:
    return see_other(request, local_path(Form.of(request).value("back")) or otherwise, toast=toast(told))


def _customer(session: Session, actor: Actor, text: str) -> int:
    customer_id = desk_queries.find_customer(session, actor=actor, text=text)
    if customer_id is None:
        raise CustomerUnknown
    return customer_id


def _variant(request: PortalRequest, product_id: int, variant_id: int) -> VariantView:
    with unit_of_work() as session:
        rows = desk_queries.variants(session, actor=current_actor(request), product_id=product_id)
    found = next((row for row in rows if row.item.variant_id == variant_id), None)
    if found is None:
        raise ProductNotFound
    return found


def _place(product_id: int, variant_id: int) -> str:
    return f"/desk/products/{product_id}?variant={variant_id}"


def _form_page(
    request: PortalRequest,
    product_id: int,
    form: Form,
    variant: VariantView | None = None,
    *,
    stale: Stale | None = None,
) -> Page:
    with unit_of_work() as session:
        product = desk_queries.product(session, actor=current_actor(request), product_id=product_id)
    context = {
        "product": product, "form": form, "variant": variant, "preview": builder.preview(form.value("marking")),
        "text": form.value("marking"), "near": (), "built": False, "thumb": look.thumb,
        "changes": [(tell_change(change), change) for change in stale.changes] if stale else [],
        "version": stale.version if stale else form.value("version"),
    }  # fmt: skip
    return Page("catalog/desk_item.html", context, status=409 if stale else None)


routers = [
    Router(
        path="/",
        route_handlers=[
            marking_preview, new_page, create, edit_page, edit, grant_product, price_item, add_code, grant_customer,
            price_customer, remove_price, revoke, remove_code,
        ],
        guards=[roles(*permissions.EDITORS)],
    )
]  # fmt: skip
