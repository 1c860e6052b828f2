"""The pages of customers: who comes in, forms that come back with their input, passwords shown once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.models import User
from portal.customers.models import Address, Customer
from tests.factories.customers import a_contact, a_customer, a_level, a_salesperson, a_user, an_address

Clients = Callable[..., Any]
FIELDS = {"name": "无锡曲轴集团", "type": "one", "level": "A", "status": "active"}


class Shop:
    """A salesperson with a customer, and somebody else's customer."""

    def __init__(self, session: Session) -> None:
        a_level(session)
        self.mine, self.theirs = a_salesperson(session), a_salesperson(session)
        self.own = a_customer(session, name="宁波海天", salesperson_id=self.mine.id)
        self.other = a_customer(session, name="台州泵业", salesperson_id=self.theirs.id)
        self.contact = a_contact(session, self.own)
        self.address = an_address(session, self.own)
        self.stranger = a_contact(session, self.other)
        self.warehouse = a_user(session, "warehouse")
        self.finance = a_user(session, "finance")
        self.admin = a_user(session, "administrator")
        session.commit()

    def pages(self) -> list[str]:
        base = f"/desk/customers/{self.own.id}"
        return [
            "/desk/customers", base, f"{base}/edit", f"{base}/contacts/new", f"{base}/contacts/{self.contact.id}",
            f"{base}/addresses/new", f"{base}/addresses/{self.address.id}", "/desk/customers/new",
        ]  # fmt: skip


@pytest.fixture
def shop(session: Session) -> Shop:
    return Shop(session)


def test_a_visitor_is_asked_to_log_in_and_contacts_and_the_warehouse_find_nothing(
    shop: Shop, client_for: Clients
) -> None:
    visitor, contact, warehouse = client_for(), client_for(shop.contact), client_for(shop.warehouse)
    for path in shop.pages():
        assert visitor.get(path).status_code == 303
        assert contact.get(path).status_code == 404
        assert warehouse.get(path).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_own_salesperson_and_the_administrator_open_every_page(
    shop: Shop, client_for: Clients, language: str
) -> None:
    for user in (shop.mine, shop.admin):
        browser = client_for(user, language=language)
        assert {browser.get(path).status_code for path in shop.pages()} == {200}


def test_a_colleagues_customer_is_not_there(shop: Shop, client_for: Clients) -> None:
    browser = client_for(shop.theirs)
    for path in shop.pages()[1:-1]:
        assert browser.get(path).status_code == 404
    assert "宁波海天" not in browser.get("/desk/customers").text
    assert browser.post(f"/desk/customers/{shop.own.id}/edit", {**FIELDS, "version": "1"}).status_code == 404
    base = f"/desk/customers/{shop.own.id}/contacts/{shop.contact.id}"
    for action in ("", "/removal", "/restoration", "/password"):
        assert browser.post(base + action, {"name": "x", "phone": "13805741111"}).status_code == 404


def test_a_contact_of_another_customer_is_not_reached_through_the_own_ones_address(
    shop: Shop, client_for: Clients
) -> None:
    browser = client_for(shop.mine)
    assert browser.get(f"/desk/customers/{shop.own.id}/contacts/{shop.stranger.id}").status_code == 404
    assert browser.post(f"/desk/customers/{shop.own.id}/contacts/{shop.stranger.id}/removal").status_code == 404


def test_finance_reads_customers_and_does_not_edit_them(shop: Shop, client_for: Clients) -> None:
    browser = client_for(shop.finance)
    page = browser.get(f"/desk/customers/{shop.own.id}")
    assert page.status_code == 200
    assert "/edit" not in page.text
    assert browser.get(f"/desk/customers/{shop.own.id}/edit").status_code == 403
    assert browser.post(f"/desk/customers/{shop.own.id}/edit", FIELDS).status_code == 403


def test_a_customer_is_made_from_the_form(session: Session, shop: Shop, client_for: Clients) -> None:
    answer = client_for(shop.admin).post(
        "/desk/customers/new", {**FIELDS, "credit_limit": "¥ 1,200.50", "order_limit": ""}
    )
    assert answer.status_code == 303
    made = session.scalars(select(Customer).where(Customer.name == FIELDS["name"])).one()
    assert answer.headers["location"] == f"/desk/customers/{made.id}"
    assert (str(made.credit_limit), made.order_limit) == ("1200.50", None)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "必填"),
        ("name", "砂" * 10_000, "最多 200 个字"),
        ("type", "three", "请选择类型"),
        ("level", "Z", "请选择等级"),
        ("credit_limit", "-5", "不能是负数"),
        ("credit_limit", "很多", "数字"),
        ("code", "\u202eK1" * 30, "最多 40 个字"),
    ],
)
def test_a_wrong_field_comes_back_with_its_message_and_the_rest_of_the_input(
    shop: Shop, client_for: Clients, field: str, value: str, message: str
) -> None:
    answer = client_for(shop.admin).post("/desk/customers/new", {**FIELDS, "note": "留着这句", field: value})
    assert answer.status_code == 422
    assert "留着这句" in answer.text
    assert message in re.sub(r"\s+", " ", answer.text)
    assert f'id="f-{field}-err"' in answer.text


def test_a_stale_form_tells_what_changed_keeps_the_input_and_saves_the_second_time(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    path = f"/desk/customers/{shop.own.id}/edit"
    one, two = client_for(shop.admin), client_for(shop.mine)
    first = {**FIELDS, "name": "海天新名", "salesperson_id": str(shop.mine.id), "version": "1"}
    assert one.post(path, first).status_code == 303
    refused = two.post(path, {**FIELDS, "name": "我的改法", "terms": "月结 30 天", "version": "1"})
    assert refused.status_code == 409
    for words in ("宁波海天 → 海天新名", shop.admin.name, "月结 30 天", "我的改法"):
        assert words in refused.text
    version = re.search(r'name="version" value="(\d+)"', refused.text)
    assert version is not None
    assert two.post(path, {**FIELDS, "name": "我的改法", "version": version[1]}).status_code == 303
    session.expire_all()
    assert session.get_one(Customer, shop.own.id).name == "我的改法"


def test_a_new_contacts_password_is_on_the_answer_and_nowhere_after(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    browser = client_for(shop.mine)
    base = f"/desk/customers/{shop.own.id}"
    answer = browser.post(f"{base}/contacts/new", {"name": "王芳", "phone": "138 0574 9999"})
    shown = re.search(r'id="password">([^<]+)<', answer.text)
    assert shown is not None
    user = session.scalars(select(User).where(User.phone == "+8613805749999")).one()
    assert passwords.matches(user.password_hash, shown[1])
    assert answer.headers["cache-control"] == "no-store"
    assert shown[1] not in browser.get(base).text
    assert shown[1] not in browser.get(f"{base}/contacts/{user.id}").text


def test_a_taken_phone_is_told_beside_the_field(shop: Shop, client_for: Clients) -> None:
    answer = client_for(shop.mine).post(
        f"/desk/customers/{shop.own.id}/contacts/new", {"name": "王芳", "phone": shop.stranger.phone}
    )
    assert answer.status_code == 422
    assert 'id="f-phone-err"' in answer.text
    assert "王芳" in answer.text


def test_contacts_keep_the_own_companys_addresses_and_reach_no_others(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    mine, stranger = client_for(shop.contact), client_for(shop.stranger)
    fields = {"recipient": "李国华", "phone": "13805740000", "detail": "骆驼街道 18 号", "is_default": "1"}
    assert mine.post("/account/addresses/new", fields).status_code == 303
    assert "骆驼街道 18 号" in mine.get("/account/addresses").text
    path = f"/account/addresses/{shop.address.id}"
    assert mine.get(path).status_code == 200
    for answer in (stranger.get(path), stranger.post(path, fields), stranger.post(f"{path}/removal")):
        assert answer.status_code == 404
    assert "骆驼街道" not in stranger.get("/account/addresses").text
    assert mine.post(f"{path}/removal").status_code == 303
    session.expire_all()
    assert session.get_one(Address, shop.address.id).archived


def test_an_address_without_a_recipient_comes_back(shop: Shop, client_for: Clients) -> None:
    answer = client_for(shop.contact).post("/account/addresses/new", {"phone": "13805740000", "detail": "留着这条街"})
    assert answer.status_code == 422
    assert "留着这条街" in answer.text


@pytest.mark.parametrize(
    "query", ["?q=%00", "?page=-1", "?page=99999", "?type=x&level=y&status=z&salesperson=abc", "?q=" + "x" * 9000]
)
def test_no_address_breaks_the_list(shop: Shop, client_for: Clients, query: str) -> None:
    browser = client_for(shop.admin)
    assert browser.get("/desk/customers" + query).status_code == 200
    assert "<html" not in browser.get("/desk/customers" + query, htmx=True).text
