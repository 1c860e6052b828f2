"""Reading what a person entered into a form."""

from decimal import Decimal
from typing import Any

import pytest

from portal.errors import InvalidInput
from portal.workflow.forms import FormField, Option, parse_form

CHOICE = FormField(
    "decision",
    "choice",
    ("结论", "Decision"),
    required=True,
    options=(Option("approve", ("同意", "Approve")), Option("reject", ("拒绝", "Reject"))),
)
REASON = FormField("reason", "longtext", ("原因", "Reason"), required=True, shown_if='decision == "reject"')


def one(kind: str, text: str) -> Any:
    return parse_form((FormField("x", kind, ("栏", "Field")),), {"x": text}, facts={})["x"]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", "  a \n b  ", "a b"),
        ("text", "轮 🛞 ‮ a", "轮 🛞 ‮ a"),
        ("longtext", " a\r\nb ", "a\nb"),
        ("text", "a\x00b", "ab"),
        ("yesno", "true", True),
        ("yesno", "on", True),
        ("yesno", "no", False),
        ("integer", "-12", -12),
        ("money", "¥1,280.50", Decimal("1280.50")),
        ("money", "１２８０", Decimal("1280.00")),
        ("date", "2026-03-15", "2026-03-15"),
        ("datetime", "2026-03-15T14:30", "2026-03-15T14:30:00+08:00"),
        ("text", "   ", None),
        ("money", "", None),
        ("integer", "", None),
    ],
)
def test_what_was_entered_is_read(kind: str, text: str, expected: Any) -> None:
    assert one(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", "x" * 2001), ("longtext", "x" * 10_000), ("yesno", "maybe"), ("integer", "1.5"), ("integer", "99999999999"), ("integer", "٣x"),
        ("money", "-1"), ("money", "1.234"), ("money", "NaN"), ("money", "1e99"), ("date", "15.3.2026"), ("date", "2026-02-30"), ("datetime", "soon"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_a_message(kind: str, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        one(kind, text)
    assert str(refused.value.fields["x"])


def test_a_foreign_option_is_refused_and_foreign_keys_are_ignored() -> None:
    with pytest.raises(InvalidInput):
        parse_form((CHOICE,), {"decision": "maybe"}, facts={})
    assert parse_form((CHOICE,), {"decision": "approve", "admin": "1"}, facts={}) == {"decision": "approve"}


def test_a_field_that_is_not_shown_is_neither_asked_nor_taken() -> None:
    assert parse_form((CHOICE, REASON), {"decision": "approve", "reason": "x"}, facts={}) == {
        "decision": "approve",
        "reason": None,
    }
    with pytest.raises(InvalidInput) as refused:
        parse_form((CHOICE, REASON), {"decision": "reject"}, facts={})
    assert refused.value.fields.keys() == {"reason"}
    with pytest.raises(InvalidInput) as refused:
        parse_form((CHOICE, REASON), {}, facts={})
    assert refused.value.fields.keys() == {"decision"}


def test_a_field_may_be_shown_because_of_facts() -> None:
    field = FormField("note", "text", ("备注", "Note"), required=True, shown_if="order.custom")
    assert parse_form((field,), {}, facts={"order": {"custom": False}}) == {"note": None}
    with pytest.raises(InvalidInput):
        parse_form((field,), {}, facts={"order": {"custom": True}})
