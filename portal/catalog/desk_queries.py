"""Reads of the catalogue for staff: products with all their items, who sees them and what they pay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.items import Item, item_of, select_items_for
from portal.catalog.models import Category, CustomerPrice, PackageCode, Product, Variant, VisibilityGrant
from portal.catalog.queries import Counts, ProductNotFound
from portal.catalog.visibility import may_see_prices, visible_products, visible_to_customer
from portal.customers import revisions
from portal.customers.models import Customer, CustomerLevel
from portal.customers.queries import visible_to
from portal.customers.revisions import Recorded

_HISTORY, _MOST_READ = 12, 200
"""Lines of a history that are shown, and entries that are looked through for them."""
_PRICES = ("list_price", "price")


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product as staff read it."""

    id: int
    code: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    category: str
    category_zh: str
    category_en: str
    kind: str
    status: str
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class VariantView:
    """An item with what only its editor needs."""

    item: Item
    marking_raw: str
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class GrantRow:
    """Who is allowed or denied a product; one customer, or a level."""

    id: int
    effect: str
    customer_id: int | None
    customer: str | None
    level_zh: str | None
    level_en: str | None
    product_id: int
    product_code: str
    product_zh: str
    product_en: str
    kind: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price agreed with a customer, beside the list's."""

    customer_id: int
    customer: str
    variant_id: int
    product_id: int
    sku: str
    marking: str
    list_price: Decimal | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class CodeRow:
    """What a package of the item says."""

    id: int
    code: str
    lot: str | None


def product(session: Session, *, actor: Actor, product_id: int) -> ProductView:
    """Return a product; raises ProductNotFound."""
    row = session.execute(
        select(
            Product.id, Product.code, Product.name_zh, Product.name_en, Product.description_zh, Product.description_en,
            Category.code, Category.name_zh, Category.name_en, Product.kind, Product.status, Product.created_at,
            Product.version,
        )
        .join(Category, Category.id == Product.category_id)
        .where(Product.id == product_id, visible_products(actor))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise ProductNotFound
    return ProductView(*tuple(row))


def variants(session: Session, *, actor: Actor, product_id: int) -> tuple[VariantView, ...]:
    """Return a product's items by size and grit, discontinued ones too."""
    columns = (Variant.marking_raw.label("raw"), Variant.status.label("own_status"), Variant.version.label("version"))
    rows = session.execute(
        select_items_for(actor)
        .add_columns(*columns)
        .where(Product.id == product_id, visible_products(actor))
        .order_by(Variant.diameter, Variant.thickness, Variant.bore, Variant.abrasive, Variant.id)
    )
    return tuple(VariantView(item_of(row), row.raw, row.own_status, row.version) for row in rows)


def grants(session: Session, *, actor: Actor, product_id: int) -> tuple[GrantRow, ...]:
    """Return who a product is granted or denied to, levels first; of customers those that the actor sees."""
    return _grants(
        session, VisibilityGrant.product_id == product_id, or_(VisibilityGrant.level.is_not(None), visible_to(actor))
    )


def grants_of_customer(session: Session, *, actor: Actor, customer_id: int) -> tuple[GrantRow, ...]:
    """Return what is granted or denied to a customer or to its level."""
    level = select(Customer.level).where(Customer.id == customer_id, visible_to(actor)).scalar_subquery()
    mine = and_(VisibilityGrant.customer_id == customer_id, visible_to(actor))
    return _grants(session, or_(mine, VisibilityGrant.level == level))


def prices(session: Session, *, actor: Actor, product_id: int) -> tuple[PriceRow, ...]:
    """Return the prices agreed for a product's items with the customers the actor sees."""
    return _prices(session, actor, Variant.product_id == product_id)


def prices_of_customer(session: Session, *, actor: Actor, customer_id: int) -> tuple[PriceRow, ...]:
    """Return the prices agreed with a customer."""
    return _prices(session, actor, Customer.id == customer_id)


def codes(session: Session, *, variant_id: int) -> tuple[CodeRow, ...]:
    """Return what packages of an item say."""
    rows = session.execute(
        select(PackageCode.id, PackageCode.code, PackageCode.lot)
        .where(PackageCode.variant_id == variant_id)
        .order_by(PackageCode.id)
    )
    return tuple(CodeRow(*row) for row in rows)


def reach(session: Session, *, customer_id: int) -> Counts:
    """Return how many standard and custom items a customer's contacts see."""
    rows = session.execute(
        select(Product.kind, func.count())
        .join(Variant, Variant.product_id == Product.id)
        .where(visible_to_customer(customer_id), Variant.status == "active")
        .group_by(Product.kind)
    )
    found = {row[0]: row[1] for row in rows}
    return Counts(found.get("standard", 0), found.get("custom", 0))


def find_customer(session: Session, *, actor: Actor, text: str) -> int | None:
    """Return the customer whose number or name this is exactly, or None."""
    named = or_(Customer.code == text.strip(), Customer.name == text.strip())
    return session.scalar(select(Customer.id).where(named, visible_to(actor)).order_by(Customer.id).limit(1))


def find_product(session: Session, *, actor: Actor, text: str) -> int | None:
    """Return the product whose number this is, or one of whose items has it as article number or marking, or None."""
    wanted = text.strip()
    items = select(Variant.product_id).where(or_(Variant.sku == wanted, Variant.marking == wanted))
    named = or_(Product.code == wanted, Product.id.in_(items))
    return session.scalar(select(Product.id).where(named, visible_products(actor)).order_by(Product.id).limit(1))


def find_variant(session: Session, *, actor: Actor, text: str) -> int | None:
    """Return the item whose article number or marking this is, or None."""
    wanted = or_(Variant.sku == text.strip(), Variant.marking == text.strip())
    statement = (
        select(Variant.id).join(Product, Product.id == Variant.product_id).where(wanted, visible_products(actor))
    )
    return session.scalar(statement.order_by(Variant.id).limit(1))


def history(session: Session, *, actor: Actor, product_id: int, variant_ids: Sequence[int]) -> tuple[Recorded, ...]:
    """Return what was done to a product and its items, newest first: nothing about customers, nor prices, the actor does not see."""
    subjects = [("product", product_id), *(("variant", variant_id) for variant_id in variant_ids)]
    recorded = revisions.history(session, subjects=subjects, limit=_MOST_READ)
    seen = _seen_customers(session, actor, recorded)
    mine = [one for one in recorded if "customer" not in one.changes or one.changes["customer"][1] in seen]
    return tuple(one if may_see_prices(actor) else _without_prices(one) for one in mine[:_HISTORY])


def _seen_customers(session: Session, actor: Actor, recorded: Sequence[Recorded]) -> frozenset[int]:
    named = {one.changes["customer"][1] for one in recorded if "customer" in one.changes}
    return frozenset(session.scalars(select(Customer.id).where(Customer.id.in_(named), visible_to(actor))))


def _without_prices(one: Recorded) -> Recorded:
    return replace(one, changes={name: pair for name, pair in one.changes.items() if name not in _PRICES})


def _grants(session: Session, *conditions: ColumnElement[bool]) -> tuple[GrantRow, ...]:
    rows = session.execute(
        select(
            VisibilityGrant.id, VisibilityGrant.effect, VisibilityGrant.customer_id, Customer.name, CustomerLevel.name_zh,
            CustomerLevel.name_en, Product.id, Product.code, Product.name_zh, Product.name_en, Product.kind,
        )
        .join(Product, Product.id == VisibilityGrant.product_id)
        .outerjoin(Customer, Customer.id == VisibilityGrant.customer_id)
        .outerjoin(CustomerLevel, CustomerLevel.code == VisibilityGrant.level)
        .where(*conditions)
        .order_by(VisibilityGrant.level, Customer.name, Product.code)
        .limit(200)
    )  # fmt: skip
    return tuple(GrantRow(*row) for row in rows)


def _prices(session: Session, actor: Actor, condition: ColumnElement[bool]) -> tuple[PriceRow, ...]:
    rows = session.execute(
        select(
            Customer.id, Customer.name, Variant.id, Variant.product_id, Variant.sku, Variant.marking, Variant.list_price,
            CustomerPrice.price,
        )
        .join(Variant, Variant.id == CustomerPrice.variant_id)
        .join(Customer, Customer.id == CustomerPrice.customer_id)
        .where(condition, visible_to(actor))
        .order_by(Customer.name, Variant.sku)
        .limit(200)
    )  # fmt: skip
    return tuple(PriceRow(*row) for row in rows)
