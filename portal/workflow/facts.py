"""Changing one fact of an instance by hand: found by its path (`order.total`), read as what it was before. Pure."""

import copy
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _
from portal.workflow import codec

_INDEX = re.compile(r"[0-9]{1,9}")
YES, NO = ("true", "yes", "1", "是"), ("false", "no", "0", "否")
LONGEST = 10_000


def paths(facts: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of every fact that holds no others, in their order."""
    items = facts.items() if isinstance(facts, Mapping) else enumerate(facts)
    for name, value in items:
        path = f"{before}{name}"
        if isinstance(value, Mapping | list) and value:
            yield from paths(value, f"{path}.")
        else:
            yield path, value


def value_at(facts: Mapping[str, Any], path: str) -> Any:
    """Return the fact at a path; InvalidInput (field `path`) when there is none."""
    found: Any = facts
    for name in path.strip().split("."):
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and _INDEX.fullmatch(name) and int(name) < len(found):
            found = found[int(name)]
        else:
            raise InvalidInput(fields={"path": _("The process does not know “%(path)s”", path=path.strip())})
    return found


def with_value(facts: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the facts with another value at a path that is there."""
    value_at(facts, path)
    changed: dict[str, Any] = copy.deepcopy(dict(facts))
    *way, last = path.strip().split(".")
    holder: Any = changed
    for name in way:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    holder[int(last) if isinstance(holder, list) else last] = value
    return changed


def parse_like(old: Any, text: str) -> Any:
    """Read a text as the type of what it replaces; InvalidInput (field `value`). What was nothing is read as JSON, else as text."""
    if len(text) > LONGEST:
        raise InvalidInput(fields={"value": _("At most %(most)d characters", most=LONGEST)})
    if isinstance(old, str):
        return codec.clean(text)
    try:
        return _parse(old, text.strip())
    except (ValueError, TypeError, RecursionError, InvalidOperation) as error:
        raise InvalidInput(fields={"value": _expected(old)}) from error


def _parse(old: Any, text: str) -> Any:
    if isinstance(old, bool):
        if text.lower() not in YES + NO:
            raise ValueError(text)
        return text.lower() in YES
    if isinstance(old, int):
        return codec.clean(int(text))
    if isinstance(old, Decimal):
        return codec.clean(_finite(Decimal(text.replace(",", ""))))
    if isinstance(old, datetime):
        return _moment(text)
    if isinstance(old, date):
        return date.fromisoformat(text)
    return _nested(old, text)


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError(number)
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def _nested(old: Any, text: str) -> Any:
    try:
        value = codec.from_json(json.loads(text, parse_float=Decimal))
    except json.JSONDecodeError:
        if old is not None:
            raise
        return codec.clean(text)
    if old is not None and not isinstance(value, dict if isinstance(old, Mapping) else list):
        raise ValueError(text)
    return codec.clean(value)


def _expected(old: Any) -> Any:
    for kind, message in (
        (bool, _("Enter yes or no")),
        (int, _("Enter a whole number")),
        (Decimal, _("Enter a number")),
        (datetime, _("Enter a moment with its zone, for example 2026-07-25T14:00:00+08:00")),
        (date, _("Enter a date, for example 2026-07-25")),
        (list, _("Enter a list as JSON")),
    ):
        if isinstance(old, kind):
            return message
    return _("Enter an object as JSON")


def mark(value: Any) -> str:
    """Return a short text by which a value is known again."""
    return hashlib.sha256(as_text(value).encode()).hexdigest()[:16]


def as_text(value: Any) -> str:
    """Write a fact as it is entered: the inverse of `parse_like`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping | list):
        return json.dumps(codec.to_json(value), ensure_ascii=False)
    return str(value)
