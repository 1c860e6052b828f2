"""Promising stock: all there is, never more, and the same however often it is asked."""

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.database import unit_of_work
from portal.errors import NotFound, NotPermitted
from portal.orders.models import OrderLine
from portal.production import actions, service
from portal.production.errors import NothingToReserve
from portal.production.models import FactoryOrderLine, StockLevel
from portal.production.service import ledger
from portal.workflow.registry import ActionCall
from tests.factories.catalog import a_variant
from tests.factories.customers import a_salesperson, a_user, actor_of
from tests.factories.production import (
    a_factory_order,
    a_worker,
    an_order,
    factory_order,
    in_stock,
    lines,
    production_orders,
    stock,
)


def call(number: str, **inputs: object) -> ActionCall:
    return ActionCall("order", number, 1, "node", dict(inputs), key=f"{number}:1")


def test_sixteen_threads_reserving_the_same_last_two_hundred_pieces_get_exactly_two_hundred(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 200)
        numbers = [an_order(session, {wheel: 7}).number for _ in range(40)]
    results: list[dict[str, int]] = []

    def work(mine: list[str]) -> None:
        for number in mine:
            actions.push_order(call(number))
            results.append(actions.reserve(call(number)))

    threads = [threading.Thread(target=work, args=(numbers[index::16],)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(results) == 40
    assert sum(result["reserved_quantity"] for result in results) == 200
    assert sum(result["short_quantity"] for result in results) == 40 * 7 - 200
    with unit_of_work() as session:
        assert stock(session, wheel) == (200, 200)
        assert sum(session.scalars(select(FactoryOrderLine.reserved))) == 200
        assert sum(session.scalars(select(OrderLine.reserved))) == 200
    assert sum(1 for result in results if result["some"] and result["short"]) == 1, "one order gets the odd four"


def test_threads_reserving_the_same_variants_in_opposite_order_do_not_deadlock(database: str) -> None:
    with unit_of_work() as session:
        first, second = a_variant(session), a_variant(session)
        in_stock(session, first, 30)
        in_stock(session, second, 30)
        both = ({first: 2, second: 2}, {second: 2, first: 2})
        numbers = [an_order(session, both[index % 2]).number for index in range(16)]

    def work(number: str) -> None:
        actions.push_order(call(number))
        actions.reserve(call(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with unit_of_work() as session:
        assert stock(session, first) == (30, 30)
        assert stock(session, second) == (30, 30)


def test_an_order_takes_what_there_is_and_says_what_is_short(database: str) -> None:
    with unit_of_work() as session:
        plenty, few = a_variant(session), a_variant(session)
        in_stock(session, plenty, 50)
        in_stock(session, few, 3)
        number = an_order(session, {plenty: 10, few: 8}).number

    actions.push_order(call(number))
    told = actions.reserve(call(number))

    assert told == {"short": True, "short_quantity": 5, "reserved_quantity": 13, "some": True}
    with unit_of_work() as session:
        assert stock(session, plenty) == (50, 10)
        assert stock(session, few) == (3, 3)


def test_pushing_and_reserving_twice_changes_nothing(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 20)
        number = an_order(session, {wheel: 8}).number

    first = [actions.push_order(call(number)), actions.reserve(call(number))]
    second = [actions.push_order(call(number)), actions.reserve(call(number))]

    assert first == second
    with unit_of_work() as session:
        assert len(lines(session, factory_order(session, number))) == 1
        assert stock(session, wheel) == (20, 8)


def test_what_is_reserved_is_written_on_the_order(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 5)
        order = an_order(session, {wheel: 8})

    actions.push_order(call(order.number))
    actions.reserve(call(order.number))

    with unit_of_work() as session:
        assert session.scalars(select(OrderLine.reserved).where(OrderLine.order_id == order.id)).one() == 5


def test_two_lines_of_one_variant_share_what_there_is(session: Session) -> None:
    wheel = a_variant(session)
    in_stock(session, wheel, 10)
    order = a_factory_order(session, {wheel: 8})
    session.add(FactoryOrderLine(factory_order_id=order.id, position=2, variant_id=wheel.id, quantity=8))
    session.flush()
    account = service.reserve_order(session, number=order.number)

    assert [line.reserved for line in account.lines] == [8, 2]


def test_the_database_itself_refuses_a_promise_of_what_is_not_there(session: Session) -> None:
    wheel = a_variant(session)
    in_stock(session, wheel, 5)
    with pytest.raises(IntegrityError):
        session.execute(text("update stock_levels set reserved = 6"))


def test_a_movement_stock_does_not_allow_leaves_no_trace(session: Session) -> None:
    wheel = a_variant(session)
    in_stock(session, wheel, 5)
    assert ledger.move(session, variant_id=wheel.id, kind="reserve", reserved=6) is None
    assert ledger.move(session, variant_id=wheel.id, kind="release", reserved=-1) is None
    assert session.get_one(StockLevel, wheel.id).reserved == 0


def test_stock_that_arrives_is_reserved_for_a_waiting_order_by_a_person(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.reserve_order(session, number=order.number)
    service.request_production(session, number=order.number)
    service.stock_in(session, actor=worker, variant_id=wheel.id, quantity=5, reason="退库")
    assert stock(session, wheel) == (5, 0), "by hand in is free stock: nobody gets it unasked"

    assert service.reserve_for_line(session, actor=worker, line_id=lines(session, order)[0].id) == 5
    assert stock(session, wheel) == (5, 5)
    [made] = production_orders(session, order)
    assert made.quantity == 3, "what need not be made any more is taken off"


def test_reserving_all_by_hand_cancels_the_production_order_and_lets_the_process_go_on(
    session: Session,
) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    service.stock_in(session, actor=worker, variant_id=wheel.id, quantity=9, reason="退库")
    service.reserve_for_line(session, actor=worker, line_id=lines(session, order)[0].id)

    assert [made.status for made in production_orders(session, order)] == ["cancelled"]
    announced = set(session.scalars(text("select key from outbox where topic = 'production.announce'")))
    assert announced == {f"book:{order.number}:started", f"book:{order.number}:finished"}


def test_reserving_when_nothing_is_free_is_refused(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    with pytest.raises(NothingToReserve):
        service.reserve_for_line(session, actor=worker, line_id=lines(session, order)[0].id)


def test_only_the_warehouse_reserves_by_hand(session: Session) -> None:
    wheel = a_variant(session)
    line = lines(session, a_factory_order(session, {wheel: 8}))[0]
    with pytest.raises(NotPermitted):
        service.reserve_for_line(session, actor=actor_of(a_salesperson(session)), line_id=line.id)
    with pytest.raises(NotFound):
        service.reserve_for_line(session, actor=actor_of(a_user(session, "finance")), line_id=line.id)


def test_a_cancelled_order_reserves_nothing_any_more(session: Session) -> None:
    wheel = a_variant(session)
    in_stock(session, wheel, 20)
    order = a_factory_order(session, {wheel: 8})
    service.cancel_order(session, number=order.number)
    assert service.reserve_order(session, number=order.number).reserved == 0
    assert stock(session, wheel) == (20, 0)


def test_the_balance_is_read_by_the_catalogues_hint(database: str) -> None:
    from portal.catalog import stock as hint
    from portal.production import jobs

    assert jobs.announce
    with unit_of_work() as session:
        wheel, never = a_variant(session), a_variant(session)
        in_stock(session, wheel, 20)
        a_number = a_factory_order(session, {wheel: 8}).number
        service.reserve_order(session, number=a_number)
        assert hint.available(session, [wheel.id, never.id]) == {wheel.id: 12, never.id: 0}
