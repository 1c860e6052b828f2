"""A price list against what the shop has: what is new, what changes, what stays, and what stays out."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from portal.catalog.marking import parse_marking
from portal.imports.plan import differences
from portal.imports.product_plan import ProductPlan, plan_products
from portal.imports.product_shop import KnownItem, ProductShop, family_of
from portal.imports.products_list import read_products
from portal.imports.reading import read_sheet
from portal.web.i18n import using_locale
from tests.unit.imports.lists import csv_file, price_list, price_row

FLAT = "1-400×50×203-WA60K5V-35m/s"
OTHER = "1-400×50×203-WA80J7V-35m/s"
KNOWN = KnownItem(
    variant_id=7, sku="WA1-0001", marking=FLAT, family=family_of(parse_marking(FLAT)), unit_zh="片", unit_en="pcs",
    list_price=Decimal("186.00"), min_quantity=1, pack_size=10, lead_days=15, status="active", note="", custom=False,
    on_hand=12,
)  # fmt: skip


def shop(*items: KnownItem, **more: Any) -> ProductShop:
    return ProductShop(items={item.sku.upper(): item for item in items}, shelves={"1": "straight"}, **more)


def plan(*rows: Sequence[Any], within: ProductShop | None = None) -> ProductPlan:
    listed = read_products(read_sheet(csv_file(price_list(*rows)), "价格表.csv"))
    return plan_products(listed, within or shop())


def told(planned: ProductPlan) -> list[tuple[str, str, str]]:
    with using_locale("en"):
        return [
            (change.field.key, str(change.before), str(change.after))
            for row in planned.plan.of_outcome("changed")
            for change in row.changes
        ]


def noticed(planned: ProductPlan) -> list[tuple[str, int, str]]:
    return [(finding.kind, finding.row, finding.reason) for finding in planned.plan.findings]


def test_an_unknown_item_is_created_with_all_its_row_says() -> None:
    planned = plan(price_row(1, " 1－400×50×203－WA60K5V－35m/s", 备注="老客户专用"))
    item = planned.new[0]

    assert planned.plan.counts["created"] == 1
    assert (item.entry.sku, item.entry.list_price, item.entry.pack_size) == ("WA1-0001", Decimal("186.00"), 10)
    assert (item.entry.order_multiple, item.entry.min_quantity, item.entry.note) == (1, 1, "老客户专用")
    assert item.entry.marking == "1－400×50×203－WA60K5V－35m/s"
    assert (item.stock, item.custom, item.product_id) == (12, False, None)


def test_items_of_one_shape_and_size_go_into_the_product_that_is_there() -> None:
    family = family_of(parse_marking(FLAT))
    planned = plan(price_row(1, FLAT), price_row(2, "1-300×40×127-WA60K5V"), within=shop(families={family: 31}))
    assert [item.product_id for item in planned.new] == [31, None]


def test_a_custom_item_is_a_product_of_its_own_and_the_plan_says_that_nobody_sees_it() -> None:
    family = family_of(parse_marking(FLAT))
    planned = plan(price_row(1, FLAT, 备注="定制"), within=shop(families={family: 31}))

    assert (planned.new[0].custom, planned.new[0].product_id) == (True, None)
    with using_locale("en"):
        assert "nobody sees it" in str(planned.plan.rows[0].remarks[0])
        assert any("1 new custom products" in str(remark) for remark in planned.plan.remarks)


def test_a_row_that_says_what_the_shop_has_changes_nothing() -> None:
    planned = plan(price_row(1, "1-400*50*203-WA60K5V-35m/s"), within=shop(KNOWN))
    assert planned.plan.counts["unchanged"] == 1
    assert (planned.plan.writes, planned.new, planned.edits, noticed(planned)) == (False, (), {}, [])


def test_changed_cells_are_told_field_by_field() -> None:
    row = price_row(1, OTHER, **{"含税单价(元)": "面议", "单位": "盒", "包装数量": "25", "备注": "停产"})
    planned = plan(row, within=shop(KNOWN))

    assert told(planned) == [
        ("marking", FLAT, OTHER),
        ("unit", "片", "盒"),
        ("price", "186.00", "Ask"),
        ("pack", "10", "25"),
        ("note", "", "停产"),
        ("status", "Sold", "Discontinued"),
    ]
    assert planned.edits[7]["list_price"] is None
    assert planned.edits[7]["status"] == "discontinued"


def test_an_empty_cell_changes_nothing_and_a_dash_for_a_price_means_ask() -> None:
    empty = price_row(1, FLAT, **{"含税单价(元)": "", "单位": "", "包装数量": "-", "备注": "", "现有库存": ""})
    assert plan(empty, within=shop(KNOWN)).plan.counts["unchanged"] == 1
    assert told(plan(price_row(1, FLAT, **{"含税单价(元)": "-"}), within=shop(KNOWN))) == [("price", "186.00", "Ask")]


def test_stock_that_differs_is_told_and_never_written() -> None:
    planned = plan(price_row(1, FLAT, 现有库存="99"), within=shop(KNOWN))
    assert (planned.plan.writes, noticed(planned)) == (False, [("notice", 3, "stock_differs")])
    with using_locale("en"):
        assert "The list says 99, the book 12." in str(planned.plan.findings[0].message)


def test_an_item_number_that_is_another_wheel_in_the_shop_is_a_problem() -> None:
    planned = plan(price_row(1, "1-300×40×127-WA60K5V-35m/s"), within=shop(KNOWN))
    assert (planned.plan.rows, noticed(planned)) == ((), [("problem", 3, "other_wheel")])


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"货号": "X" * 61}, "货号"),
        ({"备注": "长" * 501}, "备注"),
        ({"现有库存": "1000001"}, "现有库存"),
    ],
)
def test_what_cannot_be_stored_is_a_problem_of_its_column(cells: dict[str, str], column: str) -> None:
    planned = plan(price_row(1, FLAT, **cells))
    assert planned.plan.rows == ()
    assert [(finding.kind, finding.column) for finding in planned.plan.findings] == [("problem", column)]


def test_a_discontinued_item_is_not_sold_again_because_a_list_says_nothing() -> None:
    gone = replace(KNOWN, status="discontinued")
    assert plan(price_row(1, FLAT), within=shop(gone)).plan.writes is False
    planned = plan(price_row(1, FLAT, 备注="新款"), within=shop(gone))
    assert noticed(planned) == [("notice", 3, "status_differs")]
    assert told(planned) == [("note", "", "新款")]


def test_a_list_that_calls_a_standard_item_custom_is_noticed() -> None:
    planned = plan(price_row(1, FLAT, 备注="定制"), within=shop(replace(KNOWN, note="定制")))
    assert noticed(planned) == [("notice", 3, "custom_differs")]


LINK = "https://id.example.com/01/06901234500417/10/L1"


def test_a_package_code_is_kept_by_its_gtin_for_new_and_for_known_items() -> None:
    planned = plan(price_row(1, FLAT, 二维码内容=LINK), price_row(2, OTHER, 二维码内容="WA1-0002"), within=shop(KNOWN))
    assert planned.codes == {"06901234500417": 7}
    assert told(planned) == [("code", "", "06901234500417")]
    assert planned.new[0].code is None, "its own article number needs no entry"


def test_a_package_code_that_leads_elsewhere_is_noticed_and_left_out() -> None:
    planned = plan(
        price_row(1, FLAT, 二维码内容=LINK), price_row(2, OTHER, 二维码内容=LINK),
        price_row(3, "1-400×50×203-WA46K5V", 二维码内容="WA1-0001"), within=shop(codes={"06901234500417": "OLD-1"}),
    )  # fmt: skip
    assert [item.code for item in planned.new] == [None, None, None]
    assert noticed(planned) == [("notice", 3, "code_taken"), ("notice", 4, "code_taken"), ("notice", 5, "code_taken")]


def test_plans_are_compared_row_by_row() -> None:
    before = plan(price_row(1, FLAT), price_row(2, OTHER)).plan.seen()
    after = plan(price_row(1, FLAT), price_row(2, OTHER), within=shop(KNOWN)).plan.seen()

    assert differences(before, before) == ()
    assert [(one.row, one.before, one.after) for one in differences(before, after)] == [(3, "created", "unchanged")]
    assert [(one.row, one.before, one.after) for one in differences({}, before)] == [
        (3, "", "created"),
        (4, "", "created"),
    ]
