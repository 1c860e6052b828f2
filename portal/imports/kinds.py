"""The kinds of list there are, and how each is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.imports import customers_list, products_list
from portal.imports.columns import Field
from portal.imports.customers_list import CustomerList, read_customers
from portal.imports.products_list import ProductList, read_products
from portal.imports.reading import Sheet
from portal.web.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list: what it is called, and what it may hold."""

    label: Any
    fields: Sequence[Field]


KINDS: Mapping[str, Kind] = {
    "products": Kind(_("Price list"), products_list.FIELDS),
    "customers": Kind(_("Customer list"), customers_list.FIELDS),
}


def read_list(kind: str, sheet: Sheet, mapping: Mapping[str, str] | None = None) -> ProductList | CustomerList:
    """Read the rows of a list; raises ColumnsUnclear."""
    return read_products(sheet, mapping) if kind == "products" else read_customers(sheet, mapping)
