"""The demonstration range is what a wheel factory might offer."""

from collections import Counter
from decimal import Decimal

import pytest

from portal.catalog.drawing import thumbnail
from portal.catalog.marking import parse_marking, print_marking
from portal.demo.wheels import demo_categories, demo_products, gtin

PRODUCTS = demo_products()
VARIANTS = [variant for product in PRODUCTS for variant in product.variants]


def test_the_range_is_the_same_at_every_run() -> None:
    assert demo_products() == PRODUCTS


def test_there_are_about_sixty_products_in_about_four_hundred_variants() -> None:
    assert 58 <= len(PRODUCTS) <= 70
    assert 390 <= len(VARIANTS) <= 420


def test_every_variant_has_its_own_sku_marking_and_gtin() -> None:
    for column in ("sku", "marking", "gtin"):
        assert max(Counter(getattr(variant, column) for variant in VARIANTS).values()) == 1


def test_every_marking_is_printed_strictly_and_can_be_drawn() -> None:
    for variant in VARIANTS:
        marking = parse_marking(variant.marking)
        assert print_marking(marking) == variant.marking
        assert thumbnail(marking)


def test_several_shapes_abrasives_grits_and_bonds_are_offered() -> None:
    markings = [parse_marking(variant.marking) for variant in VARIANTS]
    for column, least in (("shape", 15), ("abrasive", 9), ("grit", 12), ("bond", 5)):
        assert len({getattr(marking, column) for marking in markings}) >= least
    assert 40 <= sum(marking.superabrasive for marking in markings) <= 100


def test_prices_rise_with_size_and_fall_with_a_plainer_abrasive() -> None:
    prices = {variant.marking: variant.list_price for variant in VARIANTS}
    flat = [
        (parse_marking(text), price)
        for text, price in prices.items()
        if price and text.startswith("1-") and "×203-" in text
    ]
    brown = [
        price
        for marking, price in flat
        if marking.abrasive == "A" and marking.size == "400×50×203" and marking.bond == "V"
    ]
    white = [price for marking, price in flat if marking.abrasive == "WA" and marking.size == "400×50×203"]
    assert max(brown) < min(white)
    assert all(Decimal("0.5") < price < 10_000 for price in prices.values() if price)


def test_quantities_go_by_whole_packs_that_can_be_ordered() -> None:
    for variant in VARIANTS:
        assert variant.min_quantity % variant.order_multiple == 0
        assert variant.order_multiple in (1, variant.pack_size)


def test_some_are_out_of_stock_some_without_a_price_some_discontinued() -> None:
    assert 60 <= sum(variant.stock == 0 for variant in VARIANTS) <= 160
    assert any(variant.list_price is None for variant in VARIANTS)
    assert any(variant.status == "discontinued" for variant in VARIANTS)


def test_custom_products_belong_to_two_companies() -> None:
    custom = [product for product in PRODUCTS if product.kind == "custom"]
    assert {company for product in custom for company in product.granted_to} == {0, 1}
    assert not any(product.granted_to for product in PRODUCTS if product.kind == "standard")


def test_every_product_lies_on_a_shelf_and_every_shelf_holds_some() -> None:
    assert {product.category for product in PRODUCTS} == {category.code for category in demo_categories()}


def test_names_exist_in_both_languages() -> None:
    for product in PRODUCTS:
        assert product.name_en.isascii()
        assert not product.name_zh.isascii()
        assert product.description_zh
        assert product.description_en


@pytest.mark.parametrize(("number", "code"), [(6789, "06901234567892"), (41, "06901234500417")])
def test_a_gtin_ends_with_its_check_digit(number: int, code: str) -> None:
    assert gtin(number) == code
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(code))
    assert total % 10 == 0
