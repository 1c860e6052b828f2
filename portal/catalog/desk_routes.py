"""The catalogue for staff: the list, a product's page, its form, and what shows of it on a customer's page."""

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor, roles, staff_only
from portal.catalog import builder, desk_queries, look, permissions, queries, service, stock, words
from portal.catalog.entries import ProductEntry, VariantEntry
from portal.catalog.grid import grid_of
from portal.catalog.queries import Filters
from portal.customers import queries as customers
from portal.customers.panels import register_panel
from portal.customers.revisions import Stale
from portal.customers.routes import pages_of
from portal.customers.words import tell_change, tell_history
from portal.database import unit_of_work
from portal.paging import within
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form, clean
from portal.web.htmx import is_htmx
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of

SIZE = 50
__all__ = ["routers", "show_product", "words"]


class FirstItem(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a new product asks for beside the product: its first item, if any, and who a custom one is for."""

    sku: str = ""
    marking: str = ""
    customer: str = ""


@get("/desk/products", sync_to_thread=True)
def list_page(request: PortalRequest) -> Page:
    """List the items of the catalogue."""
    actor, query = current_actor(request), request.query_params
    wanted = {name: clean(query.get(name, "")).strip()[:100] for name in ("q", "category", "kind")}
    custom = {"custom": True, "standard": False}.get(wanted["kind"])
    filters = Filters(search=wanted["q"], category=wanted["category"], custom=custom)
    with unit_of_work() as session:
        page = within(int_of(query.get("page"), 1))
        found = queries.items_page(session, actor=actor, filters=filters, page=page, size=SIZE)
        free = stock.available(session, [item.variant_id for item in found.rows])
        shelves = queries.categories(session, actor=actor)
    context = {
        "found": found, "free": free, "shelves": shelves, "wanted": wanted, "may_edit": permissions.may_edit(actor),
        "pages": pages_of(found, "/desk/products", wanted), "thumb": look.thumb, "marked": look.marked,
    }  # fmt: skip
    return Page("catalog/desk_list.html@rows" if is_htmx(request) else "catalog/desk_list.html", context)


@get("/desk/products/{product_id:int}", sync_to_thread=True)
def detail_page(request: PortalRequest, product_id: FromPath[int]) -> Page:
    """Show a product with its items."""
    return show_product(request, product_id)


@get("/desk/products/new", sync_to_thread=True, guards=[roles(*permissions.EDITORS)])
def new_page(request: PortalRequest) -> Page:
    """Show the form for a new product, a custom one for `?customer=` when it is given."""
    customer = clean(request.query_params.get("customer", ""))[:200]
    kind = "custom" if customer or request.query_params.get("kind") == "custom" else "standard"
    defaults = {name: getattr(VariantEntry(sku="", marking=""), name) for name in ("unit_zh", "unit_en", "lead_days")}
    numbers = dict.fromkeys(("min_quantity", "order_multiple", "pack_size"), 1)
    marking = clean(request.query_params.get("marking", ""))[:160]
    return _form_page(
        Form.filled(kind=kind, status="active", customer=customer, marking=marking, **defaults, **numbers)
    )


@post("/desk/products/new", sync_to_thread=True, guards=[roles(*permissions.EDITORS)])
def create(request: PortalRequest) -> Response[Any]:
    """Make a product, its first item, and the grant of a custom one."""
    form, actor = Form.of(request), current_actor(request)
    try:
        with unit_of_work() as session:
            product_id = _create(session, actor, form)
    except REFUSALS as error:
        return _form_page(form.refused(error))
    return see_other(request, f"/desk/products/{product_id}", toast=toast(_("The product is created")))


@get("/desk/products/{product_id:int}/edit", sync_to_thread=True, guards=[roles(*permissions.EDITORS)])
def edit_page(request: PortalRequest, product_id: FromPath[int]) -> Page:
    """Show the form of a product."""
    with unit_of_work() as session:
        view = desk_queries.product(session, actor=current_actor(request), product_id=product_id)
    names = (*ProductEntry.__struct_fields__, "version")
    return _form_page(Form.filled({name: getattr(view, name) for name in names}), view)


@post("/desk/products/{product_id:int}/edit", sync_to_thread=True, guards=[roles(*permissions.EDITORS)])
def edit(request: PortalRequest, product_id: FromPath[int]) -> Response[Any]:
    """Change a product; a stale page is told what changed meanwhile."""
    form, actor = Form.of(request), current_actor(request)
    try:
        with unit_of_work() as session:
            entry, version = form.parse(ProductEntry), int_of(form.value("version"), 0)
            service.edit_product(session, actor=actor, product_id=product_id, version=version, entry=entry)
    except REFUSALS as error:
        with unit_of_work() as session:
            view = desk_queries.product(session, actor=actor, product_id=product_id)
        return _form_page(form.refused(error), view, stale=error if isinstance(error, Stale) else None)
    return see_other(request, f"/desk/products/{product_id}", toast=toast(_("Saved")))


def show_product(request: PortalRequest, product_id: int, *, forms: dict[str, Form] | None = None) -> Page:
    """Render a product's page; `forms` are those of its panels that were refused, by name."""
    actor = current_actor(request)
    wanted = int_of(request.query_params.get("variant"), 0)
    with unit_of_work() as session:
        rows = desk_queries.variants(session, actor=actor, product_id=product_id)
        chosen = next((row for row in rows if row.item.variant_id == wanted), None)
        items = [row.item.variant_id for row in rows]
        recorded = desk_queries.history(session, actor=actor, product_id=product_id, variant_ids=items)
        context = {
            "product": desk_queries.product(session, actor=actor, product_id=product_id),
            "variants": rows,
            "free": stock.available(session, items),
            "grants": desk_queries.grants(session, actor=actor, product_id=product_id),
            "prices": desk_queries.prices(session, actor=actor, product_id=product_id),
            "codes": desk_queries.codes(session, variant_id=chosen.item.variant_id) if chosen else (),
            "history": tell_history(recorded, name=_naming(session)),
            "level_options": [
                ("", ""),
                *((level.code, pick(level.name_zh, level.name_en)) for level in customers.levels(session)),
            ],
        }
    listed = request.query_params.get("view") == "list"
    context |= {
        "chosen": chosen, "may_edit": permissions.may_edit(actor), "forms": forms or {}, "thumb": look.thumb,
        "drawing": look.dimensioned(chosen.item.marking) if chosen else None, "marked": look.marked,
        "grid": None if listed else grid_of([row.item for row in rows]), "griddable": grid_of([row.item for row in rows]),
    }  # fmt: skip
    return Page("catalog/desk_product.html", context, status=422 if forms else 200)


def _create(session: Session, actor: Actor, form: Form) -> int:
    product, first = form.parse(ProductEntry), form.parse(FirstItem)
    customer_id = None
    if product.kind == "custom" and first.customer:
        customer_id = desk_queries.find_customer(session, actor=actor, text=first.customer)
        if customer_id is None:
            raise service.CustomerUnknown
    row = service.create_product(session, actor=actor, entry=product)
    if first.sku or first.marking:
        service.create_variant(session, actor=actor, product_id=row.id, entry=form.parse(VariantEntry))
    if customer_id is not None:
        service.grant_visibility(session, actor=actor, product_id=row.id, customer_id=customer_id)
    return row.id


def _form_page(form: Form, product: desk_queries.ProductView | None = None, *, stale: Stale | None = None) -> Page:
    with unit_of_work() as session:
        shelves = queries.shelves(session)
        changes = [(tell_change(change, name=_naming(session)), change) for change in stale.changes] if stale else []
    context = {
        "form": form, "product": product, "changes": changes, "text": form.value("marking"), "near": (), "built": False,
        "preview": builder.preview(form.value("marking")), "version": stale.version if stale else form.value("version"),
        "shelf_options": [("", ""), *((shelf.code, pick(shelf.name_zh, shelf.name_en)) for shelf in shelves)],
    }  # fmt: skip
    return Page("catalog/desk_edit.html", context, status=409 if stale else None)


def _naming(session: Session) -> Any:
    """Return what numbers in the audit trail stand for: customers and categories by name."""
    shelves = {shelf.id: pick(shelf.name_zh, shelf.name_en) for shelf in queries.shelves(session)}

    def name(field: str, value: Any) -> str | None:
        if field == "customer" and isinstance(value, int):
            return customers.names(session, [value]).get(value)
        return shelves.get(value) if field == "category_id" else None

    return name


def _grants_panel(session: Session, *, actor: Actor, customer_id: int) -> dict[str, Any]:
    rows = desk_queries.grants_of_customer(session, actor=actor, customer_id=customer_id)
    reach = desk_queries.reach(session, customer_id=customer_id)
    return {"grants": rows, "reach": reach, "customer_id": customer_id, "may_edit": permissions.may_edit(actor)}


def _prices_panel(session: Session, *, actor: Actor, customer_id: int) -> dict[str, Any]:
    rows = desk_queries.prices_of_customer(session, actor=actor, customer_id=customer_id)
    return {"prices": rows, "customer_id": customer_id, "may_edit": permissions.may_edit(actor), "marked": look.marked}


register_panel(20, "catalog/_customer_grants.html", _grants_panel)
register_panel(30, "catalog/_customer_prices.html", _prices_panel)

routers = [
    Router(path="/", route_handlers=[list_page, detail_page, new_page, create, edit_page, edit], guards=[staff_only])
]
