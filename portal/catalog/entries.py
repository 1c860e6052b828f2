"""What people type about products and items, and the rules a value must keep."""

from decimal import Decimal

import msgspec

from portal.catalog.models import PackageCode, Product, Variant
from portal.catalog.quantities import LARGEST
from portal.customers.entries import missing, refuse, too_long
from portal.money import LARGEST as LARGEST_AMOUNT
from portal.web.i18n import gettext as _

KINDS = ("standard", "custom")
STATUSES = ("active", "discontinued")
DESCRIPTION_LENGTH = 2000
LONGEST_LEAD = 730


class ProductEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A family of items; `category` is a category's code, an empty `code` is drawn from the series."""

    name_zh: str
    category: str
    code: str = ""
    name_en: str = ""
    description_zh: str = ""
    description_en: str = ""
    kind: str = "standard"
    status: str = "active"


class VariantEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One orderable item. `marking` in any spelling (printed strictly when stored); no `list_price`: ask."""

    sku: str
    marking: str
    list_price: Decimal | None = None
    min_quantity: int = 1
    order_multiple: int = 1
    pack_size: int = 1
    lead_days: int = 15
    unit_zh: str = "片"
    unit_en: str = "pcs"
    status: str = "active"
    note: str = ""


def _length(column: object) -> int:
    length: int = getattr(column, "type").length  # noqa: B009  the mapped type does not declare it
    return length


def check_product(entry: ProductEntry, *, categories: frozenset[str]) -> None:
    """Refuse a product with a field that cannot be stored; raises InvalidInput with every such field."""
    limits = {name: _length(getattr(Product, name)) for name in ("code", "name_zh", "name_en")}
    descriptions = dict.fromkeys(("description_zh", "description_en"), DESCRIPTION_LENGTH)
    fields = too_long(entry, limits | descriptions) | missing(entry, ("name_zh",))
    if entry.category not in categories:
        fields["category"] = _("Choose a category.")
    if entry.kind not in KINDS:
        fields["kind"] = _("Choose standard or custom.")
    if entry.status not in STATUSES:
        fields["status"] = _("Choose a status.")
    refuse(fields)


def check_variant(entry: VariantEntry) -> None:
    """Refuse an item with a field that cannot be stored; raises InvalidInput with every such field."""
    limits = {name: _length(getattr(Variant, name)) for name in ("sku", "marking", "unit_zh", "unit_en", "note")}
    fields = too_long(entry, limits) | missing(entry, ("sku", "marking", "unit_zh"))
    for name in ("min_quantity", "order_multiple", "pack_size"):
        if not 1 <= getattr(entry, name) <= LARGEST:
            fields[name] = _("Enter a whole number from 1 to %(most)d.", most=LARGEST)
    if not 0 <= entry.lead_days <= LONGEST_LEAD:
        fields["lead_days"] = _("Enter a whole number of days from 0 to %(most)d.", most=LONGEST_LEAD)
    if entry.list_price is not None:
        fields |= price_problem("list_price", entry.list_price)
    if entry.status not in STATUSES:
        fields["status"] = _("Choose a status.")
    refuse(fields)


def price_problem(field: str, price: Decimal) -> dict[str, str]:
    """Return a message under the field for a price nobody means."""
    if price < 0:
        return {field: _("A price cannot be negative.")}
    if price != round(price, 2):
        return {field: _("At most two decimals.")}
    return {field: _("This price is too large.")} if price > LARGEST_AMOUNT else {}


def check_code(code: str, lot: str) -> None:
    """Refuse a package code that cannot be stored; raises InvalidInput."""
    entry = _Code(code=code, lot=lot)
    refuse(
        too_long(entry, {"code": _length(PackageCode.code), "lot": _length(PackageCode.lot)})
        | missing(entry, ("code",))
    )


class _Code(msgspec.Struct, frozen=True):
    code: str
    lot: str
