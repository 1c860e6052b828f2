"""The catalogue's pages for contacts: who comes in, what they see, and that a hidden product is nowhere."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal import database
from portal.catalog import buying, stock
from portal.catalog.buying import CartState
from tests.factories.catalog import (
    a_category,
    a_custom_variant,
    a_customer_price,
    a_package_code,
    a_product,
    a_variant,
)
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user

CUSTOMER_PAGES = ["/", "/products", "/products/SKU-X", "/scan", "/q/SKU-X", "/contact", "/account/addresses"]
Clients = Callable[..., Any]


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither cart nor stock of other capabilities: these tests say themselves what is in them."""
    monkeypatch.setattr(buying, "_cart", [])
    monkeypatch.setattr(buying, "_purchases", [])
    monkeypatch.setattr(stock, "_reader", None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database was asked meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(database.engine(), "before_cursor_execute", note)
    yield asked
    event.remove(database.engine(), "before_cursor_execute", note)


@pytest.mark.parametrize("path", [*CUSTOMER_PAGES, "/api/products", "/api/products/SKU-X"])
def test_a_visitor_is_asked_to_log_in(client_for: Clients, path: str) -> None:
    answer = client_for().get(path)
    assert answer.status_code == (401 if path.startswith("/api") else 303)
    assert "SKU-X" not in answer.text


@pytest.mark.parametrize("path", CUSTOMER_PAGES)
def test_a_contact_opens_every_page(session: Session, client_for: Clients, path: str) -> None:
    a_variant(session, sku="SKU-X")
    user = a_contact(session)
    session.commit()
    for language in ("zh", "en"):
        assert client_for(user, language=language).get(path).status_code == 200


def test_staff_are_sent_to_the_desk(session: Session, client_for: Clients) -> None:
    variant = a_variant(session, sku="SKU-X")
    user = a_salesperson(session)
    session.commit()
    browser = client_for(user)
    desk = f"/desk/products/{variant.product_id}?variant={variant.id}"
    places = {
        "/": "/desk/inbox",
        "/products?q=400": "/desk/products?q=400",
        "/products/SKU-X": desk,
        "/q/SKU-X": desk,
        "/contact": "/desk/inbox",
    }
    assert {path: browser.get(path).headers["location"] for path in places} == places


def test_the_home_page_has_a_door_for_custom_products_only_with_a_grant(session: Session, client_for: Clients) -> None:
    mine, other = a_customer(session), a_customer(session)
    a_variant(session)
    a_custom_variant(session, mine)
    users = [a_contact(session, mine), a_contact(session, other)]
    session.commit()
    assert "/products?custom=1" in client_for(users[0]).get("/").text
    assert "/products?custom=1" not in client_for(users[1]).get("/").text


def test_the_home_page_shows_shelves_with_something_on_them(session: Session, client_for: Clients) -> None:
    a_variant(session)
    secret = a_category(session, "secret", name_zh="秘密分类")
    a_variant(session, a_product(session, kind="custom", category_id=secret.id))
    user = a_contact(session)
    session.commit()
    page = client_for(user).get("/").text
    assert "平形砂轮" in page
    assert "秘密分类" not in page


class Hidden:
    """A product of somebody else's, beside one that everybody sees."""

    def __init__(self, session: Session) -> None:
        other = a_customer(session)
        a_variant(session, a_product(session, name_zh="公开砂轮"), "1-400×40×203-WA60K5V-35m/s", sku="PUBLIC")
        variant = a_custom_variant(session, other, marking="7-400×53×127-SG80J7V-50m/s", sku="HIDDEN-01")
        self.gtin = "06901230000587"
        a_package_code(session, variant, self.gtin, lot="L99")
        a_package_code(session, variant, "SECRETCODE1")
        self.owner, self.stranger = a_contact(session, other), a_contact(session)
        session.commit()


@pytest.fixture
def hidden(session: Session) -> Hidden:
    return Hidden(session)


PAIRS = [
    ("/products/{}", "HIDDEN-01", "NOWHERE-1"),
    ("/q/{}", "HIDDEN-01", "NOWHERE-1"),
    ("/q/{}", "SECRETCODE1", "UNKNOWNCODE"),
    ("/scan?code={}", "06901230000587", "06901230000594"),
    (
        "/scan?code={}",
        "https://id.example.com/01/06901230000587/10/L99",
        "https://id.example.com/01/06901230000594/10/L98",
    ),
    ("/scan?code={}", "7-400×53×127-SG80J7V-50m/s", "7-400×53×127-SG80J7V-63m/s"),
    ("/api/products/{}", "HIDDEN-01", "NOWHERE-1"),
    ("/products?q={}", "HIDDEN-01", "NOWHERE-1"),
    ("/products?q={}", "7-400×53×127-SG80J7V-50m/s", "7-400×53×127-SG80J7V-63m/s"),
    ("/contact?sku={}", "HIDDEN-01", "NOWHERE-1"),
    ("/api/products?search={}", "HIDDEN-01", "NOWHERE-1"),
]


@pytest.mark.parametrize(("path", "hidden_text", "unknown_text"), PAIRS)
def test_a_hidden_product_answers_as_one_that_does_not_exist(
    hidden: Hidden, client_for: Clients, path: str, hidden_text: str, unknown_text: str
) -> None:
    browser = client_for(hidden.stranger)
    answers = [browser.get(path.format(quote(text, safe=""))) for text in (hidden_text, unknown_text)]
    assert answers[0].status_code == answers[1].status_code
    bodies = [
        _without_chance(answer.text, text) for answer, text in zip(answers, (hidden_text, unknown_text), strict=True)
    ]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(("path", "hidden_text", "unknown_text"), PAIRS)
def test_a_hidden_product_costs_the_same_statements_as_one_that_does_not_exist(
    hidden: Hidden, client_for: Clients, path: str, hidden_text: str, unknown_text: str
) -> None:
    browser = client_for(hidden.stranger)
    asked = []
    for text in (hidden_text, hidden_text, unknown_text):
        with statements() as made:
            browser.get(path.format(quote(text, safe="")))
        asked.append(made)
    assert asked[1] == asked[2]


@pytest.mark.parametrize(
    "path", ["/products", "/products?q=400*53", "/products?q=定制", "/", "/api/products", "/scan?code=7-400*52*127"]
)
def test_a_hidden_product_is_in_no_list_count_filter_or_suggestion(
    hidden: Hidden, client_for: Clients, path: str
) -> None:
    page = client_for(hidden.stranger).get(path).text
    for secret in ("HIDDEN-01", "SG80J7V", "定制砂轮", "SG 陶瓷"):
        assert secret not in page
    assert "SG80J7V" in client_for(hidden.owner).get("/products?q=400*53").text.replace("<mark>", "").replace(
        "</mark>", ""
    )


def test_the_owner_of_a_custom_product_opens_it_by_link_and_by_code(hidden: Hidden, client_for: Clients) -> None:
    browser = client_for(hidden.owner)
    for path in ("/products/HIDDEN-01", "/q/SECRETCODE1", "/scan?code=06901230000587"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "贵司定制" in answer.text
    assert "L99" in browser.get("/scan?code=06901230000587").text
    assert browser.get("/api/products/HIDDEN-01").json()["marking"] == "7-400×53×127-SG80J7V-50m/s"


def test_an_unknown_code_is_passed_on_to_the_salesperson(session: Session, client_for: Clients) -> None:
    company = a_customer(session, salesperson_id=a_salesperson(session, "李敏").id)
    a_variant(session, marking="1-400×50×203-WA60K5V-35m/s")
    user = a_contact(session, company)
    session.commit()
    answer = client_for(user).get("/scan", params={"code": "N1 400*50*203 GC46 K V 2019-04"})
    assert answer.status_code == 404
    assert "发给业务员李敏" in answer.text
    assert "N1 400*50*203 GC46 K V 2019-04" in answer.text
    assert "WA60K5V-35m/s" in answer.text


def test_a_scanned_package_says_lot_and_when_it_was_bought_last(
    session: Session, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = a_variant(session)
    a_package_code(session, variant, "06901230000020")
    user = a_contact(session)
    session.commit()
    last = buying.LastPurchase(at=variant_day(), quantity=8, number="SO-260703-009")
    monkeypatch.setattr(buying, "_purchases", [lambda *_asked, **_who: last])
    page = client_for(user).get("/scan?code=https://id.example.com/01/06901230000020/10/L2324").text
    for words in ("已识别包装二维码", "批号 L2324", "SO-260703-009", 'value="8"', "¥1,488.00"):
        assert words in page


def test_the_price_shown_is_the_customers_with_the_lists_struck_through(session: Session, client_for: Clients) -> None:
    company = a_customer(session)
    a_customer_price(session, a_variant(session, sku="X"), company, "150.00")
    user = a_contact(session, company)
    session.commit()
    page = client_for(user).get("/products/X").text
    assert "¥150.00" in page
    assert "协议价" in page
    assert re.search(r'class="was">¥186\.00', page)


def test_an_unreviewed_company_sees_no_price_anywhere(session: Session, client_for: Clients) -> None:
    company = a_customer(session, status="unreviewed")
    a_customer_price(session, a_variant(session, sku="X"), company, "150.00")
    user = a_contact(session, company)
    session.commit()
    browser = client_for(user)
    for path in ("/products", "/products/X", "/api/products", "/api/products/X", "/scan?code=X"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "186" not in answer.text.replace("#186", "")
        assert "150.00" not in answer.text
    assert "审核后可见价格" in browser.get("/products").text


def test_an_item_in_the_cart_shows_its_stepper_and_the_bar_the_sum(
    session: Session, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = a_variant(session, pack_size=4, order_multiple=4, min_quantity=4)
    user = a_contact(session)
    session.commit()
    state = CartState({variant.id: 8}, variant.list_price * 8)
    monkeypatch.setattr(buying, "_cart", [lambda *_asked, **_who: state])
    page = client_for(user).get("/products").text
    assert "¥1,488.00" in page
    assert re.search(r'name="quantity" value="8"', page)
    assert 'data-pack="4"' in page


def test_htmx_gets_the_amount_of_a_quantity_and_the_next_rows_alone(session: Session, client_for: Clients) -> None:
    product = a_product(session)
    for number in range(25):
        a_variant(session, product, f"1-{200 + number}×20×32-WA60K5V-35m/s", sku=f"X{number}")
    user = a_contact(session)
    session.commit()
    browser = client_for(user)
    assert browser.get("/products/X1?quantity=8", htmx=True).text.strip() == '<small id="amount">¥1,488.00</small>'
    rows = browser.get("/products?page=2", htmx=True).text
    assert rows.count("<article") == 5
    assert "<html" not in rows


def test_a_list_costs_the_same_statements_however_long_it_is(session: Session, client_for: Clients) -> None:
    product = a_product(session)
    for number in range(45):
        a_variant(session, product, f"1-400×50×{60 + number}-WA60K5V-35m/s")
    user = a_contact(session)
    session.commit()
    browser, counted = client_for(user), []
    for query in ("400*50", "400*50*61", "400*50"):
        with statements() as asked:
            assert browser.get("/products", params={"q": query}).status_code == 200
        counted.append(len(asked))
    assert counted[2] <= 16
    assert counted[1] <= counted[2] + 1


NONSENSE = [
    "x" * 10_000,
    "砂" * 1_500,
    "🛞🔥",
    "\u202eشحذ\u202c",
    "４００＊５０",
    "' OR 1=1 --",
    "%",
    "\\",
    "\x00",
    "<script>",
    "1" * 400,
]


@pytest.mark.parametrize("text", NONSENSE, ids=[f"nonsense{number}" for number in range(len(NONSENSE))])
def test_no_text_breaks_a_page(session: Session, client_for: Clients, text: str) -> None:
    a_variant(session)
    user = a_contact(session)
    session.commit()
    browser = client_for(user)
    pages = [
        browser.get("/products", params={"q": text, "shape": text[:50], "category": text[:50], "page": text[:20]}),
        browser.get("/scan", params={"code": text}),
        browser.get(f"/q/{quote(text[:2000], safe='')}"),
        browser.get(f"/products/{quote(text[:2000], safe='')}"),
        browser.get("/contact", params={"sku": text, "text": text, "order": text}),
        browser.get("/api/products", params={"search": text, "page": "-1", "size": "99999999999"}),
    ]
    assert {page.status_code for page in pages} <= {200, 404}
    assert not any("<script>" in page.text.replace("<script type", "") for page in pages[:5])
    assert all(len(page.text) < 120_000 for page in pages)


@pytest.mark.parametrize("page", ["0", "-1", "abc", "99999999999999999999", "1.5", ""])
def test_a_page_number_out_of_range_is_brought_into_it(session: Session, client_for: Clients, page: str) -> None:
    a_variant(session)
    user = a_contact(session)
    session.commit()
    assert client_for(user).get("/products", params={"page": page}).status_code == 200


@pytest.mark.parametrize("quantity", ["0", "-4", "999999999999", "abc", "1e9", "４"])
def test_an_absurd_quantity_in_an_address_starts_at_the_smallest(
    session: Session, client_for: Clients, quantity: str
) -> None:
    a_variant(session, sku="X", min_quantity=4, order_multiple=4)
    user = a_contact(session)
    session.commit()
    page = client_for(user).get("/products/X", params={"quantity": quantity}).text
    assert re.search(r'name="quantity" value="4"', page)


def test_an_article_number_with_signs_in_it_has_a_page(session: Session, client_for: Clients) -> None:
    sku = "A/B 7#定制?x=1&y"
    a_variant(session, sku=sku)
    user = a_contact(session)
    session.commit()
    browser = client_for(user)
    (link,) = set(re.findall(r'class="product-id" href="([^"]+)"', browser.get("/products").text))
    assert browser.get(link.replace("&amp;", "&")).status_code == 200


def test_the_warehouse_sees_the_catalogue_without_prices_by_the_api(session: Session, client_for: Clients) -> None:
    a_variant(session, sku="X")
    user = a_user(session, "warehouse")
    session.commit()
    item = client_for(user).get("/api/products/X").json()
    assert (item["price"], item["list_price"], item["price_source"]) == (None, None, "hidden")


def variant_day() -> Any:
    from portal import clock

    return clock.now()


def _without_chance(body: str, echoed: str) -> str:
    """The body without what differs by itself (tokens, ids) and without the text that was asked for."""
    from markupsafe import escape

    body = re.sub(r'(_csrf_token" value="|x-csrftoken": "|request_id":"|request_id": ")[^"]+', "", body)
    for text in {echoed, str(escape(echoed)), quote(echoed), quote(echoed, safe=""), echoed.replace("*", "×")}:
        body = body.replace(text, "§")
    return re.sub(r"[0-9a-f]{16}", "", body)
