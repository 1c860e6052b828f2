"""Pages and the API of orders: who gets in, what they show, and what a bad form does."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from portal.catalog.models import Variant
from portal.database import unit_of_work
from portal.orders import service
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user, actor_of, an_address
from tests.integration.orders.conftest import Shop, open_shop

MINE = ("/orders/{number}", "/orders/{number}/cancellation", "/orders/{number}/revision", "/api/orders/{number}")
DESK = (
    "/desk/orders/{number}",
    "/desk/orders/{number}/diagram.xml",
    "/desk/orders/{number}/path.json",
    "/desk/orders/{number}/cancellation",
)
POSTS = (
    "/orders/{number}/receipt",
    "/orders/{number}/reorder",
    "/orders/{number}/cancellation",
    "/orders/{number}/revision",
)
ClientFor = Callable[..., Any]


@pytest.fixture
def buyer(client_for: ClientFor, shop: Shop) -> Any:
    return client_for(shop.people["buyer"])


@pytest.fixture
def stranger(client_for: ClientFor, shop: Shop) -> Any:
    with unit_of_work() as session:
        person = a_contact(session, a_customer(session))
        session.expunge_all()
    return client_for(person)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def errors(page: str) -> list[str]:
    return re.findall(r'class="err"[^>]*>.*?<span>(.*?)</span>', page, re.DOTALL)


def put(browser: Any, sku: str, quantity: str, **more: Any) -> Any:
    return browser.post("/cart/lines", {"sku": sku, "quantity": quantity, "place": "cart"}, **more)


@pytest.mark.parametrize(
    "path", ["/cart", "/cart/submit", "/orders", "/orders/SO-1", "/notifications", "/desk/orders", "/desk/orders/SO-1"]
)
def test_a_visitor_is_sent_to_the_log_in(client_for: ClientFor, database: str, path: str) -> None:
    answer = client_for().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_a_contact_cannot_see_or_touch_another_companys_order(shop: Shop, stranger: Any) -> None:
    number = shop.order({shop.stocked: 8})
    for path in MINE:
        assert stranger.get(path.format(number=number)).status_code == 404, path
    for path in POSTS:
        assert stranger.post(path.format(number=number), {"reason": "x"}).status_code == 404, path
    assert number not in stranger.get("/orders?status=all").text
    assert stranger.get("/api/orders").json()["total"] == 0
    assert shop.view(number).status == "awaiting_shipment"


def test_a_contact_finds_nothing_on_the_desk_and_staff_nothing_in_the_shop(
    shop: Shop, buyer: Any, client_for: ClientFor
) -> None:
    number = shop.order({shop.stocked: 8})
    for path in ("/desk/orders", *DESK):
        assert buyer.get(path.format(number=number)).status_code == 404, path
    for path in ("/cart", "/orders", "/api/orders"):
        assert client_for(shop.seller).get(path).status_code == 404, path


def test_a_salesperson_of_another_team_cannot_see_the_order(shop: Shop, client_for: ClientFor) -> None:
    number = shop.order({shop.stocked: 8})
    with unit_of_work() as session:
        other, mate = (
            a_salesperson(session, "周敏", team="south"),
            a_salesperson(session, "吴晓东", team=shop.seller.team),
        )
        session.expunge_all()
    browser = client_for(other)
    for path in DESK:
        assert browser.get(path.format(number=number)).status_code == 404, path
    assert number not in browser.get("/desk/orders?status=all").text
    assert browser.post(f"/desk/orders/{number}/notes", {"note": "x"}).status_code == 404
    assert mate.team is None, "people without a team have no mates"


def test_a_team_mate_sees_the_order(shop: Shop, client_for: ClientFor) -> None:
    number = shop.order({shop.stocked: 8})
    with unit_of_work() as session:
        session.merge(shop.seller).team = "north"
        mate = a_salesperson(session, "吴晓东", team="north")
        session.flush()
        session.expunge_all()
    assert client_for(mate).get(f"/desk/orders/{number}").status_code == 200


def test_the_warehouse_sees_orders_without_any_amount(shop: Shop, client_for: ClientFor) -> None:
    number = shop.order({shop.stocked: 8})
    worker = client_for(shop.people["worker"])
    for path in ("/desk/orders", f"/desk/orders/{number}"):
        page = worker.get(path)
        assert page.status_code == 200
        assert number in page.text
        assert "1,488" not in page.text
        assert "186.00" not in page.text
    refused = worker.post(f"/desk/orders/{number}/cancellation", {"reason": "x"})
    assert (refused.status_code, "你的角色不能这样操作" in refused.text) == (403, True)


def test_the_warehouse_is_not_told_what_was_paid(
    drain: Callable[[], int], database: str, client_for: ClientFor
) -> None:
    shop = open_shop(drain, type="two")
    number = shop.order({shop.stocked: 8})
    shop.complete(
        number, "confirm_payment", actor_of(shop.seller), amount="1488", method="transfer", received_on="2026-07-20"
    )
    assert "1,488" in client_for(shop.seller).get(f"/desk/orders/{number}").text
    page = client_for(shop.people["worker"]).get(f"/desk/orders/{number}").text
    assert "1,488" not in page
    assert "电汇" not in page


def test_a_line_leads_to_its_item_for_staff_and_customer(shop: Shop, client_for: ClientFor, buyer: Any) -> None:
    number = shop.order({shop.stocked: 8})
    for browser, path in ((client_for(shop.seller), f"/desk/orders/{number}"), (buyer, f"/orders/{number}")):
        link = re.search(rf'href="([^"]*/products/{shop.stocked.sku}[^"]*)"', browser.get(path).text)
        assert link, path
        assert browser.client.get(unescape(link[1]), follow_redirects=True).status_code == 200


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_in_both_languages(shop: Shop, client_for: ClientFor, language: str) -> None:
    number = shop.order({shop.made: 2, shop.stocked: 8})
    buyer, seller = (client_for(person, language=language) for person in (shop.people["buyer"], shop.seller))
    put(buyer, shop.stocked.sku, "8")
    for path in ("/cart", "/cart/submit", "/orders", "/notifications", "/", *MINE):
        answer = buyer.get(path.format(number=number))
        assert answer.status_code in (200, 303), path
    for path in ("/desk/orders", "/notifications", *DESK):
        assert seller.get(path.format(number=number)).status_code == 200, path


def test_the_order_page_shows_where_it_is_and_what_may_be_done(shop: Shop, buyer: Any) -> None:
    number = shop.order({shop.custom: 2})
    page = buyer.get(f"/orders/{number}").text
    for text in ("待审核", "待收款", "已提交", "李敏", "取消订单", "再来一单", "7-400×50×127", "¥372.00"):
        assert text in page, text
    assert "确认收货" not in page


def test_receipt_is_confirmed_on_the_page(shop: Shop, buyer: Any) -> None:
    number = shop.order({shop.stocked: 8})
    shop.ship(number)
    page = buyer.get(f"/orders/{number}").text
    assert "SF1400012345678" in page
    assert buyer.post(f"/orders/{number}/receipt").status_code == 303
    assert shop.view(number).status == "completed"
    assert buyer.post(f"/orders/{number}/receipt").status_code == 409


@pytest.mark.parametrize(
    ("quantity", "status", "said"),
    [
        ("８", 200, None),
        ("-3", 422, "负数"),
        ("1000000000000", 422, "999999"),
        ("9" * 10_000, 422, "999999"),
        ("八", 422, "整数"),
        ("", 422, "填写数量"),
    ],
)
def test_a_quantity_in_the_cart_is_answered_beside_its_line(
    shop: Shop, buyer: Any, quantity: str, status: int, said: str | None
) -> None:
    put(buyer, shop.stocked.sku, "4", htmx=True)
    answer = put(buyer, shop.stocked.sku, quantity, htmx=True)
    assert answer.status_code == status
    assert [bool(said and said in text) for text in errors(answer.text)] == ([True] if said else [])
    assert 'id="cart-bar"' in answer.text


def test_an_unknown_item_is_not_found(shop: Shop, buyer: Any, stranger: Any) -> None:
    assert put(buyer, "NO-SUCH", "1").status_code == 404
    assert put(stranger, shop.custom.sku, "1").status_code == 404


def test_the_cart_works_without_scripts(shop: Shop, buyer: Any) -> None:
    assert put(buyer, shop.stocked.sku, "8").headers["location"] == "/cart"
    assert "¥1,488.00" in buyer.get("/cart").text
    assert buyer.post(f"/cart/lines/{shop.stocked.id}/delete").status_code == 303
    assert "购物车是空的" in buyer.get("/cart").text


def test_the_cart_is_handed_in_with_a_form_that_survives_its_errors(shop: Shop, buyer: Any) -> None:
    with unit_of_work() as session:
        from portal.customers.models import Customer

        an_address(session, session.get_one(Customer, shop.buyer.customer_id))
    put(buyer, shop.custom.sku, "2")
    page = buyer.get("/cart/submit").text
    assert "此单需业务员审核" in page
    assert "现在不用付款" in page
    form = {name: hidden(page, name) for name in ("key", "total", "seen")} | {
        "note": "电" * 600,
        "purchase_order": "HR-1",
    }
    refused = buyer.post("/cart/submit", form | {"address": "new", "recipient": "王建国"})
    assert refused.status_code == 422
    assert {"最多 500 个字，现在是 600 个。", "填写司机能打通的电话。"} <= set(errors(refused.text))
    assert ('value="HR-1"' in refused.text, 'value="王建国"' in refused.text) == (True, True)
    address = re.search(r'name="address" value="(\d+)"', page)
    assert address
    done = buyer.post("/cart/submit", form | {"address": address[1], "note": "先电话"})
    again = buyer.post("/cart/submit", form | {"address": address[1], "note": "先电话"})
    assert done.headers["location"] == again.headers["location"]
    assert done.headers["location"].startswith("/orders/SO-")


def test_a_stale_submit_page_is_told_what_changed(shop: Shop, buyer: Any) -> None:
    put(buyer, shop.stocked.sku, "8")
    page = buyer.get("/cart/submit").text
    with unit_of_work() as session:
        session.get_one(Variant, shop.stocked.id).list_price = 190
    form = {name: hidden(page, name) for name in ("key", "total", "seen")}
    answer = buyer.post(
        "/cart/submit",
        form | {"address": "new", "recipient": "王", "phone": "13912345678", "detail": "1 号", "note": "留着"},
    )
    assert answer.status_code == 409
    assert "单价由 ¥186.00 变为 ¥190.00" in answer.text
    assert "留着" in answer.text
    assert hidden(answer.text, "total") == "1520.00"


def test_an_empty_cart_cannot_be_handed_in(shop: Shop, buyer: Any) -> None:
    assert buyer.get("/cart/submit").headers["location"] == "/cart"


def test_a_cancellation_says_whether_somebody_decides(shop: Shop, buyer: Any) -> None:
    free, bound = shop.order({shop.custom: 2}), shop.order({shop.made: 2})
    assert "立即取消" in buyer.get(f"/orders/{free}/cancellation").text
    assert "已下达工厂" in buyer.get(f"/orders/{bound}/cancellation").text
    refused = buyer.post(f"/orders/{free}/cancellation", {"reason": " "})
    assert (refused.status_code, errors(refused.text)) == (422, ["写一下原因，方便我们处理。"])
    assert buyer.post(f"/orders/{free}/cancellation", {"cause": "型号选错", "reason": "改订"}).status_code == 303
    assert (shop.view(free).status, shop.view(free).cancel_reason) == ("cancelled", "型号选错；改订")


def test_a_revision_with_bad_numbers_keeps_what_was_typed(shop: Shop, buyer: Any) -> None:
    number = shop.order({shop.custom: 2})
    shop.complete(number, "review_by_salesperson", actor_of(shop.seller), decision="send_back", reason="请改成 4 片")
    page = buyer.get(f"/orders/{number}/revision").text
    assert "请改成 4 片" in page
    refused = buyer.post(f"/orders/{number}/revision", {"quantity-1": "-4", "note": "好的", "revision": "1"})
    assert refused.status_code == 422
    assert "数量不能是负数。" in errors(refused.text)
    assert "好的" in refused.text
    assert (
        buyer.post(f"/orders/{number}/revision", {"quantity-1": "４", "note": "好的", "revision": "1"}).status_code
        == 303
    )
    assert shop.view(number).account.ordered == 4


def test_the_desk_narrows_and_adds_up(shop: Shop, client_for: ClientFor) -> None:
    first, second = shop.order({shop.stocked: 8}), shop.order({shop.custom: 2})
    seller = client_for(shop.seller)
    page = seller.get("/desk/orders").text
    assert ("2 单" in page, "1,860.00" in page, first in page, second in page) == (True,) * 4
    assert second not in seller.get("/desk/orders?status=awaiting_shipment").text
    assert first not in seller.get("/desk/orders?q=7-400*50*127").text
    assert second in seller.get("/desk/orders?q=7-400*50*127").text
    assert "没有符合条件的订单" in seller.get("/desk/orders?q=zzz").text
    assert seller.get("/desk/orders?status=nonsense&page=zz&salesperson=x&sort=x&payment=x").status_code == 200


def test_an_internal_note_is_for_staff_only(shop: Shop, buyer: Any, client_for: ClientFor) -> None:
    number = shop.order({shop.stocked: 8})
    seller = client_for(shop.seller)
    assert seller.post(f"/desk/orders/{number}/notes", {"note": ""}).status_code == 422
    assert seller.post(f"/desk/orders/{number}/notes", {"note": "这家要盯紧"}).status_code == 303
    assert "这家要盯紧" in seller.get(f"/desk/orders/{number}").text
    assert "这家要盯紧" not in buyer.get(f"/orders/{number}").text


def test_the_diagram_comes_with_the_path_taken(shop: Shop, client_for: ClientFor) -> None:
    number = shop.order({shop.custom: 2})
    seller = client_for(shop.seller, language="en")
    state = seller.get(f"/desk/orders/{number}/path.json").json()
    assert [one["node"] for one in state["here"]] == ["review_by_salesperson"]
    assert "assess" in state["taken"]
    assert state["names"]["review_by_salesperson"] == "Review by salesperson"
    assert "review_by_salesperson" in seller.get(f"/desk/orders/{number}/diagram.xml").text


def test_the_api_orders_once_per_key_and_reads_back(shop: Shop, buyer: Any) -> None:
    body = {
        "lines": [{"sku": shop.stocked.sku, "quantity": 8}],
        "address": {"recipient": "王磊", "phone": "13805741234", "detail": "1 号"},
        "note": "API",
    }
    headers = {"Idempotency-Key": "machine-0001", "Content-Type": "application/json", "x-csrftoken": buyer.csrf_token()}
    answers = [buyer.client.post("/api/orders", content=json.dumps(body), headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    number = answers[0].json()["number"]
    assert answers[1].json()["number"] == number
    view = buyer.get(f"/api/orders/{number}").json()
    assert (view["total"], view["lines"][0]["sku"], view["lines"][0]["quantity"]) == ("1488.00", shop.stocked.sku, 8)
    assert buyer.get("/api/orders").json()["orders"][0]["number"] == number


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"lines": []}',
        b'{"lines": [{"sku": "NO", "quantity": 1}]}',
        b'{"lines": [{"sku": "NO", "quantity": "x"}]}',
        b"\xff",
        b'{"lines": [{"sku": "NO", "quantity": 1}], "address_id": 1000000000000000000000000000000}',
        b'{"lines": [{"sku": "NO", "quantity": 1000000000000000000000000000000}], "address_id": 1}',
        b'{"lines": [{"sku": "NO", "quantity": 1}], "address_id": 1, "total": "sNaN"}',
        b'{"note": ' + b"[" * 100_000,
    ],
)
def test_the_api_refuses_what_is_no_order_with_a_reason(shop: Shop, buyer: Any, body: bytes) -> None:
    headers = {"Idempotency-Key": "machine-0002", "Content-Type": "application/json", "x-csrftoken": buyer.csrf_token()}
    answer = buyer.client.post("/api/orders", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid_input"


def test_the_api_keeps_texts_as_forms_do(shop: Shop, buyer: Any) -> None:
    body = {
        "lines": [{"sku": shop.stocked.sku, "quantity": 8}],
        "address": {"recipient": "王\0磊", "phone": "13805741234", "detail": "1 号", "region": "浙\x1b江"},
        "note": "a\0b", "purchase_order": "P\0O",
    }  # fmt: skip
    headers = {"Idempotency-Key": "machine-0003", "Content-Type": "application/json", "x-csrftoken": buyer.csrf_token()}
    answer = buyer.client.post("/api/orders", content=json.dumps(body), headers=headers)
    assert answer.status_code == 201
    view = shop.view(answer.json()["number"])
    assert (view.recipient, view.note, view.purchase_order, view.address) == ("王磊", "ab", "PO", "浙江 1 号")


def test_the_api_needs_a_key(shop: Shop, buyer: Any) -> None:
    headers = {"Content-Type": "application/json", "x-csrftoken": buyer.csrf_token()}
    answer = buyer.client.post("/api/orders", content=b"{}", headers=headers)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["Idempotency-Key"])


def test_a_reason_of_ten_thousand_characters_is_refused(shop: Shop, buyer: Any) -> None:
    number = shop.order({shop.custom: 2})
    answer = buyer.post(f"/orders/{number}/cancellation", {"reason": "长" * 10_000})
    assert (answer.status_code, "最多 500 个字" in answer.text) == (422, True)
    assert shop.view(number).status == "awaiting_approval"


def test_staff_may_ask_to_cancel_for_the_customer(shop: Shop, client_for: ClientFor) -> None:
    number = shop.order({shop.custom: 2})
    assert (
        client_for(shop.seller).post(f"/desk/orders/{number}/cancellation", {"reason": "客户来电"}).status_code == 303
    )
    assert shop.view(number).status == "cancelled"


def test_a_manager_sees_everybodys_orders(shop: Shop, client_for: ClientFor) -> None:
    number = shop.order({shop.custom: 2})
    with unit_of_work() as session:
        manager = a_user(session, "sales_manager", name="陈经理")
        session.expunge_all()
    assert number in client_for(manager).get("/desk/orders").text


def test_a_full_cart_page_stays_small(shop: Shop, buyer: Any) -> None:
    with unit_of_work() as session:
        rows = [
            {
                "product_id": shop.stocked.product_id,
                "sku": f"B-{n}",
                "marking": f"1-{n + 100}×50×203-WA60K5V-35m/s",
                "list_price": 1,
            }
            for n in range(500)
        ]
        ids = list(session.scalars(Variant.__table__.insert().returning(Variant.id), rows))
        service.fill_cart(session, actor=shop.buyer, quantities=dict.fromkeys(ids, 1))
    page = buyer.get("/cart")
    assert page.status_code == 200
    assert page.text.count("cart-line") == 500
    assert buyer.get("/cart/submit").status_code == 200
