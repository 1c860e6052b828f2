"""What fields and recorded actions are called, for histories and for telling an editor what somebody else changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.accounts.actor import SYSTEM
from portal.customers.revisions import Change, Recorded
from portal.web.i18n import gettext
from portal.web.i18n import lazy_gettext as _

FIELDS: dict[str, Any] = {
    "code": _("Reference number"),
    "name": _("Name or company"),
    "name_en": _("Name in English"),
    "type": _("Type"),
    "level": _("Level"),
    "salesperson_id": _("Salesperson"),
    "status": _("Status"),
    "credit_limit": _("Credit limit"),
    "order_limit": _("Limit without approval"),
    "overdue_amount": _("Overdue amount"),
    "terms": _("Payment terms"),
    "phone": _("Phone"),
    "note": _("Note"),
    "title": _("Position"),
    "email": _("E-mail"),
    "active": _("May log in"),
    "contact": _("Contact"),
    "address": _("Address"),
    "recipient": _("Recipient"),
    "region": _("Region"),
    "detail": _("Street and number"),
}
VALUES: dict[tuple[str, Any], Any] = {
    ("type", "one"): _("Type one"),
    ("type", "two"): _("Type two"),
    ("status", "unreviewed"): _("Not reviewed"),
    ("status", "active"): _("Active"),
    ("status", "blocked"): _("Blocked"),
    ("active", True): _("yes"),
    ("active", False): _("no"),
}
ACTIONS: dict[str, Any] = {
    "customer.created": _("Customer created"),
    "customer.edited": _("Customer edited"),
    "customer.contact_added": _("Contact added"),
    "customer.address_added": _("Address added"),
    "customer.address_edited": _("Address edited"),
    "customer.address_archived": _("Address taken out of use"),
    "customer.default_address_set": _("Default address chosen"),
}
Name = Callable[[str, Any], str | None]


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a history in words."""

    at: datetime
    by: str
    action: str
    changes: tuple[Told, ...]


def tell(changes: Mapping[str, Any], *, name: Name | None = None) -> tuple[Told, ...]:
    """Put recorded changes (field → [before, after]) into words; `name(field, value)` may know what a number stands for."""
    return tuple(
        Told(str(FIELDS.get(field, field)), _value(field, pair[0], name), _value(field, pair[1], name))
        for field, pair in changes.items()
        if field != "version" and isinstance(pair, list) and len(pair) == 2
    )


def tell_change(change: Change, *, name: Name | None = None) -> Told:
    """Put what somebody else changed meanwhile into words."""
    return tell({change.field: [change.before, change.after]}, name=name)[0]


def tell_history(recorded: tuple[Recorded, ...], *, name: Name | None = None) -> tuple[Line, ...]:
    """Put a history into words."""
    return tuple(
        Line(one.at, _by(one.by), str(ACTIONS.get(one.action, one.action)), tell(one.changes, name=name))
        for one in recorded
    )


def _by(name: str) -> str:
    return gettext("System") if name == SYSTEM.name else name


def _value(field: str, value: Any, name: Name | None) -> str:
    if value in (None, ""):
        return gettext("(empty)")
    known = VALUES.get((field, value)) if isinstance(value, (str, bool)) else None
    return str(known or (name(field, value) if name else None) or value)
