"""What people type about customers: the shapes that come in from forms and lists, and the rules a value must keep."""

from decimal import Decimal

import msgspec

from portal.customers.models import Address, Customer
from portal.errors import InvalidInput
from portal.money import LARGEST
from portal.web.i18n import gettext as _

TYPES = ("one", "two")
STATUSES = ("unreviewed", "active", "blocked")


class CustomerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A company. An empty `code` is drawn from the series; amounts in CNY, `order_limit` None: the decision table's own."""

    name: str
    type: str
    level: str
    code: str = ""
    name_en: str = ""
    salesperson_id: int | None = None
    status: str = "active"
    credit_limit: Decimal = Decimal("0.00")
    order_limit: Decimal | None = None
    overdue_amount: Decimal = Decimal("0.00")
    terms: str = ""
    phone: str = ""
    note: str = ""


class ContactEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A person who orders; the phone is the identity, in any spelling."""

    name: str
    phone: str
    email: str = ""
    title: str = ""


class AddressEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Where goods go."""

    recipient: str
    phone: str
    detail: str
    region: str = ""
    is_default: bool = False


NOTE_LENGTH = 2000
_CUSTOMER_TEXTS = {
    column: getattr(Customer, column).type.length for column in ("code", "name", "name_en", "terms", "phone")
}
_ADDRESS_TEXTS = {column: getattr(Address, column).type.length for column in ("recipient", "phone", "region", "detail")}


def check_customer(entry: CustomerEntry, *, levels: frozenset[str]) -> None:
    """Refuse an entry with a field that cannot be stored; raises InvalidInput with every such field."""
    fields = too_long(entry, _CUSTOMER_TEXTS | {"note": NOTE_LENGTH}) | missing(entry, ("name",))
    if entry.type not in TYPES:
        fields["type"] = _("Choose type one or type two.")
    if entry.level not in levels:
        fields["level"] = _("Choose a level.")
    if entry.status not in STATUSES:
        fields["status"] = _("Choose a status.")
    for name in ("credit_limit", "order_limit", "overdue_amount"):
        amount = getattr(entry, name) or Decimal(0)
        if amount < 0:
            fields[name] = _("An amount cannot be negative.")
        elif amount != round(amount, 2) or amount > LARGEST:
            fields[name] = _("At most two decimals, and no more than %(most)s.", most=LARGEST)
    refuse(fields)


def check_contact(entry: ContactEntry) -> None:
    """Refuse a contact without a name or with too long a text; raises InvalidInput. Accounts check the phone."""
    refuse(too_long(entry, {"name": 80, "email": 200, "title": 80, "phone": 40}) | missing(entry, ("name", "phone")))


def check_address(entry: AddressEntry) -> None:
    """Refuse an address that no courier could use; raises InvalidInput with every such field."""
    fields = too_long(entry, _ADDRESS_TEXTS) | missing(entry, ("recipient", "phone", "detail"))
    if "phone" not in fields and sum(character.isdigit() for character in entry.phone) < 7:
        fields["phone"] = _("Enter a phone number the courier can call.")
    refuse(fields)


def too_long(entry: object, limits: dict[str, int]) -> dict[str, str]:
    """Return a message for each text longer than its limit in characters, or with characters no column takes."""
    messages = {}
    for name, limit in limits.items():
        length = len(getattr(entry, name))
        if length > limit:
            messages[name] = _("At most %(limit)d characters; this has %(length)d.", limit=limit, length=length)
        elif "\x00" in getattr(entry, name):
            messages[name] = _("This contains a character that cannot be stored.")
    return messages


def missing(entry: object, names: tuple[str, ...]) -> dict[str, str]:
    """Return a message for each text that must be there and is not."""
    return {name: _("This is needed.") for name in names if not getattr(entry, name).strip()}


def refuse(fields: dict[str, str]) -> None:
    """Raise InvalidInput when a field has a message."""
    if fields:
        raise InvalidInput(fields=fields)
