"""What a diagram asks of the factory, repeated as a worker that was killed repeats it; and what the factory announces back."""

import pytest
from sqlalchemy import select, update

from portal import clock, outbox
from portal.database import unit_of_work
from portal.orders.models import Order, OrderLine
from portal.production import actions, jobs, service
from portal.production.service.announcements import TOPIC
from portal.workflow import registry
from portal.workflow.models import Message
from portal.workflow.registry import ActionCall
from tests.factories.catalog import a_variant
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


def order_lines(number: str) -> list[OrderLine]:
    with unit_of_work() as session:
        statement = select(OrderLine).join(Order, Order.id == OrderLine.order_id).where(Order.number == number)
        return list(session.scalars(statement.order_by(OrderLine.position)))


def test_every_action_of_the_factory_is_known_to_diagrams_as_external() -> None:
    names = {"push_order", "reserve", "request", "release", "cancel", "report_payment", "report_final"}
    found = {action.name: action.external for action in registry.actions() if action.name.startswith("production.")}
    assert found == {f"production.{name}": True for name in names}


def test_requesting_production_twice_writes_the_same_on_the_order(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 3)
        number = an_order(session, {wheel: 8}).number
    actions.push_order(call(number))
    actions.reserve(call(number))

    first, second = actions.request(call(number)), actions.request(call(number))

    assert first == second == {"requested": 5}
    [line] = order_lines(number)
    assert (line.reserved, line.in_production) == (3, 5)


def test_releasing_says_what_the_portal_knows_to_have_left_and_adds_later_goods(database: str) -> None:
    with unit_of_work() as session:
        wheel, worker = a_variant(session), a_worker(session)
        in_stock(session, wheel, 3)
        number = an_order(session, {wheel: 8}).number
    actions.push_order(call(number))
    actions.reserve(call(number))
    actions.request(call(number))
    assert actions.release(call(number)) == {"released": 3, "shipped": 0, "left": 8}
    with unit_of_work() as session:
        [made] = production_orders(session)
        service.start_production(session, actor=worker, number=made.number)
        service.finish_production(session, actor=worker, number=made.number, quantity=5)
        assert lines(session, factory_order(session, number))[0].released == 3, "not before the process says so"

    assert actions.release(call(number)) == {"released": 8, "shipped": 0, "left": 8}
    assert actions.release(call(number)) == {"released": 8, "shipped": 0, "left": 8}
    [line] = order_lines(number)
    assert (line.reserved, line.in_production) == (8, 0)


def test_what_has_left_but_is_not_yet_known_to_have_counts_as_reserved(database: str) -> None:
    with unit_of_work() as session:
        wheel, worker = a_variant(session), a_worker(session)
        in_stock(session, wheel, 8)
        number = an_order(session, {wheel: 8}).number
    actions.push_order(call(number))
    actions.reserve(call(number))
    actions.release(call(number))
    with unit_of_work() as session:
        parcel = service.start_picking(session, actor=worker, number=number).number
        [line] = lines(session, factory_order(session, number))
        service.set_picked(session, actor=worker, parcel_number=parcel, line_id=line.id, quantity=3)
        service.ship_parcel(session, actor=worker, parcel_number=parcel, courier="own", tracking_number="")
    actions.release(call(number))
    assert order_lines(number)[0].reserved == 8


def test_nothing_is_asked_of_the_factory_for_an_order_being_cancelled(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 3)
        number = an_order(session, {wheel: 8}).number
    actions.push_order(call(number))
    actions.reserve(call(number))
    with unit_of_work() as session:
        session.execute(update(Order).where(Order.number == number).values(cancelling_at=clock.now()))

    assert actions.request(call(number)) == {"requested": 0}
    assert actions.release(call(number))["released"] == 0
    with unit_of_work() as session:
        assert production_orders(session) == []
        assert factory_order(session, number).status == "open"


def test_cancelling_gives_everything_back_and_may_be_repeated(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 3)
        number = an_order(session, {wheel: 8}).number
    for act in (actions.push_order, actions.reserve, actions.request, actions.release):
        act(call(number))

    assert actions.cancel(call(number, reason="不要了")) == {"shipped": 0}
    assert actions.cancel(call(number, reason="不要了")) == {"shipped": 0}

    with unit_of_work() as session:
        assert stock(session, wheel) == (3, 0)
        assert [made.status for made in production_orders(session)] == ["cancelled"]


def test_an_order_that_was_never_pushed_can_be_cancelled_and_reported(database: str) -> None:
    with unit_of_work() as session:
        number = an_order(session, {a_variant(session): 8}).number
    assert actions.cancel(call(number)) == {"shipped": 0}
    actions.report_final(call(number, status="cancelled"))


def test_a_request_that_comes_after_the_cancellation_makes_nothing(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        in_stock(session, wheel, 3)
        number = a_factory_order(session, {wheel: 8}).number
        service.cancel_order(session, number=number)
    for act in (actions.push_order, actions.reserve, actions.request, actions.release):
        act(call(number))
    with unit_of_work() as session:
        assert stock(session, wheel) == (3, 0)
        assert production_orders(session) == []
        assert factory_order(session, number).status == "cancelled"


@pytest.mark.parametrize("times", [1, 3])
def test_an_announcement_delivered_again_reaches_the_process_once(database: str, times: int) -> None:
    with unit_of_work() as session:
        wheel, worker = a_variant(session), a_worker(session)
        order = a_factory_order(session, {wheel: 8})
        service.request_production(session, number=order.number)
        [made] = production_orders(session, order)
        service.start_production(session, actor=worker, number=made.number)
        row = session.scalars(select(outbox.OutboxRow).where(outbox.OutboxRow.topic == TOPIC)).one()
        delivery = outbox.Delivery(key=row.key, payload=row.payload, attempt=1)
    for _ in range(times):
        jobs.announce(delivery)
    with unit_of_work() as session:
        [message] = session.scalars(select(Message))
        assert (message.sender, message.name, message.business_key) == ("book", "production_started", order.number)
