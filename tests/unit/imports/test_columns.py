"""Columns are found by their headings, in Chinese or English, and can be said otherwise."""

import pytest

from portal.imports import customers_list, products_list
from portal.imports.columns import Columns, ColumnsUnclear, find_columns, propose_columns
from portal.imports.reading import Row
from portal.web.i18n import using_locale
from tests.unit.imports.lists import CUSTOMER_HEADINGS, PRICE_HEADINGS


def rows(*lines: tuple[str, ...]) -> list[Row]:
    return [Row(number, cells) for number, cells in enumerate(lines, start=1)]


def headings(columns: Columns) -> dict[str, str]:
    return {key: columns.heading(key) for key in columns.places}


def test_the_headings_of_a_price_list_are_found_below_its_title() -> None:
    columns = find_columns(rows(("产品价格表(含税)",), PRICE_HEADINGS, ("1", "A-1")), products_list.FIELDS)

    assert columns.header.number == 2
    assert columns.unknown == ()
    assert headings(columns) == {
        "number": "序号", "sku": "货号", "name": "品名", "marking": "规格型号", "abrasive": "磨料", "unit": "单位",
        "price": "含税单价(元)", "stock": "现有库存", "pack": "包装数量", "code": "二维码内容", "note": "备注",
    }  # fmt: skip


def test_the_headings_of_a_customer_list_are_found() -> None:
    columns = find_columns(rows(CUSTOMER_HEADINGS), customers_list.FIELDS)
    assert [
        columns.heading(key) for key in ("code", "name", "contact", "phone", "address", "type", "salesperson", "note")
    ] == list(CUSTOMER_HEADINGS)


def test_english_headings_are_found_and_others_named_as_unknown() -> None:
    columns = find_columns(
        rows(("Item No.", "Specification", "Unit Price (CNY)", "Qty", "Colour")), products_list.FIELDS
    )
    assert headings(columns) == {
        "sku": "Item No.",
        "marking": "Specification",
        "price": "Unit Price (CNY)",
        "stock": "Qty",
    }
    assert columns.unknown == ("Colour",)


def test_a_list_in_the_portals_own_words_is_understood() -> None:
    columns = find_columns(rows(("规格标记", "货号", "列价", "每箱数量", "中文名称")), products_list.FIELDS)
    assert columns.heading("price") == "列价"
    assert columns.unknown == ()


def test_of_two_columns_the_one_that_fits_better_is_taken() -> None:
    columns = find_columns(rows(("货号", "规格", "不含税单价", "含税单价")), products_list.FIELDS)
    assert columns.heading("price") == "含税单价"


@pytest.mark.parametrize("chosen", ["出厂价", " 出厂价 ", "C", "c", "#3"])
def test_a_column_can_be_said_by_heading_or_letter(chosen: str) -> None:
    columns = find_columns(rows(("货号", "规格", "出厂价", "零售价")), products_list.FIELDS, {"price": chosen})
    assert columns.heading("price") == "出厂价"


def test_a_column_can_be_left_out() -> None:
    columns = find_columns(rows(("货号", "规格", "单价")), products_list.FIELDS, {"price": ""})
    assert columns.heading("price") == ""
    assert columns.value(Row(2, ("A", "B", "C")), "price") == ""


def test_headings_that_nobody_knows_are_found_when_they_are_said() -> None:
    columns = find_columns(
        rows(("表",), ("代号甲", "代号乙", "x")), products_list.FIELDS, {"sku": "代号甲", "marking": "代号乙"}
    )
    assert (columns.header.number, columns.heading("marking")) == (2, "代号乙")


@pytest.mark.parametrize(
    ("lines", "mapping", "message"),
    [
        ((("a", "b"), ("c", "d")), None, "No row of headings"),
        ((), None, "No row of headings"),
        ((("货号", "单价"),), None, "A column is missing: Marking"),
        ((("货号", "规格"),), {"price": "出厂价"}, "There is no column 出厂价"),
        ((("货号", "规格"),), {"colour": "货号"}, "There is no field colour"),
    ],
)
def test_unclear_columns_are_refused_with_what_is_missing(
    lines: tuple[tuple[str, ...], ...], mapping: dict[str, str] | None, message: str
) -> None:
    with using_locale("en"), pytest.raises(ColumnsUnclear) as refused:
        find_columns(rows(*lines), products_list.FIELDS, mapping)
    with using_locale("en"):
        assert str(refused.value.message).startswith(message)


def test_every_field_is_named_in_both_languages() -> None:
    for field in (*products_list.FIELDS, *customers_list.FIELDS):
        assert field.label_en.isascii()
        assert not field.label_zh.isascii()


def test_a_proposal_names_what_is_missing_and_a_chosen_column_is_taken_from_the_field_that_had_it() -> None:
    unclear = propose_columns(rows(("料号码", "规格", "单价")), products_list.FIELDS)
    assert [field.key for field in unclear.missing] == ["sku"]
    chosen = propose_columns(rows(("货号", "规格", "单价")), products_list.FIELDS, {"stock": "#3"})
    assert (chosen.heading("stock"), chosen.heading("price")) == ("单价", "")
