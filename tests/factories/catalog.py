"""Make products, items, prices, grants and package codes; every argument may be named."""

from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.catalog import indexing
from portal.catalog.models import Category, CustomerPrice, PackageCode, Product, Variant, VisibilityGrant
from portal.customers.models import Customer

_numbers = count(1)


def a_category(session: Session, code: str = "straight", **columns: Any) -> Category:
    """The category with this code, made when it is not there yet."""
    found = session.scalars(select(Category).where(Category.code == code)).one_or_none()
    defaults: dict[str, Any] = {"name_zh": "平形砂轮", "name_en": "Straight wheels", "shape": "1"}
    return found or _saved(session, Category(code=code, **(defaults | columns)))


def a_product(session: Session, **columns: Any) -> Product:
    """An active standard product in the category `straight` (or the `category_id` given)."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"P{number:05d}",
        "name_zh": "平形砂轮",
        "name_en": "Straight wheel",
        "created_at": clock.now(),
    }
    if "category_id" not in columns:
        columns["category_id"] = a_category(session).id
    return _saved(session, Product(**(defaults | columns)))


def a_custom_product(session: Session, **columns: Any) -> Product:
    """A product nobody sees until it is granted."""
    return a_product(session, **({"kind": "custom", "name_zh": "定制砂轮", "name_en": "Custom wheel"} | columns))


def a_variant(
    session: Session, product: Product | None = None, marking: str = "1-400×50×203-WA60K5V-35m/s", **columns: Any
) -> Variant:
    """An item at 186.00 a piece, single pieces from one; found by search like any other."""
    number = next(_numbers)
    family = product or a_product(session)
    defaults: dict[str, Any] = {
        "sku": f"SKU-{number:05d}",
        "list_price": Decimal("186.00"),
        "marking_raw": marking,
        **indexing.marking_columns(marking),
    }
    row = Variant(product_id=family.id, **(defaults | columns))
    _saved(session, row)
    indexing.index_products(session, [family.id])
    return row


def a_custom_variant(session: Session, *customers: Customer, **columns: Any) -> Variant:
    """An item of a custom product that only the customers given see."""
    product = a_custom_product(session)
    for customer in customers:
        a_grant(session, product, customer)
    return a_variant(session, product, **columns)


def a_grant(
    session: Session,
    product: Product,
    customer: Customer | None = None,
    *,
    level: str | None = None,
    effect: str = "allow",
) -> VisibilityGrant:
    """An allow (or deny) for a customer or for a level."""
    customer_id = customer.id if customer else None
    return _saved(session, VisibilityGrant(product_id=product.id, customer_id=customer_id, level=level, effect=effect))


def a_customer_price(session: Session, variant: Variant, customer: Customer, price: str = "150.00") -> CustomerPrice:
    """A price agreed with the customer."""
    return _saved(session, CustomerPrice(customer_id=customer.id, variant_id=variant.id, price=Decimal(price)))


def a_package_code(session: Session, variant: Variant, code: str, lot: str | None = None) -> PackageCode:
    """What a package of the item says."""
    return _saved(session, PackageCode(code=code, variant_id=variant.id, lot=lot))


def _saved(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
