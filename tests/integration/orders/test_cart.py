"""The cart holds what a contact may order, and says what is wrong with the rest."""

from decimal import Decimal

import pytest

from portal.catalog.models import Variant
from portal.catalog.queries import ItemNotFound
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.orders import queries, service
from portal.orders.limits import MAX_LINES
from portal.orders.pricing import PricedCart
from portal.orders.queries import OrderNotFound
from portal.orders.service import CartFull
from tests.factories.catalog import a_product, a_variant
from tests.factories.customers import a_contact, a_customer, actor_of
from tests.integration.orders.conftest import Shop, counted_statements


def put(shop: Shop, sku: str, quantity: int) -> None:
    with unit_of_work() as session:
        service.set_cart_line(session, actor=shop.buyer, sku=sku, quantity=quantity)


def cart(shop: Shop) -> PricedCart:
    with unit_of_work() as session:
        return queries.cart(session, actor=shop.buyer)


def test_setting_replaces_and_adding_adds(shop: Shop) -> None:
    put(shop, shop.stocked.sku, 8)
    put(shop, shop.stocked.sku, 12)
    with unit_of_work() as session:
        service.add_to_cart(session, actor=shop.buyer, sku=shop.stocked.sku, quantity=3)
    assert [(line.quantity, line.amount) for line in cart(shop).lines] == [(15, Decimal("2790.00"))]


def test_zero_takes_a_line_out(shop: Shop) -> None:
    put(shop, shop.stocked.sku, 8)
    put(shop, shop.stocked.sku, 0)
    assert cart(shop).lines == ()


@pytest.mark.parametrize("quantity", [-8, 1_000_001])
def test_a_senseless_quantity_changes_nothing(shop: Shop, quantity: int) -> None:
    put(shop, shop.stocked.sku, 8)
    with pytest.raises(InvalidInput) as refused:
        put(shop, shop.stocked.sku, quantity)
    assert list(refused.value.fields) == ["quantity"]
    assert cart(shop).totals.pieces == 8


def test_a_hidden_item_is_not_found_like_an_unknown_one(shop: Shop) -> None:
    with unit_of_work() as session:
        stranger = actor_of(a_contact(session, a_customer(session)))
    for sku in (shop.custom.sku, "NO-SUCH"):
        with pytest.raises(ItemNotFound), unit_of_work() as session:
            service.set_cart_line(session, actor=stranger, sku=sku, quantity=1)


def test_an_item_that_went_away_stays_with_its_reason_and_out_of_the_sum(shop: Shop) -> None:
    put(shop, shop.stocked.sku, 8)
    put(shop, shop.made.sku, 1)
    with unit_of_work() as session:
        session.get_one(Variant, shop.made.id).status = "discontinued"
    found = cart(shop)
    assert [line.orderable for line in found.lines] == [True, False]
    assert (found.orderable, found.problems, found.totals.amount) == (False, 1, Decimal("1488.00"))


def test_an_unreviewed_company_sees_no_prices_and_cannot_fill_its_cart(shop: Shop) -> None:
    with unit_of_work() as session:
        newcomer = actor_of(a_contact(session, a_customer(session, status="unreviewed")))
    with pytest.raises(InvalidInput), unit_of_work() as session:
        service.set_cart_line(session, actor=newcomer, sku=shop.stocked.sku, quantity=1)


def test_ordering_again_rounds_up_and_names_what_is_gone(shop: Shop) -> None:
    number = shop.order({shop.stocked: 6, shop.made: 1})
    with unit_of_work() as session:
        session.get_one(Variant, shop.stocked.id).order_multiple = 4
        session.get_one(Variant, shop.made.id).status = "discontinued"
    with unit_of_work() as session:
        refill = service.reorder(session, actor=shop.buyer, number=number)
    assert (refill.added, refill.skipped) == (1, (shop.made.marking,))
    assert cart(shop).totals.pieces == 8


def test_another_companys_order_cannot_be_ordered_again(shop: Shop) -> None:
    number = shop.order({shop.stocked: 6})
    with unit_of_work() as session:
        stranger = actor_of(a_contact(session, a_customer(session)))
    with pytest.raises(OrderNotFound), unit_of_work() as session:
        service.reorder(session, actor=stranger, number=number)


def test_five_hundred_lines_fit_are_read_with_two_statements_and_one_more_does_not(shop: Shop) -> None:
    with unit_of_work() as session:
        product = a_product(session)
        rows = [
            {"product_id": product.id, "sku": f"BULK-{n}", "marking": f"1-{n}×50×203-WA60K5V-35m/s", "list_price": 1}
            for n in range(MAX_LINES)
        ]
        ids = list(session.scalars(Variant.__table__.insert().returning(Variant.id), rows))
    with unit_of_work() as session:
        service.fill_cart(session, actor=shop.buyer, quantities=dict.fromkeys(ids, 1))
    with unit_of_work() as session, counted_statements() as statements:
        assert queries.cart(session, actor=shop.buyer).totals.amount == Decimal(MAX_LINES)
    assert len(statements) == 2
    with pytest.raises(CartFull):
        put(shop, shop.stocked.sku, 1)


def test_what_was_bought_before_is_offered_once_newest_first(shop: Shop) -> None:
    shop.order({shop.stocked: 6})
    shop.order({shop.stocked: 8, shop.made: 1})
    with unit_of_work() as session:
        a_variant(session)
        bought = queries.bought_before(session, actor=shop.buyer)
    assert [(one.item.sku, one.quantity) for one in bought][:2] == [(shop.stocked.sku, 8), (shop.made.sku, 1)]
