"""The facts the approval table decides on."""

from decimal import Decimal
from typing import Any

from portal.orders.assessment import assess
from portal.orders.pricing import Agreed


def facts(*lines: Agreed, **terms: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "customer_type": "one",
        "order_limit": None,
        "credit_limit": Decimal(0),
        "overdue": Decimal(0),
        "owed": Decimal(0),
        "first_order": False,
    }
    return assess(lines, **(defaults | terms))


def line(
    price: str, listed: str | None = "100.00", *, quantity: int = 10, custom: bool = False, agreed: bool = False
) -> Agreed:
    return Agreed(quantity, Decimal(price), Decimal(listed) if listed else None, custom, agreed)


def test_the_largest_discount_counts() -> None:
    assert facts(line("95.00"), line("88.00"), line("100.00"))["below_list_percent"] == Decimal("12.00")


def test_a_price_agreed_with_the_customer_is_not_below_the_list() -> None:
    assert facts(line("50.00", agreed=True))["below_list_percent"] == Decimal(0)


def test_an_item_without_a_list_price_has_no_discount() -> None:
    assert facts(line("50.00", None))["below_list_percent"] == Decimal(0)


def test_one_custom_item_makes_the_order_custom() -> None:
    assert facts(line("100.00"), line("100.00", custom=True))["custom"] is True


def test_an_amount_at_the_customers_limit_is_within_it() -> None:
    assert facts(line("100.00"), order_limit=Decimal(1000))["over_limit"] is False
    assert facts(line("100.10"), order_limit=Decimal(1000))["over_limit"] is True


def test_credit_counts_what_is_owed_already() -> None:
    found = facts(line("100.00"), credit_limit=Decimal(1500), owed=Decimal(600))
    assert (found["credit_left"], found["over_credit"]) == (Decimal(900), True)


def test_a_credit_limit_of_zero_is_none() -> None:
    found = facts(line("100.00"), owed=Decimal(600))
    assert (found["credit_left"], found["over_credit"]) == (None, False)
