"""Expressions, compiled: each piece of the whitelisted grammar becomes a closure over facts. What is not listed here is refused."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.expression_values import (
    FUNCTIONS,
    LARGEST_NUMBER,
    LONGEST_TEXT,
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


def compile_root(tree: ast.expr) -> Closure:
    """Compile a whole expression; a bare name or member is itself a test worth recording."""
    return _condition(tree)


def _not_allowed(node: ast.AST) -> ExpressionRefused:
    return ExpressionRefused(_("“%(part)s” is not allowed", part=ast.unparse(node)))


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
