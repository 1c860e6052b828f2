"""What the shop has already of the items in a price list; read before planning, so that the plan itself needs no database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.catalog.marking import print_number
from portal.catalog.models import Category, PackageCode, Product, Variant
from portal.imports.products_list import ListedProduct
from portal.production import queries as production

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Family:
    """What items of one product have in common: shape and size in mm."""

    shape: str
    diameter: Decimal
    thickness: Decimal
    bore: Decimal

    @property
    def size(self) -> str:
        """Diameter, thickness and bore as they are printed."""
        return "×".join(print_number(value) for value in (self.diameter, self.thickness, self.bore))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item of the shop; `family` None: its marking could not be read. `on_hand` None: the book does not know it."""

    variant_id: int
    sku: str
    marking: str
    family: Family | None
    unit_zh: str
    unit_en: str
    list_price: Decimal | None
    min_quantity: int
    pack_size: int
    lead_days: int
    status: str
    note: str
    custom: bool
    on_hand: int | None = None


@dataclass(frozen=True, slots=True)
class ProductShop:
    """Items by article number in capitals, products by what their items have in common, shelves by shape, holders of package codes."""

    items: Mapping[str, KnownItem] = field(default_factory=dict)
    families: Mapping[Family, int] = field(default_factory=dict)
    shelves: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


def read_shop(session: Session, products: Sequence[ListedProduct]) -> ProductShop:
    """Return what the shop has of these items."""
    codes = {product.code.code for product in products if product.code}
    return ProductShop(
        items=_items(session, {product.sku.upper() for product in products} | {code.upper() for code in codes}),
        families=_families(session),
        shelves=_shelves(session),
        codes=_codes(session, codes),
    )


def family_of(wheel: Any) -> Family:
    """Return what a marking or item has in common with the others of its product."""
    return Family(wheel.shape, wheel.diameter, wheel.thickness, wheel.bore)


def _items(session: Session, skus: set[str]) -> dict[str, KnownItem]:
    rows = [row for batch in _batches(skus) for row in session.execute(_select_items(batch))]
    on_hand = production.on_hand(session, [row.id for row in rows])
    return {row.sku.upper(): _known(row, on_hand.get(row.id)) for row in rows}


def _select_items(skus: list[str]) -> Any:
    return (
        select(
            Variant.id, Variant.sku, Variant.marking, Variant.shape, Variant.diameter, Variant.thickness, Variant.bore,
            Variant.unit_zh, Variant.unit_en, Variant.list_price, Variant.min_quantity, Variant.pack_size,
            Variant.lead_days, Variant.status, Variant.note, Product.kind,
        )
        .join(Product, Product.id == Variant.product_id)
        .where(func.upper(Variant.sku).in_(skus))
    )  # fmt: skip


def _known(row: Any, on_hand: int | None) -> KnownItem:
    same = (
        "sku", "marking", "unit_zh", "unit_en", "list_price", "min_quantity", "pack_size", "lead_days", "status", "note"
    )  # fmt: skip
    return KnownItem(
        variant_id=row.id,
        family=family_of(row) if row.shape else None,
        custom=row.kind == "custom",
        on_hand=on_hand,
        **{name: getattr(row, name) for name in same},
    )


def _families(session: Session) -> dict[Family, int]:
    """Return the products that new items of a shape and size belong to, the oldest of each.

    They are standard ones on sale, all of their items are of that shape and size, and their name says the size: a product that
    is called after an abrasive or a purpose takes in no others.
    """
    sizes = (Variant.shape, Variant.diameter, Variant.thickness, Variant.bore)
    statement: Select[*tuple[Any, ...]] = (
        select(Product.id, Product.name_zh, *(func.min(column) for column in sizes))
        .join(Variant, Variant.product_id == Product.id)
        .where(Product.kind == "standard", Product.status == "active")
        .group_by(Product.id)
        .having(*(func.count(column.distinct()) == 1 for column in sizes), func.count() == func.count(Variant.shape))
        .order_by(Product.id.desc())
    )
    found = ((Family(*size), name, product_id) for product_id, name, *size in session.execute(statement))
    return {family: product_id for family, name, product_id in found if family.size in name}


def _shelves(session: Session) -> dict[str, str]:
    """Return the category of each shape: where most of its items are, else the one that is drawn with it."""
    drawn = select(Category.shape, Category.code).where(Category.shape.is_not(None)).order_by(Category.id.desc())
    used = (
        select(Variant.shape, Category.code)
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(Variant.shape.is_not(None))
        .group_by(Variant.shape, Category.code)
        .order_by(func.count(), Category.code)
    )
    return {str(shape): code for statement in (drawn, used) for shape, code in session.execute(statement)}


def _codes(session: Session, codes: set[str]) -> dict[str, str]:
    """Return whose the package codes are: code → article number."""
    held = select(PackageCode.code, Variant.sku).join(Variant, Variant.id == PackageCode.variant_id)
    rows = [row for batch in _batches(codes) for row in session.execute(held.where(PackageCode.code.in_(batch)))]
    return {row.code: row.sku for row in rows}


def _batches(wanted: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(wanted)
    yield from (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))
