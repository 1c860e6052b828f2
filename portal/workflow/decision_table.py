"""Decision tables (DMN 1.x): reading one and deciding by it. Pure; what it saw and why it decided is part of the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from portal.web.i18n import lazy_gettext as _
from portal.workflow.expressions import (
    Expression,
    ExpressionError,
    ExpressionFailed,
    ExpressionRefused,
    compile_expression,
    shown,
)
from portal.workflow.unary_tests import UnaryTests, kind, parse_tests
from portal.workflow.vocabulary import PORTAL, Text, XmlRefused

HIT_POLICIES = ("UNIQUE", "FIRST", "ANY")
_KINDS = {
    "number": "number",
    "integer": "number",
    "long": "number",
    "double": "number",
    "string": "str",
    "boolean": "yesno",
}


class TableRefused(ValueError):
    """A cell or the table as a whole is not understood; `element` is the id of the cell, rule or table."""

    def __init__(self, element: str, reason: Any) -> None:
        super().__init__(f"{element}: {reason}")
        self.element, self.reason = element, reason


@dataclass(frozen=True)
class Input:
    """A column that is looked at."""

    id: str
    label: Text
    expression: Expression
    type: str


@dataclass(frozen=True)
class Output:
    """A column that is answered with."""

    id: str
    name: str
    label: Text
    type: str


@dataclass(frozen=True)
class Rule:
    """A row; `number` counts from 1 as people do."""

    id: str
    number: int
    note: str
    tests: tuple[UnaryTests, ...]
    answers: tuple[Expression | None, ...]


@dataclass(frozen=True)
class InputSeen:
    """A column and the value it had."""

    label: Text
    value: Any


@dataclass(frozen=True)
class RowSeen:
    """A row as it was held against the values: each cell's text and whether it hit (None: it accepts anything)."""

    number: int
    tests: tuple[str, ...]
    hits: tuple[bool | None, ...]
    matched: bool


@dataclass(frozen=True)
class Decided:
    """The answer, and everything it was made of."""

    answer: dict[str, Any]
    inputs: tuple[InputSeen, ...]
    rows: tuple[RowSeen, ...]
    matched: int


@dataclass(frozen=True)
class DecisionTable:
    """A decision table, read."""

    key: str
    name: Text
    hit_policy: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]

    def decide(self, facts: Mapping[str, Any]) -> Decided:
        """Answer from the facts. ExpressionFailed when no row hits, when UNIQUE hits twice, or when values cannot be compared."""
        values = [column.expression.evaluate(facts) for column in self.inputs]
        rows: list[RowSeen] = []
        for rule in self.rules:
            rows.append(_held(rule, values, facts))
            if rows[-1].matched and self.hit_policy == "FIRST":
                break
        matched = [rule for rule, row in zip(self.rules, rows, strict=False) if row.matched]
        answers = [self._answer(rule, facts) for rule in matched]
        if not answers:
            raise ExpressionFailed(f"{self.key}: no row hits")
        if len(answers) > 1 and (self.hit_policy == "UNIQUE" or any(answer != answers[0] for answer in answers)):
            raise ExpressionFailed(f"{self.key}: rows {', '.join(str(rule.number) for rule in matched)} hit at once")
        seen = tuple(InputSeen(column.label, value) for column, value in zip(self.inputs, values, strict=True))
        return Decided(answers[0], seen, tuple(rows), matched[0].number)

    def _answer(self, rule: Rule, facts: Mapping[str, Any]) -> dict[str, Any]:
        cells = zip(self.outputs, rule.answers, strict=True)
        return {column.name: None if cell is None else cell.evaluate(facts) for column, cell in cells}


def _held(rule: Rule, values: list[Any], facts: Mapping[str, Any]) -> RowSeen:
    hits = tuple(None if test.any else test.hits(value, facts) for test, value in zip(rule.tests, values, strict=True))
    return RowSeen(rule.number, tuple(test.text for test in rule.tests), hits, False not in hits)


def detail(decided: Decided, *, key: str, version: int) -> dict[str, Any]:
    """Write a decision as the history keeps it: JSON, values as the table would show them."""
    return {
        "table": key,
        "version": version,
        "row": decided.matched,
        "inputs": [{"zh": i.label[0], "en": i.label[1], "value": shown(i.value)} for i in decided.inputs],
        "rows": [{"row": r.number, "tests": r.tests, "hits": r.hits, "hit": r.matched} for r in decided.rows],
        "answer": {name: shown(value) for name, value in decided.answer.items()},
    }


def read_table(root: etree._Element) -> DecisionTable:
    """Read the one decision of a DMN file; XmlRefused or TableRefused says what is not understood."""
    decisions = [element for element in root.iter() if _local(element) == "decision"]
    tables = [element for element in root.iter() if _local(element) == "decisionTable"]
    if len(decisions) != 1 or len(tables) != 1:
        raise XmlRefused(f"{len(decisions)} decisions with {len(tables)} tables instead of one")
    decision, table = decisions[0], tables[0]
    policy = table.get("hitPolicy", "UNIQUE")
    if policy not in HIT_POLICIES:
        raise TableRefused(table.get("id", ""), _("the hit policy %(policy)s is not supported", policy=policy))
    inputs = tuple(_input(element) for element in _children(table, "input"))
    outputs = tuple(_output(element) for element in _children(table, "output"))
    rules = tuple(_rule(element, number, inputs, outputs) for number, element in enumerate(_children(table, "rule"), 1))
    if not (inputs and outputs and rules):
        raise TableRefused(table.get("id", ""), _("a table needs inputs, outputs and rules"))
    if len({column.name for column in outputs}) < len(outputs) or not all(column.name for column in outputs):
        raise TableRefused(table.get("id", ""), _("every output needs its own name"))
    return DecisionTable(decision.get("id", ""), _label(decision, "name"), policy, inputs, outputs, rules)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _children(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    return (child for child in element if _local(child) == tag)


def _text(element: etree._Element | None) -> str:
    inner = next(_children(element, "text"), None) if element is not None else None
    return (inner.text or "").strip() if inner is not None else ""


def _label(element: etree._Element, attribute: str) -> Text:
    zh = element.get(attribute) or element.get("name") or element.get("id") or ""
    return zh, element.get(f"{{{PORTAL}}}{attribute}En") or zh


def _input(element: etree._Element) -> Input:
    expression = next(_children(element, "inputExpression"), None)
    type_ = expression.get("typeRef", "") if expression is not None else ""
    compiled = _compiled(element.get("id", ""), _text(expression))
    return Input(element.get("id", ""), _label(element, "label"), compiled, type_)


def _output(element: etree._Element) -> Output:
    return Output(element.get("id", ""), element.get("name", ""), _label(element, "label"), element.get("typeRef", ""))


def _rule(element: etree._Element, number: int, inputs: tuple[Input, ...], outputs: tuple[Output, ...]) -> Rule:
    cells, answers = list(_children(element, "inputEntry")), list(_children(element, "outputEntry"))
    rule_id = element.get("id", f"rule {number}")
    if len(cells) != len(inputs) or len(answers) != len(outputs):
        raise TableRefused(rule_id, _("a rule needs one cell for each column"))
    note = next(_children(element, "description"), None)
    tests = tuple(_tests(cell, column, rule_id) for cell, column in zip(cells, inputs, strict=True))
    compiled = tuple(_compiled(a.get("id", rule_id), _text(a)) if _text(a) not in ("", "-") else None for a in answers)
    return Rule(rule_id, number, (note.text or "").strip() if note is not None else "", tests, compiled)


def _tests(cell: etree._Element, column: Input, rule_id: str) -> UnaryTests:
    element = cell.get("id", rule_id)
    try:
        tests = parse_tests(_text(cell))
    except ExpressionRefused as error:
        raise TableRefused(element, error.args[0]) from error
    _check_kinds(element, tests, column)
    return tests


def _check_kinds(element: str, tests: UnaryTests, column: Input) -> None:
    """Refuse a literal that can never equal the column's type: DMN would only never hit, without a word."""
    expected = _KINDS.get(column.type.lower())
    for point in tests.points:
        for _compare, limit in point.bounds:
            if limit.reads or expected is None:
                continue
            try:
                value = limit.evaluate({})
            except ExpressionError as error:
                raise TableRefused(element, error.args[0]) from error
            if value is not None and kind(value) != expected:
                raise TableRefused(
                    element, _("“%(part)s” is not of the type %(type)s", part=limit.text, type=column.type)
                )


def _compiled(element: str, text: str) -> Expression:
    try:
        return compile_expression(text)
    except ExpressionError as error:
        raise TableRefused(element, error.args[0]) from error
