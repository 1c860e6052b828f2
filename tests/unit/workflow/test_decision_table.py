"""Decision tables: each cell means what DMN says, or the table is refused."""

from decimal import Decimal
from typing import Any

import pytest

from portal.workflow.decision_table import TableRefused, detail, read_table
from portal.workflow.expressions import ExpressionFailed, ExpressionRefused
from portal.workflow.reader import parse_xml
from portal.workflow.unary_tests import parse_tests
from tests.diagrams.build import table

LIMITS = {"order": {"limit": 5}}


@pytest.mark.parametrize(
    ("cell", "hits", "misses"),
    [
        ("", [1, "x", None, True], []),
        ("-", [1, None], []),
        ('"a","b"', ["a", "b"], ["c", "a,b", None]),
        ('not("a")', ["b", ""], ["a"]),
        ('not("a", "b")', ["c", None], ["a", "b"]),
        ('"a,b"', ["a,b"], ["a", "b"]),
        ("5", [5, Decimal("5.00")], [6, None]),
        ("-5", [-5], [5]),
        ("< 5", [4, Decimal("4.99")], [5, None]),
        ("<= 5", [5], [6]),
        ("> 5", [6], [5, None]),
        (">=20000", [20000, Decimal("29558.00")], [Decimal("19999.99")]),
        ("[1..5]", [1, 5, Decimal("2.5")], [0, 6, None]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5]", [5], [1]),
        ("[1..5[", [1], [5]),
        ("[1..5], 9, > 20", [3, 9, 21], [7, 20]),
        ("not(< 5)", [5], [4]),
        ("true", [True], [False, None]),
        ("false", [False], [True]),
        ("null", [None], [0, False, ""]),
        ("> order.limit", [6], [5]),
        ("[0..order.limit]", [5], [6]),
        ('"a \\"b\\""', ['a "b"'], ["a"]),
    ],
)
def test_a_cell_hits_what_dmn_says(cell: str, hits: list[Any], misses: list[Any]) -> None:
    tests = parse_tests(cell)
    assert [value for value in hits if not tests.hits(value, LIMITS)] == []
    assert [value for value in misses if tests.hits(value, LIMITS)] == []


@pytest.mark.parametrize(
    "cell",
    [
        '"a',
        "? > 5",
        "5,",
        ",",
        "< 5 and > 2",
        "a in b",
        "= 5",
        "5 > x",
        "not",
        "[1..]",
        "every x",
        'contains(?, "a")',
        "date(2026)",
        '"a" "b"',
        "-, 5",
        "[1, 5]x",
    ],
)
def test_a_cell_that_is_not_understood_is_refused(cell: str) -> None:
    with pytest.raises(ExpressionRefused):
        parse_tests(cell)


@pytest.mark.parametrize(
    ("cell", "value"), [("> 5", "x"), ("> 5", True), ('"5"', 5), ("true", "true"), ("true", 1), ("[1..5]", "3")]
)
def test_kinds_that_cannot_be_compared_are_an_error_not_a_miss(cell: str, value: Any) -> None:
    with pytest.raises(ExpressionFailed):
        parse_tests(cell).hits(value, {})


def test_what_has_no_order_is_an_error_too() -> None:
    with pytest.raises(ExpressionFailed):
        parse_tests("> order").hits({"limit": 6}, LIMITS)


def decide(policy: str, *rules: str, **order: Any) -> Any:
    xml = table("t", {"order.amount": "number", "order.kind": "string"}, "who note", *rules, policy=policy)
    return read_table(parse_xml(xml)).decide({"order": order})


RULES = ('>= 100 | - -> "manager" | "大额"', '- | "custom" -> "seller" | order.kind', '- | - -> "none" | ')


def test_first_takes_the_first_row_and_tells_what_it_saw() -> None:
    decided = decide("FIRST", *RULES, amount=Decimal(50), kind="custom")
    assert (decided.answer, decided.matched) == ({"who": "seller", "note": "custom"}, 2)
    told = detail(decided, key="t", version=3)
    assert told["inputs"] == [
        {"zh": "order.amount 列", "en": "order.amount 列", "value": "50"},
        {"zh": "order.kind 列", "en": "order.kind 列", "value": '"custom"'},
    ]
    assert told["rows"] == [
        {"row": 1, "tests": (">= 100", "-"), "hits": (False, None), "hit": False},
        {"row": 2, "tests": ("-", '"custom"'), "hits": (None, True), "hit": True},
    ]


def test_a_table_that_has_no_answer_says_so() -> None:
    with pytest.raises(ExpressionFailed, match="no row hits"):
        decide("FIRST", RULES[0], amount=5, kind="x")


def test_unique_refuses_two_rows_and_any_allows_them_when_they_agree() -> None:
    both = ('> 1 | - -> "a" | ', '> 2 | - -> "a" | ')
    with pytest.raises(ExpressionFailed, match="rows 1, 2"):
        decide("UNIQUE", *both, amount=5, kind="x")
    assert decide("ANY", *both, amount=5, kind="x").answer["who"] == "a"
    assert decide("UNIQUE", *both, amount=2, kind="x").matched == 1
    with pytest.raises(ExpressionFailed):
        decide("ANY", both[0], '> 2 | - -> "b" | ', amount=5, kind="x")


@pytest.mark.parametrize(
    ("rules", "policy", "element"),
    [
        (['"5" | - -> 1 | 2'], "FIRST", "t_1i0"),
        (['- | 5 -> 1 | 2'], "FIRST", "t_1i1"),
        (["1 / 0 | - -> 1 | 2"], "FIRST", "t_1i0"),
        (["? > 5 | - -> 1 | 2"], "FIRST", "t_1i0"),
        (["- | - -> import os | 2"], "FIRST", "t_1o0"),
        (["- -> 1 | 2"], "FIRST", "t_1"),
        (["- | - -> 1 | 2"], "COLLECT", "t_table"),
        ([], "FIRST", "t_table"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_understood_is_refused_with_the_cell(rules: list[str], policy: str, element: str) -> None:
    with pytest.raises(TableRefused) as refused:
        decide(policy, *rules, amount=5, kind="x")
    assert refused.value.element == element
