"""The catalogue for contacts: home, list, item, scan, contact. Staff are sent to the desk's page of the same thing."""

from typing import Any

from litestar import Response, Router, get
from litestar.datastructures import MultiDict
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor
from portal.catalog import api, buying, codes, contact, desk_routes, facets, item_routes, look, pages, queries
from portal.catalog.codes import Scanned
from portal.catalog.items import Item
from portal.catalog.quantities import LARGEST
from portal.catalog.queries import Filters
from portal.catalog.search import understand
from portal.customers import queries as customers
from portal.database import unit_of_work
from portal.paging import within
from portal.web.context import PortalRequest
from portal.web.forms import clean
from portal.web.htmx import is_htmx
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of, with_query

FEW = 5
"""A search with fewer hits than this also shows close sizes."""
CLOSE = 6
CHOICES = 40
"""Values of one facet that are looked at; more is no choice a person made."""


@get("/", sync_to_thread=True)
def home_page(request: PortalRequest) -> Response[Any]:
    """Show search, scan, the two doors, what others register, and the shapes."""
    actor = current_actor(request)
    if actor.is_staff:
        return see_other(request, "/desk/inbox")
    with unit_of_work() as session:
        company = customers.customer(session, actor=actor, customer_id=actor.customer_id or 0)
        counts, shelves = queries.counts(session, actor=actor), queries.categories(session, actor=actor)
        more = buying.sections(session, actor=actor)
    context = {"company": company, "counts": counts, "shelves": shelves, "profile": look.profile, **more}
    return Page("catalog/home.html", context)


@get("/products", sync_to_thread=True)
def list_page(request: PortalRequest) -> Response[Any]:
    """Show what a search and filters leave; htmx asks for further pages of rows."""
    actor, filters = current_actor(request), filters_of(request.query_params)
    if actor.is_staff:
        return see_other(request, with_query("/desk/products", {"q": filters.search}))
    number = within(int_of(request.query_params.get("page"), 1))
    with unit_of_work() as session:
        found = queries.items_page(session, actor=actor, filters=filters, page=number)
        cards = pages.cards(session, actor=actor, items=found.rows, search=filters.search)
        context = {"filters": filters, "found": found, "cards": cards, "here": _address(filters)}
        if is_htmx(request):
            return Page("catalog/list.html@rows", context)
        context |= _around(session, actor, filters, found.rows if found.total < FEW else None)
    return Page("catalog/list.html", context)


@get("/products/{sku:path}", sync_to_thread=True)
def item_page(request: PortalRequest) -> Response[Any]:
    """Show one item; one that is not there or hidden is asked for at the salesperson's."""
    sku = request.scope["path"].removeprefix("/products/")
    actor = current_actor(request)
    with unit_of_work() as session:
        item = queries.items_by_sku(session, actor=actor, skus=[sku]).get(sku)
        shown = _shown(request, session, actor, sku, Scanned(item, None) if item else None)
    return _answer(request, *shown)


@get("/scan", sync_to_thread=True)
def scan_page(request: PortalRequest) -> Response[Any]:
    """Take a code that is typed, pasted or sent by a hand scanner, and show what it stands for."""
    code = request.query_params.get("code", "").strip()
    if code:
        return _scanned(request, code)
    return Page("catalog/scan.html")


@get("/q/{code:path}", sync_to_thread=True)
def code_page(request: PortalRequest) -> Response[Any]:
    """Show what a package's code stands for."""
    return _scanned(request, request.scope["path"].removeprefix("/q/"))


@get("/contact", sync_to_thread=True)
def contact_page(request: PortalRequest) -> Response[Any]:
    """Show the contact's salesperson, with what the contact was looking at as a text to send."""
    actor = current_actor(request)
    if actor.is_staff:
        return see_other(request, "/desk/inbox")
    with unit_of_work() as session:
        view = contact.view(session, actor=actor, about=contact.About.of(request.query_params))
    return Page("catalog/contact.html", contact=view)


def filters_of(query: MultiDict[Any]) -> Filters:
    """Read the filters of an address as leniently as people's bookmarks are old."""
    several = {
        field: tuple(dict.fromkeys(clean(value) for value in query.getall(name, [])[:CHOICES]))
        for name, field in (("shape", "shapes"), ("abrasive", "abrasives"), ("grit", "grits"))
    }
    custom = {"1": True, "0": False}.get(query.get("custom", ""))
    return Filters(
        search=understand(query.get("q", "")).typed, category=clean(query.get("category", "")), custom=custom, **several
    )


def _around(session: Session, actor: Actor, filters: Filters, few: tuple[Item, ...] | None) -> dict[str, Any]:
    """Return what stands around the rows: facets, close sizes when there are few, the bar, and what was understood."""
    query = understand(filters.search)
    near = () if few is None else _close(session, actor, filters.search, few)
    return {
        "query_text": query.text,
        "ghost": look.ghost(query.parsed),
        "close": pages.cards(session, actor=actor, items=near),
        "facets": facets.facets(session, actor=actor, filters=filters),
        "shelves": queries.categories(session, actor=actor),
        "bar": pages.bar(session, actor=actor),
        "company": customers.customer(session, actor=actor, customer_id=actor.customer_id or 0),
    }


def _close(session: Session, actor: Actor, text: str, but: tuple[Item, ...] = ()) -> tuple[Item, ...]:
    known = [item.variant_id for item in but]
    return queries.close_items(session, actor=actor, text=text, but=known, limit=CLOSE)


def _address(filters: Filters) -> str:
    custom = None if filters.custom is None else str(int(filters.custom))
    return with_query(
        "/products",
        {
            "q": filters.search, "category": filters.category, "custom": custom,
            "shape": filters.shapes, "abrasive": filters.abrasives, "grit": filters.grits,
        },
    )  # fmt: skip


def _scanned(request: PortalRequest, text: str) -> Response[Any]:
    actor = current_actor(request)
    with unit_of_work() as session:
        found = codes.resolve_code(session, actor=actor, text=text)
        shown = _shown(request, session, actor, text, found, scanned=True)
    return _answer(request, *shown)


def _shown(
    request: PortalRequest, session: Session, actor: Actor, text: str, found: Scanned | None, *, scanned: bool = False
) -> tuple[Item | None, dict[str, Any]]:
    if found is None:
        return None, _unknown(session, actor, text)
    if actor.is_staff:
        return found.item, {}
    return found.item, _item(request, session, actor, found) | {"scanned": scanned, "lot": found.lot}


def _answer(request: PortalRequest, item: Item | None, context: dict[str, Any]) -> Response[Any]:
    if item is None:
        return Page("catalog/unknown.html", context, status=404)
    if current_actor(request).is_staff:
        return see_other(request, f"/desk/products/{item.product_id}?variant={item.variant_id}")
    return Page("catalog/_amount.html" if is_htmx(request) else "catalog/item.html", context)


def _item(request: PortalRequest, session: Session, actor: Actor, found: Scanned) -> dict[str, Any]:
    item = found.item
    last = buying.last_purchase(session, actor=actor, variant_id=item.variant_id)
    others = queries.same_size(session, actor=actor, item=item)
    return {
        "card": pages.card(session, actor=actor, item=item, quantity=_asked(request, last.quantity if last else None)),
        "last": last,
        "plate": look.plate(item),
        "drawing": look.dimensioned(item.marking),
        "size": look.size_of(item),
        "others": pages.cards(session, actor=actor, items=others),
        "bar": pages.bar(session, actor=actor),
    }


def _unknown(session: Session, actor: Actor, text: str) -> dict[str, Any]:
    """Return what the page says of what is unknown and of what is hidden: guesses are among visible items only."""
    shown = " ".join(text.replace("\x00", " ").split())[: contact.LONGEST]
    person = customers.my_salesperson(session, actor=actor) if actor.is_contact else None
    guesses = pages.cards(session, actor=actor, items=_close(session, actor, shown))
    return {"text": shown, "guesses": guesses, "salesperson": person}


def _asked(request: PortalRequest, otherwise: int | None) -> int | None:
    asked = int_of(request.query_params.get("quantity"), 0)
    return asked if 0 < asked <= LARGEST else otherwise


routers = [
    Router(path="/", route_handlers=[home_page, list_page, item_page, scan_page, code_page, contact_page]),
    *api.routers,
    *desk_routes.routers,
    *item_routes.routers,
]
