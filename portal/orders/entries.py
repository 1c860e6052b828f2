"""What people type about orders: quantities as they are written, and the shapes of forms and of the API."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec

from portal.catalog.quantities import LARGEST
from portal.errors import InvalidInput
from portal.orders import limits
from portal.web.i18n import lazy_gettext as _
from portal.web.urls import LARGEST_ID

_DIGITS = str.maketrans("０１２３４５６７８９，－＋　", "0123456789,-+ ")


def parse_quantity(text: str, *, field: str = "quantity") -> int:
    """Read a number of pieces: full-width digits, separators and spaces are understood; InvalidInput under `field`."""
    written = text.translate(_DIGITS).replace(",", "").replace(" ", "").strip()
    if not written:
        raise InvalidInput(fields={field: _("Enter a quantity.")})
    if not re.fullmatch(r"[+-]?[0-9]+", written):
        raise InvalidInput(fields={field: _("Enter a whole number such as 24.")})
    if written.startswith("-") and written.strip("-0"):
        raise InvalidInput(fields={field: _("A quantity cannot be negative.")})
    digits = written.lstrip("+-0")
    if len(digits) > len(str(LARGEST)) + 1:
        raise InvalidInput(
            fields={field: _("At most %(most)d of one item; ask your salesperson about more.", most=LARGEST)}
        )
    return int(digits or "0")


class SubmitForm(msgspec.Struct, kw_only=True):
    """The form of the page "submit"; `address` is an id or `new`."""

    key: Annotated[str, msgspec.Meta(min_length=8, max_length=limits.MAX_SUBMISSION_KEY)]
    address: str = "new"
    recipient: str = ""
    phone: str = ""
    region: str = ""
    detail: str = ""
    remember: bool = False
    purchase_order: str = ""
    wanted_on: date | None = None
    note: str = ""
    partial_delivery: bool = False
    total: Decimal | None = None
    seen: str = ""


class ApiLine(msgspec.Struct, forbid_unknown_fields=True):
    """One line of an order through the API; pieces of the base unit."""

    sku: Annotated[str, msgspec.Meta(max_length=60)]
    quantity: Annotated[int, msgspec.Meta(ge=-LARGEST, le=10 * LARGEST)]


class ApiAddress(msgspec.Struct, forbid_unknown_fields=True):
    """An address written down."""

    recipient: str
    phone: str
    detail: str
    region: str = ""


class ApiOrder(msgspec.Struct, forbid_unknown_fields=True):
    """An order through the API: `address_id` of the company's addresses, or an `address`; `total` refuses another price (CNY)."""

    lines: Annotated[list[ApiLine], msgspec.Meta(min_length=1, max_length=limits.MAX_LINES)]
    address_id: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)] | None = None
    address: ApiAddress | None = None
    purchase_order: str = ""
    wanted_on: date | None = None
    note: str = ""
    partial_delivery: bool = True
    total: Decimal | None = None
