"""Our expression language: conditions, inputs and output cells of diagrams and tables, compiled from a whitelist to closures.

It is a small piece of Python's grammar: names, members of dicts by dot (never attributes of objects), comparisons, and/or/not,
arithmetic without powers, if-else, `in`, list literals, a few functions, true/false/null. Numbers with a point are Decimals. A name or
member that is not there is an error, never null: `known(x)` asks. There is no way to reach Python from here.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import DecimalException
from functools import lru_cache
from itertools import pairwise
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.expression_closures import CONSTANTS, Closure, Record, Seen, compile_root
from portal.workflow.expression_values import (
    ExpressionError,
    ExpressionFailed,
    ExpressionRefused,
    Unknown,
    same,
    shown,
    yes_or_no,
)

__all__ = [
    "CONSTANTS",
    "Expression",
    "ExpressionError",
    "ExpressionFailed",
    "ExpressionRefused",
    "Path",
    "Seen",
    "Unknown",
    "compile_expression",
    "same",
    "shown",
]

LONGEST = 1000
MOST_NODES = 200
DEEPEST = 25

Path = tuple[str, ...]


def _told(error: Exception) -> str:
    """What went wrong, for people: decimals say it in the names of classes."""
    if isinstance(error, ZeroDivisionError):
        return "division by zero"
    return "this cannot be calculated" if isinstance(error, DecimalException) else str(error)


@dataclass(frozen=True)
class Expression:
    """A compiled expression. `reads` are the paths it needs (those in `known(…)` are not); `tests` the constants it compares paths with; for the lint."""

    text: str
    reads: frozenset[Path]
    tests: tuple[tuple[Path, Any], ...]
    _run: Closure

    def evaluate(self, facts: Mapping[str, Any], record: Record = None) -> Any:
        """Compute the value; tests made on the way are appended to `record`. Raises ExpressionFailed."""
        try:
            return self._run(facts, record)
        except ExpressionError:
            raise
        except (TypeError, ArithmeticError, ValueError, RecursionError) as error:
            raise ExpressionFailed(f"{self.text}: {_told(error)}") from error

    def holds(self, facts: Mapping[str, Any], record: Record = None) -> bool:
        """Compute a condition; ExpressionFailed when it is not true or false."""
        return yes_or_no(self.evaluate(facts, record), self.text)


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Compile an expression; ExpressionRefused says which part is not of our language."""
    source = text.strip()
    if not source or len(source) > LONGEST:
        raise ExpressionRefused(_("longer than %(count)d characters", count=LONGEST) if source else _("it is empty"))
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionRefused(_("not an expression")) from error
    if _joins_strings(source):
        raise ExpressionRefused(_("not an expression"))
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES or _depth(tree) > DEEPEST:
        raise ExpressionRefused(_("too complicated"))
    return Expression(source, frozenset(_reads(tree)), tuple(_tests(tree)), compile_root(tree))


def _joins_strings(source: str) -> bool:
    """Whether two quoted texts stand side by side, which Python would join: somebody forgot a comma."""
    kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(source).readline)]
    return any(pair == (tokenize.STRING, tokenize.STRING) for pair in pairwise(kinds))


def _depth(node: ast.AST) -> int:
    return 1 + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _path(node: ast.AST) -> Path | None:
    if isinstance(node, ast.Name):
        return None if node.id in CONSTANTS else (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _path(node.value)
        return None if inner is None else (*inner, node.attr)
    return None


def _reads(node: ast.AST) -> Iterator[Path]:
    path = _path(node)
    if path is not None:
        yield path
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "known":
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Call) and child is node.func):
            yield from _reads(child)


def _tests(node: ast.AST) -> Iterator[tuple[Path, Any]]:
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Compare)
            and len(inner.ops) == 1
            and isinstance(inner.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn)
        ):
            left, right = inner.left, inner.comparators[0]
            path = _path(left)
            values = right.elts if isinstance(right, ast.List) else [right]
            if path is not None:
                yield from ((path, value.value) for value in values if isinstance(value, ast.Constant))
