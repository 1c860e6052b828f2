"""Whatever is killed loses nothing and does nothing twice: `kill -9` of web, worker and PostgreSQL at random while orders run.

Among the orders are some that are paid first, sent back and revised, or cancelled, before or after the factory has begun. The worker's
leases are short and waited out; a killed PostgreSQL is started again, everybody else finds it again by themselves.
"""

import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.bench.installation import Installation
from portal.bench.little_shop import LittleShop, make_little_shop
from portal.database import unit_of_work
from portal.notifications.models import Notification
from portal.orders.models import Order, OrderEvent, OrderLine, Parcel, ParcelLine, Receipt
from portal.outbox import OutboxAttempt, OutboxRow
from portal.production.models import (
    FactoryOrder,
    FactoryOrderLine,
    FactoryParcel,
    ProductionOrder,
    StockLevel,
    StockMovement,
)
from portal.workflow.models import Incident, Message, ProcessInstance, UserTask, Wait
from tests.reliability.trouble import TroubledOffice

ORDERS, BUYERS, PAYING_FIRST = 60, 4, 2
LEASE = "4"
CHAOS = 25.0
"""Seconds during which processes are killed."""
FINISH_WITHIN = 180.0
VICTIMS = ("web", "worker", "database", "connection", "all")


@pytest.mark.timeout(300)
def test_every_order_ends_and_each_effect_happens_once_though_web_worker_and_database_are_killed() -> None:
    seed = int(os.environ.get("PORTAL_TEST_SEED") or time.time())
    sys.stderr.write(f"seed {seed}; PORTAL_TEST_SEED repeats it\n")
    with Installation(durable=False, environment={"PORTAL_LEASE_SECONDS": LEASE}) as portal:
        with unit_of_work() as session:
            shop = make_little_shop(session, buyers=BUYERS, paying_first=PAYING_FIRST)
        portal.start_web()
        portal.start_worker()
        office = TroubledOffice(portal.address, shop)
        kills = _play(portal, office, _baskets(shop, Random(seed)), Random(seed + 1))
        sys.stderr.write(f"killed {dict(kills)}, tried again {dict(office.retries)}\n")
        with unit_of_work() as session:
            assert _unfinished(session) == {}, portal.log("worker")[-4000:]
        assert min(kills[victim] for victim in VICTIMS) >= 1
        assert len(office.numbers) == len(set(office.numbers.values())) == ORDERS
        with unit_of_work() as session:
            _check_processes(session, set(office.numbers.values()))
            _check_orders(session)
            _check_money(session)
            _check_factory(session)
            _check_ledger(session)
            _check_what_was_said(session)


def _baskets(shop: LittleShop, chance: Random) -> list[dict[str, dict[str, int]]]:
    """Make up every buyer's orders by submission key: half of them hold something that must be made, some are large."""
    orders = []
    for number in range(ORDERS):
        lines = {sku: chance.randint(1, 20) for sku in chance.sample(shop.in_stock, 2)}
        if chance.random() < 0.5:
            lines[chance.choice(shop.short)] = chance.randint(1, 30)
        if chance.random() < 0.3:
            lines[shop.in_stock[0]] = 1500
        orders.append((f"kill-test-{number}", lines))
    return [dict(orders[place::BUYERS]) for place in range(BUYERS)]


def _play(
    portal: Installation, office: TroubledOffice, baskets: list[dict[str, dict[str, int]]], chance: Random
) -> Counter[str]:
    """Let everybody work, and processes die, until every order is over; return how often each was killed."""
    kills: Counter[str] = Counter()
    for buyer, orders in zip(office.shop.buyers, baskets, strict=True):
        office.run(office.order, buyer, orders, Random(chance.random()))
        office.run(office.receive, buyer)
        office.run(office.revise, buyer)
        office.run(office.cancel, buyer, Random(chance.random()))
    for work in (office.decide, office.make, office.ship):
        office.run(work)
    office.run(_kill_again_and_again, portal, office, Random(chance.random()), kills)
    deadline = time.monotonic() + FINISH_WITHIN
    while not (office.stop.wait(0.5) or _all_over(kills)) and time.monotonic() < deadline:
        pass
    office.close()
    return kills


def _kill_again_and_again(portal: Installation, office: TroubledOffice, chance: Random, kills: Counter[str]) -> None:
    """Once there are orders, kill each victim once and then go on as long as there is time, in random order."""
    while len(office.numbers) < BUYERS:
        if office.stop.wait(0.1):
            return
    until = time.monotonic() + CHAOS
    while time.monotonic() < until or not kills["over"]:
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            if office.stop.wait(chance.uniform(0.2, 1.5)):
                return
            _kill(portal, victim)
            kills[victim] += 1
        kills["over"] += 1
    kills["over"] += 1000


def _kill(portal: Installation, victim: str) -> None:
    """Kill one, or all at once, and start again who does not come back by itself."""
    if victim == "connection":
        _kill_a_connection()
    if victim in ("web", "all"):
        portal.kill("web")
    if victim in ("worker", "all"):
        portal.kill("worker")
    if victim in ("database", "all"):
        portal.kill_database()
        portal.start_database()
    starts = {
        "web": [portal.start_web],
        "worker": [portal.start_worker],
        "all": [portal.start_web, portal.start_worker],
    }
    with ThreadPoolExecutor(2) as pool:
        for started in [pool.submit(start) for start in starts.get(victim, [])]:
            started.result()


def _kill_a_connection() -> None:
    """Kill the server's process behind some connection: the server then ends all of them and recovers by itself."""
    other = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1"
    with suppress(OperationalError), unit_of_work() as session:
        pid = session.scalar(text(other))
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


def _all_over(kills: Counter[str]) -> bool:
    if kills["over"] < 1000:
        return False
    with suppress(OperationalError), unit_of_work() as session:
        over = select(func.count()).select_from(ProcessInstance).where(ProcessInstance.ended_at.is_not(None))
        owed = select(func.count()).select_from(OutboxRow).where(OutboxRow.status == "pending")
        return session.scalar(over) == ORDERS and session.scalar(owed) == 0
    return False


def _unfinished(session: Session) -> Counter[tuple[str, ...]]:
    """Say what whoever has not finished waits for."""
    waits = session.execute(select(Wait.kind, Wait.name)).all()
    tasks = session.execute(select(UserTask.node_id, UserTask.role).where(UserTask.status == "open")).all()
    owed = session.execute(select(OutboxRow.topic, OutboxRow.status).where(OutboxRow.status != "done")).all()
    return Counter(tuple(row) for row in (*waits, *tasks, *owed))


def _check_processes(session: Session, numbers: set[str]) -> None:
    assert session.scalars(select(Incident.error)).all() == []
    assert Counter(session.scalars(select(ProcessInstance.status))) == {"completed": ORDERS}
    assert set(session.scalars(select(ProcessInstance.business_key))) == numbers
    assert set(session.scalars(select(OutboxRow.status))) == {"done"}
    succeeded = select(func.count()).where(OutboxAttempt.error.is_(None)).group_by(OutboxAttempt.outbox_id)
    assert set(session.scalars(succeeded)) == {1}, "each effect is done once"
    assert session.scalar(select(func.count()).where(Message.status == "expired")) == 0
    completed = select(Order.number).where(Order.status == "completed")
    factory = ("production_started", "production_finished", "parcel_shipped")
    lost = select(Message.name).where(
        Message.status == "pending", Message.name.in_(factory), Message.business_key.in_(completed)
    )
    assert session.scalars(lost).all() == []
    assert set(session.scalars(select(UserTask.status))) <= {"completed", "cancelled"}
    once = select(func.count()).where(UserTask.status == "completed", UserTask.node_id == "confirm_receipt")
    assert set(session.scalars(once.group_by(UserTask.business_key))) <= {1}


def _check_orders(session: Session) -> None:
    found = Counter(session.scalars(select(Order.status)))
    assert set(found) == {"completed", "cancelled"}, "some of each"
    assert found.total() == ORDERS
    assert session.scalar(select(func.count()).where(Order.revision > 1)), "some were sent back"
    for line, status in session.execute(
        select(OrderLine, Order.status).join(Order, Order.id == OrderLine.order_id)
    ).all():
        kept = 0 if status == "cancelled" else line.quantity
        account = (line.cancelled, line.shipped, line.received, line.reserved, line.in_production)
        assert account == (line.quantity - kept, kept, kept, 0, 0), (status, line.order_id)
    in_parcels = select(ParcelLine.order_line_id, func.sum(ParcelLine.quantity)).group_by(ParcelLine.order_line_id)
    shipped = select(OrderLine.id, OrderLine.shipped).where(OrderLine.shipped > 0)
    assert dict(session.execute(in_parcels).all()) == dict(session.execute(shipped).all())


def _check_money(session: Session) -> None:
    """What was completed is paid once and in full; what was cancelled is paid back, whatever was paid."""
    for order in session.scalars(select(Order)):
        receipts = session.execute(
            select(Receipt.kind, func.count(), func.sum(Receipt.amount))
            .where(Receipt.order_id == order.id)
            .group_by(Receipt.kind)
        )
        paid = {row[0]: (row[1], row[2]) for row in receipts}
        if order.status == "completed":
            assert paid == {"receipt": (1, order.total)}, order.number
        else:
            assert paid.get("receipt") == paid.get("refund"), order.number
            assert paid.get("receipt", (1,))[0] == 1


def _check_factory(session: Session) -> None:
    known = dict(session.execute(select(FactoryOrder.number, FactoryOrder.status)).all())
    for number, status in session.execute(select(Order.number, Order.status)).all():
        assert known.get(number, "cancelled") == status, number
    parcels = select(func.count()).where(FactoryParcel.status == "shipped")
    assert session.scalar(parcels) == session.scalar(select(func.count(Parcel.id)))
    made = select(func.count(), func.sum(ProductionOrder.finished)).group_by(ProductionOrder.line_id)
    assert {row[0] for row in session.execute(made)} == {1}, "production is asked for once"
    assert session.scalar(select(func.count()).where(FactoryOrderLine.shipped > FactoryOrderLine.quantity)) == 0


def _check_ledger(session: Session) -> None:
    """Every piece that left left once, nothing stays promised, and what is there is what came less what left."""
    left = select(OrderLine.variant_id, func.sum(OrderLine.shipped)).group_by(OrderLine.variant_id)
    shipped = {row[0]: int(row[1]) for row in session.execute(left)}
    made = (
        select(FactoryOrderLine.variant_id, func.sum(ProductionOrder.finished))
        .join(FactoryOrderLine, FactoryOrderLine.id == ProductionOrder.line_id)
        .group_by(FactoryOrderLine.variant_id)
    )
    finished = {row[0]: int(row[1]) for row in session.execute(made)}
    for level in session.scalars(select(StockLevel)):
        rows = session.execute(
            select(StockMovement.kind, func.sum(StockMovement.quantity))
            .where(StockMovement.variant_id == level.variant_id)
            .group_by(StockMovement.kind)
        )
        moved = Counter({kind: int(quantity) for kind, quantity in rows})
        assert level.reserved == 0
        assert -moved["shipped"] == shipped.get(level.variant_id, 0)
        assert moved["produced"] == finished.get(level.variant_id, 0)
        assert level.on_hand == moved["in"] + moved["produced"] + moved["shipped"]


def _check_what_was_said(session: Session) -> None:
    """Every event of an order and every notice of it was said once."""
    completed = session.scalar(select(func.count()).where(Order.status == "completed"))
    for kind, orders in (("submitted", ORDERS), ("receipt_confirmed", completed)):
        said = select(func.count()).where(OrderEvent.kind == kind).group_by(OrderEvent.order_id)
        assert Counter(session.scalars(said)) == {1: orders}, kind
    told = select(func.count(Notification.id)).where(Notification.event == "order.submitted")
    assert session.scalar(told) == ORDERS
    ended = select(func.count(Notification.id)).where(
        Notification.event == "order.status", Notification.key.endswith(":completed")
    )
    assert session.scalar(ended) == completed
