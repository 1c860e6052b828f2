"""How facts, payloads and results read on the pages of operations (pure), in the reader's language."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.web import formats
from portal.web.i18n import gettext as _
from portal.web.i18n import lazy_gettext, pick
from portal.workflow.forms import FormField

_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
MOST = 400
"""So many facts of an instance are listed; more are counted."""

ROLES: dict[str, Any] = {
    "contact": lazy_gettext("Contact person"),
    "salesperson": lazy_gettext("Salesperson"),
    "sales_manager": lazy_gettext("Sales manager"),
    "warehouse": lazy_gettext("Warehouse"),
    "finance": lazy_gettext("Finance"),
    "administrator": lazy_gettext("Administrator"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Something with its name."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """A line of the tree of facts: `path` names it (`order.amount`, `lines.0`), `type` is empty for a branch."""

    path: str
    depth: int
    name: str
    type: str
    value: str
    editable: bool


def role(key: str | None) -> str:
    """Return what a role is called; its key when it has no name."""
    return str(ROLES.get(key or "", key or ""))


def shown(value: Any) -> str:
    """Write a fact for people: amounts with separators, moments in the shop's zone, yes and no in words."""
    if value is None or value == "":
        return formats.DASH
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal | int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return formats.stamp(value)
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
    return value.isoformat() if isinstance(value, date) else str(value)


def type_of(value: Any) -> str:
    """Say what kind of value a fact is."""
    if value is None:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes or no")
    if isinstance(value, Decimal):
        return _("amount")
    if isinstance(value, int):
        return _("whole number")
    if isinstance(value, date):
        return _("moment") if isinstance(value, datetime) else _("date")
    return _("list") if isinstance(value, list) else _("text")


def pairs(values: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Return a payload or receipt as names and values, as deep as it is."""
    return tuple(Pair(row.path, row.value) for row in tree(values)[0] if row.type)


def answers(result: Mapping[str, Any], form: tuple[FormField, ...]) -> tuple[Pair, ...]:
    """Return what a form said in the order of its fields, under their labels and options, empty ones left out."""
    fields = {field.key: field for field in form}
    keys = [*(key for key in fields if key in result), *(key for key in result if key not in fields)]
    return tuple(
        Pair(pick(*fields[key].label) if key in fields else key, _answer(result[key], fields.get(key)))
        for key in keys
        if result[key] not in (None, "")
    )


def _answer(value: Any, field: FormField | None) -> str:
    options = {option.value: option.name for option in field.options} if field else {}
    if isinstance(value, str) and value in options:
        return pick(*options[value])
    if field and field.type == "money" and _AMOUNT.fullmatch(str(value)):
        return formats.money(Decimal(value), sign=False)
    return shown(value)


def tree(facts: Mapping[str, Any]) -> tuple[tuple[FactRow, ...], int]:
    """Return the facts line by line, branches before what is in them, and how many more there are than `MOST`."""
    rows = list(_rows(facts, "", 0))
    return tuple(rows[:MOST]), max(len(rows) - MOST, 0)


def _rows(values: Any, path: str, depth: int) -> Iterator[FactRow]:
    for key, value in values.items() if isinstance(values, Mapping) else enumerate(values):
        name = str(key)
        place = f"{path}.{name}" if path else name
        if isinstance(value, Mapping) or _is_list_of_parts(value):
            yield FactRow(place, depth, name, "", "", editable=False)
            yield from _rows(value, place, depth + 1)
        else:
            yield FactRow(place, depth, name, type_of(value), shown(value), editable=place.count(".") == depth)


def _is_list_of_parts(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value)
