"""A factory's price list becomes wheels that can be created; every other row is explained."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from portal.imports.products_list import ProductList, read_products
from portal.imports.reading import read_sheet
from portal.web.i18n import using_locale
from tests.unit.imports.lists import PRICE_HEADINGS, csv_file, price_list, price_row, workbook

FLAT = "1-400×50×203-WA60K5V-35m/s"


def read(*rows: Sequence[Any]) -> ProductList:
    return read_products(read_sheet(csv_file(price_list(*rows), encoding="gb18030"), "价格表.csv"))


def said(result: ProductList) -> list[tuple[str, int, str]]:
    return [(finding.kind, finding.row, finding.reason) for finding in result.findings]


def test_a_row_becomes_a_wheel_with_price_stock_and_packing() -> None:
    result = read(price_row(1, "1-400*50*203-WA60K5V-35m/s", 包装数量="100片/箱", 备注="老客户专用"))
    product = result.products[0]

    assert (product.sku, product.printed, product.list_price, product.stock) == (
        "WA1-0001",
        FLAT,
        Decimal("186.00"),
        12,
    )
    assert (product.unit_zh, product.unit_en, product.pack_size) == ("片", "pcs", 100)
    assert (product.status, product.custom, product.note, product.row) == ("active", False, "老客户专用", 3)
    assert result.findings == ()


SPELLINGS = [
    "1-400*50*203-WA60K5V-35m/s",
    "1-400x50x203-WA60K5V-35m/s",
    " 1－400×50×203－WA60K5V－35m/s  ",
    "1-4０0×５０×２０3-WA６0K5V-３5m/s",
    "N1-400×50×203-WA60K5V-35m/s",
    "1 400X50X203 WA60K5V 35m/s",
    "P400×50×203-WA60K5V-35m/s",
]


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "xlsx"])
def test_every_spelling_in_every_file_gives_the_same_wheel(kind: str) -> None:
    rows = price_list(*(price_row(number, marking) for number, marking in enumerate(SPELLINGS, start=1)))
    content = workbook(rows) if kind == "xlsx" else csv_file(rows, encoding=kind)

    products = read_products(read_sheet(content, "list")).products

    assert {product.printed for product in products} == {FLAT}
    assert len(products) == len(SPELLINGS)


def test_at_least_95_of_100_usable_rows_of_a_messy_list_are_taken_and_the_rest_explained() -> None:
    grits = ("24", "36", "46", "60", "80", "100", "120")
    rows = [
        price_row(
            number,
            SPELLINGS[number % len(SPELLINGS)]
            .replace("WA60", f"WA{grits[number % 7]}")
            .replace("WA６0", f"WA{grits[number % 7]}"),
            **{
                "含税单价(元)": ("¥186.00", "186.0 ", "1,086.00", "面议", "-", "")[number % 6],
                "包装数量": ("1", "10", "25片/箱")[number % 3],
            },
        )
        for number in range(1, 201)
    ]
    broken = [price_row(300, "见图纸"), price_row(301, "#REF!"), price_row(302, "400*50")]
    totals = [["合计", "", "", "", "", "", "", "59716"]]

    result = read(*rows[:90], [""] * 11, *broken, rows[4], *rows[90:], rows[100], *totals)

    usable = len(rows) + len(broken)
    assert len(result.products) / usable >= 0.95
    assert len(result.products) == 200
    assert {finding.row for finding in result.of_kind("problem")} == {94, 95, 96}
    assert [finding.reason for finding in result.of_kind("skipped")] == ["duplicate", "duplicate", "total"]


@pytest.mark.parametrize(
    ("marking", "reason", "message", "suggestion"),
    [
        ("见图纸", "marking_drawing", "refers to a drawing", "from the drawing"),
        ("#REF!", "marking_broken", "spreadsheet error #REF!", "Repair the formula"),
        ("400*50", "marking_incomplete", "Only 400×50 is given; what is missing: shape, bore, abrasive", "Complete it"),
        ("1-400×50×203", "marking_incomplete", "what is missing: abrasive, grit, grade, bond", "Complete it"),
        ("", "marking_missing", "There is no marking", "Type it"),
        (
            "1-400×50×203-QQ60K5V",
            "marking_unreadable",
            "abrasive is missing or unknown. Reading stopped at “-QQ60K5V”",
            FLAT,
        ),
    ],
)
def test_an_unusable_marking_is_explained_with_a_suggestion(
    marking: str, reason: str, message: str, suggestion: str
) -> None:
    result = read(price_row(1, marking))
    finding = result.findings[0]

    assert result.products == ()
    assert (finding.kind, finding.row, finding.column, finding.reason) == ("problem", 3, "规格型号", reason)
    with using_locale("en"):
        assert message in str(finding.message)
        assert suggestion in str(finding.suggestion)
    with using_locale("zh"):
        assert message not in str(finding.message)


def test_the_marking_on_the_package_is_suggested_when_the_cell_has_none() -> None:
    finding = read(price_row(1, "见图纸", 二维码内容=FLAT)).findings[0]
    with using_locale("en"):
        assert FLAT in str(finding.suggestion)


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    result = read(price_row(1, "见图纸", **{"含税单价(元)": "很贵", "包装数量": "若干", "现有库存": "不详"}))
    assert [finding.column for finding in result.findings] == ["规格型号", "包装数量", "含税单价(元)", "现有库存"]


def test_discontinued_and_custom_items_are_marked_and_their_notes_kept() -> None:
    first, second = read(price_row(1, FLAT, 备注="停产"), price_row(2, "1-400×50×203-WA80K5V", 备注="定制")).products
    assert (first.status, first.custom) == ("discontinued", False)
    assert (second.status, second.custom, second.note) == ("active", True, "定制")


def test_an_item_listed_twice_alike_is_taken_once() -> None:
    result = read(price_row(1, FLAT), price_row(2, "1-400×50×203-WA80K5V"), price_row(1, FLAT, 序号="9"))
    assert len(result.products) == 2
    assert said(result) == [("skipped", 5, "duplicate")]


def test_an_item_number_used_twice_for_different_things_is_a_problem() -> None:
    result = read(price_row(1, FLAT), price_row(1, FLAT, **{"含税单价(元)": "200"}))
    assert [product.list_price for product in result.products] == [Decimal("186.00")]
    assert said(result) == [("problem", 4, "sku_twice")]


def test_two_items_of_one_marking_are_both_taken_with_a_notice() -> None:
    result = read(price_row(1, FLAT), price_row(2, FLAT))
    assert len(result.products) == 2
    assert said(result) == [("notice", 4, "marking_twice")]


@pytest.mark.parametrize(
    ("content", "code", "lot"),
    [
        ("https://id.example.com/01/06901230000020/10/L2324", "06901230000020", "L2324"),
        ("https://id.example.com/01/06901234500417", "06901234500417", None),
        ("WA1-0001", "WA1-0001", None),
        (FLAT, FLAT, None),
    ],
)
def test_the_package_code_is_kept_as_it_is_looked_up(content: str, code: str, lot: str | None) -> None:
    listed = read(price_row(1, FLAT, 二维码内容=content)).products[0].code
    assert listed is not None
    assert (listed.code, listed.lot, listed.printed) == (code, lot, content)


def test_a_package_code_of_another_wheel_and_a_wrong_abrasive_are_noticed() -> None:
    result = read(price_row(1, FLAT, 二维码内容="1-400×50×203-GC60K5V-35m/s", 磨料="绿碳化硅"))
    assert len(result.products) == 1
    assert said(result) == [("notice", 3, "abrasive_differs"), ("notice", 3, "code_differs")]


def test_a_packing_in_other_units_than_the_price_is_noticed() -> None:
    result = read(price_row(1, FLAT, 单位="盒", 包装数量="100片/箱"))
    assert (result.products[0].unit_zh, said(result)) == ("盒", [("notice", 3, "pack_unit_differs")])


def test_wrong_check_digits_are_counted_once() -> None:
    codes = [
        f"https://id.example.com/01/{code}/10/L1" for code in ("06901234500417", "06901234500420", "06901234500430")
    ]
    result = read(
        *(
            price_row(n, FLAT.replace("60", g), 二维码内容=c)
            for n, (g, c) in enumerate(zip(("46", "60", "80"), codes, strict=True), 1)
        )
    )
    assert said(result) == [("notice", 4, "check_digit")]
    with using_locale("en"):
        assert str(result.findings[0].message).startswith("2 GTINs")


def test_titles_texts_totals_and_repeated_headings_are_passed_over() -> None:
    result = read(
        ["一、平形砂轮"], price_row(1, FLAT), PRICE_HEADINGS, price_row(2, "1-400×50×203-WA80K5V"), ["", "", "以上价格含税"], ["小计:", "", "", "", "", "", "372"]
    )  # fmt: skip
    assert len(result.products) == 2
    assert said(result) == [
        ("skipped", 3, "text"),
        ("skipped", 5, "heading"),
        ("skipped", 7, "text"),
        ("skipped", 8, "total"),
    ]


def test_a_row_without_an_item_number_is_a_problem() -> None:
    assert said(read(price_row(1, FLAT, 货号=""))) == [("problem", 3, "sku_missing")]


def test_a_chosen_column_overrules_the_found_one() -> None:
    rows = [["货号", "规格", "单价", "出厂价"], ["A-1", FLAT, "200", "150"]]
    result = read_products(read_sheet(csv_file(rows), "x.csv"), {"price": "出厂价"})
    assert result.products[0].list_price == Decimal("150.00")
