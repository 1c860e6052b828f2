"""The stock ledger always adds up, whatever people and orders do; movements by hand have their reasons and limits."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.models import Variant
from portal.database import engine
from portal.errors import InvalidInput, NotFound, NotPermitted, PortalError
from portal.production import service
from portal.production.errors import CountBelowReserved, NotEnoughFree
from portal.production.models import (
    FactoryOrder,
    FactoryOrderLine,
    FactoryParcel,
    ProductionOrder,
    StockLevel,
    StockMovement,
)
from tests.factories.catalog import a_variant
from tests.factories.customers import a_salesperson, a_user, actor_of
from tests.factories.production import (
    a_factory_order,
    a_released_order,
    a_worker,
    factory_order,
    in_stock,
    lines,
    stock,
)

MOVES_ON_HAND = {"in", "out", "count", "produced", "shipped"}
BOTH = {"shipped"}

step = st.tuples(
    st.sampled_from(
        [
            "in",
            "out",
            "count",
            "take_back",
            "order",
            "release",
            "request",
            "make",
            "pick",
            "ship",
            "cancel",
            "reserve",
            "missing",
        ]
    ),
    st.integers(0, 40),
    st.integers(0, 1),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, min_size=12, max_size=40))
def test_the_ledger_adds_up_after_any_sequence_of_operations(database: str, steps: list[tuple[str, int, int]]) -> None:
    with Session(engine(), expire_on_commit=False) as session:
        world = World(session)
        for name, number, which in steps:
            try:
                with session.begin_nested():
                    world.act(name, number, which)
            except PortalError:
                continue
        for variant in world.variants:
            assert_adds_up(session, variant)
        session.rollback()


class World:
    """Two variants, a few orders, one worker; acts are picked by number."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.worker: Actor = a_worker(session)
        self.variants = [a_variant(session), a_variant(session)]
        for variant in self.variants:
            in_stock(session, variant, 15)
        for variant in self.variants:
            a_released_order(session, {variant: 5})

    def act(self, name: str, number: int, which: int) -> None:
        getattr(self, f"do_{name}")(number, self.variants[which])
        self.session.flush()

    def do_in(self, number: int, variant: Variant) -> None:
        service.stock_in(self.session, actor=self.worker, variant_id=variant.id, quantity=number, reason="x")

    def do_out(self, number: int, variant: Variant) -> None:
        service.stock_out(self.session, actor=self.worker, variant_id=variant.id, quantity=number, reason="x")

    def do_count(self, number: int, variant: Variant) -> None:
        service.count_stock(self.session, actor=self.worker, variant_id=variant.id, quantity=number, reason="x")

    def do_take_back(self, number: int, variant: Variant) -> None:
        service.count_stock(
            self.session, actor=self.worker, variant_id=variant.id, quantity=number, reason="x", take_back=True
        )

    def do_order(self, number: int, variant: Variant) -> None:
        order = a_factory_order(self.session, {variant: number % 12 + 1})
        service.reserve_order(self.session, number=order.number)

    def do_release(self, number: int, _variant: Variant) -> None:
        service.release_order(self.session, number=self._order(number).number)

    def do_request(self, number: int, _variant: Variant) -> None:
        service.request_production(self.session, number=self._order(number).number)

    def do_make(self, number: int, _variant: Variant) -> None:
        made = self._any(ProductionOrder, number)
        if made.status in ("requested", "planned"):
            service.start_production(self.session, actor=self.worker, number=made.number)
        service.finish_production(
            self.session, actor=self.worker, number=made.number, quantity=number % 15, done=number % 3 > 0
        )

    def do_pick(self, number: int, _variant: Variant) -> None:
        order = self._order(number)
        parcel = service.start_picking(self.session, actor=self.worker, number=order.number)
        line = lines(self.session, order)[0]
        service.set_picked(
            self.session, actor=self.worker, parcel_number=parcel.number, line_id=line.id, quantity=number % 9
        )

    def do_ship(self, number: int, _variant: Variant) -> None:
        parcel = self._any(FactoryParcel, number)
        service.ship_parcel(
            self.session, actor=self.worker, parcel_number=parcel.number, courier="own", tracking_number=""
        )

    def do_missing(self, number: int, _variant: Variant) -> None:
        parcel = self._any(FactoryParcel, number)
        line = self.session.scalars(
            select(FactoryOrderLine).where(FactoryOrderLine.factory_order_id == parcel.factory_order_id)
        ).first()
        assert line is not None
        service.report_missing(
            self.session, actor=self.worker, parcel_number=parcel.number, line_id=line.id, found=number % 4, reason="x"
        )

    def do_cancel(self, number: int, _variant: Variant) -> None:
        service.cancel_order(self.session, number=self._order(number).number)

    def do_reserve(self, number: int, _variant: Variant) -> None:
        line = lines(self.session, self._order(number))[0]
        service.reserve_for_line(self.session, actor=self.worker, line_id=line.id)

    def _order(self, number: int) -> FactoryOrder:
        found: FactoryOrder = self._any(FactoryOrder, number)
        return found

    def _any(self, kind: type, number: int) -> object:
        rows = list(self.session.scalars(select(kind).order_by(kind.id).execution_options(populate_existing=True)))
        if not rows:
            raise NotFound
        return rows[number % len(rows)]


def assert_adds_up(session: Session, variant: Variant) -> None:
    """Every movement leads from the balances before to the balances after; the last ones are the level, and the promises are held by lines."""
    on_hand = reserved = 0
    moved = select(StockMovement).where(StockMovement.variant_id == variant.id).order_by(StockMovement.id)
    for movement in session.scalars(moved):
        change_on_hand, change_reserved = movement.on_hand - on_hand, movement.reserved - reserved
        if movement.kind in MOVES_ON_HAND:
            assert change_on_hand == movement.quantity
        else:
            assert (change_on_hand, change_reserved) == (0, movement.quantity)
        if movement.kind in BOTH:
            assert change_reserved == movement.quantity
        on_hand, reserved = movement.on_hand, movement.reserved
        assert 0 <= reserved <= on_hand
    assert stock(session, variant) == (on_hand, reserved)
    held = select(func.coalesce(func.sum(FactoryOrderLine.reserved), 0)).where(
        FactoryOrderLine.variant_id == variant.id
    )
    assert session.scalar(held) == reserved


def test_a_movement_by_hand_needs_a_quantity_and_a_reason(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    for quantity, reason, field in (
        (0, "x", "quantity"),
        (-3, "x", "quantity"),
        (2_000_000, "x", "quantity"),
        (3, "  ", "reason"),
        (3, "长" * 301, "reason"),
    ):
        with pytest.raises(InvalidInput) as refused:
            service.stock_in(session, actor=worker, variant_id=wheel.id, quantity=quantity, reason=reason)
        assert list(refused.value.fields) == [field]
    assert stock(session, wheel) == (0, 0)


def test_a_second_click_moves_nothing(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    for _ in range(2):
        service.stock_in(session, actor=worker, variant_id=wheel.id, quantity=9, reason="采购", key="form-1")
    for _ in range(2):
        service.stock_out(session, actor=worker, variant_id=wheel.id, quantity=4, reason="破损", key="form-2")
    assert stock(session, wheel) == (5, 0)


def test_what_is_promised_cannot_be_taken_out(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 10)
    a_released_order(session, {wheel: 8})
    with pytest.raises(NotEnoughFree) as refused:
        service.stock_out(session, actor=worker, variant_id=wheel.id, quantity=3, reason="样品")
    assert refused.value.data["free"] == 2


def test_a_count_sets_what_is_on_hand_under_the_persons_name(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 10)
    service.count_stock(session, actor=worker, variant_id=wheel.id, quantity=7, reason="破损 3")
    service.count_stock(session, actor=worker, variant_id=wheel.id, quantity=7, reason="复核")
    last = session.scalars(select(StockMovement).order_by(StockMovement.id.desc())).first()
    assert last is not None
    assert (last.kind, last.quantity, last.reason, last.actor_name) == ("count", -3, "破损 3", worker.name)
    assert stock(session, wheel) == (7, 0)


def test_a_count_below_the_promises_takes_back_the_newest_only_when_told_to(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 10)
    old, new = a_released_order(session, {wheel: 4}), a_released_order(session, {wheel: 6})
    with pytest.raises(CountBelowReserved):
        service.count_stock(session, actor=worker, variant_id=wheel.id, quantity=7, reason="少了")

    service.count_stock(session, actor=worker, variant_id=wheel.id, quantity=7, reason="少了", take_back=True)

    assert stock(session, wheel) == (7, 7)
    assert [lines(session, order)[0].reserved for order in (old, new)] == [4, 3]


def test_what_lies_in_a_parcel_is_not_taken_back(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 6)
    order = a_released_order(session, {wheel: 6})
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    with pytest.raises(CountBelowReserved):
        service.count_stock(session, actor=worker, variant_id=wheel.id, quantity=2, reason="少了", take_back=True)


def test_a_place_and_a_safety_stock_can_be_set_before_there_is_stock(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    service.set_shelf(session, actor=worker, variant_id=wheel.id, location=" a-03-2 ", safety=20)
    level = session.get_one(StockLevel, wheel.id)
    assert (level.location, level.safety, level.on_hand) == ("A-03-2", 20, 0)


def test_only_the_warehouse_moves_stock(session: Session) -> None:
    wheel = a_variant(session)
    with pytest.raises(NotPermitted):
        service.stock_in(session, actor=actor_of(a_salesperson(session)), variant_id=wheel.id, quantity=1, reason="x")
    with pytest.raises(NotFound):
        service.stock_in(
            session, actor=actor_of(a_user(session, "finance")), variant_id=wheel.id, quantity=1, reason="x"
        )


def test_an_unknown_item_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        service.stock_in(session, actor=a_worker(session), variant_id=999_999, quantity=1, reason="x")


def test_a_final_report_closes_a_shipped_order(session: Session) -> None:
    wheel, worker = a_variant(session), a_worker(session)
    in_stock(session, wheel, 6)
    order = a_released_order(session, {wheel: 6})
    service.report_final(session, number=order.number, status="completed", paid=True)
    assert factory_order(session, order.number).status == "released", "nothing has left"
    parcel = service.start_picking(session, actor=worker, number=order.number)
    service.pick_all(session, actor=worker, parcel_number=parcel.number)
    service.ship_parcel(session, actor=worker, parcel_number=parcel.number, courier="own", tracking_number="")
    service.report_final(session, number=order.number, status="completed", paid=True)
    now = factory_order(session, order.number)
    assert (now.status, now.portal_status, now.paid) == ("completed", "completed", True)
    service.report_final(session, number="SO-000000-999", status="completed", paid=True)
