"""The catalogue's pages for staff: products, items, prices, grants and package codes."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import CustomerPrice, PackageCode, Product, Variant, VisibilityGrant
from tests.factories.catalog import a_category, a_customer_price, a_grant, a_package_code, a_product, a_variant
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user

Clients = Callable[..., Any]
ITEM = {
    "sku": "WA1-0001", "marking": "N1 400*50*203 WA60K5V 35", "list_price": "¥ 186.00", "min_quantity": "4", "order_multiple": "4",
    "pack_size": "4", "lead_days": "15", "unit_zh": "片", "unit_en": "pcs", "status": "active",
}  # fmt: skip
PRODUCT = {
    "name_zh": "白刚玉平形砂轮",
    "name_en": "Straight wheel",
    "category": "straight",
    "kind": "standard",
    "status": "active",
}


class Shop:
    """A product with items, and people."""

    def __init__(self, session: Session) -> None:
        a_category(session)
        self.mine = a_salesperson(session)
        self.own = a_customer(session, name="宁波海天", code="C1", salesperson_id=self.mine.id)
        self.other = a_customer(session, name="台州泵业", code="C2", salesperson_id=a_salesperson(session).id)
        self.product = a_product(session)
        self.variants = [
            a_variant(session, self.product, f"1-{size}×20×32-WA{grit}K5V-35m/s", sku=f"V{size}-{grit}")
            for size in (200, 300, 400)
            for grit in (46, 60)
        ]
        self.variant = self.variants[0]
        self.grant = a_grant(session, self.product, self.other)
        a_customer_price(session, self.variant, self.other, "77.77")
        a_package_code(session, self.variant, "06901230000020")
        self.admin, self.warehouse = a_user(session, "administrator"), a_user(session, "warehouse")
        self.contact = a_contact(session, self.own)
        session.commit()
        self.path = f"/desk/products/{self.product.id}"
        self.item = f"{self.path}/items/{self.variant.id}"

    def reading(self) -> list[str]:
        return ["/desk/products", self.path, f"{self.path}?variant={self.variant.id}", f"{self.path}?view=list"]

    def editing(self) -> list[str]:
        return [
            "/desk/products/new",
            f"{self.path}/edit",
            f"{self.path}/items/new",
            self.item,
            "/desk/products/marking?marking=x",
        ]


@pytest.fixture
def shop(session: Session) -> Shop:
    return Shop(session)


def test_visitors_contacts_and_the_warehouse_come_no_further_than_they_should(shop: Shop, client_for: Clients) -> None:
    visitor, contact, warehouse = client_for(), client_for(shop.contact), client_for(shop.warehouse)
    for path in (*shop.reading(), *shop.editing()):
        assert visitor.get(path).status_code == 303
        assert contact.get(path).status_code == 404
    assert {warehouse.get(path).status_code for path in shop.reading()} == {200}
    assert {warehouse.get(path).status_code for path in shop.editing()} == {404}
    for path in shop.reading():
        assert "186.00" not in warehouse.get(path).text
        assert "77.77" not in warehouse.get(path).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_salespeople_and_administrators_open_every_page(shop: Shop, client_for: Clients, language: str) -> None:
    for user in (shop.mine, shop.admin):
        browser = client_for(user, language=language)
        for path in (*shop.reading(), *shop.editing()):
            assert browser.get(path).status_code == 200


def test_a_salesperson_sees_neither_prices_nor_grants_of_colleagues_customers(shop: Shop, client_for: Clients) -> None:
    page = client_for(shop.mine).get(f"{shop.path}?variant={shop.variant.id}").text
    assert "台州泵业" not in page
    assert "77.77" not in page
    browser = client_for(shop.mine)
    assert browser.post(f"/desk/grants/{shop.grant.id}/removal").status_code == 404
    price = {"price": "1", "item": shop.variant.sku}
    assert browser.post(f"/desk/customers/{shop.other.id}/prices", price).status_code == 404
    assert browser.post(f"/desk/customers/{shop.other.id}/prices/{shop.variant.id}/removal").status_code == 404
    grant = {"effect": "allow", "product": shop.product.code}
    assert browser.post(f"/desk/customers/{shop.other.id}/grants", grant).status_code == 404


def test_a_product_is_made_with_its_first_item(session: Session, shop: Shop, client_for: Clients) -> None:
    answer = client_for(shop.admin).post("/desk/products/new", {**PRODUCT, **ITEM})
    assert answer.status_code == 303
    variant = session.scalars(select(Variant).where(Variant.sku == "WA1-0001")).one()
    assert variant.marking == "1-400×50×203-WA60K5V-35m/s"
    assert (variant.shape, variant.diameter, variant.grit, variant.list_price) == ("1", 400, "60", Decimal("186.00"))
    assert variant.marking_raw == ITEM["marking"]
    assert client_for(shop.contact).get("/products?q=400*50").text.count("<article") == 1


def test_a_custom_product_is_made_for_one_customer_and_seen_by_no_other(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    answer = client_for(shop.mine).post(
        "/desk/products/new", {**PRODUCT, **ITEM, "kind": "custom", "customer": "宁波海天"}
    )
    assert answer.status_code == 303
    assert client_for(shop.contact).get("/products/WA1-0001").status_code == 200
    stranger = a_contact(session, shop.other)
    session.commit()
    assert client_for(stranger).get("/products/WA1-0001").status_code == 404


def test_a_refused_form_makes_neither_product_nor_item(session: Session, shop: Shop, client_for: Clients) -> None:
    before = session.query(Product).count()
    for wrong in (
        {"sku": shop.variant.sku},
        {"customer": "没有这家", "kind": "custom"},
        {"list_price": "-1"},
        {"min_quantity": "0"},
    ):
        answer = client_for(shop.admin).post("/desk/products/new", {**PRODUCT, **ITEM, **wrong})
        assert answer.status_code == 422
        assert ITEM["marking"] in answer.text
    session.expire_all()
    assert session.query(Product).count() == before


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sku", "", "必填"),
        ("sku", "V200-60", "已被别的规格使用"),
        ("sku", "x" * 10_000, "最多 60 个字"),
        ("marking", "砂" * 10_000, "最多 120 个字"),
        ("list_price", "-0.01", "不能是负数"),
        ("list_price", "99999999999999", "太大"),
        ("list_price", "便宜", "数字"),
        ("list_price", "1.234", "两位小数"),
        ("min_quantity", "0", "1 到"),
        ("order_multiple", "-4", "1 到"),
        ("pack_size", "99999999", "1 到"),
        ("pack_size", "1.5", "整数"),
        ("lead_days", "-1", "0 到"),
    ],
)
def test_a_wrong_field_of_an_item_is_told_beside_it(
    session: Session, shop: Shop, client_for: Clients, field: str, value: str, message: str
) -> None:
    answer = client_for(shop.admin).post(shop.item, {**ITEM, "version": "1", "note": "留着这句", field: value})
    assert answer.status_code == 422
    error = re.search(rf'id="f-{field}-err">(.*?)</p>', answer.text, re.DOTALL)
    assert error is not None
    assert message in error[1]
    assert "留着这句" in answer.text
    session.expire_all()
    assert session.get_one(Variant, shop.variant.id).sku == "V200-46"


def test_no_price_means_ask_and_a_text_that_is_no_marking_is_kept(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    fields = {**ITEM, "version": "1", "list_price": "", "marking": "导轨磨头 特殊 🛞"}
    assert client_for(shop.admin).post(shop.item, fields).status_code == 303
    session.expire_all()
    row = session.get_one(Variant, shop.variant.id)
    assert (row.list_price, row.marking, row.shape, row.diameter) == (None, "导轨磨头 特殊 🛞", None, None)
    assert "询价" in client_for(shop.contact).get("/products?q=导轨").text


def test_a_stale_item_form_tells_what_changed(shop: Shop, client_for: Clients) -> None:
    one, two = client_for(shop.admin), client_for(shop.mine)
    assert one.post(shop.item, {**ITEM, "version": "1"}).status_code == 303
    refused = two.post(shop.item, {**ITEM, "list_price": "200", "version": "1"})
    assert refused.status_code == 409
    assert "1-200×20×32-WA46K5V-35m/s → 1-400×50×203-WA60K5V-35m/s" in refused.text
    assert 'value="200"' in refused.text
    assert one.post(f"{shop.path}/edit", {**PRODUCT, "version": "1"}).status_code == 303
    assert two.post(f"{shop.path}/edit", {**PRODUCT, "name_zh": "别的", "version": "1"}).status_code == 409


def test_a_renamed_product_is_found_by_its_new_name(shop: Shop, client_for: Clients) -> None:
    assert (
        client_for(shop.admin).post(f"{shop.path}/edit", {**PRODUCT, "name_zh": "镜面砂轮", "version": "1"}).status_code
        == 303
    )
    contact = client_for(shop.contact)
    assert contact.get("/products?q=镜面").text.count("<article") == 6
    assert contact.get("/products?q=镜").text.count("<article") == 6


def test_what_is_discontinued_leaves_the_customers_pages(shop: Shop, client_for: Clients) -> None:
    fields = {**ITEM, "sku": shop.variant.sku, "status": "discontinued", "version": "1"}
    assert client_for(shop.admin).post(shop.item, fields).status_code == 303
    assert client_for(shop.contact).get(f"/products/{shop.variant.sku}").status_code == 404
    assert "已停产" in client_for(shop.admin).get(f"{shop.path}?variant={shop.variant.id}").text


def test_grants_prices_and_codes_are_given_and_taken_on_a_product(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    browser = client_for(shop.admin)
    assert browser.post(f"{shop.path}/grants", {"effect": "deny", "customer": "C1"}).status_code == 303
    assert client_for(shop.contact).get("/products").text.count("<article") == 0
    grant = session.scalars(select(VisibilityGrant).where(VisibilityGrant.customer_id == shop.own.id)).one()
    assert browser.post(f"/desk/grants/{grant.id}/removal", {"back": shop.path}).headers["location"] == shop.path
    assert client_for(shop.contact).get("/products").text.count("<article") == 6
    assert browser.post(f"{shop.item}/prices", {"customer": "宁波海天", "price": "９９．５"}).status_code == 303
    price = session.scalars(select(CustomerPrice).where(CustomerPrice.customer_id == shop.own.id)).one()
    assert price.price == Decimal("99.50")
    link = "https://id.example.com/01/06901230000099/10/L1"
    assert browser.post(f"{shop.item}/codes", {"code": link, "lot": ""}).status_code == 303
    code = session.scalars(select(PackageCode).where(PackageCode.code == "06901230000099")).one()
    assert browser.post(f"/desk/codes/{code.id}/removal").status_code == 303


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("grants", {"effect": "allow"}, "customer"),
        ("grants", {"effect": "allow", "customer": "没有这家"}, "customer"),
        ("grants", {"effect": "allow", "customer": "C1", "level": "A"}, "customer"),
        ("grants", {"effect": "maybe", "customer": "C1"}, "effect"),
        ("items/{}/prices", {"customer": "C1", "price": "-1"}, "price"),
        ("items/{}/prices", {"customer": "C1"}, "price"),
        ("items/{}/codes", {"code": ""}, "code"),
        ("items/{}/codes", {"code": "x" * 10_000}, "code"),
    ],
)
def test_what_cannot_be_given_is_told_on_the_products_page(
    shop: Shop, client_for: Clients, path: str, fields: dict[str, str], field: str
) -> None:
    query = f"?variant={shop.variant.id}"
    answer = client_for(shop.admin).post(f"{shop.path}/{path.format(shop.variant.id)}{query}", fields)
    assert answer.status_code == 422
    assert f'id="f-{field}-err"' in answer.text


def test_a_code_belongs_to_one_item(shop: Shop, client_for: Clients) -> None:
    other = shop.variants[1]
    answer = client_for(shop.admin).post(
        f"{shop.path}/items/{other.id}/codes?variant={other.id}", {"code": "6901230000020"}
    )
    assert answer.status_code == 422
    assert "已属于别的规格" in answer.text


def test_grants_and_prices_are_given_on_a_customers_page(session: Session, shop: Shop, client_for: Clients) -> None:
    browser, base = client_for(shop.mine), f"/desk/customers/{shop.own.id}"
    assert browser.post(f"{base}/prices", {"item": shop.variant.marking, "price": "88"}).status_code == 303
    assert browser.post(f"{base}/grants", {"product": shop.variant.sku, "effect": "deny"}).status_code == 303
    page = browser.get(base).text
    assert "88.00" in page
    assert "能看到 0 个标准规格" in page
    refused = browser.post(f"{base}/prices", {"item": "没有", "price": "88"})
    assert refused.status_code == 422
    assert "没有这个货号" in refused.text
    assert browser.post(f"{base}/prices/{shop.variant.id}/removal").status_code == 303


def test_only_managers_decide_for_a_whole_level(shop: Shop, client_for: Clients) -> None:
    fields = {"effect": "deny", "level": "A"}
    assert client_for(shop.mine).post(f"{shop.path}/grants", fields).status_code == 403
    assert client_for(shop.admin).post(f"{shop.path}/grants", fields).status_code == 303


def test_an_item_is_not_reached_through_another_product(session: Session, shop: Shop, client_for: Clients) -> None:
    elsewhere = a_product(session)
    session.commit()
    browser = client_for(shop.admin)
    path = f"/desk/products/{elsewhere.id}/items/{shop.variant.id}"
    assert browser.get(path).status_code == 404
    assert browser.post(path, {**ITEM, "version": "1"}).status_code == 404
    assert browser.get("/desk/products/999999").status_code == 404


def test_the_marking_is_read_back_while_it_is_typed(shop: Shop, client_for: Clients) -> None:
    browser = client_for(shop.admin)
    page = browser.get("/desk/products/marking", params={"marking": "N1 210*20*32 WA60K5V"}, htmx=True).text
    assert "1-210×20×32-WA60K5V" in page
    assert "1-200×20×32-WA46K5V-35m/s" in page
    built = browser.get(
        "/desk/products/marking", params={"build": "1", "m_shape": "1", "m_diameter": "400"}, htmx=True
    ).text
    assert 'value="1-400"' in built
    assert "hx-swap-oob" in built


def test_the_grid_shows_sizes_by_grit_with_a_place_for_what_is_missing(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    a_variant(session, shop.product, "1-500×20×32-WA46K5V-35m/s")
    session.commit()
    page = client_for(shop.admin).get(shop.path).text
    assert "grid-sizes" in page
    assert "新建 500×20×32，粒度 60" in page
    assert "grid-sizes" not in client_for(shop.admin).get(f"{shop.path}?view=list").text


def test_the_history_tells_nobody_of_customers_and_prices_they_do_not_see(
    session: Session, shop: Shop, client_for: Clients
) -> None:
    boss = client_for(shop.admin)
    assert boss.post(f"{shop.item}/prices", {"customer": "C2", "price": "66.66"}).status_code == 303
    assert boss.post(f"{shop.path}/grants", {"customer": "C2", "effect": "deny"}).status_code == 303
    changed = {**ITEM, "sku": shop.variant.sku, "list_price": "987.65", "version": str(shop.variant.version)}
    assert boss.post(shop.item, changed).status_code == 303
    page = f"{shop.path}?variant={shop.variant.id}"
    secrets = ("台州泵业", "66.66", "987.65")
    for person, told in ((shop.admin, secrets), (shop.mine, ("987.65",)), (shop.warehouse, ())):
        shown = client_for(person).get(page).text
        assert tuple(secret for secret in secrets if secret in shown) == told, person.roles
        assert "修改规格" in shown
