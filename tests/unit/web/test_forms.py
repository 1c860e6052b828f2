from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
import pytest

from portal.errors import Conflict, InvalidInput
from portal.web.forms import Form, clean
from portal.web.i18n import using_locale


class Line(msgspec.Struct, kw_only=True):
    name: Annotated[str, msgspec.Meta(max_length=5)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    price: Decimal | None = None
    wanted_on: date | None = None
    kind: Literal["one", "two"] = "one"
    partial: bool = False
    levels: list[str] = []


def form(**fields: str) -> Form:
    return Form(tuple(fields.items()))


def errors(**fields: str) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        form(**fields).parse(Line)
    with using_locale("en"):
        return {name: str(text) for name, text in caught.value.fields.items()}


def test_fields_become_a_struct() -> None:
    filled = Form((("name", " WA60 "), ("quantity", "24"), ("price", "1,280.5"), ("wanted_on", "2026-07-25"),
                   ("partial", "1"), ("levels", "A"), ("levels", "B"), ("foreign", "x")))  # fmt: skip
    assert filled.parse(Line) == Line(
        name="WA60", quantity=24, price=Decimal("1280.5"), wanted_on=date(2026, 7, 25), partial=True, levels=["A", "B"]
    )


def test_numbers_may_be_written_as_people_write_them() -> None:
    line = form(name="x", quantity="１２", price="￥ 1，280．50").parse(Line)
    assert (line.quantity, line.price) == (12, Decimal("1280.50"))


def test_an_empty_optional_field_is_its_default() -> None:
    assert form(name="x", quantity="1", price="  ", wanted_on="").parse(Line) == Line(name="x", quantity=1)


def test_every_wrong_field_is_named_at_once() -> None:
    assert errors(name="", quantity="many", price="cheap", wanted_on="soon", kind="three") == {
        "name": "This is needed.",
        "quantity": "Enter a whole number such as 24.",
        "price": "Enter a number such as 128.50.",
        "wanted_on": "Enter a date such as 2026-07-25.",
        "kind": "Choose one of the options.",
    }


@pytest.mark.parametrize("quantity", ["1.5", "1e5", "--1", "0x10", "٣", "1_000", "NaN", "9" * 40, "½", "12 34x"])
def test_what_is_no_whole_number_is_refused(quantity: str) -> None:
    assert list(errors(name="x", quantity=quantity)) == ["quantity"]


def test_limits_are_said() -> None:
    assert errors(name="toolong", quantity="0") == {
        "name": "At most 5 characters, these are 7.",
        "quantity": "At least 1.",
    }
    assert errors(name="x", quantity="5000")["quantity"] == "At most 1000."


def test_ten_thousand_characters_are_refused_and_kept() -> None:
    long = "字" * 10_001
    kept = form(name=long, quantity="1")
    with pytest.raises(InvalidInput) as caught:
        kept.parse(Line)
    assert kept.refused(caught.value).value("name") == long


def test_a_refused_form_keeps_what_was_typed() -> None:
    shown = form(name="x", quantity="0").refused(InvalidInput("no", fields={"quantity": "too few"}))
    assert (shown.value("name"), shown.error("quantity"), shown.error("name"), shown.failed) == (
        "x",
        "too few",
        "",
        True,
    )
    assert form(name="x").refused(Conflict("taken")).failed


def test_a_form_is_filled_from_values() -> None:
    filled = Form.filled(
        {"name": None}, price=Decimal("1.50"), on=date(2026, 1, 2), active=True, off=False, levels=["A", "B"]
    )
    assert filled.value("name") == ""
    assert (filled.value("price"), filled.value("on")) == ("1.50", "2026-01-02")
    assert (filled.checked("active"), filled.checked("off"), filled.checked("levels", "B")) == (True, False, True)
    assert not filled.failed


def test_control_characters_are_dropped_and_emoji_stay() -> None:
    assert clean("a\x00b\r\nc\u200f😀\ud800") == "ab\nc\u200f😀"
