"""Reads of the catalogue for whoever buys. Every one starts from `visible_products(actor)`; hidden is not there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.items import Item, item_of, select_items, select_items_for
from portal.catalog.models import Category, Product, Variant
from portal.catalog.search import understand
from portal.catalog.visibility import visible_items, visible_products, visible_to_customer
from portal.errors import NotFound
from portal.paging import SIZE, Paged, offset, within
from portal.web.i18n import lazy_gettext as _

__all__ = ["Item", "ItemNotFound", "visible_items", "visible_products"]


class ItemNotFound(NotFound):
    """There is no such item, or the actor may not know of it; nobody can tell the two apart."""

    message = _("This item cannot be found.")


class ProductNotFound(NotFound):
    """There is no such product or item, for staff."""

    message = _("There is no such product.")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of items is narrowed to; empty: everything visible."""

    search: str = ""
    category: str = ""
    custom: bool | None = None
    shapes: tuple[str, ...] = ()
    abrasives: tuple[str, ...] = ()
    grits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A shelf with how many items of it the actor sees."""

    code: str
    name_zh: str
    name_en: str
    shape: str | None
    count: int


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A shelf, whatever stands on it."""

    id: int
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of the catalogue an actor sees."""

    standard: int
    custom: int


def items(
    session: Session,
    *,
    actor: Actor,
    search: str | None = None,
    category: str | None = None,
    custom: bool | None = None,
    shapes: Collection[str] = (),
    abrasives: Collection[str] = (),
    grits: Collection[str] = (),
    page: int = 1,
    size: int = SIZE,
) -> Paged[Item]:
    """Return a page of what the actor sees, best match first (see `catalog.search`), else by shape and size."""
    filters = Filters(search or "", category or "", custom, tuple(shapes), tuple(abrasives), tuple(grits))
    return items_page(session, actor=actor, filters=filters, page=page, size=size)


def items_page(session: Session, *, actor: Actor, filters: Filters, page: int = 1, size: int = SIZE) -> Paged[Item]:
    """Return a page of what the actor sees under the filters; two statements."""
    query = understand(filters.search)
    wanted = and_(visible_items(actor), *conditions(filters), *query.conditions())
    total = session.scalar(_counted(wanted)) or 0
    statement = select_items_for(actor).where(wanted).order_by(*query.order(), *BY_SIZE)
    rows = session.execute(statement.limit(size).offset(offset(page, size)))
    return Paged(tuple(item_of(row) for row in rows), total, within(page), size)


def item(session: Session, *, actor: Actor, sku: str) -> Item:
    """Return the item with this SKU; raises ItemNotFound, for a hidden one as for one that is not there."""
    found = items_by_sku(session, actor=actor, skus=[sku])
    if sku not in found:
        raise ItemNotFound
    return found[sku]


def items_by_sku(session: Session, *, actor: Actor, skus: Collection[str]) -> dict[str, Item]:
    """Return by SKU those of the items that the actor sees."""
    return {one.sku: one for one in _some(session, actor, Variant.sku.in_([sku for sku in skus if "\x00" not in sku]))}


def items_by_id(session: Session, *, actor: Actor, variant_ids: Collection[int]) -> dict[int, Item]:
    """Return by variant id those of the items that the actor sees."""
    return {one.variant_id: one for one in _some(session, actor, Variant.id.in_(variant_ids))}


def items_for_customer(session: Session, *, customer_id: int, variant_ids: Collection[int]) -> dict[int, Item]:
    """Return by variant id those of the items that a customer's contacts see, at the customer's prices.

    For a process or for staff acting on a customer's behalf: no permission is asked, what is hidden from the customer is missing.
    """
    seen = and_(visible_to_customer(customer_id), Variant.status == "active", Variant.id.in_(variant_ids))
    rows = session.execute(select_items(customer_id=customer_id).where(seen))
    return {found.variant_id: found for found in map(item_of, rows)}


def close_items(
    session: Session, *, actor: Actor, text: str, but: Collection[int] = (), limit: int = 6
) -> tuple[Item, ...]:
    """Return visible items of about the size that a search names, the closest first; none when it names no size."""
    query = understand(text)
    if not query.names_a_size:
        return ()
    near = and_(visible_items(actor), *query.near(), Variant.id.not_in(but))
    rows = session.execute(select_items_for(actor).where(near).order_by(query.distance(), *BY_SIZE).limit(limit))
    return tuple(item_of(row) for row in rows)


def counts(session: Session, *, actor: Actor) -> Counts:
    """Return how many standard and custom items the actor sees."""
    rows = session.execute(
        select(Product.kind, func.count())
        .join(Variant, Variant.product_id == Product.id)
        .where(visible_items(actor))
        .group_by(Product.kind)
    )
    found = {row[0]: row[1] for row in rows}
    return Counts(found.get("standard", 0), found.get("custom", 0))


def categories(session: Session, *, actor: Actor) -> tuple[CategoryRow, ...]:
    """Return the shelves with something on them for the actor, in their order; counts of visible items only."""
    rows = session.execute(
        select(Category.code, Category.name_zh, Category.name_en, Category.shape, func.count())
        .join(Product, Product.category_id == Category.id)
        .join(Variant, Variant.product_id == Product.id)
        .where(visible_items(actor))
        .group_by(Category.id)
        .order_by(Category.position, Category.id)
    )
    return tuple(CategoryRow(*row) for row in rows)


def shelves(session: Session) -> tuple[ShelfRow, ...]:
    """Return all shelves in their order, for whoever puts products on them."""
    rows = session.execute(
        select(Category.id, Category.code, Category.name_zh, Category.name_en).order_by(Category.position, Category.id)
    )
    return tuple(ShelfRow(*row) for row in rows)


def same_size(session: Session, *, actor: Actor, item: Item, limit: int = 12) -> tuple[Item, ...]:
    """Return other visible items of the same shape and size, such as another grit."""
    if item.diameter is None:
        return ()
    sizes = (Variant.shape == item.shape, Variant.diameter == item.diameter, Variant.thickness == item.thickness)
    bore = Variant.bore.is_(None) if item.bore is None else Variant.bore == item.bore
    return _some(session, actor, and_(*sizes, bore, Variant.id != item.variant_id), limit=limit)


BY_SIZE: tuple[Any, ...] = (
    Category.position,
    Variant.shape,
    Variant.diameter,
    Variant.thickness,
    Variant.bore,
    Variant.abrasive,
    Variant.id,
)


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what the filters, without the search, ask of an item."""
    several: dict[Any, Collection[str]] = {
        Variant.shape: filters.shapes,
        Variant.abrasive: filters.abrasives,
        Variant.grit: filters.grits,
    }
    found = [column.in_(values) for column, values in several.items() if values]
    if filters.category:
        found.append(Category.code == filters.category)
    if filters.custom is not None:
        found.append(Product.kind == ("custom" if filters.custom else "standard"))
    return found


def _counted(wanted: ColumnElement[bool]) -> Select[int]:
    return (
        select(func.count())
        .select_from(Variant)
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(wanted)
    )


def _some(session: Session, actor: Actor, condition: ColumnElement[bool], limit: int | None = None) -> tuple[Item, ...]:
    statement = select_items_for(actor).where(visible_items(actor), condition).order_by(*BY_SIZE).limit(limit)
    return tuple(item_of(row) for row in session.execute(statement))
