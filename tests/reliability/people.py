"""People of iron for the reliability tests: each looks again and again for what waits for them, and does it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from random import Random
from typing import TypeVar
from uuid import UUID

import httpx
from sqlalchemy import select
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session

from portal.bench.client import OrderingClient, Refused
from portal.bench.little_shop import Buyer, LittleShop
from portal.clock import now
from portal.database import unit_of_work
from portal.errors import PortalError
from portal.orders.models import Order
from portal.production import service as production
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, ProductionOrder
from portal.workflow import service as workflow
from portal.workflow.models import UserTask

Result = TypeVar("Result")

LOOK_EVERY = 0.25
THREADS = 32
LOSES_CONNECTION = (httpx.TransportError, OperationalError, DisconnectionError)


class Office:
    """Runs everybody in threads until told to stop; whoever fails stops all."""

    def __init__(self, address: str, shop: LittleShop) -> None:
        self.address, self.shop = address, shop
        self.stop = threading.Event()
        self.retries: Counter[str] = Counter()
        self.numbers: dict[str, str] = {}
        """Submission key → the number the portal answered."""
        self._entering = threading.Lock()
        self._pool = ThreadPoolExecutor(THREADS)
        self._working: list[Future[None]] = []

    def run(self, work: Callable[..., None], *details: object) -> None:
        """Let somebody work in a thread of their own."""
        future = self._pool.submit(work, *details)
        future.add_done_callback(lambda done: self.stop.set() if done.exception() else None)
        self._working.append(future)

    def close(self) -> None:
        """Let everybody go home; raises what went wrong for the first of them."""
        self.stop.set()
        self._pool.shutdown()
        for future in self._working:
            future.result()

    def rounds(self) -> Iterator[None]:
        """Go on until told to stop, with a short pause between rounds."""
        while not self.stop.wait(LOOK_EVERY):
            yield

    def insist(self, work: Callable[[], Result], what: str) -> Result | None:
        """Do something until it is done, however often the portal falls over on the way."""
        while not self.stop.is_set():
            try:
                return work()
            except LOSES_CONNECTION:
                self.retries[what] += 1
            except Refused as refused:
                if refused.status < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise
                self.retries[what] += 1
            self.stop.wait(LOOK_EVERY)
        return None

    def look(self, what: Callable[..., list[Result]], *details: object) -> list[Result]:
        """Return what waits for somebody, as soon as the database can be asked."""
        return self.insist(partial(what, *details), "look") or []

    def _log_in(self, client: OrderingClient) -> None:
        """Log in, one after another: release 0.1.0 may throw out one of two who come with one number from one address."""
        with self._entering:
            self.insist(client.log_in, "log-in")

    def order(self, buyer: Buyer, baskets: dict[str, dict[str, int]], chance: Random) -> None:
        """Submit a buyer's orders one after another over HTTP, now and then the same one twice."""
        with OrderingClient(self.address, buyer) as client:
            self._log_in(client)
            for key, lines in baskets.items():
                for _click in range(2 if chance.random() < 0.2 else 1):
                    number = self.insist(partial(client.submit, key, lines), "order")
                    if number is not None:
                        assert self.numbers.setdefault(key, number) == number

    def receive(self, buyer: Buyer) -> None:
        """Confirm over HTTP what has arrived; one that was confirmed already (the answer was lost) is done."""
        with OrderingClient(self.address, buyer) as client:
            self._log_in(client)
            for _round in self.rounds():
                for number in self.look(_arrived, buyer):
                    try:
                        self.insist(partial(client.confirm_receipt, number), "receipt")
                    except Refused as refused:
                        if refused.status != httpx.codes.CONFLICT:
                            raise

    def decide(self) -> None:
        """Approve what waits for approval and confirm what was paid."""
        for _round in self.rounds():
            for task_id, node_id, number in self.look(_tasks):
                self._once(partial(self._decide, task_id=task_id, node_id=node_id, number=number))

    def _decide(self, session: Session, *, task_id: UUID, node_id: str, number: str) -> None:
        if node_id.startswith("review_by"):
            data = {"decision": "approve"}
        else:
            amount = session.scalars(select(Order.total).where(Order.number == number)).one()
            data = {"amount": str(amount), "method": "transfer", "received_on": now().date().isoformat()}
        actor = self.shop.manager if node_id == "review_by_manager" else self.shop.salesperson
        workflow.complete_task(session, actor=actor, task_id=task_id, data=data)

    def make(self) -> None:
        """Start and finish production orders, exactly as asked."""
        for _round in self.rounds():
            for number, status, quantity in self.look(_jobs):
                self._once(partial(self._make, number=number, status=status, quantity=quantity))

    def _make(self, session: Session, *, number: str, status: str, quantity: int) -> None:
        if status == "requested":
            production.start_production(session, actor=self.shop.warehouse, number=number)
        else:
            production.finish_production(session, actor=self.shop.warehouse, number=number, quantity=quantity)

    def ship(self) -> None:
        """Pick and ship all that may leave."""
        for _round in self.rounds():
            for number in self.look(_released):
                self._once(partial(self._ship, number=number))

    def _ship(self, session: Session, *, number: str) -> None:
        keeper = self.shop.warehouse
        parcel = production.start_picking(session, actor=keeper, number=number).number
        production.pick_all(session, actor=keeper, parcel_number=parcel)
        production.ship_parcel(
            session, actor=keeper, parcel_number=parcel, courier="sf", tracking_number="SF" + parcel.replace("-", "")
        )

    def _once(self, work: Callable[[Session], None]) -> None:
        """Do something that somebody may have done already, or that has to be tried again later."""
        try:
            with unit_of_work() as session:
                work(session)
        except (PortalError, OperationalError, DisconnectionError):
            self.retries["task"] += 1


def _arrived(buyer: Buyer) -> list[str]:
    with unit_of_work() as session:
        waiting = (UserTask.node_id == "confirm_receipt", UserTask.status == "open")
        mine = UserTask.assignee_id == buyer.actor.user_id
        return list(session.scalars(select(UserTask.business_key).where(*waiting, mine)))


def _tasks() -> list[tuple[UUID, str, str]]:
    with unit_of_work() as session:
        rows = session.execute(
            select(UserTask.id, UserTask.node_id, UserTask.business_key).where(
                UserTask.status == "open", UserTask.node_id != "confirm_receipt"
            )
        )
        return [(row.id, row.node_id, row.business_key) for row in rows]


def _jobs() -> list[tuple[str, str, int]]:
    with unit_of_work() as session:
        rows = session.execute(
            select(ProductionOrder.number, ProductionOrder.status, ProductionOrder.quantity).where(
                ProductionOrder.status.in_(["requested", "started"])
            )
        )
        return [(row.number, row.status, row.quantity) for row in rows]


def _released() -> list[str]:
    with unit_of_work() as session:
        may_leave = (FactoryOrderLine.released > FactoryOrderLine.shipped) & (FactoryOrderLine.reserved > 0)
        waiting = select(FactoryOrderLine.factory_order_id).where(may_leave)
        picking = select(FactoryParcel.factory_order_id).where(FactoryParcel.status == "picking")
        return list(
            session.scalars(
                select(FactoryOrder.number).where(
                    FactoryOrder.status == "released", FactoryOrder.id.in_(waiting), FactoryOrder.id.not_in(picking)
                )
            )
        )
