"""Who sees which item, at what price, found by what."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM
from portal.catalog import queries
from portal.catalog.queries import ItemNotFound
from tests.factories.catalog import (
    a_category,
    a_custom_variant,
    a_customer_price,
    a_grant,
    a_product,
    a_variant,
)
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user, actor_of


def seen(session: Session, actor, **filters) -> list[str]:
    return [item.sku for item in queries.items(session, actor=actor, **filters).rows]


def test_a_contact_sees_standard_items_and_what_is_granted_to_the_company(session: Session) -> None:
    mine, other = a_customer(session), a_customer(session)
    a_variant(session, sku="STANDARD")
    a_custom_variant(session, mine, sku="MINE")
    a_custom_variant(session, other, sku="THEIRS")
    assert sorted(seen(session, actor_of(a_contact(session, mine)))) == ["MINE", "STANDARD"]


def test_a_custom_product_may_be_granted_to_a_level(session: Session) -> None:
    gold, silver = a_customer(session, level="A"), a_customer(session, level="B")
    variant = a_custom_variant(session, sku="FOR-A")
    a_grant(session, session.get_one(queries.Product, variant.product_id), level="A")
    assert seen(session, actor_of(a_contact(session, gold))) == ["FOR-A"]
    assert seen(session, actor_of(a_contact(session, silver))) == []


@pytest.mark.parametrize("by_level", [True, False])
def test_a_deny_wins_over_everything(session: Session, by_level: bool) -> None:
    customer = a_customer(session)
    product = a_product(session)
    a_variant(session, product, sku="DENIED")
    a_grant(session, product, customer, effect="deny" if not by_level else "allow")
    if by_level:
        a_grant(session, product, level="A", effect="deny")
    assert seen(session, actor_of(a_contact(session, customer))) == []


def test_what_is_discontinued_is_gone_for_contacts_and_marked_for_staff(session: Session) -> None:
    contact = actor_of(a_contact(session))
    a_variant(session, sku="OLD-ITEM", status="discontinued")
    a_variant(session, a_product(session, status="discontinued"), sku="OLD-FAMILY")
    assert seen(session, contact) == []
    statuses = {item.sku: item.status for item in queries.items(session, actor=actor_of(a_salesperson(session))).rows}
    assert statuses == {"OLD-ITEM": "discontinued", "OLD-FAMILY": "discontinued"}


def test_an_unreviewed_company_sees_standard_items_without_any_price(session: Session) -> None:
    company = a_customer(session, status="unreviewed")
    a_custom_variant(session, company, sku="GRANTED")
    variant = a_variant(session, sku="STANDARD")
    a_customer_price(session, variant, company)
    rows = queries.items(session, actor=actor_of(a_contact(session, company))).rows
    assert [(item.sku, item.price, item.list_price, item.price_source) for item in rows] == [
        ("STANDARD", None, None, "hidden")
    ]


def test_the_price_is_the_customers_else_the_lists_else_asked_for(session: Session) -> None:
    company = a_customer(session)
    contact = actor_of(a_contact(session, company))
    a_customer_price(session, a_variant(session, sku="AGREED"), company, "150.00")
    a_customer_price(session, a_variant(session, sku="LIST"), a_customer(session), "1.00")
    a_variant(session, sku="ASK", list_price=None)
    found = queries.items_by_sku(session, actor=contact, skus=["AGREED", "LIST", "ASK"])
    assert {sku: (item.price, item.price_source, item.orderable) for sku, item in found.items()} == {
        "AGREED": (Decimal("150.00"), "customer", True),
        "LIST": (Decimal("186.00"), "list", True),
        "ASK": (None, "ask", False),
    }


def test_the_warehouse_sees_items_without_prices(session: Session) -> None:
    a_variant(session, sku="X")
    item = queries.item(session, actor=actor_of(a_user(session, "warehouse")), sku="X")
    assert (item.price, item.list_price, item.price_source) == (None, None, "hidden")


def test_a_hidden_item_is_as_unknown_as_one_that_is_not_there(session: Session) -> None:
    a_custom_variant(session, a_customer(session), sku="SECRET")
    contact = actor_of(a_contact(session))
    for sku in ("SECRET", "NOWHERE", "砂轮🛞", "\x00", "x" * 10_000):
        with pytest.raises(ItemNotFound) as refusal:
            queries.item(session, actor=contact, sku=sku)
        assert not refusal.value.data
    assert queries.items_by_sku(session, actor=contact, skus=["SECRET"]) == {}


def test_items_for_a_customer_are_those_its_contacts_see_at_its_prices(session: Session) -> None:
    company = a_customer(session)
    mine = a_custom_variant(session, company)
    theirs = a_custom_variant(session, a_customer(session))
    a_customer_price(session, mine, company, "99.00")
    found = queries.items_for_customer(session, customer_id=company.id, variant_ids=[mine.id, theirs.id])
    assert {item.variant_id: item.price for item in found.values()} == {mine.id: Decimal("99.00")}
    assert set(queries.items_by_id(session, actor=SYSTEM, variant_ids=[mine.id, theirs.id])) == {mine.id, theirs.id}


def test_counts_of_shelves_and_kinds_are_of_what_is_visible(session: Session) -> None:
    mine, other = a_customer(session), a_customer(session)
    a_variant(session)
    a_custom_variant(session, mine)
    a_custom_variant(session, other)
    empty = a_category(session, "secret", name_zh="秘密")
    a_grant(
        session,
        session.get_one(
            queries.Product, a_variant(session, a_product(session, kind="custom", category_id=empty.id)).product_id
        ),
        other,
    )
    contact = actor_of(a_contact(session, mine))
    assert queries.counts(session, actor=contact) == queries.Counts(standard=1, custom=1)
    assert [(shelf.code, shelf.count) for shelf in queries.categories(session, actor=contact)] == [("straight", 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("400*50", ["WA", "GC"]),
        ("400×50×203-WA60", ["WA"]),
        ("1-400x50x203-WA60K5V-35m/s", ["WA"]),
        ("N1 400*50*203 WA60K5V 35", ["WA"]),
        ("刚", ["WA"]),
        ("白刚玉", ["WA"]),
        ("平形", ["WA", "GC", "SMALL"]),
        ("绿碳化硅", ["GC", "SMALL"]),
        ("GC", ["GC", "SMALL"]),
        ("gc-1", ["GC"]),
        ("ＧＣ６０", ["GC"]),
        ("straight", ["WA", "GC", "SMALL"]),
        ("砂轮 400*50", ["WA", "GC"]),
        ("🛞", []),
        ("'\\:*&|!()", []),
        ("شحذ", []),
        ("x" * 10_000, []),
    ],
)
def test_a_search_finds(session: Session, text: str, expected: list[str]) -> None:
    product = a_product(session, name_zh="平形砂轮", name_en="Straight wheel")
    skus = {"WA": "WA-1", "GC": "GC-1", "SMALL": "SMALL"}
    a_variant(session, product, "1-400×50×203-WA60K5V-35m/s", sku="WA-1")
    a_variant(session, product, "1-400×50×127-GC60J5V-35m/s", sku="GC-1")
    a_variant(session, product, "1-200×20×32-GC80J5V-35m/s", sku="SMALL")
    contact = actor_of(a_contact(session))
    found = seen(session, contact, search=text)
    assert sorted(found) == sorted(skus[name] for name in expected)
    assert queries.items(session, actor=contact, search=text).total == len(expected)


def test_the_article_number_comes_first_then_the_whole_marking(session: Session) -> None:
    product = a_product(session)
    marking = "1-400×50×203-WA60K5V-35m/s"
    a_variant(session, product, "1-300×50×203-WA60K5V-35m/s", sku="400*50 WA")
    a_variant(session, product, marking, sku="B")
    contact = actor_of(a_contact(session))
    assert seen(session, contact, search="400*50 WA") == ["400*50 WA", "B"]
    assert seen(session, contact, search="b")[0] == "B"


def test_close_sizes_are_the_nearest_visible_ones(session: Session) -> None:
    customer = a_customer(session)
    a_variant(session, marking="1-400×40×203-WA80K5V-35m/s", sku="NEAR")
    a_variant(session, marking="1-350×40×127-WA46L5V-35m/s", sku="FAR")
    a_variant(session, marking="1-100×10×20-WA46L5V-35m/s", sku="OTHER")
    a_custom_variant(session, customer, marking="1-400×54×203-WA60K5V-35m/s", sku="SECRET")
    contact = actor_of(a_contact(session))
    assert [item.sku for item in queries.close_items(session, actor=contact, text="400*55*203")] == ["NEAR"]
    assert [item.sku for item in queries.close_items(session, actor=contact, text="400*50")] == ["NEAR", "FAR"]
    assert queries.close_items(session, actor=contact, text="白刚玉") == ()
