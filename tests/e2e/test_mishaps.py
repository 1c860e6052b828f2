"""What goes wrong on real phones and desks: pressed twice, away too long, a page that is old, two people on one task."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.database import unit_of_work
from portal.orders.models import Order
from tests.e2e.people import Contact, Staff, Watch
from tests.e2e.shop import MARKING, fill_cart, new_price, open_shop

both = pytest.mark.parametrize("language", ["zh", "en"])
Enter = Callable[..., Any]


def orders_of(user: Any) -> int:
    """Count what somebody has handed in here (one old order is from before)."""
    with unit_of_work() as session:
        mine = select(func.count()).select_from(Order).where(Order.placed_by_id == user.id, Order.status != "completed")
        return session.scalar(mine) or 0


@both
def test_a_double_click_on_submit_makes_one_order(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language)
    contact = enter(Contact, shop.contact)
    contact.goes_to_submit(shop.wheel.sku, 8)
    contact.button("Submit order", exact=True).dblclick(no_wait_after=True)
    expect(contact.page).to_have_url(re.compile(r"/orders/SO-"))  # the second click breaks off the first navigation
    contact.sees_status("Awaiting shipment")
    assert orders_of(shop.contact) == 1


def test_submitting_the_same_form_in_two_tabs_makes_one_order(session: Session, enter: Enter) -> None:
    shop = open_shop(session, language="zh")
    contact = enter(Contact, shop.contact)
    contact.goes_to_submit(shop.wheel.sku, 8)
    form = {
        field.get_attribute("name") or "": field.input_value()
        for field in contact.page.locator("#submit-order [name][type=hidden]").all()
    }
    address = contact.page.get_by_role("radio", checked=True).get_attribute("value") or ""
    answers = [
        contact.page.request.post("/cart/submit", form={**form, "address": address}, max_redirects=0) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert orders_of(shop.contact) == 1


@both
def test_a_form_survives_the_session_that_ended_in_the_middle_of_it(
    session: Session, language: str, enter: Enter
) -> None:
    shop = open_shop(session, language=language)
    contact = enter(Contact, shop.contact)
    contact.goes_to_submit(shop.wheel.sku, 8)
    contact.chooses_new_address()
    contact.fills("Recipient", "陈静")
    contact.fills("Phone", "13900001111")
    contact.fills("Province, city, district", "上海市嘉定区")
    contact.fills("Street and number", "安亭镇 100 号 🏭")
    contact.fills("Note (optional)", "周三前请电话联系")
    contact.loses_the_session()
    contact.presses("Submit order", exact=True)

    contact.sees("What you entered is kept")
    assert orders_of(shop.contact) == 0
    contact.logs_in()
    contact.presses("Send it now")
    contact.page.wait_for_url("**/orders/SO-*")
    contact.sees_status("Awaiting shipment")
    contact.reads("安亭镇 100 号 🏭")
    contact.reads("周三前请电话联系")
    assert orders_of(shop.contact) == 1


@both
def test_a_salespersons_decision_survives_the_session_that_ended(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, seasoned=False)
    contact, seller = enter(Contact, shop.contact), enter(Staff, shop.seller)
    number = contact.orders(shop.wheel.sku, 8, for_approval=True)
    seller.opens_task("Review by salesperson", number)
    seller.chooses("Reject")
    seller.fills("Reason", "库存规格不符 / Wrong size")
    seller.loses_the_session()
    seller.presses("and open the next")
    seller.sees("What you entered is kept")
    seller.logs_in()
    seller.presses("Send it now")
    contact.sees_status("Rejected")
    contact.reads("库存规格不符 / Wrong size")


@both
def test_an_old_page_is_told_what_changed_and_keeps_what_was_typed(
    session: Session, language: str, enter: Enter
) -> None:
    shop = open_shop(session, language=language)
    contact = enter(Contact, shop.contact)
    contact.goes_to_submit(shop.wheel.sku, 8)
    contact.fills("Note (optional)", "随货附合格证")
    new_price(shop.wheel, "199.00")
    contact.presses("Submit order", exact=True)
    contact.is_told(contact.word("Something changed since you opened this page"))
    contact.is_told("¥186.00")
    contact.is_told("¥199.00")
    assert orders_of(shop.contact) == 0
    expect(contact.page.get_by_label(contact.word("Note (optional)"))).to_have_value("随货附合格证")
    contact.presses("Submit order", exact=True)
    contact.page.wait_for_url("**/orders/SO-*")
    contact.reads("¥1,592.00")


@pytest.mark.parametrize("quantity", ["-3", "1.5", "99999999999"])
def test_a_quantity_that_cannot_be_is_refused_beside_the_field(session: Session, enter: Enter, quantity: str) -> None:
    shop = open_shop(session, language="zh")
    contact = enter(Contact, shop.contact)
    contact.opens(f"/products/{shop.wheel.sku}")
    forces = "(field, value) => { field.removeAttribute('min'); field.type = 'text'; field.value = value }"
    contact.page.get_by_role("spinbutton").evaluate(forces, quantity)
    contact.presses("Add to the cart")
    expect(contact.page.get_by_role("alert")).to_be_visible()
    contact.opens("/cart").sees("Your cart is empty")


STRANGE = "👷🏽‍♀️ עברית مرحبا ＡＢＣ１２３ <script>alert(1)</script> {{ 7 * 7 }} ' -- 𠮷"


@both
def test_strange_characters_are_kept_as_they_are_and_too_many_are_told_beside_the_field(
    session: Session, language: str, enter: Enter
) -> None:
    shop = open_shop(session, language=language)
    contact = enter(Contact, shop.contact)
    contact.goes_to_submit(shop.wheel.sku, 8)
    note = contact.page.get_by_label(contact.word("Note (optional)"))
    note.fill("磨" * 10_000)
    contact.presses("Submit order", exact=True)
    expect(note).to_have_attribute("aria-invalid", "true")
    expect(note).to_have_value("磨" * 10_000)
    assert orders_of(shop.contact) == 0
    note.fill(STRANGE)
    contact.presses("Submit order", exact=True)
    contact.page.wait_for_url("**/orders/SO-*")
    contact.reads(STRANGE)


def test_a_cart_of_five_hundred_lines_is_shown_and_handed_in(session: Session, enter: Enter) -> None:
    shop = open_shop(session, language="zh")
    fill_cart(shop.contact, 500)
    contact = enter(Contact, shop.contact)
    contact.opens("/cart")
    expect(contact.page.get_by_role("spinbutton")).to_have_count(500)
    contact.presses("Go to submit")
    contact.page.wait_for_url("**/cart/submit")
    contact.presses("Submit order")
    contact.page.wait_for_url("**/orders/SO-*")
    contact.reads("¥1,000.00")
    assert orders_of(shop.contact) == 1


@both
def test_a_task_is_completed_with_the_keyboard_alone(session: Session, language: str, enter: Enter) -> None:
    shop = open_shop(session, language=language, seasoned=False)
    contact, seller = enter(Contact, shop.contact), enter(Staff, shop.seller)
    number = contact.orders(shop.wheel.sku, 8, for_approval=True)
    seller.opens("/desk/inbox")
    seller.reads(number)
    keys = seller.page.keyboard
    keys.press("j")
    keys.press("Enter")
    panel = seller.page.get_by_role("complementary", name=seller.word("Review by salesperson"))
    expect(panel).to_be_visible()
    seller.walks_to(panel.get_by_role("radio").first)
    keys.press("Space")
    expect(panel.get_by_role("radio", name=seller.word("Approve"))).to_be_checked()
    expect(panel.get_by_label(seller.word("Message to the customer"))).to_be_visible()
    seller.walks_to(panel.get_by_label(seller.word("Message to the customer")))
    keys.type("OK 同意")
    keys.press("Control+Enter")
    seller.sees("Nothing is waiting for you")
    contact.sees_status("Awaiting shipment")
    contact.reads("OK 同意")


@both
def test_the_inbox_shows_at_once_that_a_colleague_has_taken_a_task(
    session: Session, language: str, enter: Enter
) -> None:
    shop = open_shop(session, language=language, seasoned=False)
    contact, seller, manager = enter(Contact, shop.contact), enter(Staff, shop.seller), enter(Staff, shop.manager)
    seller.opens("/desk/inbox")
    seller.sees("Nothing is waiting for you")
    number = contact.orders(shop.wheel.sku, 8, for_approval=True)
    seller.reads(number)
    seller.opens_task("Review by salesperson", number)

    manager.opens("/desk/inbox?tab=team")
    manager.opens_task("Review by salesperson", number)
    manager.presses("Take over")
    manager.sees("Approve")
    expect(seller.page.get_by_role("row").filter(has_text=number)).to_have_count(0)

    seller.chooses("Approve")
    seller.presses("and open the next")
    seller.is_told("周敏")
    manager.decides("Approve")
    contact.sees_status("Awaiting shipment")


def test_without_a_connection_to_live_events_pages_still_work(session: Session, enter: Enter, watch: Watch) -> None:
    shop = open_shop(session, language="zh")
    contact = enter(Contact, shop.contact)
    contact.context.route("**/live**", lambda route: route.abort())
    number = contact.orders(shop.wheel.sku, 8)
    contact.site.settled()
    contact.opens(f"/orders/{number}").sees_status("Awaiting shipment")
    contact.reads(MARKING)
    assert all("ERR_FAILED" in said or "Failed to fetch" in said or "htmx:error" in said for said in watch.complaints)
    watch.complaints.clear()  # of the connection alone
