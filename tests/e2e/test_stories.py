"""The main job, from the click to "completed", played by people in both languages."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.e2e.people import Contact, Staff, Warehouse
from tests.e2e.shop import SIZE, open_shop
from tests.e2e.site import Site

pytestmark = pytest.mark.parametrize("language", ["zh", "en"])
Enter = Callable[..., Any]


def test_type_one_in_stock(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, stock=20)
    contact = enter(Contact, shop.contact)
    contact.finds(SIZE)
    contact.reads(shop.wheel.marking)
    number = contact.orders(shop.wheel.sku, 8)
    contact.sees_status("Awaiting shipment", "Unpaid")

    tracking = enter(Warehouse, shop.keeper, phone=True).ships(number)
    contact.sees_status("Shipped")
    contact.reads(tracking)

    seller = enter(Staff, shop.seller)
    seller.opens_task("Follow up payment", number)
    seller.confirms_money()
    contact.sees_status("Shipped", "Paid")
    contact.presses("Confirm receipt")
    contact.sees_status("Completed")


def test_type_one_short_is_made_by_itself_while_payment_is_followed_up(
    session: Session, language: str, enter: Enter
) -> None:
    shop = open_shop(session, language=language, stock=0)
    contact, keeper = enter(Contact, shop.contact), enter(Warehouse, shop.keeper)
    keeper.sees_nothing_to_make()
    number = contact.orders(shop.wheel.sku, 8)
    contact.sees_status("Awaiting processing", "Unpaid")

    seller = enter(Staff, shop.seller)
    seller.opens_task("Follow up payment", number)
    keeper.starts_production(number)
    contact.sees_status("In production", "Unpaid")
    seller.confirms_money("500")
    contact.sees_status("In production", "Partly paid")
    keeper.finishes_production(number, 8)
    contact.sees_status("Awaiting shipment")
    contact.reads(keeper.ships(number))
    contact.sees_status("Shipped")
    contact.presses("Confirm receipt")
    contact.sees_status("Completed")


def test_type_two_in_stock_is_paid_before_it_is_released(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, type="two", stock=20)
    contact, keeper = enter(Contact, shop.contact), enter(Warehouse, shop.keeper)
    number = contact.orders(shop.wheel.sku, 8)
    contact.sees_status("Awaiting shipment", "Unpaid")
    keeper.sees_nothing_to_pick()

    seller = enter(Staff, shop.seller)
    seller.opens_task("Confirm payment", number)
    seller.confirms_money()
    contact.sees_status("Awaiting shipment", "Paid")
    keeper.reads(number)
    keeper.ships(number)
    contact.sees_status("Shipped", "Paid")


def test_type_two_short_is_made_only_when_it_is_paid(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, type="two", stock=0)
    contact, keeper = enter(Contact, shop.contact), enter(Warehouse, shop.keeper)
    number = contact.orders(shop.wheel.sku, 8)
    contact.sees_status("Awaiting processing", "Unpaid")
    keeper.sees_nothing_to_make()

    seller = enter(Staff, shop.seller)
    seller.opens_task("Confirm payment", number)
    seller.confirms_money()
    contact.sees_status("Awaiting processing", "Paid")
    keeper.reads(number)
    keeper.starts_production(number)
    keeper.finishes_production(number, 8)
    contact.sees_status("Awaiting shipment", "Paid")


def test_an_approval_is_refused_with_a_reason_the_contact_reads(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, seasoned=False)
    contact = enter(Contact, shop.contact)
    number = contact.orders(shop.wheel.sku, 8, for_approval=True)
    contact.sees_status("Awaiting approval")

    seller = enter(Staff, shop.seller)
    seller.opens_task("Review by salesperson", number)
    seller.decides("Reject", reason="规格做不了 / We cannot make this")
    seller.sees("Nothing is waiting for you")
    contact.sees_status("Rejected")
    contact.reads("规格做不了 / We cannot make this")


def test_an_order_sent_back_is_changed_and_handed_in_again(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, seasoned=False)
    contact, seller = enter(Contact, shop.contact), enter(Staff, shop.seller)
    number = contact.orders(shop.wheel.sku, 8, for_approval=True)
    seller.opens_task("Review by salesperson", number)
    seller.decides("Send back", reason="请改成 4 片 / Make it 4, please")

    contact.reads("请改成 4 片 / Make it 4, please")
    contact.presses("Change and submit again")
    contact.page.get_by_role("spinbutton").fill("4")
    contact.presses("Submit again")
    contact.page.wait_for_url(f"**/orders/{number}")
    contact.sees_status("Awaiting approval")

    seller.opens_task("Review by salesperson", number)
    seller.decides("Approve", message="周五发 / Friday")
    contact.sees_status("Awaiting shipment", "Unpaid")
    contact.reads("周五发 / Friday")
    contact.reads("¥744.00")


def test_a_large_order_goes_to_the_manager(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, stock=600)
    contact, manager = enter(Contact, shop.contact), enter(Staff, shop.manager)
    number = contact.orders(shop.wheel.sku, 540, for_approval=True)
    contact.sees_status("Awaiting approval")
    manager.opens("/desk/inbox?tab=team")
    manager.opens_task("Review by manager", number)
    manager.presses("Claim")
    manager.decides("Approve")
    contact.sees_status("Awaiting shipment", "Unpaid")


def test_two_parcels(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, stock=20)
    contact, keeper = enter(Contact, shop.contact), enter(Warehouse, shop.keeper)
    number = contact.orders(shop.wheel.sku, 8)
    contact.sees_status("Awaiting shipment")
    first = keeper.ships(number, only=3)
    contact.sees_status("Partly shipped")
    contact.reads(first)
    second = keeper.ships(number)
    contact.sees_status("Shipped")
    contact.reads(first)
    contact.reads(second)


def test_an_order_completes_by_itself_when_nobody_confirms_it(
    session: Session, language: str, enter: Enter, site: Site
) -> None:
    shop = open_shop(session, language=language, stock=20)
    contact = enter(Contact, shop.contact)
    number = contact.orders(shop.wheel.sku, 8)
    enter(Warehouse, shop.keeper).ships(number)
    contact.sees_status("Shipped")
    site.passes(days=6)
    site.settled()
    contact.opens(f"/orders/{number}").sees_status("Shipped")
    site.passes(days=1, minutes=1)
    contact.sees_status("Completed")


def test_a_cancellation_before_release_is_free(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, type="two", stock=20)
    contact, seller = enter(Contact, shop.contact), enter(Staff, shop.seller)
    number = contact.orders(shop.wheel.sku, 8)
    contact.sees_status("Awaiting shipment")
    seller.opens_task("Confirm payment", number)
    contact.asks_to_cancel(free=True)
    contact.sees_status("Cancelled")
    enter(Warehouse, shop.keeper).sees_nothing_to_pick()
    seller.opens("/desk/inbox")
    seller.sees("Nothing is waiting for you")


def test_a_cancellation_after_release_is_decided_and_what_was_paid_goes_back(
    session: Session, language: str, enter: Enter
) -> None:
    shop = open_shop(session, language=language, type="two", stock=20)
    contact, seller = enter(Contact, shop.contact), enter(Staff, shop.seller)
    number = contact.orders(shop.wheel.sku, 8)
    seller.opens_task("Confirm payment", number)
    seller.confirms_money()
    contact.sees_status("Awaiting shipment", "Paid")
    contact.asks_to_cancel(free=False)
    contact.sees_status("Awaiting shipment", "Paid")

    seller.opens_task("Decide cancellation", number)
    seller.decides("Agree to cancel", message="已停止备货 / Stopped")
    contact.sees_status("Cancelled", "Refunding")
    contact.reads("已停止备货 / Stopped")

    finance = enter(Staff, shop.finance)
    finance.opens("/desk/inbox?tab=team")
    finance.opens_task("Refund", number)
    finance.presses("Claim")
    finance.confirms_money()
    contact.sees_status("Cancelled", "Refunded")


def test_a_cancellation_that_is_declined_lets_the_order_go_on(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, stock=0)
    contact, seller = enter(Contact, shop.contact), enter(Staff, shop.seller)
    number = contact.orders(shop.wheel.sku, 8)
    enter(Warehouse, shop.keeper).starts_production(number)
    contact.sees_status("In production")
    contact.asks_to_cancel(free=False)
    seller.opens_task("Decide cancellation", number)
    seller.decides("Decline", reason="已经上机 / Already on the machine")
    contact.reads("已经上机 / Already on the machine")
    contact.sees_status("In production")


def test_a_custom_product_exists_only_for_its_customer(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language)
    secret = shop.secret
    contact, stranger = enter(Contact, shop.contact), enter(Contact, shop.stranger)

    contact.opens("/products").reads(secret.marking)
    contact.opens(f"/products/{secret.sku}").reads(secret.marking)

    stranger.opens("/products").reads(shop.wheel.marking)
    stranger.does_not_read("178×1.2×22.23")
    for text in (secret.sku, "178×1.2×22.23", secret.marking):
        stranger.finds(text)
        stranger.sees("Nothing found")
        stranger.does_not_read(f"/products/{secret.sku}")
    unknown = stranger.page.request.get("/products/NO-SUCH-THING")
    hidden = stranger.page.request.get(f"/products/{secret.sku}")
    assert (unknown.status, hidden.status) == (404, 404)
    assert "345.67" not in hidden.text()

    token = stranger.opens("/products").page.locator("[name=_csrf_token]").first.get_attribute("value")
    for sku in (secret.sku, "NO-SUCH-THING"):
        stranger.page.request.post(
            "/cart/lines", form={"sku": sku, "quantity": "1", "_csrf_token": token or ""}, max_redirects=0
        )
    stranger.opens("/cart").sees("Your cart is empty")

    for path in ("/api/products", "/api/products?q=178", f"/api/products/{secret.sku}", "/api/products/NO-SUCH-THING"):
        assert secret.sku not in stranger.page.request.get(path).text().replace(path, "")
    assert secret.sku in contact.page.request.get("/api/products").text()
    assert stranger.page.request.get(f"/api/products/{secret.sku}").status == 404

    answers = [
        stranger.page.request.post(
            "/api/orders",
            data={"lines": [{"sku": sku, "quantity": 1}], "address": {"recipient": "a", "phone": "13800000000", "detail": "b"}},
            headers={"x-csrftoken": token or "", "Idempotency-Key": f"try-{sku}"},
        )
        for sku in (secret.sku, "NO-SUCH-THING")
    ]  # fmt: skip
    assert answers[0].status == answers[1].status
    assert 400 <= answers[0].status < 500
    said = [answer.json() | {"request_id": ""} for answer in answers]
    assert said[0] == said[1]
