"""Processes that are killed lose nothing and do nothing twice: `kill -9` of web and worker at random while 200 orders run."""

import os
import sys
import time
from collections import Counter
from random import Random

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.bench.installation import Installation
from portal.bench.little_shop import LittleShop, make_little_shop
from portal.clock import now
from portal.database import unit_of_work
from portal.notifications.models import Notification
from portal.orders.models import Order, OrderEvent, OrderLine, Parcel, ParcelLine, Receipt
from portal.outbox import OutboxRow
from portal.production.models import (
    FactoryOrder,
    FactoryOrderLine,
    FactoryParcel,
    ProductionOrder,
    StockLevel,
    StockMovement,
)
from portal.workflow.models import Incident, Message, ProcessInstance, UserTask, Wait
from tests.reliability.people import Office

ORDERS, BUYERS = 200, 4
CHAOS = 45.0
"""Seconds during which processes are killed, if there is work for so long."""
WORK_WITHIN = 3.0
FINISH_WITHIN = 300.0
ENOUGH_KILLS = 2


@pytest.mark.timeout(450)
def test_every_order_finishes_and_each_effect_happens_once_though_web_and_worker_are_killed() -> None:
    seed = int(os.environ.get("PORTAL_TEST_SEED") or time.time())
    sys.stderr.write(f"seed {seed}; PORTAL_TEST_SEED repeats it\n")
    with Installation(durable=False) as portal:
        with unit_of_work() as session:
            shop = make_little_shop(session, buyers=BUYERS)
        portal.start_web()
        portal.start_worker()
        office = Office(portal.address, shop)
        baskets = _baskets(shop, Random(seed))
        kills = _play(portal, office, baskets, Random(seed + 1))
        sys.stderr.write(f"killed {dict(kills)}, tried again {dict(office.retries)}\n")
        with unit_of_work() as session:
            assert _unfinished(session) == {}, portal.log("worker")[-4000:]
        assert min(kills["web"], kills["worker"]) >= ENOUGH_KILLS
        assert office.retries["order"] > 0
        assert len(office.numbers) == len(set(office.numbers.values())) == ORDERS
        with unit_of_work() as session:
            _check_processes(session, set(office.numbers.values()))
            _check_orders(session)
            _check_factory(session)
            _check_ledger(session)


def _baskets(shop: LittleShop, chance: Random) -> list[dict[str, dict[str, int]]]:
    """Make up every buyer's orders by submission key: half of them hold something that must be made, some are large."""
    orders = []
    for number in range(ORDERS):
        lines = {sku: chance.randint(1, 20) for sku in chance.sample(shop.in_stock, 2)}
        if chance.random() < 0.5:
            lines[chance.choice(shop.short)] = chance.randint(1, 30)
        if chance.random() < 0.1:
            lines[shop.in_stock[0]] = 1500
        orders.append((f"kill-test-{number}", lines))
    return [dict(orders[place::BUYERS]) for place in range(BUYERS)]


def _play(
    portal: Installation, office: Office, baskets: list[dict[str, dict[str, int]]], chance: Random
) -> Counter[str]:
    """Let everybody work, and processes die, until every order is over; return how often each process was killed."""
    kills: Counter[str] = Counter()
    for buyer, orders in zip(office.shop.buyers, baskets, strict=True):
        office.run(office.order, buyer, orders, Random(chance.random()))
        office.run(office.receive, buyer)
    for work in (office.decide, office.make, office.ship):
        office.run(work)
    for name in ("web", "worker"):
        office.run(_kill_again_and_again, portal, office, name, Random(chance.random()), kills)
    deadline = time.monotonic() + FINISH_WITHIN
    while not (office.stop.wait(0.5) or _all_over()) and time.monotonic() < deadline:
        pass
    office.close()
    return kills


def _kill_again_and_again(portal: Installation, office: Office, name: str, chance: Random, kills: Counter[str]) -> None:
    until = time.monotonic() + CHAOS
    while time.monotonic() < until and not office.stop.wait(chance.uniform(0.3, 4)):
        _await_work(office)
        office.stop.wait(chance.uniform(0, 0.04))
        portal.kill(name)
        kills[name] += 1
        if name == "worker":
            _let_leases_end()
            portal.start_worker()
        else:
            portal.start_web()


def _await_work(office: Office) -> None:
    """Return when the worker has an action to perform: to kill who is idle proves little. Not for ever: at the end there is none."""
    until = time.monotonic() + WORK_WITHIN
    busy = select(Wait.id).where(Wait.kind == "action").limit(1)
    while time.monotonic() < until and not office.stop.wait(0.01):
        with unit_of_work() as session:
            if session.scalar(busy) is not None:
                return


def _let_leases_end() -> None:
    """Let the minute pass after which what the dead worker held is due again; nobody else performs anything now."""
    with unit_of_work() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.status == "pending", OutboxRow.available_at > now())
            .values(available_at=now())
        )


def _all_over() -> bool:
    with unit_of_work() as session:
        over = select(func.count()).select_from(ProcessInstance).where(ProcessInstance.ended_at.is_not(None))
        owed = select(func.count()).select_from(OutboxRow).where(OutboxRow.status == "pending")
        return session.scalar(over) == ORDERS and session.scalar(owed) == 0


def _unfinished(session: Session) -> Counter[tuple[str, ...]]:
    """Say what whoever has not finished waits for."""
    waits = session.execute(select(Wait.kind, Wait.name)).all()
    tasks = session.execute(select(UserTask.node_id, UserTask.role).where(UserTask.status == "open")).all()
    owed = session.execute(select(OutboxRow.topic, OutboxRow.status).where(OutboxRow.status != "done")).all()
    left = session.execute(select(Message.name, Message.status).where(Message.status != "delivered")).all()
    return Counter(tuple(row) for row in (*waits, *tasks, *owed, *left))


def _check_processes(session: Session, numbers: set[str]) -> None:
    assert session.scalars(select(Incident.error)).all() == []
    assert Counter(session.scalars(select(ProcessInstance.status))) == {"completed": ORDERS}
    assert set(session.scalars(select(ProcessInstance.business_key))) == numbers
    assert set(session.scalars(select(OutboxRow.status))) == {"done"}
    assert set(session.scalars(select(Message.status))) == {"delivered"}
    assert set(session.scalars(select(UserTask.status))) == {"completed"}
    per_node = select(func.count()).where(UserTask.node_id.in_(["follow_up_payment", "confirm_receipt"]))
    assert set(session.scalars(per_node.group_by(UserTask.business_key, UserTask.node_id))) == {1}


def _check_orders(session: Session) -> None:
    orders = session.scalars(select(Order)).all()
    assert Counter((order.status, order.payment) for order in orders) == {("completed", "paid"): ORDERS}
    receipts = session.execute(
        select(Receipt.order_id, func.count(), func.sum(Receipt.amount)).group_by(Receipt.order_id)
    )
    assert {row[0]: (row[1], row[2]) for row in receipts} == {order.id: (1, order.total) for order in orders}
    for line in session.scalars(select(OrderLine)):
        assert (line.shipped, line.received, line.reserved, line.in_production) == (line.quantity, line.quantity, 0, 0)
    in_parcels = (
        select(func.sum(ParcelLine.quantity)).group_by(ParcelLine.order_line_id).order_by(ParcelLine.order_line_id)
    )
    assert session.scalars(in_parcels).all() == session.scalars(select(OrderLine.quantity).order_by(OrderLine.id)).all()
    for kind in ("submitted", "released", "receipt", "receipt_confirmed"):
        said = select(func.count()).where(OrderEvent.kind == kind).group_by(OrderEvent.order_id)
        assert Counter(session.scalars(said)) == {1: ORDERS}, kind
    for event, detail in (("order.submitted", None), ("order.status", "shipped"), ("order.status", "completed")):
        told = select(func.count(Notification.id)).where(Notification.event == event)
        told = told if detail is None else told.where(Notification.key.endswith(f":{detail}"))
        assert session.scalar(told) == ORDERS, (event, detail)


def _check_factory(session: Session) -> None:
    assert Counter(tuple(row) for row in session.execute(select(FactoryOrder.status, FactoryOrder.portal_status))) == {
        ("completed", "completed"): ORDERS
    }
    assert Counter(session.scalars(select(FactoryParcel.status))) == {
        "shipped": session.scalar(select(func.count(Parcel.id)))
    }
    made = select(func.count(), func.sum(ProductionOrder.finished)).group_by(ProductionOrder.line_id)
    assert {row[0] for row in session.execute(made)} == {1}
    short = (
        select(func.sum(OrderLine.quantity))
        .join(StockLevel, StockLevel.variant_id == OrderLine.variant_id)
        .where(StockLevel.on_hand == 0)
    )
    assert session.scalar(select(func.sum(ProductionOrder.finished))) == session.scalar(short)
    assert session.scalar(select(func.count()).where(FactoryOrderLine.shipped != FactoryOrderLine.quantity)) == 0


def _check_ledger(session: Session) -> None:
    """Every piece of every line was promised once and left once, and what is there is what came less what left."""
    ordered = dict(
        session.execute(select(OrderLine.variant_id, func.sum(OrderLine.quantity)).group_by(OrderLine.variant_id)).all()
    )
    for level in session.scalars(select(StockLevel)):
        rows = session.execute(
            select(StockMovement.kind, func.sum(StockMovement.quantity))
            .where(StockMovement.variant_id == level.variant_id)
            .group_by(StockMovement.kind)
        )
        moved = Counter({kind: int(quantity) for kind, quantity in rows})
        wanted = ordered.get(level.variant_id, 0)
        assert (level.reserved, moved["reserve"], -moved["shipped"]) == (0, wanted, wanted)
        assert level.on_hand == moved["in"] + moved["produced"] + moved["shipped"]
