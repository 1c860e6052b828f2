"""Input cells of decision tables: FEEL's simple unary tests, meaning exactly what DMN says, or refused.

Understood: `-` or empty, literals, `"a","b"`, `not(…)`, `< <= > >=` with a number or an expression of ours, ranges `[1..5]`, `(1..5]`,
`]1..5[`, true, false, null. A null input hits only `-`, `null` and negations. Anything else is refused when the table is published.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.expressions import Expression, ExpressionFailed, ExpressionRefused, compile_expression, same

Compare = Callable[[Any, Any], bool]

_ORDERS: dict[str, Compare] = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_RANGE = re.compile(r"(?P<open>[\[\](])(?P<low>.+?)\.\.(?P<high>.+)(?P<close>[\[\])])")
_NEGATION = re.compile(r"not\s*\((?P<inner>.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Point:
    """One alternative of a cell: bounds that all must hold, each an order or equality and what it compares with."""

    bounds: tuple[tuple[Compare, Expression], ...]

    def hits(self, value: Any, facts: Mapping[str, Any]) -> bool:
        """Say whether the value satisfies every bound."""
        return all(_holds(compare, value, limit.evaluate(facts)) for compare, limit in self.bounds)


@dataclass(frozen=True)
class UnaryTests:
    """A whole cell; no points means anything goes."""

    text: str
    points: tuple[Point, ...]
    negated: bool = False

    @property
    def any(self) -> bool:
        """Whether every value hits."""
        return not self.points

    def hits(self, value: Any, facts: Mapping[str, Any]) -> bool:
        """Say whether the value satisfies the cell. ExpressionFailed when they cannot be compared."""
        if self.any:
            return True
        return any(point.hits(value, facts) for point in self.points) is not self.negated


def parse_tests(text: str) -> UnaryTests:
    """Read a cell; ExpressionRefused says what is not understood."""
    cell = text.strip()
    if cell in ("", "-"):
        return UnaryTests("-", ())
    negation = _NEGATION.fullmatch(cell)
    inner = negation["inner"] if negation else cell
    return UnaryTests(cell, tuple(_point(part) for part in _split(inner)), negated=negation is not None)


def _split(text: str) -> list[str]:
    """Split at commas that are neither quoted nor inside brackets of a function call."""
    parts, current, quoted, depth = [], "", False, 0
    for position, char in enumerate(text):
        if char == '"' and (position == 0 or text[position - 1] != "\\"):
            quoted = not quoted
        depth += 0 if quoted else (char == "(") - (char == ")")
        if char == "," and not quoted and depth <= 0:
            parts.append(current)
            current = ""
        else:
            current += char
    if quoted:
        raise ExpressionRefused(_("a quote is not closed"))
    return [*parts, current]


def _point(text: str) -> Point:
    part = text.strip()
    if not part or part == "-":
        raise ExpressionRefused(_("an alternative is empty"))
    for sign, compare in _ORDERS.items():
        if part.startswith(sign):
            return Point(((compare, _limit(part.removeprefix(sign))),))
    bounds = None if part.startswith('"') else _RANGE.fullmatch(part)
    if bounds:
        low = operator.ge if bounds["open"] == "[" else operator.gt
        high = operator.le if bounds["close"] == "]" else operator.lt
        return Point(((low, _limit(bounds["low"])), (high, _limit(bounds["high"]))))
    return Point(((same, _limit(part)),))


def _limit(text: str) -> Expression:
    if "?" in _unquoted(text) or re.search(r"\band\b|\bor\b|\bnot\b|\bin\b|[<>=]", _unquoted(text)):
        raise ExpressionRefused(_("“%(part)s” is not allowed", part=text.strip()))
    return compile_expression(text)


def _unquoted(text: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)


def _holds(compare: Compare, value: Any, limit: Any) -> bool:
    if value is None or limit is None:
        return compare is same and value is limit
    if kind(value) != kind(limit):
        raise ExpressionFailed(f"{value!r} cannot be held against {limit!r}")
    try:
        return compare(value, limit)
    except TypeError as error:  # lists and dicts have no order, nor has a moment with a zone beside one without
        raise ExpressionFailed(f"{value!r} cannot be held against {limit!r}") from error


def kind(value: Any) -> str:
    """Name the kind of a value for DMN's comparison rules."""
    if isinstance(value, bool):
        return "yesno"
    return "number" if isinstance(value, int | Decimal) else type(value).__name__
