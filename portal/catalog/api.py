"""The catalogue for programs: JSON with the same visibility and the same prices as the pages."""

from decimal import Decimal
from typing import Any

import msgspec
from litestar import Router, get
from litestar.params import FromPath

from portal.accounts.guards import current_actor
from portal.catalog import queries
from portal.catalog.items import Item
from portal.database import unit_of_work
from portal.paging import within
from portal.web.context import PortalRequest
from portal.web.forms import clean
from portal.web.urls import int_of

MOST = 100
"""Items in one answer."""


class ProductOut(msgspec.Struct, frozen=True, kw_only=True):
    """An item as programs read it; amounts in CNY as text, sizes in millimetres as text, quantities in base units."""

    sku: str
    marking: str
    name_zh: str
    name_en: str
    custom: bool
    unit: str
    price: Decimal | None
    price_source: str
    list_price: Decimal | None
    min_quantity: int
    order_multiple: int
    pack_size: int
    lead_days: int
    shape: str | None
    diameter: Decimal | None
    thickness: Decimal | None
    bore: Decimal | None
    abrasive: str | None
    grit: str | None
    grade: str | None
    structure: str | None
    bond: str | None
    speed: str | None


class ProductsOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of items."""

    total: int
    page: int
    size: int
    items: list[ProductOut]


@get("/api/products", sync_to_thread=True)
def list_products(request: PortalRequest) -> ProductsOut:
    """Return what the caller sees: `search`, `category`, `page` from 1, `size` up to 100."""
    query = request.query_params
    size = min(max(int_of(query.get("size"), 20), 1), MOST)
    with unit_of_work() as session:
        found = queries.items(
            session,
            actor=current_actor(request),
            search=query.get("search"),
            category=clean(query.get("category", "")),
            page=within(int_of(query.get("page"), 1)),
            size=size,
        )
    return ProductsOut(total=found.total, page=found.number, size=found.size, items=[out(item) for item in found.rows])


@get("/api/products/{sku:str}", sync_to_thread=True)
def read_product(request: PortalRequest, sku: FromPath[str]) -> ProductOut:
    """Return one item; 404 for a hidden one as for one that is not there."""
    with unit_of_work() as session:
        return out(queries.item(session, actor=current_actor(request), sku=sku))


def out(item: Item) -> ProductOut:
    """Return an item as programs read it."""
    values: dict[str, Any] = {name: getattr(item, name) for name in ProductOut.__struct_fields__ if name != "unit"}
    return ProductOut(**values, unit=item.unit_en)


routers = [Router(path="/", route_handlers=[list_products, read_product])]
