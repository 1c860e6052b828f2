"""Several machines of one portal: web processes and workers that share the database, the broker and the secret, and nothing else."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select, update

from portal.bench.client import OrderingClient, Refused
from portal.bench.installation import Installation
from portal.bench.little_shop import Buyer, LittleShop, make_little_shop
from portal.clock import now
from portal.database import unit_of_work
from portal.orders.models import Order
from portal.outbox import OutboxRow
from portal.workflow.models import ProcessInstance, UserTask
from tests.reliability.broker import Balancer, RedisServer
from tests.reliability.people import Office

BUYERS = 4
WEBS, WORKERS = ("web-a", "web-b"), ("worker-a", "worker-b")
FINISH_WITHIN = 60.0
BY_MANAGER = "review_by_manager"
SECRET = "the same for every machine " * 2


class DeskClient(OrderingClient):
    """A member of the staff, at the desk by HTTP."""

    def complete(self, task_id: UUID, data: Mapping[str, Any]) -> None:
        """Complete a task with what its form says. Refused, httpx.TransportError."""
        self._post(f"/desk/inbox/{task_id}/completion", httpx.codes.SEE_OTHER, data=dict(data))


@dataclass(frozen=True)
class Machines:
    """What there is."""

    portal: Installation
    broker: RedisServer
    shop: LittleShop
    address: str
    """In front of all web processes."""

    def data_of(self, name: str) -> dict[str, str]:
        """Return the environment of a machine: nothing of its data directory is another's."""
        return {"PORTAL_DATA_DIR": str(self.portal.directory / f"{name}-data")}

    def start(self, name: str) -> None:
        """Start a process by its name."""
        start = self.portal.start_web if name.startswith("web") else self.portal.start_worker
        start(name, environment=self.data_of(name))


@contextmanager
def running_machines() -> Iterator[Machines]:
    """Run two web processes and two workers while the block is open."""
    with ExitStack() as stack:
        broker = stack.enter_context(RedisServer())
        environment = {"PORTAL_BROKER_URL": broker.url, "PORTAL_SECRET_KEY": SECRET}
        portal = stack.enter_context(Installation(durable=False, environment=environment))
        with unit_of_work() as session:
            shop = make_little_shop(session, buyers=BUYERS)
        balancer = stack.enter_context(Balancer([portal.address_of(name) for name in WEBS]))
        machines = Machines(portal, broker, shop, balancer.address)
        for name in (*WEBS, *WORKERS):
            machines.start(name)
        yield machines


class Play:
    """Orders of everybody at once through the one address, decided at the desk by HTTP, until all are over."""

    def __init__(self, address: str, shop: LittleShop, name: str, *, orders: int) -> None:
        self.address, self.orders = address, orders
        self.office = Office(address, shop)
        self._before = count_ended()
        self._name = name

    def __enter__(self) -> "Play":
        chance = Random(self._name)
        for place, buyer in enumerate(self.office.shop.buyers):
            keys = [f"{self._name}-{number}" for number in range(place, self.orders, BUYERS)]
            baskets = {key: self._basket(number, chance) for number, key in enumerate(keys)}
            self.office.run(self.office.order, buyer, baskets, Random(chance.random()))
            self.office.run(self.office.receive, buyer)
        for of_manager in (False, True):
            self.office.run(self._decide, of_manager)
        for work in (self.office.make, self.office.ship):
            self.office.run(work)
        return self

    def __exit__(self, *_error: object) -> None:
        self.office.close()

    def _basket(self, number: int, chance: Random) -> dict[str, int]:
        shop = self.office.shop
        lines = {sku: chance.randint(1, 20) for sku in chance.sample(shop.in_stock, 2)}
        return lines | ({chance.choice(shop.short): chance.randint(1, 30)} if number % 2 else {})

    def _decide(self, of_manager: bool) -> None:
        """Decide by HTTP what waits for one person, again and again."""
        shop = self.office.shop
        me = salesperson(shop, BY_MANAGER if of_manager else "")
        with DeskClient(self.address, me) as desk:
            self.office.insist(desk.log_in, "desk log-in")
            for _round in self.office.rounds():
                for task_id, node_id, number in waiting_tasks():
                    if (node_id == BY_MANAGER) is of_manager:
                        self._complete(desk, task_id, decision(node_id, number))

    def _complete(self, desk: DeskClient, task_id: UUID, data: Mapping[str, Any]) -> None:
        try:
            self.office.insist(partial(desk.complete, task_id, data), "decision")
        except Refused as refused:  # done already: the answer was lost
            if refused.status not in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
                raise

    def until(self, numbers: int) -> None:
        """Wait until so many orders have been taken."""
        self._wait(lambda: len(self.office.numbers) >= numbers)

    def until_over(self, orders: int | None = None) -> None:
        """Wait until every order (or so many, those of before included) has run to its end and nothing is owed."""
        wanted = orders or self._before + self.orders
        self._wait(lambda: count_ended() >= wanted and not owed())

    def _wait(self, so: Any) -> None:
        for _ in range(int(FINISH_WITHIN / 0.1)):
            if so() or self.office.stop.wait(0.1):
                return


def salesperson(shop: LittleShop, node_id: str) -> Buyer:
    """Return who decides at a node, as somebody who can log in."""
    actor, phone = (shop.manager, "19900008002") if node_id == BY_MANAGER else (shop.salesperson, "19900008001")
    return Buyer(actor, phone, 0)


def waiting_tasks() -> list[tuple[UUID, str, str]]:
    """Return the open tasks of the staff: id, node and order."""
    columns = select(UserTask.id, UserTask.node_id, UserTask.business_key)
    with unit_of_work() as session:
        rows = session.execute(columns.where(UserTask.status == "open", UserTask.node_id != "confirm_receipt"))
        return [(row.id, row.node_id, row.business_key) for row in rows]


def decision(node_id: str, number: str) -> dict[str, str]:
    """Say what the form of a task wants for the order to go on."""
    if node_id.startswith("review_by"):
        return {"decision": "approve"}
    with unit_of_work() as session:
        amount = session.scalars(select(Order.total).where(Order.number == number)).one()
    return {"amount": str(amount), "method": "transfer", "received_on": now().date().isoformat()}


def count_ended() -> int:
    """Count the orders that are over."""
    with unit_of_work() as session:
        ended = select(func.count()).select_from(ProcessInstance).where(ProcessInstance.ended_at.is_not(None))
        return session.scalar(ended) or 0


def owed() -> int:
    """Count the effects that are owed."""
    with unit_of_work() as session:
        return session.scalar(select(func.count()).where(OutboxRow.status == "pending")) or 0


def let_leases_end() -> None:
    """Let the minute pass after which what was handed over, and never done, is handed over again."""
    with unit_of_work() as session:
        pending = (OutboxRow.status == "pending", OutboxRow.available_at > now())
        session.execute(update(OutboxRow).where(*pending).values(available_at=now()))


def wait_for(so: Any, *, within: float = 20.0) -> bool:
    """Wait until something is so; say whether it came to be."""
    pause = threading.Event()
    for _ in range(int(within / 0.1)):
        if so():
            return True
        pause.wait(0.1)
    return False
