"""What expressions compute with: errors, comparisons that never guess, functions, and how a value is written. Pure."""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

LARGEST_NUMBER = 10**24
LONGEST_TEXT = 10_000


class ExpressionError(Exception):
    """An expression that cannot be used."""


class ExpressionRefused(ExpressionError):
    """It is not of our language; the message says which part."""


class ExpressionFailed(ExpressionError):
    """It cannot be computed from these facts; the message says why."""


class Unknown(ExpressionFailed):
    """It names something that is not there."""


def same(a: Any, b: Any) -> bool:
    """Say whether two values are equal; yes/no never equals a number, null only null."""
    if isinstance(a, bool) is not isinstance(b, bool):
        return False
    return bool(a == b)


def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def run(a: Any, b: Any) -> bool:
        numbers = _is_number(a) and _is_number(b)
        if not numbers and not (isinstance(a, str | date) and type(a) is type(b)):
            raise TypeError(f"cannot order {a!r} and {b!r}")
        return compare(a, b)

    return run


def contains(item: Any, container: Any) -> bool:
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if not isinstance(container, list):
        raise TypeError(f"not a list: {container!r}")
    return any(same(item, other) for other in container)


def shown(value: Any) -> str:
    """Write a value as a table cell or a condition would."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def _length(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise TypeError("len of what has no length")
    return len(value)


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        return choose(number(item, "min/max") for item in items)

    return run


def _round(value: Any, places: Any = 0) -> Any:
    exact, digits = number(value, "round"), number(places, "round")
    if not isinstance(digits, int) or not 0 <= digits <= 10:  # more places than any quantity has
        raise TypeError("round to 0 to 10 places")
    return Decimal(exact).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _length,
    "min": _extreme(min),
    "max": _extreme(max),
    "round": _round,
    "abs": lambda value: abs(number(value, "abs")),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def number(value: Any, label: str) -> Any:
    if not _is_number(value):
        raise ExpressionFailed(f"{label}: {shown(value)} is not a number")
    return value


def yes_or_no(value: Any, label: str) -> bool:
    if not isinstance(value, bool):
        raise ExpressionFailed(f"{label}: {shown(value)} is neither true nor false")
    return value
