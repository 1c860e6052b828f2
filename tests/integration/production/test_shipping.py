"""Picking and shipping: only what is released, never more, each parcel once, and never together with a cancellation."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.database import unit_of_work
from portal.errors import Conflict, InvalidInput, NotFound, PortalError
from portal.orders.models import Order
from portal.orders.service.cancellation import stage_of
from portal.orders.service.rows import locked_order
from portal.production import service
from portal.production.errors import (
    NothingLeftToPick,
    NothingToPick,
    NotInParcel,
    OrderNotReleased,
    OverPicked,
    ParcelAlreadyShipped,
    ParcelCancelled,
    ParcelEmpty,
)
from portal.production.models import FactoryParcel
from tests.factories.catalog import a_variant
from tests.factories.customers import a_customer
from tests.factories.production import (
    a_factory_order,
    a_released_order,
    a_worker,
    factory_order,
    in_stock,
    lines,
    stock,
)

NUMBER = "SF1584 2207 3466"


def shipped(session: Session) -> list[dict[str, object]]:
    rows = session.execute(text("select payload from outbox where topic = 'production.announce' order by id"))
    return [row.payload["payload"] for row in rows if row.payload["name"] == "parcel_shipped"]


def test_a_picked_parcel_leaves_stock_and_is_announced_once(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)

    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number=NUMBER)

    assert stock(session, wheel) == (12, 0)
    assert factory_order(session, order.number).status == "shipped"
    [told] = shipped(session)
    assert told["lines"] == [{"position": 1, "quantity": 8}]
    assert (told["parcel"], told["courier"], told["tracking_number"]) == (parcel.number, "sf", "SF158422073466")


def test_a_parcel_may_hold_a_part_and_the_rest_follows_in_another(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    [line] = lines(session, order)
    first = service.start_picking(session, actor=worker, number=order.number)
    service.set_picked(session, actor=worker, parcel_number=first.number, line_id=line.id, quantity=3)
    service.ship_parcel(session, actor=worker, parcel_number=first.number, courier="sf", tracking_number="SF000001")
    assert factory_order(session, order.number).status == "released"

    second = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=second.number)
    service.ship_parcel(session, actor=worker, parcel_number=second.number, courier="sf", tracking_number="SF000002")

    assert [told["lines"][0]["quantity"] for told in shipped(session)] == [3, 5]  # type: ignore[index]
    assert factory_order(session, order.number).status == "shipped"
    assert stock(session, wheel) == (12, 0)


def test_more_than_what_is_released_cannot_be_picked(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 5)
    order = a_released_order(session, {wheel: 8})
    [line] = lines(session, order)
    parcel = service.start_picking(session, actor=worker, number=order.number)
    for quantity in (6, 8, 1000):
        with pytest.raises(OverPicked) as refused:
            service.set_picked(session, actor=worker, parcel_number=parcel.number, line_id=line.id, quantity=quantity)
        assert refused.value.data["most"] == 5
    with pytest.raises(InvalidInput):
        service.set_picked(session, actor=worker, parcel_number=parcel.number, line_id=line.id, quantity=-1)


def test_goods_reserved_after_a_release_wait_for_the_next_release(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 5)
    order = a_released_order(session, {wheel: 8})
    in_stock(session, wheel, 3)
    service.reserve_order(session, number=order.number)
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001")
    assert shipped(session)[0]["lines"] == [{"position": 1, "quantity": 5}]
    with pytest.raises(NothingToPick):
        service.start_picking(session, actor=worker, number=order.number)

    service.release_order(session, number=order.number)
    service.release_order(session, number=order.number)
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000002")
    assert shipped(session)[1]["lines"] == [{"position": 1, "quantity": 3}]


def test_an_order_that_is_not_released_cannot_be_picked(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_factory_order(session, {wheel: 8})
    service.reserve_order(session, number=order.number)
    with pytest.raises(OrderNotReleased):
        service.start_picking(session, actor=worker, number=order.number)


def test_picking_again_continues_the_parcel_of_the_colleague(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    first = service.start_picking(session, actor=worker, number=order.number)
    second = service.start_picking(session, actor=a_worker(session, "王芳"), number=order.number)
    assert first.id == second.id


def test_shipping_a_shipped_parcel_says_who_was_first(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session, "何建国")
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001")
    with pytest.raises(ParcelAlreadyShipped, match="何建国"):
        service.ship_parcel(
            session, actor=a_worker(session, "王芳"), parcel_number=parcel.number, courier="sf", tracking_number="SF2"
        )
    assert len(shipped(session)) == 1


def test_an_empty_parcel_is_not_shipped(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    with pytest.raises(ParcelEmpty):
        service.ship_parcel(
            session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001"
        )


@pytest.mark.parametrize(
    ("courier", "number", "field"),
    [
        ("sf", "", "tracking_number"),
        ("sf", "SF12", "tracking_number"),
        ("sf", "SF/123456", "tracking_number"),
        ("sf", "顺丰123456", "tracking_number"),
        ("sf", "1" * 41, "tracking_number"),
        ("", "SF000001", "courier"),
        ("teleport", "SF000001", "courier"),
    ],
)
def test_a_wrong_courier_or_number_is_refused_at_its_field(
    session: Session, courier: str, number: str, field: str
) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    with pytest.raises(InvalidInput) as refused:
        service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier=courier, tracking_number=number)
    assert list(refused.value.fields) == [field]
    assert stock(session, wheel) == (20, 8)


def test_our_own_van_needs_no_number(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="own", tracking_number="")
    assert shipped(session)[0]["tracking_number"] == ""


def test_a_waybill_of_another_customer_is_refused_and_one_of_the_same_is_not(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    company = a_customer(session)
    orders = [
        a_released_order(session, {wheel: 2}, customer=company),
        a_released_order(session, {wheel: 2}, customer=company),
        a_released_order(session, {wheel: 2}),
    ]
    parcels = [service.start_picking(session, actor=worker, number=order.number) for order in orders]
    for parcel in parcels:
        service.pick_all(session, actor=worker, parcel_number=parcel.number)
    for parcel in parcels[:2]:
        service.ship_parcel(
            session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001"
        )
    with pytest.raises(InvalidInput):
        service.ship_parcel(
            session, actor=worker, parcel_number=parcels[2].number, courier="sf", tracking_number="SF000001"
        )


def test_a_scanned_package_adds_its_pieces_up_to_what_may_leave(session: Session) -> None:
    wheel, other, worker = a_variant(session), a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 6})
    parcel = service.start_picking(session, actor=worker, number=order.number)

    def scan(variant_id: int) -> tuple[int, int]:
        added = service.add_picked(session, actor=worker, parcel_number=parcel.number, variant_id=variant_id, pieces=4)
        return added.before, added.after

    assert scan(wheel.id) == (0, 4)
    assert scan(wheel.id) == (4, 6)
    with pytest.raises(NothingLeftToPick):
        scan(wheel.id)
    with pytest.raises(NotInParcel):
        scan(other.id)


def test_missing_goods_leave_the_ledger_and_the_order_waits_for_them_again(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 8)
    order = a_released_order(session, {wheel: 8})
    [line] = lines(session, order)
    parcel = service.start_picking(session, actor=worker, number=order.number)

    missing = service.report_missing(
        session, actor=worker, parcel_number=parcel.number, line_id=line.id, found=6, reason="库位上没有"
    )

    assert missing == 2
    assert stock(session, wheel) == (6, 6)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001")
    assert factory_order(session, order.number).status == "released"
    service.make_for_line(session, actor=worker, line_id=line.id)
    in_stock(session, wheel, 2)
    service.reserve_for_line(session, actor=worker, line_id=line.id)
    rest = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=rest.number)
    service.ship_parcel(session, actor=worker, parcel_number=rest.number, courier="sf", tracking_number="SF000002")
    assert factory_order(session, order.number).status == "shipped"


def test_cancelling_gives_up_the_parcel_being_picked_but_not_the_one_that_left(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    [line] = lines(session, order)
    left = service.start_picking(session, actor=worker, number=order.number)
    service.set_picked(session, actor=worker, parcel_number=left.number, line_id=line.id, quantity=3)
    service.ship_parcel(session, actor=worker, parcel_number=left.number, courier="sf", tracking_number="SF000001")
    picking = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=picking.number)

    account = service.cancel_order(session, number=order.number)

    assert (account.shipped, account.reserved, account.short) == (3, 0, 0)
    rows = session.execute(select(FactoryParcel.number, FactoryParcel.status))
    statuses = {row.number: row.status for row in rows}
    assert statuses == {left.number: "shipped", picking.number: "cancelled"}
    assert stock(session, wheel) == (17, 0)
    with pytest.raises(ParcelCancelled):
        service.ship_parcel(
            session, actor=worker, parcel_number=picking.number, courier="sf", tracking_number="SF000002"
        )


def test_an_order_whose_cancellation_was_decided_does_not_ship(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    session.execute(update(Order).where(Order.number == order.number).values(cancelling_at=clock.now()))
    with pytest.raises(Conflict):
        service.ship_parcel(
            session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001"
        )


def test_once_something_ships_the_order_can_no_longer_be_cancelled(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 20)
    order = a_released_order(session, {wheel: 8})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="sf", tracking_number="SF000001")
    stage = stage_of(session, locked_order(session, order.number))
    assert stage.shipped, "even before the parcel's message has been handled"


def both_at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads that start together; return what each gave or raised."""
    results: list[object] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(index: int, act: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            results[index] = act()
        except PortalError as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.parametrize("attempt", range(6))
def test_of_cancelling_and_shipping_at_once_exactly_one_wins(database: str, attempt: int) -> None:
    with unit_of_work() as session:
        wheel, worker = a_variant(session), a_worker(session)
        in_stock(session, wheel, 20)
        order = a_released_order(session, {wheel: 8})
        number = order.number
        parcel = service.start_picking(session, actor=worker, number=number).number
        service.pick_all(session, actor=worker, parcel_number=parcel)

    def ship() -> str:
        with unit_of_work() as session:
            service.ship_parcel(session, actor=worker, parcel_number=parcel, courier="sf", tracking_number="SF000001")
        return "shipped"

    def cancel() -> str:
        with unit_of_work() as session:
            order = locked_order(session, number)
            if stage_of(session, order).shipped:
                raise Conflict
            order.cancelling_at = clock.now()
        with unit_of_work() as session:
            service.cancel_order(session, number=number)
        return "cancelled"

    results = both_at_once(ship, cancel)

    assert sorted(isinstance(result, str) for result in results) == [False, True]
    with unit_of_work() as session:
        now = factory_order(session, number)
        assert now.status == results[0 if isinstance(results[0], str) else 1]
        assert stock(session, wheel) == ((12, 0) if now.status == "shipped" else (20, 0))
        assert len(shipped(session)) == (1 if now.status == "shipped" else 0)


def test_two_people_shipping_the_same_parcel_at_once_send_it_once(database: str) -> None:
    with unit_of_work() as session:
        wheel = a_variant(session)
        people = [a_worker(session, name) for name in ("何建国", "王芳")]
        in_stock(session, wheel, 20)
        number = a_released_order(session, {wheel: 8}).number
        parcel = service.start_picking(session, actor=people[0], number=number).number
        service.pick_all(session, actor=people[0], parcel_number=parcel)

    def ship(index: int) -> str:
        with unit_of_work() as session:
            service.ship_parcel(
                session, actor=people[index], parcel_number=parcel, courier="sf", tracking_number=f"SF00000{index}"
            )
        return "shipped"

    results = both_at_once(lambda: ship(0), lambda: ship(1))

    assert sorted(type(result).__name__ for result in results) == ["ParcelAlreadyShipped", "str"]
    with unit_of_work() as session:
        assert stock(session, wheel) == (12, 0)
        assert len(shipped(session)) == 1


def test_an_unknown_parcel_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        service.pick_all(session, actor=a_worker(session), parcel_number="SO-1-1")
