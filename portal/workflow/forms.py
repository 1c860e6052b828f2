"""Forms of user tasks: what a diagram asks of a person, and reading what they typed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.errors import InvalidInput
from portal.money import parse_amount
from portal.web.i18n import lazy_gettext as _
from portal.workflow.calendar import shop_zone
from portal.workflow.expressions import compile_expression

Text = tuple[str, str]

LONGEST = 2000
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Option:
    """One choice; tone (good, stop, …) says how its button looks."""

    value: str
    name: Text
    tone: str = ""


@dataclass(frozen=True)
class FormField:
    """One question; `shown_if` is an expression over the form's own fields and the facts."""

    key: str
    type: str
    label: Text
    required: bool = False
    options: tuple[Option, ...] = ()
    shown_if: str | None = None
    help: Text = ("", "")
    default: str | None = None


class _Unreadable(ValueError):
    """What was typed is not of the field's type; the argument is the message."""


def parse_form(fields: tuple[FormField, ...], data: Mapping[str, str], *, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a person entered into typed values (money Decimal, dates ISO text); InvalidInput has a message for each bad field.

    Every field's key is in the answer; one that was left empty or is not shown is None. Keys that are no fields are ignored.
    A field may be shown because of those before it; one shown because of a field that could not be read is left alone.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    for field in fields:
        try:
            values[field.key] = _read(field, str(data.get(field.key) or ""), {**facts, **values}, wrong)
        except _Unreadable as error:
            wrong[field.key], values[field.key] = error.args[0], None
    if wrong:
        raise InvalidInput(fields=wrong)
    return values


def _read(field: FormField, text: str, scope: Mapping[str, Any], wrong: Mapping[str, Any]) -> Any:
    if field.shown_if and not _is_shown(field.shown_if, scope, wrong):
        return None
    cleaned = _CONTROL.sub("", text).strip()
    if not cleaned:
        if field.required:
            raise _Unreadable(_("Please fill this in"))
        return None
    if len(cleaned) > LONGEST:
        raise _Unreadable(_("At most %(count)d characters", count=LONGEST))
    return _READERS[field.type](field, cleaned)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?=\n)")


def _is_shown(shown_if: str, scope: Mapping[str, Any], wrong: Mapping[str, Any]) -> bool:
    expression = compile_expression(shown_if)
    if any(path[0] in wrong for path in expression.reads):
        return False
    return expression.holds(scope)


def _text(_field: FormField, text: str) -> str:
    return " ".join(text.split())


def _longtext(_field: FormField, text: str) -> str:
    return text


def _choice(field: FormField, text: str) -> str:
    if text not in {option.value for option in field.options}:
        raise _Unreadable(_("Please choose one of the options"))
    return text


def _yesno(_field: FormField, text: str) -> bool:
    answers = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if text.lower() not in answers:
        raise _Unreadable(_("Please choose yes or no"))
    return answers[text.lower()]


def _integer(_field: FormField, text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,10}", text) or abs(int(text)) > LARGEST:
        raise _Unreadable(_("Please enter a whole number"))
    return int(text)


def _money(_field: FormField, text: str) -> Any:
    try:
        amount = parse_amount(text)
    except ValueError as error:
        raise _Unreadable(_("Please enter an amount, for example 1280.50")) from error
    if amount < 0:
        raise _Unreadable(_("The amount cannot be negative"))
    return amount


def _date(_field: FormField, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise _Unreadable(_("Please enter a date, for example 2026-03-15")) from error


def _datetime(_field: FormField, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _Unreadable(_("Please enter a date and time, for example 2026-03-15 14:30")) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=shop_zone())).isoformat()


_READERS: dict[str, Callable[[FormField, str], Any]] = {
    "text": _text,
    "longtext": _longtext,
    "choice": _choice,
    "yesno": _yesno,
    "integer": _integer,
    "money": _money,
    "date": _date,
    "datetime": _datetime,
}
TYPES = frozenset(_READERS)
