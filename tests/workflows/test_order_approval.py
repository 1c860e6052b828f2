"""The delivered table `workflows/order_approval.dmn`, row by row, and what each row does to an order."""

from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from sqlalchemy.orm import Session

from portal.workflow import decisions
from tests.factories import catalog
from tests.factories.orders import WORKFLOWS
from tests.workflows.shop import Shop, settles

NOTHING_SPECIAL = {
    "amount": Decimal("1000.00"), "customer_type": "one", "custom": False, "below_list_percent": Decimal("0.00"), "over_limit": False,
    "overdue": Decimal("0.00"), "credit_left": None, "over_credit": False, "first_order": False, "item_count": 1,
    "partial_delivery": True,
}  # fmt: skip

ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "rule_deep_discount": ({"below_list_percent": Decimal("10.01")}, "sales_manager"),
    "rule_large_order": ({"amount": Decimal("100000.00")}, "sales_manager"),
    "rule_overdue": ({"overdue": Decimal("0.01")}, "sales_manager"),
    "rule_over_credit": ({"over_credit": True}, "sales_manager"),
    "rule_over_limit": ({"over_limit": True}, "salesperson"),
    "rule_custom": ({"custom": True}, "salesperson"),
    "rule_below_list": ({"below_list_percent": Decimal("10.00")}, "salesperson"),
    "rule_considerable": ({"amount": Decimal("20000.00")}, "salesperson"),
    "rule_first_order": ({"first_order": True}, "salesperson"),
    "rule_no_approval": ({"amount": Decimal("19999.99")}, "none"),
}


@pytest.fixture
def rules() -> list[str]:
    """The ids of the delivered table's rows, in their order."""
    table = etree.fromstring((WORKFLOWS / "order_approval.dmn").read_bytes())
    return [str(rule.get("id")) for rule in table.iter("{https://www.omg.org/spec/DMN/20191111/MODEL/}rule")]


def decided(session: Session, **facts: Any) -> tuple[dict[str, Any], int]:
    """Ask the table; return its answer and which row (from 1) gave it."""
    answer, account = decisions.decide(session, "order_approval", {"order_facts": NOTHING_SPECIAL | facts})
    return answer, int(account["row"])


@pytest.mark.parametrize("rule", ROWS)
def test_each_row_decides_who_approves(rule: str, rules: list[str], shop: Shop, session: Session) -> None:
    facts, approver = ROWS[rule]
    answer, row = decided(session, **facts)
    assert rules[row - 1] == rule
    assert answer["approver"] == approver
    assert bool(answer["reason"]) == bool(answer["reason_en"]) == (approver != "none")


def test_no_row_is_left_untested(rules: list[str]) -> None:
    assert rules == list(ROWS)


def test_the_managers_rows_come_before_the_salespersons(shop: Shop, session: Session) -> None:
    answer, row = decided(session, first_order=True, custom=True, over_limit=True, over_credit=True)
    assert (answer["approver"], row) == ("sales_manager", 4)


@pytest.mark.parametrize(
    ("quantity", "terms", "task"),
    [
        (538, {}, "review_by_manager"),  # 100,068.00
        (537, {"credit_limit": "200000"}, "review_by_salesperson"),  # 99,882.00
        (8, {"overdue_amount": "0.01"}, "review_by_manager"),
        (20, {"credit_limit": "3719.99"}, "review_by_manager"),  # 3,720.00
        (20, {"credit_limit": "3720.00"}, None),
        (8, {"order_limit": "1487.99"}, "review_by_salesperson"),  # 1,488.00
        (8, {"order_limit": "1488.00"}, None),
        (108, {}, "review_by_salesperson"),  # 20,088.00
        (107, {}, None),  # 19,902.00
        (8, {"seasoned": False}, "review_by_salesperson"),
        (8, {"credit_limit": "0"}, None),
    ],
)  # fmt: skip
def test_an_order_goes_to_whom_the_table_says(
    quantity: int, terms: dict[str, Any], task: str | None, shop: Shop
) -> None:
    story = shop.order(quantity, stock=1000, **terms)
    assert story.waits_for - {"follow_up_payment"} == ({task} if task else set())


def test_an_order_of_a_custom_product_goes_to_the_salesperson(shop: Shop, session: Session) -> None:
    from portal.customers.models import Customer

    buyer, seller = shop.buyer()
    wheel = catalog.a_custom_variant(session, session.get_one(Customer, buyer.customer_id))
    session.commit()
    story = shop.submitted(buyer, seller, {wheel: 2})
    settles()
    assert story.waits_for == {"review_by_salesperson"}


def test_a_price_agreed_with_the_customer_needs_no_approval(shop: Shop, session: Session) -> None:
    from portal.customers.models import Customer

    buyer, seller = shop.buyer()
    wheel = shop.wheel(8)
    catalog.a_customer_price(session, wheel, session.get_one(Customer, buyer.customer_id), "100.00")
    session.commit()
    story = shop.submitted(buyer, seller, {wheel: 2})
    settles()
    assert story.waits_for == {"follow_up_payment"}
    assert story.order().total == Decimal("200.00")


def test_what_is_owed_for_other_orders_counts_against_the_credit_limit(shop: Shop) -> None:
    buyer, seller = shop.buyer(credit_limit="2000")
    wheel = shop.wheel(100)
    first = shop.submitted(buyer, seller, {wheel: 8})
    second = shop.submitted(buyer, seller, {wheel: 8})
    settles()
    assert first.waits_for == {"follow_up_payment"}
    assert second.waits_for == {"review_by_manager"}
