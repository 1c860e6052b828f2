"""What the pages of the catalogue are put together from."""

from decimal import Decimal

import pytest

from portal.catalog import builder, look, stock
from portal.catalog.grid import grid_of
from portal.catalog.pricing import Price, price_of
from portal.catalog.stock import Hint
from tests.factories.items import an_item


@pytest.mark.parametrize(
    ("free", "hint"),
    [
        (None, Hint("unknown")),
        (0, Hint("to_order", days=15)),
        (3, Hint("to_order", days=15)),
        (4, Hint("low", left=4)),
        (29, Hint("low", left=29)),
        (30, Hint("in_stock")),
    ],
)
def test_the_stock_hint_says_whether_an_order_can_be_filled(free: int | None, hint: Hint) -> None:
    assert stock.hint(free, min_quantity=4, pack_size=10, lead_days=15) == hint


def test_a_price_comes_from_the_agreement_then_the_list_then_nowhere() -> None:
    assert price_of(list_price=Decimal(9), customer_price=Decimal(8), visible=True) == Price(Decimal(8), "customer")
    assert price_of(list_price=Decimal(9), customer_price=None, visible=True) == Price(Decimal(9), "list")
    assert price_of(list_price=None, customer_price=None, visible=True) == Price(None, "ask")
    assert price_of(list_price=Decimal(9), customer_price=Decimal(8), visible=False) == Price(None, "hidden")


def test_a_marking_breaks_between_sizes_and_specification_and_shows_what_was_searched_for() -> None:
    assert look.marked("1-400×50×203-WA60K5V-35m/s", "400*50") == (
        '<span class="nowrap">1-<mark>400×50</mark>×203-</span><wbr><span class="nowrap">WA60K5V-35m/s</span>'
    )


def test_what_is_no_marking_is_shown_as_text_never_as_markup() -> None:
    assert look.marked("<b>砂轮</b>", "b") == "&lt;<mark>b</mark>&gt;砂轮&lt;/b&gt;"
    assert look.thumb("砂轮") is None


def test_grits_are_sorted_from_coarse_to_fine() -> None:
    assert sorted(["W20", "F1200", "120", "46", "F230", "W63", "80/100"], key=look.grit_order) == [
        "46", "80/100", "120", "F230", "F1200", "W63", "W20",
    ]  # fmt: skip


def test_items_are_laid_out_by_size_and_grit() -> None:
    sizes, grits = ("200×20×32", "400×50×203", "500×63×305"), ("60", "120")
    items = [an_item(f"1-{size}-WA{grit}K5V-35m/s") for size in sizes for grit in grits][:-1]
    grid = grid_of(items)
    assert grid is not None
    assert grid.grits == ("60", "120")
    assert [(size, [len(cell) for cell in cells]) for size, cells in grid.rows] == [
        ("200×20×32", [1, 1]),
        ("400×50×203", [1, 1]),
        ("500×63×305", [1, 0]),
    ]


@pytest.mark.parametrize("markings", [[], ["1-200×20×32-WA60K5V-35m/s"] * 6, ["垫片"] * 6])
def test_items_that_make_no_grid_are_listed(markings: list[str]) -> None:
    assert grid_of([an_item(marking) for marking in markings]) is None


def test_a_marking_is_built_from_its_parts_and_read_back() -> None:
    parts = {"shape": "1", "diameter": "400", "thickness": "50", "bore": "203", "abrasive": "wa", "grit": "60",
             "grade": "k", "structure": "5", "bond": "v", "speed": "35"}  # fmt: skip
    preview = builder.preview(builder.compose(parts))
    assert preview.printed == "1-400×50×203-WA60K5V-35m/s"
    assert preview.fields == {name: value.upper() for name, value in parts.items()}


def test_an_unfinished_marking_says_what_is_missing() -> None:
    preview = builder.preview(builder.compose({"shape": "1", "diameter": "400"}))
    assert not preview.understood
    assert preview.problem
