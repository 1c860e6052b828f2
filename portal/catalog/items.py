"""An item: one variant with its product, as one customer sees and pays it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, exists, literal, null, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.accounts.actor import Actor
from portal.catalog.models import Category, CustomerPrice, Product, Variant
from portal.catalog.pricing import Source, price_of
from portal.catalog.visibility import may_see_prices
from portal.customers.models import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What can be ordered. Prices in CNY per base unit, tax included; quantities in base units; sizes in millimetres.

    `price` is the customer's price, else the list's; None when `price_source` is `ask` (talk to the salesperson) or `hidden`
    (the company is not reviewed yet, or the actor's role has no prices; then `list_price` is None too).
    """

    variant_id: int
    sku: str
    marking: str
    product_id: int
    product_code: str
    name_zh: str
    name_en: str
    category: str
    custom: bool
    status: str
    unit_zh: str
    unit_en: str
    list_price: Decimal | None
    price: Decimal | None
    price_source: Source
    min_quantity: int
    order_multiple: int
    pack_size: int
    lead_days: int
    note: str
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

    @property
    def active(self) -> bool:
        """Whether it is still sold."""
        return self.status == "active"

    @property
    def orderable(self) -> bool:
        """Whether it can go into a cart: still sold, and with a price the actor knows."""
        return self.active and self.price is not None


_PLAIN: tuple[InstrumentedAttribute[Any], ...] = (
    Variant.sku, Variant.marking, Variant.product_id, Variant.unit_zh, Variant.unit_en, Variant.min_quantity,
    Variant.order_multiple, Variant.pack_size, Variant.lead_days, Variant.note, Variant.shape, Variant.diameter,
    Variant.thickness, Variant.bore, Variant.abrasive, Variant.grit, Variant.grade, Variant.structure, Variant.bond,
    Variant.speed,
)  # fmt: skip


def select_items(*, customer_id: int | None, priced: bool = True) -> Select[*tuple[Any, ...]]:
    """Return the select of items with a customer's prices (None: the list's); `item_of` reads its rows."""
    agreed = and_(CustomerPrice.variant_id == Variant.id, CustomerPrice.customer_id == customer_id)
    statement = (
        select(*_PLAIN, *_computed(customer_id, priced))
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
    )
    if customer_id is None:
        return statement.add_columns(null().label("customer_price"))
    return statement.outerjoin(CustomerPrice, agreed).add_columns(CustomerPrice.price.label("customer_price"))


def select_items_for(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Return the select of items with what the actor pays; it does not yet say which the actor sees."""
    return select_items(customer_id=actor.customer_id, priced=may_see_prices(actor))


def item_of(row: Any) -> Item:
    """Make an item of a row of `select_items`; columns added to it are left alone."""
    visible = row.prices_visible
    price = price_of(list_price=row.list_price, customer_price=row.customer_price, visible=visible)
    discontinued = "discontinued" in (row.variant_status, row.product_status)
    return Item(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        status="discontinued" if discontinued else "active",
        list_price=row.list_price if visible else None,
        price=price.amount,
        price_source=price.source,
    )


_AS_THEY_ARE = tuple(
    field.name for field in fields(Item) if field.name not in ("status", "list_price", "price", "price_source")
)


def _computed(customer_id: int | None, priced: bool) -> Sequence[Any]:
    reviewed = exists().where(Customer.id == customer_id, Customer.status != "unreviewed")
    visible = literal(False) if not priced else literal(True) if customer_id is None else reviewed
    return (
        Variant.id.label("variant_id"), Product.code.label("product_code"), Product.name_zh, Product.name_en,
        Category.code.label("category"), (Product.kind == "custom").label("custom"), Variant.status.label("variant_status"),
        Product.status.label("product_status"), Variant.list_price, visible.label("prices_visible"),
    )  # fmt: skip
