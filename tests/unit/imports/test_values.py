"""Cells are read as people fill them in."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.values import (
    Pack,
    Unreadable,
    parse_customer_type,
    parse_pack,
    parse_phones,
    parse_price,
    parse_quantity,
    parse_unit,
    parse_yes_no,
)
from portal.web.i18n import using_locale


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("¥84.80", "84.80"), ("￥ 84.8", "84.80"), ("84.8 ", "84.80"), ("1,088.00", "1088.00"), ("186元", "186.00"), ("８４．８０", "84.80"),
        ("RMB 12", "12.00"), ("186.00元/片", "186.00"), ("84.80000001", "84.80"),
    ],
)  # fmt: skip
def test_prices_are_read_with_signs_and_commas(cell: str, amount: str) -> None:
    assert parse_price(cell) == Decimal(amount)


@pytest.mark.parametrize("cell", ["面议", "-", "", " ", "--", "询价", "价格面议", "/", "TBD"])
def test_no_price_means_ask(cell: str) -> None:
    assert parse_price(cell) is None


@pytest.mark.parametrize("cell", ["约84", "84.805", "0", "-5", "1.088,00", "12,34", "#N/A", "9" * 20, "abc"])
def test_an_unclear_price_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_price(cell)
    assert refused.value.reason == "price"


@pytest.mark.parametrize(
    ("cell", "pack"),
    [
        ("100片/箱", Pack(100, "片", "箱")), ("25", Pack(25)), ("", Pack(1)), ("每箱25片", Pack(25, "片", "箱")), ("1箱=100片", Pack(100, "片", "箱")),
        ("10 片", Pack(10, "片")), ("100/箱", Pack(100, "", "箱")), ("50 pcs/box", Pack(50, "pcs", "box")), ("100只装", Pack(100, "只")),
        ("１００片／箱", Pack(100, "片", "箱")),
    ],
)  # fmt: skip
def test_packings_are_read(cell: str, pack: Pack) -> None:
    assert parse_pack(cell) == pack


@pytest.mark.parametrize("cell", ["若干", "0", "0片/箱", "十片", "100片/箱/托"])
def test_an_unclear_packing_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        parse_pack(cell)


@pytest.mark.parametrize(
    ("cell", "count"), [("12", 12), ("1,200", 1200), ("0", 0), ("320.0", 320), ("15 片", 15), ("", None), ("-", None)]
)
def test_quantities_are_read(cell: str, count: int | None) -> None:
    assert parse_quantity(cell) == count


@pytest.mark.parametrize("cell", ["-5", "1.5", "很多", "1,20", "99999999999"])
def test_an_unclear_quantity_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        parse_quantity(cell)


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("片", ("片", "pcs")),
        ("盒", ("盒", "box")),
        ("", ("片", "pcs")),
        ("PCS", ("片", "pcs")),
        ("box", ("盒", "box")),
        ("卷", ("卷", "卷")),
    ],
)
def test_units_are_named_in_both_languages(cell: str, unit: tuple[str, str]) -> None:
    assert parse_unit(cell) == unit


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("类型一", "one"), ("一", "one"), ("1", "one"), ("I", "one"), ("Ⅰ", "one"), ("月结30天", "one"), ("月结", "one"), ("账期 60 天", "one"),
        ("类型二", "two"), ("二", "two"), ("2", "two"), ("Ⅱ", "two"), ("款到发货", "two"), ("先款后货", "two"), ("现款现货", "two"), ("Type two", "two"),
    ],
)  # fmt: skip
def test_customer_types_are_read_from_names_and_terms(cell: str, kind: str) -> None:
    assert parse_customer_type(cell).type == kind


def test_terms_are_kept_beside_the_type() -> None:
    assert parse_customer_type("月结30天").terms == "月结30天"
    assert parse_customer_type("类型一").terms == ""


@pytest.mark.parametrize("cell", ["", "三", "老客户", "月结或款到发货"])
def test_an_unclear_type_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        parse_customer_type(cell)


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13766947258", ["+8613766947258"]),
        ("133-0626-4525", ["+8613306264525"]),
        ("133 0626 4525", ["+8613306264525"]),
        ("+86 13379451886", ["+8613379451886"]),
        ("0086-13379451886", ["+8613379451886"]),
        ("１３３７９４５１８８６", ["+8613379451886"]),
        ("17001867482/17001867489", ["+8617001867482", "+8617001867489"]),
        ("18151257715/18151257715", ["+8618151257715"]),
        ("17001867482/89", ["+8617001867482", "+8617001867489"]),
        ("13800001111、13900002222", ["+8613800001111", "+8613900002222"]),
        ("13800001111 13900002222", ["+8613800001111", "+8613900002222"]),
        ("13800001111；0512-65001234", ["+8613800001111", "0512-65001234"]),
        ("0512-15886423", ["0512-15886423"]),
        ("(0512) 65001234", ["0512-65001234"]),
        ("0512-65001234/5678", ["0512-65001234", "0512-65005678"]),
        ("010-65001234-801", ["010-65001234"]),
        ("张工 13800001111", ["+8613800001111"]),
        ("400-820-1234", ["4008201234"]),
        ("", []),
        ("-", []),
    ],
)
def test_every_telephone_number_of_a_cell_is_read(cell: str, numbers: list[str]) -> None:
    assert [phone.number for phone in parse_phones(cell)] == numbers


def test_only_mobiles_can_log_in() -> None:
    assert [phone.mobile for phone in parse_phones("13800001111/0512-65001234")] == [True, False]


@pytest.mark.parametrize(
    "cell", ["1380000111", "138000011112", "12345678901", "65001234", "见名片", "13800001111/1380000222233"]
)
def test_an_unclear_number_is_not_guessed(cell: str) -> None:
    with pytest.raises(Unreadable):
        parse_phones(cell)


@pytest.mark.parametrize(
    ("cell", "answer"), [("是", True), ("√", True), ("yes", True), ("否", False), ("N", False), ("", None)]
)
def test_yes_and_no_are_read(cell: str, answer: bool | None) -> None:
    assert parse_yes_no(cell) is answer


@given(st.text(max_size=80))
def test_any_cell_is_read_or_explained_in_both_languages(cell: str) -> None:
    for parse in (parse_price, parse_quantity, parse_pack, parse_unit, parse_customer_type, parse_phones, parse_yes_no):
        texts: set[str] = {"zh", "en"}
        try:
            parse(cell)
        except Unreadable as refused:
            texts = set()
            for locale in ("zh", "en"):
                with using_locale(locale):
                    texts.add(f"{refused.message}|{refused.suggestion}")
        assert len(texts) == 2
