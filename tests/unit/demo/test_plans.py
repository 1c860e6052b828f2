"""What the demonstration means to play."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from portal.accounts.actor import SYSTEM
from portal.demo.baskets import basket
from portal.demo.opening import Client, Ware
from portal.demo.plans import DAYS, Course, ordinary, told

NOW = datetime(2026, 7, 16, 8, 0, tzinfo=UTC)
TEAMS = [[(0, "one"), (1, "two")], [(2, "one"), (3, "two")]]


def test_the_same_orders_are_made_up_at_every_run() -> None:
    assert list(ordinary(NOW, range(8), count=30)) == list(ordinary(NOW, range(8), count=30))
    assert list(told(NOW, TEAMS, [0])) == list(told(NOW, TEAMS, [0]))


def test_ordinary_orders_lie_in_the_last_sixty_days_and_every_customer_has_one() -> None:
    plans = list(ordinary(NOW, range(8), count=30))
    assert all(NOW - timedelta(days=DAYS + 3) < plan.at < NOW for plan in plans)
    assert {plan.client for plan in plans} == set(range(8))


def test_every_salesperson_has_the_same_kinds_of_work_waiting() -> None:
    stops = [
        Counter(plan.stops_at for plan in told(NOW, TEAMS, [0]) if plan.client in clients)
        for clients in ({0, 1}, {2, 3})
    ]
    assert all(each["review_by_salesperson"] >= 2 and each["confirm_payment"] >= 2 for each in stops)


def _ware(number: int, *, price: str = "50.00", multiple: int = 5, customer_id: int | None = None) -> Ware:
    return Ware(number, f"W-{number}", Decimal(price), multiple, multiple, customer_id)


CLIENT = Client(0, 7, "one", SYSTEM, (), ())
WARES = [_ware(number) for number in range(40)]


def test_a_basket_in_stock_takes_no_more_than_there_is() -> None:
    lines = basket(CLIENT, Course(stock="in"), WARES, dict.fromkeys(range(40), 12), Random(1))
    assert lines
    assert all(line.quantity in (5, 10) for line in lines)


def test_a_short_basket_begins_with_what_is_not_there() -> None:
    lines = basket(CLIENT, Course(stock="short"), WARES, dict.fromkeys(range(40), 12), Random(1))
    assert lines[0].quantity > 12


def test_a_basket_never_holds_another_customers_custom_wheel() -> None:
    wares = [*WARES, _ware(50, customer_id=7), _ware(51, customer_id=8)]
    skus = {line.sku for line in basket(CLIENT, Course(custom=True), wares, dict.fromkeys(range(60), 100), Random(1))}
    assert "W-50" in skus
    assert "W-51" not in skus
