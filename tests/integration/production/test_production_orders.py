"""Production orders: asked for once, made, taken into stock and promised in the same breath, announced once."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Conflict, InvalidInput, NotFound, NotPermitted
from portal.production import service
from portal.production.errors import AlreadyBeingMade, ProductionMoved, ProductionNotReleased, StillNeeded
from portal.web.formats import today
from tests.factories.catalog import a_variant
from tests.factories.customers import a_salesperson, a_user, actor_of
from tests.factories.production import (
    a_factory_order,
    a_worker,
    factory_order,
    in_stock,
    lines,
    production_orders,
    stock,
)


def announced(session: Session) -> list[tuple[str, dict[str, object]]]:
    rows = session.execute(text("select payload from outbox where topic = 'production.announce' order by id"))
    return [(row.payload["name"], row.payload["payload"]) for row in rows]


def test_what_is_short_is_made_and_nothing_else(session: Session) -> None:
    plenty, few = a_variant(session), a_variant(session)
    in_stock(session, plenty, 50)
    in_stock(session, few, 3)
    order = a_factory_order(session, {plenty: 10, few: 8})
    service.reserve_order(session, number=order.number)

    account = service.request_production(session, number=order.number)

    assert [(made.variant_id, made.quantity, made.status) for made in production_orders(session)] == [
        (few.id, 5, "requested")
    ]
    assert account.in_production == 5


def test_asking_twice_makes_one_production_order_even_after_it_is_finished(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    service.start_production(session, actor=worker, number=made.number)
    service.finish_production(session, actor=worker, number=made.number, quantity=8)
    service.request_production(session, number=order.number)

    assert len(production_orders(session, order)) == 1
    assert stock(session, wheel) == (8, 8)


def test_stock_that_became_free_is_taken_before_anything_is_made(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.reserve_order(session, number=order.number)
    service.stock_in(session, actor=worker, variant_id=wheel.id, quantity=6, reason="退库")
    account = service.request_production(session, number=order.number)

    assert (account.reserved, account.in_production) == (6, 2)


def test_when_nothing_must_be_made_any_more_that_is_announced_so_nobody_waits(session: Session) -> None:
    wheel = a_variant(session)
    order = a_factory_order(session, {wheel: 8})
    in_stock(session, wheel, 8)
    service.request_production(session, number=order.number)

    assert production_orders(session) == []
    assert [name for name, _payload in announced(session)] == ["production_started", "production_finished"]


def test_finished_goods_are_promised_to_their_order_in_the_same_transaction(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    service.start_production(session, actor=worker, number=made.number)

    finish = service.finish_production(session, actor=worker, number=made.number, quantity=8)

    assert (finish.reserved, finish.surplus, finish.follow_up) == (8, 0, None)
    assert stock(session, wheel) == (8, 8)
    assert announced(session)[-1] == ("production_finished", {"positions": {"1": 8}})


def test_more_than_asked_becomes_free_stock(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    service.start_production(session, actor=worker, number=made.number)
    finish = service.finish_production(session, actor=worker, number=made.number, quantity=11)

    assert finish.surplus == 3
    assert stock(session, wheel) == (11, 8)
    assert announced(session)[-1] == ("production_finished", {"positions": {"1": 8}})


def test_less_than_asked_makes_a_production_order_for_the_rest_and_announces_only_then(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    service.start_production(session, actor=worker, number=made.number)

    finish = service.finish_production(session, actor=worker, number=made.number, quantity=5)

    rest = production_orders(session, order)[-1]
    assert (finish.follow_up, rest.quantity, rest.status) == (rest.number, 3, "requested")
    assert [name for name, _payload in announced(session)] == ["production_started"]
    service.start_production(session, actor=worker, number=rest.number)
    service.finish_production(session, actor=worker, number=rest.number, quantity=3)
    assert announced(session)[-1] == ("production_finished", {"positions": {"1": 8}})
    assert stock(session, wheel) == (8, 8)


def test_a_part_can_be_reported_and_the_rest_goes_on(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    service.start_production(session, actor=worker, number=made.number)

    first = service.finish_production(session, actor=worker, number=made.number, quantity=3, done=False)
    assert not first.done
    assert stock(session, wheel) == (3, 3)
    second = service.finish_production(session, actor=worker, number=made.number, quantity=5, done=False)
    assert second.done, "all that was asked for is there"
    assert stock(session, wheel) == (8, 8)


def test_a_second_click_on_finish_is_told_and_books_nothing(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    service.start_production(session, actor=worker, number=made.number)
    session.flush()
    seen = made.version
    service.finish_production(session, actor=worker, number=made.number, quantity=3, done=False, version=seen)
    with pytest.raises(ProductionMoved):
        service.finish_production(session, actor=worker, number=made.number, quantity=3, done=False, version=seen)
    assert stock(session, wheel) == (3, 3)


def test_an_order_of_two_lines_starts_once_and_finishes_with_the_last(session: Session) -> None:
    one, two, worker = a_variant(session), a_variant(session), a_worker(session)
    order = a_factory_order(session, {one: 4, two: 6})
    service.request_production(session, number=order.number)
    first, second = production_orders(session, order)
    for made in (first, second):
        service.start_production(session, actor=worker, number=made.number)
    service.finish_production(session, actor=worker, number=second.number, quantity=6)
    assert [name for name, _payload in announced(session)] == ["production_started"]
    service.finish_production(session, actor=worker, number=first.number, quantity=4)
    assert announced(session)[1:] == [("production_finished", {"positions": {"1": 4, "2": 6}})]


def test_the_steps_of_the_board_are_taken_in_order_only(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    with pytest.raises(ProductionMoved):
        service.finish_production(session, actor=worker, number=made.number, quantity=8)
    with pytest.raises(ProductionMoved):
        service.inspect_production(session, actor=worker, number=made.number)
    service.plan_production(
        session, actor=worker, number=made.number, due_on=today() + timedelta(days=3), version=made.version
    )
    assert made.status == "planned"
    service.start_production(session, actor=worker, number=made.number)
    with pytest.raises(ProductionMoved):
        service.start_production(session, actor=worker, number=made.number)
    service.inspect_production(session, actor=worker, number=made.number)
    service.rework_production(session, actor=worker, number=made.number)
    service.inspect_production(session, actor=worker, number=made.number)
    service.finish_production(session, actor=worker, number=made.number, quantity=8)
    assert production_orders(session, order)[0].status == "finished"


def test_due_days_and_quantities_that_make_no_sense_are_refused_at_their_field(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    [made] = production_orders(session, order)
    for due_on in (None, today() - timedelta(days=1), today() + timedelta(days=9999)):
        with pytest.raises(InvalidInput) as refused:
            service.plan_production(session, actor=worker, number=made.number, due_on=due_on, version=made.version)
        assert "due_on" in refused.value.fields
    service.start_production(session, actor=worker, number=made.number)
    for quantity, done in ((-1, True), (0, False), (81, True), (2_000_000, True)):
        with pytest.raises(InvalidInput) as refused:
            service.finish_production(session, actor=worker, number=made.number, quantity=quantity, done=done)
        assert "quantity" in refused.value.fields
    assert stock(session, wheel) == (0, 0)


def test_cancelling_an_order_stops_what_has_not_begun_and_what_has_goes_to_free_stock(session: Session) -> None:
    begun, waiting, there, worker = a_variant(session), a_variant(session), a_variant(session), a_worker(session)
    in_stock(session, there, 5)
    order = a_factory_order(session, {begun: 4, waiting: 6, there: 5})
    service.reserve_order(session, number=order.number)
    service.request_production(session, number=order.number)
    first, _waiting = production_orders(session, order)
    service.start_production(session, actor=worker, number=first.number)

    service.cancel_order(session, number=order.number)
    service.cancel_order(session, number=order.number)

    assert [made.status for made in production_orders(session, order)] == ["started", "cancelled"]
    assert stock(session, there) == (5, 0)
    assert factory_order(session, order.number).status == "cancelled"
    finish = service.finish_production(session, actor=worker, number=first.number, quantity=4)
    assert (finish.reserved, finish.surplus, finish.order_number) == (0, 4, None)
    assert stock(session, begun) == (4, 0)
    assert [name for name, _payload in announced(session)] == ["production_started"]


def test_a_line_gets_one_open_production_order_by_hand(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8}, released_at=clock.now())
    line = lines(session, order)[0]
    number = service.make_for_line(session, actor=worker, line_id=line.id)
    with pytest.raises(AlreadyBeingMade):
        service.make_for_line(session, actor=worker, line_id=line.id)
    service.request_production(session, number=order.number)
    assert [made.number for made in production_orders(session, order)] == [number]


def test_nothing_is_made_by_hand_before_the_orders_process_lets_it(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    with pytest.raises(ProductionNotReleased):
        service.make_for_line(session, actor=worker, line_id=lines(session, order)[0].id)
    assert production_orders(session, order) == []


def test_cancelling_the_last_production_order_by_hand_lets_the_process_go_on(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    in_stock(session, wheel, 8)
    service.reserve_order(session, number=order.number)

    service.cancel_production(session, actor=worker, number=production_orders(session, order)[0].number)

    assert [name for name, _payload in announced(session)] == ["production_started", "production_finished"]


def test_goods_made_for_stock_are_free_and_announce_nothing(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    number = service.make_for_stock(session, actor=worker, variant_id=wheel.id, quantity=40, due_on=None)
    service.start_production(session, actor=worker, number=number)
    service.finish_production(session, actor=worker, number=number, quantity=40)
    assert stock(session, wheel) == (40, 0)
    assert announced(session) == []


def test_only_production_nobody_waits_for_can_be_cancelled_by_hand(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    order = a_factory_order(session, {wheel: 8})
    service.request_production(session, number=order.number)
    with pytest.raises(StillNeeded):
        service.cancel_production(session, actor=worker, number=production_orders(session, order)[0].number)
    number = service.make_for_stock(session, actor=worker, variant_id=wheel.id, quantity=40, due_on=None)
    service.cancel_production(session, actor=worker, number=number)
    assert production_orders(session)[-1].status == "cancelled"


def test_salespeople_may_look_at_production_but_not_touch_it(session: Session) -> None:
    wheel = a_variant(session)
    with pytest.raises(NotPermitted):
        service.make_for_stock(
            session, actor=actor_of(a_salesperson(session)), variant_id=wheel.id, quantity=1, due_on=None
        )
    with pytest.raises(NotFound):
        service.start_production(session, actor=actor_of(a_user(session, "finance")), number="MO-1")


def test_an_unknown_production_order_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        service.start_production(session, actor=a_worker(session), number="MO-000000-999")
    assert issubclass(ProductionMoved, Conflict)
