"""Changes to products and items; the only writer of their tables (with `grants`, prices, grants and package codes)."""

from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.catalog import entries, indexing, permissions
from portal.catalog.entries import ProductEntry, VariantEntry
from portal.catalog.grants import (
    add_package_code,
    grant_visibility,
    remove_customer_price,
    remove_package_code,
    revoke_visibility,
    set_customer_price,
)
from portal.catalog.models import Category, Product, Variant
from portal.catalog.queries import ProductNotFound
from portal.customers import revisions
from portal.errors import InvalidInput
from portal.web.i18n import gettext as _

__all__ = [
    "add_package_code",
    "create_category",
    "create_product",
    "create_variant",
    "edit_product",
    "edit_variant",
    "grant_visibility",
    "remove_customer_price",
    "remove_package_code",
    "revoke_visibility",
    "set_customer_price",
]


class CodeTaken(InvalidInput):
    """Another product has this code."""

    def __init__(self) -> None:
        super().__init__(fields={"code": _("Another product has this number.")})


class SkuTaken(InvalidInput):
    """Another item has this article number; `sku` says which was wanted."""

    def __init__(self, sku: str) -> None:
        super().__init__(fields={"sku": _("Another item has this article number.")}, sku=sku)


class CustomerUnknown(InvalidInput):
    """No customer the editor sees has this number or name."""

    def __init__(self) -> None:
        super().__init__(fields={"customer": _("No customer of yours has this number or name.")})


class ProductUnknown(InvalidInput):
    """No product has this number."""

    def __init__(self) -> None:
        super().__init__(fields={"product": _("No product has this number, article number or marking.")})


class ItemUnknown(InvalidInput):
    """No item has this article number."""

    def __init__(self) -> None:
        super().__init__(fields={"item": _("No item has this article number or marking.")})


def create_category(
    session: Session,
    *,
    actor: Actor,
    code: str,
    name_zh: str,
    name_en: str,
    shape: str | None = None,
    position: int = 0,
) -> Category:
    """Add a shelf to the catalogue, or return the one that has this code already."""
    permissions.require_editor(actor)
    found = session.scalars(select(Category).where(Category.code == code)).one_or_none()
    if found is None:
        found = Category(code=code, name_zh=name_zh, name_en=name_en, shape=shape, position=position)
        session.add(found)
        session.flush()
    return found


def create_product(session: Session, *, actor: Actor, entry: ProductEntry) -> Product:
    """Add a family of items; a custom one is seen by nobody until it is granted. Raises InvalidInput and CodeTaken."""
    permissions.require_editor(actor)
    entry = msgspec.structs.replace(entry, code=entry.code.strip() or _next_code(session))
    row = Product(**_product_columns(session, entry), created_at=clock.now())
    _refuse_taken_code(session, row)
    session.add(row)
    _flush(session, CodeTaken())
    changes = revisions.summary(_stripped(entry), ("code", "name_zh", "kind", "category"))
    audit.record(session, actor=actor, action="product.created", subject=("product", row.id), changes=changes)
    return row


def edit_product(session: Session, *, actor: Actor, product_id: int, version: int, entry: ProductEntry) -> Product:
    """Change a product the editor saw as `version`. Raises ProductNotFound, Stale, InvalidInput and CodeTaken."""
    permissions.require_editor(actor)
    row = locked_product(session, product_id)
    columns = _product_columns(session, msgspec.structs.replace(entry, code=entry.code.strip() or row.code))
    subject = ("product", row.id)
    revisions.require_version(session, subject=subject, present=row.version, version=version)
    with session.no_autoflush:
        changes = revisions.assign(row, columns)
        _refuse_taken_code(session, row)
    revisions.record_edit(session, actor=actor, action="product.edited", subject=subject, row=row, changes=changes)
    indexing.index_products(session, [row.id])
    return row


def create_variant(session: Session, *, actor: Actor, product_id: int, entry: VariantEntry) -> Variant:
    """Add an item to a product; its marking is read and printed strictly. Raises ProductNotFound, InvalidInput, SkuTaken."""
    permissions.require_editor(actor)
    product = locked_product(session, product_id)
    row = Variant(product_id=product.id, **variant_columns(entry))
    _refuse_taken_sku(session, row)
    session.add(row)
    _flush(session, SkuTaken(row.sku))
    indexing.index_products(session, [product.id])
    changes = revisions.summary(_stripped(entry), ("sku", "marking", "list_price"))
    audit.record(session, actor=actor, action="variant.created", subject=("variant", row.id), changes=changes)
    return row


def edit_variant(session: Session, *, actor: Actor, variant_id: int, version: int, entry: VariantEntry) -> Variant:
    """Change an item the editor saw as `version`. Raises ProductNotFound, Stale, InvalidInput and SkuTaken."""
    permissions.require_editor(actor)
    row = session.get(Variant, variant_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise ProductNotFound
    columns, subject = variant_columns(entry), ("variant", row.id)
    revisions.require_version(session, subject=subject, present=row.version, version=version)
    with session.no_autoflush:
        changes = revisions.assign(row, columns)
        _refuse_taken_sku(session, row)
    revisions.record_edit(session, actor=actor, action="variant.edited", subject=subject, row=row, changes=changes)
    indexing.index_products(session, [row.product_id])
    return row


def locked_product(session: Session, product_id: int) -> Product:
    """Return a product, locked until the transaction ends; raises ProductNotFound."""
    row = session.get(Product, product_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise ProductNotFound
    return row


def variant_columns(entry: VariantEntry) -> dict[str, Any]:
    """Return the columns of an item: checked, and its marking read and printed strictly. Raises InvalidInput."""
    entries.check_variant(entry)
    columns = _stripped(entry)
    raw = columns.pop("marking")
    return columns | {"marking_raw": raw, **indexing.marking_columns(raw)}


def _product_columns(session: Session, entry: ProductEntry) -> dict[str, Any]:
    shelves = {row.code: row.id for row in session.execute(select(Category.code, Category.id))}
    entries.check_product(entry, categories=frozenset(shelves))
    columns = _stripped(entry)
    return columns | {"category_id": shelves[columns.pop("category")]}


def _stripped(entry: msgspec.Struct) -> dict[str, Any]:
    values = msgspec.structs.asdict(entry)
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}


def _next_code(session: Session) -> str:
    """Draw the next code of the series that nobody has typed before."""
    while True:
        number: int = session.scalars(select(func.nextval(func.pg_get_serial_sequence("products", "id")))).one()
        if session.scalar(select(Product.id).where(Product.code == f"P{number:05d}")) is None:
            return f"P{number:05d}"


def _refuse_taken_code(session: Session, row: Product) -> None:
    if session.scalar(select(Product.id).where(Product.code == row.code, Product.id != (row.id or 0))) is not None:
        raise CodeTaken


def _refuse_taken_sku(session: Session, row: Variant) -> None:
    if session.scalar(select(Variant.id).where(Variant.sku == row.sku, Variant.id != (row.id or 0))) is not None:
        raise SkuTaken(row.sku)


def _flush(session: Session, refusal: InvalidInput) -> None:
    """Write what is new; a key that another took at the same moment is the editor's to mend."""
    try:
        session.flush()
    except IntegrityError as error:
        raise refusal from error
