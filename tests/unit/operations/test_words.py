"""Facts, payloads and forms as operators read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.operations.words import MOST, answers, pairs, shown, tree, type_of
from portal.web.i18n import using_locale
from portal.workflow.forms import FormField, Option


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (None, "–", "nothing"),
        (True, "yes", "yes or no"),
        (29558, "29,558", "whole number"),
        (Decimal("18000.50"), "18,000.50", "amount"),
        (date(2026, 7, 25), "2026-07-25", "date"),
        (datetime(2026, 7, 25, 6, 0, tzinfo=UTC), "2026-07-25 14:00", "moment"),
        ([1, "a"], "1, a", "list"),
        ("WA 400x50", "WA 400x50", "text"),
    ],
)
def test_a_value_reads_as_its_type_is_written(value: Any, text: str, kind: str) -> None:
    with using_locale("en"):
        assert (shown(value), type_of(value)) == (text, kind)


def test_facts_are_a_tree_whose_paths_lead_to_each() -> None:
    rows, left = tree({"order": {"amount": 5, "lines": [{"sku": "A"}, {"sku": "B"}], "tags": ["x"]}, "empty": {}})
    assert left == 0
    assert [(row.path, row.depth, row.value, bool(row.type)) for row in rows] == [
        ("order", 0, "", False),
        ("order.amount", 1, "5", True),
        ("order.lines", 1, "", False),
        ("order.lines.0", 2, "", False),
        ("order.lines.0.sku", 3, "A", True),
        ("order.lines.1", 2, "", False),
        ("order.lines.1.sku", 3, "B", True),
        ("order.tags", 1, "x", True),
        ("empty", 0, "", False),
    ]


def test_a_fact_whose_name_has_a_dot_cannot_be_addressed() -> None:
    rows, _left = tree({"a.b": 1, "c": {"d": 2}})
    assert [(row.path, row.editable) for row in rows if row.type] == [("a.b", False), ("c.d", True)]


def test_of_very_many_facts_the_rest_is_counted() -> None:
    rows, left = tree({f"f{n}": n for n in range(MOST + 7)})
    assert (len(rows), left) == (MOST, 7)


def test_a_form_is_told_in_the_order_of_its_fields_without_what_was_left_empty() -> None:
    form = (
        FormField("decision", "choice", ("结论", "Decision"), options=(Option("approve", ("同意", "Approve")),)),
        FormField("limit", "money", ("额度", "Limit")),
        FormField("note", "text", ("备注", "Note")),
    )
    with using_locale("zh"):
        said = answers({"note": None, "limit": "35000.00", "old": "x", "decision": "approve"}, form)
    assert [(one.label, one.value) for one in said] == [("结论", "同意"), ("额度", "35,000.00"), ("old", "x")]


def test_a_payload_is_told_as_deep_as_it_is() -> None:
    assert [(one.label, one.value) for one in pairs({"parcel": {"number": "SF1", "pieces": 1200}})] == [
        ("parcel.number", "SF1"),
        ("parcel.pieces", "1,200"),
    ]
