"""What a contact hands in: a submission and a revision, bounded and readable (pure)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from portal.orders import limits
from portal.orders.stale import Seen
from portal.web.i18n import lazy_gettext as _


@dataclass(frozen=True)
class AddressChoice:
    """Where it goes: an address of the company by id, or one written down now; `remember` keeps the new one."""

    address_id: int | None = None
    recipient: str = ""
    phone: str = ""
    region: str = ""
    detail: str = ""
    remember: bool = True


@dataclass(frozen=True)
class Wanted:
    """A line that is ordered without the cart."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Submission:
    """An order as it is handed in. `submission_key` is drawn with the form: the same key twice is the same order."""

    submission_key: str
    address: AddressChoice
    purchase_order: str = ""
    wanted_on: date | None = None
    note: str = ""
    partial_delivery: bool = True
    expected_total: Decimal | None = None
    """The total the contact saw (CNY); None does not compare."""
    seen: tuple[Seen, ...] | None = None
    """The lines the contact saw, so that a refusal can say which changed; None: not known."""
    lines: tuple[Wanted, ...] | None = None
    """None: what is in the cart."""


@dataclass(frozen=True)
class Revision:
    """A changed order: the new quantity of each position (0 removes the line), and the note."""

    lines: dict[int, int] = field(default_factory=dict)
    note: str = ""
    seen_revision: int | None = None
    """The revision the contact saw; None does not compare."""


@dataclass(frozen=True)
class ParcelIn:
    """A parcel as the factory reports it; `lines` maps position → pieces."""

    number: str
    courier: str
    tracking_number: str
    shipped_at: Any
    lines: dict[int, int]


def problems(submission: Submission, *, today: date) -> dict[str, Any]:
    """Return what is wrong with a submission, by field."""
    texts = {
        "note": (submission.note, limits.MAX_NOTE),
        "purchase_order": (submission.purchase_order, limits.MAX_PURCHASE_ORDER),
    }
    found = {name: limits.text_problem(text, limit) for name, (text, limit) in texts.items()}
    if submission.wanted_on is not None and submission.wanted_on < today:
        found["wanted_on"] = _("This day is over. Choose today or later.")
    if submission.address.address_id is None:
        found |= address_problems(submission.address)
    return {name: problem for name, problem in found.items() if problem is not None}


def address_problems(address: AddressChoice) -> dict[str, Any]:
    """Return what is wrong with an address that is written down, by field."""
    return {
        "recipient": _required(address.recipient, limits.MAX_RECIPIENT, _("Write who receives the goods.")),
        "phone": _phone_problem(address.phone),
        "region": limits.text_problem(address.region, limits.MAX_REGION),
        "detail": _required(
            address.detail, limits.MAX_DETAIL, _("Write the street and number; the driver goes by it.")
        ),
    }


def _required(text: str, limit: int, missing: Any) -> Any:
    return limits.text_problem(text, limit) if text.strip() else missing


def _phone_problem(phone: str) -> Any:
    digits = sum(character.isdigit() for character in phone)
    if digits == 0:
        return _("Write a phone number the driver can call.")
    if phone.isdigit() and phone.startswith("1") and digits != 11:
        return _("A mobile number has 11 digits, this one has %(count)d.", count=digits)
    return None if 5 <= digits <= 20 and len(phone) <= 40 else _("This does not look like a phone number.")
