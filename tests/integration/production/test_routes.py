"""The warehouse's pages: who gets in, what they show, and that a refused form keeps what was typed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.production import service
from portal.production.models import FactoryParcel
from tests.factories.catalog import a_package_code, a_variant
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user, actor_of
from tests.factories.production import (
    a_factory_order,
    a_released_order,
    an_order,
    in_stock,
    lines,
    production_orders,
    stock,
)

PAGES = [
    "/desk/stock",
    "/desk/stock?tab=short&q=400",
    "/desk/production",
    "/desk/production?view=list",
    "/desk/shipping",
    "/desk/shipping?tab=sent",
]
ClientFor = Callable[..., Any]


@pytest.fixture
def worker(database: str) -> User:
    with unit_of_work() as session:
        return a_user(session, "warehouse", name="何建国")


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_is_sent_to_the_log_in(client_for: ClientFor, database: str, path: str) -> None:
    answer = client_for().get(path)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")


@pytest.mark.parametrize("path", PAGES)
def test_a_contact_and_finance_find_nothing_there(client_for: ClientFor, database: str, path: str) -> None:
    with unit_of_work() as session:
        contact, finance = a_contact(session), a_user(session, "finance")
    assert client_for(contact).get(path).status_code == 404
    assert client_for(finance).get(path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_warehouse_sees_every_page_in_both_languages(
    client_for: ClientFor, worker: User, path: str, language: str
) -> None:
    assert client_for(worker, language=language).get(path).status_code == 200


def test_a_salesperson_reads_stock_and_production_but_does_not_ship(client_for: ClientFor, database: str) -> None:
    with unit_of_work() as session:
        seller = a_salesperson(session)
        wheel = a_variant(session)
    browser = client_for(seller)
    page = browser.get(f"/desk/stock/{wheel.id}")
    assert page.status_code == 200
    assert "panel-foot" not in page.text, "nothing to press"
    assert browser.get("/desk/production").status_code == 200
    assert browser.get("/desk/shipping").status_code == 404
    assert browser.post(f"/desk/stock/{wheel.id}/in", {"quantity": "5", "reason": "x"}).status_code == 403
    with unit_of_work() as session:
        assert stock(session, wheel) == (0, 0)


def test_a_salesperson_does_not_learn_whose_order_holds_the_stock(client_for: ClientFor, database: str) -> None:
    with unit_of_work() as session:
        seller = a_salesperson(session)
        mine = a_customer(session, name="我的客户有限公司", salesperson_id=seller.id)
        theirs = a_customer(session, name="别人的客户有限公司")
        wheel = a_variant(session)
        in_stock(session, wheel, 20)
        own = a_released_order(session, {wheel: 4}, customer=mine)
        other = a_released_order(session, {wheel: 6}, customer=theirs)
        waiting = a_factory_order(session, {wheel: 50}, customer=theirs)
        service.request_production(session, number=waiting.number)
        made = production_orders(session)[0].number
    browser = client_for(seller)
    for path in (
        f"/desk/stock/{wheel.id}",
        "/desk/production",
        "/desk/production?view=list",
        f"/desk/production/{made}",
    ):
        text = browser.get(path).text
        assert "别人的客户" not in text
        assert other.number not in text
        assert waiting.number not in text
    assert own.number in browser.get(f"/desk/stock/{wheel.id}").text
    assert made not in browser.get("/desk/production?q=别人的").text


def test_stock_is_found_by_a_part_of_its_marking(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        a_variant(session, marking="1-400×50×203-WA60K5V-35m/s")
        a_variant(session, marking="1-500×63×305-A46L5V-35m/s")
    text = client_for(worker).get("/desk/stock?q=400*50").text
    assert "1-400×50×203-WA60K5V-35m/s" in text
    assert "1-500×63×305-A46L5V-35m/s" not in text


def test_goods_are_taken_in_once_however_often_the_button_is_pressed(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
    browser = client_for(worker)
    for _ in range(2):
        answer = browser.post(f"/desk/stock/{wheel.id}/in", {"quantity": "１２", "reason": "采购", "key": "abc"})
        assert answer.status_code == 303
    with unit_of_work() as session:
        assert stock(session, wheel) == (12, 0)


@pytest.mark.parametrize("quantity", ["", "0", "-4", "abc", "1.5", "99999999999", "١٢", "💥"])
def test_a_wrong_quantity_comes_back_with_what_was_typed(client_for: ClientFor, worker: User, quantity: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
    answer = client_for(worker).post(f"/desk/stock/{wheel.id}/in", {"quantity": quantity, "reason": "开账 <b>"})
    assert answer.status_code == 422
    assert 'id="f-quantity-err"' in answer.text
    assert "开账 &lt;b&gt;" in answer.text
    with unit_of_work() as session:
        assert stock(session, wheel) == (0, 0)


def test_what_is_promised_is_named_when_more_is_to_be_taken_out(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 10)
        a_released_order(session, {wheel: 8})
    answer = client_for(worker, language="en").post(f"/desk/stock/{wheel.id}/out", {"quantity": "3", "reason": "x"})
    assert answer.status_code == 422
    assert "Only 2 are free" in answer.text


def test_a_waiting_order_is_served_from_the_panel(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        order = a_factory_order(session, {wheel: 8}, released_at=clock.now())
        in_stock(session, wheel, 3)
        line = lines(session, order)[0].id
    browser = client_for(worker)
    assert f"/lines/{line}/reservation" in browser.get(f"/desk/stock/{wheel.id}").text
    assert browser.post(f"/desk/stock/{wheel.id}/lines/{line}/reservation").status_code == 303
    assert browser.post(f"/desk/stock/{wheel.id}/lines/{line}/production").status_code == 303
    assert browser.post(f"/desk/stock/{wheel.id}/lines/{line}/production").status_code == 409
    with unit_of_work() as session:
        assert stock(session, wheel) == (3, 3)
        assert production_orders(session)[0].quantity == 5


def test_a_production_order_goes_through_its_columns(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        order = a_factory_order(session, {wheel: 8})
        service.request_production(session, number=order.number)
        made = production_orders(session, order)[0]
    browser, here = client_for(worker), f"/desk/production/{made.number}"
    assert browser.get(here).status_code == 200
    assert browser.post(f"{here}/plan", {"due_on": "2099-01-01", "version": "1"}).status_code == 422
    assert browser.post(f"{here}/start").status_code == 303
    again = browser.post(f"{here}/start")
    assert again.status_code == 422
    assert made.number in again.text
    version = re.search(r'name="version" value="(\d+)"', browser.get(here).text)
    assert version
    refused = browser.post(f"{here}/finish", {"quantity": "-1", "version": version[1]})
    assert refused.status_code == 422
    assert 'value="-1"' in refused.text
    assert browser.post(f"{here}/finish", {"quantity": "8", "version": version[1]}).status_code == 303
    assert browser.post(f"{here}/finish", {"quantity": "8", "version": version[1]}).status_code == 422
    with unit_of_work() as session:
        assert stock(session, wheel) == (8, 8)
    assert browser.post(f"{here}/explode").status_code in (200, 404)


def test_an_order_is_picked_by_scanner_and_shipped(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session, pack_size=4)
        a_package_code(session, wheel, "BOX-1")
        in_stock(session, wheel, 10)
        number = a_released_order(session, {wheel: 6}).number
    browser = client_for(worker)
    assert number in browser.get("/desk/shipping").text
    parcel = browser.post(f"/desk/shipping/orders/{number}").headers["location"]
    scanned = browser.post(f"{parcel}/scan", {"code": "BOX-1"}, htmx=True)
    assert scanned.status_code == 200
    assert "<html" not in scanned.text, "a fragment for htmx"
    assert "+4" in scanned.text
    unknown = browser.post(f"{parcel}/scan", {"code": "NOT-OURS"})
    assert unknown.status_code == 422
    assert 'value="NOT-OURS"' in unknown.text
    assert browser.post(f"{parcel}/all").status_code == 200
    assert browser.get(f"{parcel}/ship").status_code == 200
    wrong = browser.post(f"{parcel}/ship", {"courier": "deppon", "tracking_number": "DP/1"})
    assert wrong.status_code == 422
    assert 'value="DP/1"' in wrong.text
    assert 'value="deppon" checked' in wrong.text
    assert browser.post(f"{parcel}/ship", {"courier": "sf", "tracking_number": "SF 1584 2207"}).status_code == 303
    late = browser.post(f"{parcel}/ship", {"courier": "sf", "tracking_number": "SF 1584 2208"})
    assert late.status_code == 422
    assert "何建国" in late.text
    assert "SF15842207" in browser.get("/desk/shipping?tab=sent").text
    assert browser.get(parcel).status_code == 200
    with unit_of_work() as session:
        assert stock(session, wheel) == (4, 0)


def test_more_than_released_is_refused_beside_the_line_it_was_typed_on(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 10)
        order = a_released_order(session, {wheel: 6})
        number, line = order.number, lines(session, order)[0].id
    browser = client_for(worker, language="en")
    parcel = browser.post(f"/desk/shipping/orders/{number}").headers["location"]
    answer = browser.post(f"{parcel}/lines/{line}", {"quantity": "7"})
    assert answer.status_code == 422
    assert "At most 6" in answer.text
    assert 'value="7"' in answer.text


def test_missing_goods_are_reported_with_a_reason(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 6)
        order = a_released_order(session, {wheel: 6})
        number, line = order.number, lines(session, order)[0].id
    browser = client_for(worker)
    parcel = browser.post(f"/desk/shipping/orders/{number}").headers["location"]
    here = f"{parcel}/lines/{line}/missing"
    assert browser.get(here).status_code == 200
    assert browser.post(here, {"found": "4", "reason": ""}).status_code == 422
    assert browser.post(here, {"found": "9", "reason": "少了"}).status_code == 422
    assert browser.post(here, {"found": "4", "reason": "少了"}).status_code == 303
    with unit_of_work() as session:
        assert stock(session, wheel) == (4, 4)


def test_a_parcel_can_be_given_up_and_picked_again(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 6)
        number = a_released_order(session, {wheel: 6}).number
    browser = client_for(worker)
    first = browser.post(f"/desk/shipping/orders/{number}").headers["location"]
    assert browser.post(f"{first}/cancellation").status_code == 303
    assert browser.get(first).status_code == 200
    assert browser.post(f"{first}/all").status_code == 409
    second = browser.post(f"/desk/shipping/orders/{number}").headers["location"]
    assert second != first
    with unit_of_work() as session:
        assert len(list(session.scalars(select(FactoryParcel)))) == 2


@pytest.mark.parametrize(
    "path", ["/desk/stock/999999", "/desk/production/MO-1", "/desk/shipping/SO-1-1", "/desk/shipping/SO-1-1/ship"]
)
def test_what_does_not_exist_is_not_found(client_for: ClientFor, worker: User, path: str) -> None:
    assert client_for(worker).get(path).status_code == 404


def test_an_order_the_factory_was_not_told_of_cannot_be_picked(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        number = an_order(session, {a_variant(session): 2}).number
    assert client_for(worker).post(f"/desk/shipping/orders/{number}").status_code == 404


def test_the_orders_page_fetches_what_the_factory_has_of_it(client_for: ClientFor, worker: User) -> None:
    with unit_of_work() as session:
        seller, stranger = a_salesperson(session), a_salesperson(session, name="赵强", team="south")
        wheel = a_variant(session)
        order = a_factory_order(session, {wheel: 8}, customer=a_customer(session, salesperson_id=seller.id))
        service.request_production(session, number=order.number)
        made = production_orders(session)[0].number
        finance, contact = a_user(session, "finance"), a_contact(session)
    here = f"/desk/factory/{order.number}"
    for user in (worker, seller, finance):
        assert made in client_for(user).get(here).text
    for user in (stranger, contact):
        assert client_for(user).get(here).status_code == 404
    assert client_for(worker).get("/desk/factory/SO-0").status_code == 404


def test_the_navigation_counts_what_waits(session: Session) -> None:
    from portal.web import nav

    wheel = a_variant(session)
    in_stock(session, wheel, 3)
    order = a_released_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    warehouse = actor_of(a_user(session, "warehouse"))
    counts = nav.counts(session, actor=warehouse)
    assert (counts["production"], counts["shipping"]) == (1, 1)
    assert nav.counts(session, actor=actor_of(a_user(session, "finance")))["shipping"] == 0
