"""Our expression language: conditions, inputs and output cells of diagrams and tables, compiled from a whitelist to closures.

It is a small piece of Python's grammar: names, members of dicts by dot (never attributes of objects), comparisons, and/or/not,
arithmetic without powers, if-else, `in`, list literals, a few functions, true/false/null. Numbers with a point are Decimals. A name or
member that is not there is an error, never null: `known(x)` asks. There is no way to reach Python from here.
"""

import ast
import io
import operator
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.expression_values import (
    FUNCTIONS,
    LARGEST_NUMBER,
    LONGEST_TEXT,
    ExpressionError,
    ExpressionFailed,
    ExpressionRefused,
    Unknown,
    contains,
    number,
    ordered,
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
CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}


@dataclass(frozen=True)
class Seen:
    """One test an expression made: what was looked at, its value, the line it was held against, whether it hit."""

    label: str
    value: Any
    test: str
    hit: bool


Record = list[Seen] | None
Closure = Callable[[Mapping[str, Any], Record], Any]


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
            raise ExpressionFailed(f"{self.text}: {error}") from error

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
    run = _compile(tree)
    if _is_test(tree):
        run = _recorded(tree, run)
    return Expression(source, frozenset(_reads(tree)), tuple(_tests(tree)), run)


def _joins_strings(source: str) -> bool:
    """Whether two quoted texts stand side by side, which Python would join: somebody forgot a comma."""
    kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(source).readline)]
    return any(pair == (tokenize.STRING, tokenize.STRING) for pair in pairwise(kinds))


def _not_allowed(node: ast.AST) -> ExpressionRefused:
    return ExpressionRefused(_("“%(part)s” is not allowed", part=ast.unparse(node)))


def _depth(node: ast.AST) -> int:
    return 1 + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _compile(node: ast.expr) -> Closure:
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise _not_allowed(node)
    return compiler(node)


def _constant(node: ast.Constant) -> Closure:
    value: Any = node.value
    if isinstance(value, float):
        value = Decimal(repr(value))
        if not value.is_finite():
            raise _not_allowed(node)
    if not isinstance(value, bool | int | str | Decimal) or (isinstance(value, int) and abs(value) > LARGEST_NUMBER):
        raise _not_allowed(node)
    return lambda _facts, _record: value


def _named(node: ast.Name) -> Closure:
    name = node.id
    if name in CONSTANTS:
        constant = CONSTANTS[name]
        return lambda _facts, _record: constant

    def read(facts: Mapping[str, Any], _record: Record) -> Any:
        if name not in facts:
            raise Unknown(f"{name} is not known here")
        return facts[name]

    return read


def _member(node: ast.Attribute) -> Closure:
    inner, name, label = _compile(node.value), node.attr, ast.unparse(node)

    def read(facts: Mapping[str, Any], record: Record) -> Any:
        value = inner(facts, record)
        if not isinstance(value, dict) or name not in value:
            raise Unknown(f"{label} is not known here")
        return value[name]

    return read


def _list(node: ast.List) -> Closure:
    items = [_compile(item) for item in node.elts]
    return lambda facts, record: [item(facts, record) for item in items]


def _bool_op(node: ast.BoolOp) -> Closure:
    parts = [(_condition(part), ast.unparse(part)) for part in node.values]
    stop = isinstance(node.op, ast.Or)

    def run(facts: Mapping[str, Any], record: Record) -> bool:
        for part, label in parts:
            if yes_or_no(part(facts, record), label) is stop:
                return stop
        return not stop

    return run


def _unary_op(node: ast.UnaryOp) -> Closure:
    label = ast.unparse(node.operand)
    if isinstance(node.op, ast.Not):
        condition = _condition(node.operand)
        return lambda facts, record: not yes_or_no(condition(facts, record), label)
    if isinstance(node.op, ast.USub):
        inner = _compile(node.operand)
        return lambda facts, record: -number(inner(facts, record), label)
    raise _not_allowed(node)


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: Decimal(a) / Decimal(b),
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def _bin_op(node: ast.BinOp) -> Closure:
    compute = _ARITHMETIC.get(type(node.op))
    if compute is None:
        raise _not_allowed(node)
    left, right, label = _compile(node.left), _compile(node.right), ast.unparse(node)
    joins = isinstance(node.op, ast.Add)

    def run(facts: Mapping[str, Any], record: Record) -> Any:
        a, b = left(facts, record), right(facts, record)
        if joins and isinstance(a, str) and isinstance(b, str):
            if len(a) + len(b) > LONGEST_TEXT:
                raise ExpressionFailed(f"{label}: too long")
            return a + b
        value = compute(number(a, label), number(b, label))
        if abs(value) > LARGEST_NUMBER:
            raise ExpressionFailed(f"{label}: too large")
        return value

    return run


def _if_else(node: ast.IfExp) -> Closure:
    test, then, otherwise = _condition(node.test), _compile(node.body), _compile(node.orelse)
    label = ast.unparse(node.test)
    return lambda facts, record: (then if yes_or_no(test(facts, record), label) else otherwise)(facts, record)


_COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("=", same),
    ast.NotEq: ("≠", lambda a, b: not same(a, b)),
    ast.Lt: ("<", ordered(operator.lt)),
    ast.LtE: ("≤", ordered(operator.le)),
    ast.Gt: (">", ordered(operator.gt)),
    ast.GtE: ("≥", ordered(operator.ge)),
    ast.In: ("∈", contains),
    ast.NotIn: ("∉", lambda a, b: not contains(a, b)),
}


def _compare(node: ast.Compare) -> Closure:
    links = []
    for operator_, left, right in zip(node.ops, [node.left, *node.comparators], node.comparators, strict=False):
        if type(operator_) not in _COMPARE:
            raise _not_allowed(node)
        sign, compare = _COMPARE[type(operator_)]
        links.append((_compile(left), _compile(right), sign, compare, ast.unparse(left)))

    def run(facts: Mapping[str, Any], record: Record) -> bool:
        for left, right, sign, compare, label in links:
            a, b = left(facts, None), right(facts, None)
            hit = compare(a, b)
            if record is not None:
                record.append(Seen(label, a, f"{sign} {shown(b)}", hit))
            if not hit:
                return False
        return True

    return run


def _call(node: ast.Call) -> Closure:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise _not_allowed(node)
    arguments = [_compile(argument) for argument in node.args]
    if name == "known" and len(arguments) == 1:
        return _known(arguments[0])
    function = FUNCTIONS.get(name)
    if function is None or not arguments:
        raise _not_allowed(node)
    return lambda facts, record: function(*[argument(facts, record) for argument in arguments])


def _known(inner: Closure) -> Closure:
    def run(facts: Mapping[str, Any], _record: Record) -> bool:
        try:
            return inner(facts, None) is not None
        except Unknown:
            return False

    return run


_COMPILERS: dict[type[ast.expr], Callable[[Any], Closure]] = {
    ast.Constant: _constant,
    ast.Name: _named,
    ast.Attribute: _member,
    ast.List: _list,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary_op,
    ast.BinOp: _bin_op,
    ast.IfExp: _if_else,
    ast.Compare: _compare,
    ast.Call: _call,
}


def _is_test(node: ast.expr) -> bool:
    """Whether a bare name or member stands where a condition is expected, so that its value is worth recording."""
    return isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id not in CONSTANTS)


def _condition(node: ast.expr) -> Closure:
    return _recorded(node, _compile(node)) if _is_test(node) else _compile(node)


def _recorded(node: ast.expr, run: Closure) -> Closure:
    label = ast.unparse(node)

    def recorded(facts: Mapping[str, Any], record: Record) -> Any:
        value = run(facts, record)
        if record is not None and isinstance(value, bool):
            record.append(Seen(label, value, "= true", value))
        return value

    return recorded


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
