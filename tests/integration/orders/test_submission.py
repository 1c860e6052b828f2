"""Handing in: prices of today, once, with everything that is wrong said at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.catalog.models import Variant
from portal.customers.models import Address, Customer
from portal.database import unit_of_work
from portal.errors import InvalidInput, NotPermitted
from portal.orders import queries, service
from portal.orders.models import CartLine, Order, OrderLine
from portal.orders.service import NothingToOrder, OrderingBlocked, OrderTooLarge, StaleCart
from portal.orders.stale import Change, read_seen, write_seen
from portal.orders.submission import AddressChoice, Submission
from portal.workflow.models import ProcessInstance
from tests.factories.catalog import a_customer_price, a_variant
from tests.factories.customers import a_contact, a_customer, actor_of, an_address
from tests.factories.orders import a_submission
from tests.integration.orders.conftest import Shop


def submit(shop: Shop, submission: Submission) -> str:
    with unit_of_work() as session:
        return service.submit_order(session, actor=shop.buyer, submission=submission).number


def fill(shop: Shop, *wanted: tuple[Any, int]) -> None:
    with unit_of_work() as session:
        for variant, quantity in wanted:
            service.set_cart_line(session, actor=shop.buyer, sku=variant.sku, quantity=quantity)


def count(model: Any) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_cart_becomes_an_order_with_a_running_process(shop: Shop) -> None:
    fill(shop, (shop.stocked, 8), (shop.made, 2))
    number = submit(shop, a_submission(purchase_order="HR-PO-1", wanted_on=date(2099, 1, 1), note="下午 4 点后不收货"))
    view = shop.view(number)
    assert (view.total, [line.account.ordered for line in view.lines]) == (Decimal("1860.00"), [8, 2])
    assert (view.purchase_order, view.note, view.contact) == ("HR-PO-1", "下午 4 点后不收货", "王磊")
    assert view.instance is not None
    assert count(CartLine) == 0


def test_a_number_counts_within_its_day_in_the_shops_timezone(shop: Shop) -> None:
    numbers = [submit(shop, a_submission({shop.stocked: 1})) for _ in range(2)]
    assert [number[-4:] for number in numbers] == ["-001", "-002"]
    assert numbers[0].startswith("SO-")


def test_two_clicks_at_once_make_one_order(shop: Shop) -> None:
    fill(shop, (shop.stocked, 8))
    submission = a_submission(expected_total=Decimal("1488.00"))
    before = count(Order)
    with ThreadPoolExecutor(2) as pool:
        numbers = set(pool.map(lambda _: submit(shop, submission), range(2)))
    assert len(numbers) == 1
    assert (count(Order) - before, count(ProcessInstance)) == (1, 1)


def test_the_price_agreed_with_the_customer_is_used_and_needs_no_approval(shop: Shop) -> None:
    with unit_of_work() as session:
        company = session.get_one(Customer, shop.buyer.customer_id)
        a_customer_price(session, shop.stocked, company, "100.00")
    number = shop.order({shop.stocked: 8})
    view = shop.view(number)
    assert (view.total, view.lines[0].list_price, view.status) == (
        Decimal("800.00"),
        Decimal("186.00"),
        "awaiting_shipment",
    )


def test_a_price_that_changed_meanwhile_is_told_line_by_line_and_nothing_is_lost(shop: Shop) -> None:
    fill(shop, (shop.stocked, 8), (shop.made, 2))
    with unit_of_work() as session:
        seen = read_seen(write_seen(queries.cart(session, actor=shop.buyer)))
        session.get_one(Variant, shop.stocked.id).list_price = Decimal("190.00")
    with pytest.raises(StaleCart) as stale:
        submit(shop, a_submission(expected_total=Decimal("1860.00"), seen=seen))
    assert stale.value.changes == (Change("price", shop.stocked.marking, Decimal("186.00"), Decimal("190.00")),)
    assert stale.value.total == Decimal("1892.00")
    assert count(CartLine) == 2


def test_an_item_hidden_meanwhile_stops_the_order_without_naming_it(shop: Shop) -> None:
    fill(shop, (shop.stocked, 8))
    with unit_of_work() as session:
        session.get_one(Variant, shop.stocked.id).status = "discontinued"
    with pytest.raises(StaleCart) as stale:
        submit(shop, a_submission())
    assert stale.value.changes == (Change("gone", ""),)


def test_an_empty_cart_is_no_order(shop: Shop) -> None:
    with pytest.raises(NothingToOrder):
        submit(shop, a_submission())


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, 10**12])
def test_a_senseless_quantity_is_refused_beside_its_line(shop: Shop, quantity: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        submit(shop, a_submission({shop.stocked: quantity}))
    assert list(refused.value.fields) == ["lines.0"]


def test_a_hidden_item_is_refused_in_the_words_for_an_unknown_one(shop: Shop) -> None:
    with unit_of_work() as session:
        stranger = actor_of(a_contact(session, a_customer(session)))
    messages = []
    for sku in (shop.custom.sku, "NO-SUCH-SKU"):
        lines = (replace(a_submission({shop.stocked: 1}).lines[0], sku=sku),)  # type: ignore[index]  # it has lines
        with pytest.raises(InvalidInput) as refused, unit_of_work() as session:
            service.submit_order(session, actor=stranger, submission=a_submission(lines=lines))
        messages.append({name: str(text) for name, text in refused.value.fields.items()})
    assert messages[0] == messages[1]


def test_a_quantity_must_be_a_multiple(shop: Shop) -> None:
    with unit_of_work() as session:
        packed = a_variant(session, order_multiple=4, min_quantity=8, pack_size=4)
    for quantity in (4, 9):
        with pytest.raises(InvalidInput):
            submit(shop, a_submission({packed: quantity}))
    submit(shop, a_submission({packed: 8}))


def test_everything_wrong_with_a_form_is_said_at_once(shop: Shop) -> None:
    address = AddressChoice(phone="1380000", region="省" * 121)
    with pytest.raises(InvalidInput) as refused:
        submit(
            shop,
            a_submission(
                {shop.stocked: 1},
                address=address,
                note="长" * 10_000,
                wanted_on=date(2020, 1, 1),
                purchase_order="x" * 61,
            ),
        )
    assert set(refused.value.fields) == {
        "recipient",
        "phone",
        "region",
        "detail",
        "note",
        "wanted_on",
        "purchase_order",
    }
    assert str(refused.value.fields["phone"]) == "手机号要 11 位，现在是 7 位。"


def test_texts_of_every_script_are_kept_as_they_are(shop: Shop) -> None:
    note = "😀 مرحبا ＡＢＣ 1\u202e2"
    assert shop.view(submit(shop, a_submission({shop.stocked: 1}, note=note))).note == note


def test_another_companys_address_is_not_there(shop: Shop) -> None:
    with unit_of_work() as session:
        foreign = an_address(session, a_customer(session)).id
    with pytest.raises(InvalidInput) as refused:
        submit(shop, a_submission({shop.stocked: 1}, address=AddressChoice(foreign)))
    assert list(refused.value.fields) == ["address"]


def test_a_new_address_is_kept_when_asked(shop: Shop) -> None:
    address = AddressChoice(
        recipient="王建国", phone="13912345678", region="浙江省宁波市", detail="1 号", remember=True
    )
    submit(shop, a_submission({shop.stocked: 1}, address=address))
    assert count(Address) == 1


def test_a_blocked_company_and_staff_cannot_order(shop: Shop) -> None:
    with pytest.raises(NotPermitted), unit_of_work() as session:
        service.submit_order(session, actor=actor_of(shop.seller), submission=a_submission({shop.stocked: 1}))
    with unit_of_work() as session:
        session.get_one(Customer, shop.buyer.customer_id).status = "blocked"
    with pytest.raises(OrderingBlocked):
        submit(shop, a_submission({shop.stocked: 1}))


def test_a_refused_order_leaves_nothing_behind(shop: Shop) -> None:
    before = (count(Order), count(OrderLine), count(ProcessInstance))
    with pytest.raises(InvalidInput):
        submit(shop, a_submission({shop.stocked: 8, shop.made: 0}))
    assert (count(Order), count(OrderLine), count(ProcessInstance)) == before


def test_an_order_of_more_money_than_can_be_written_down_is_refused(shop: Shop) -> None:
    with unit_of_work() as session:
        dear = a_variant(session, list_price="99999999.99")
    with pytest.raises(OrderTooLarge):
        shop.order({dear: 999_990})
