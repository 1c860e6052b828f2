"""An order shop for tests: the delivered process published, a buyer, and things to buy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.database import engine, unit_of_work
from portal.orders import queries, service
from portal.orders.queries import OrderView
from portal.production import service as factory
from portal.workflow import service as workflow
from portal.workflow.models import UserTask
from tests.factories.catalog import a_custom_product, a_grant, a_product, a_variant
from tests.factories.customers import a_user, actor_of
from tests.factories.orders import a_buyer, a_submitted_order, the_order_process
from tests.factories.production import a_worker, in_stock


@dataclass
class Shop:
    """Each method is one person's step in a transaction of its own, with everything that follows from it."""

    drain: Callable[[], int]
    buyer: Actor
    seller: User
    worker: Actor
    stocked: Any
    made: Any
    custom: Any
    people: dict[str, User] = field(default_factory=dict)

    def order(self, wanted: dict[Any, int], **values: Any) -> str:
        """Hand in an order and let the factory hear of it; its number."""
        with unit_of_work() as session:
            number = a_submitted_order(session, self.buyer, wanted, **values).number
        self.drain()
        return number

    def view(self, number: str, actor: Actor | None = None) -> OrderView:
        """Read an order as the buyer or somebody else."""
        with unit_of_work() as session:
            return queries.order_view(session, actor=actor or self.buyer, number=number)

    def task(self, number: str, node: str) -> UUID:
        """The open task of a node."""
        with unit_of_work() as session:
            return session.scalars(
                select(UserTask.id).where(
                    UserTask.business_key == number, UserTask.node_id == node, UserTask.status == "open"
                )
            ).one()

    def complete(self, number: str, node: str, actor: Actor, **data: str) -> None:
        """Complete a task as somebody."""
        task = self.task(number, node)
        with unit_of_work() as session:
            workflow.complete_task(session, actor=actor, task_id=task, data=data)
        self.drain()

    def ship(self, number: str) -> None:
        """Pick and send what may leave."""
        with unit_of_work() as session:
            parcel = factory.start_picking(session, actor=self.worker, number=number)
            factory.pick_all(session, actor=self.worker, parcel_number=parcel.number)
            factory.ship_parcel(
                session, actor=self.worker, parcel_number=parcel.number, courier="sf", tracking_number="SF1400012345678"
            )
        self.drain()

    def cancel(self, number: str, actor: Actor | None = None, reason: str = "型号选错") -> None:
        """Ask to cancel."""
        with unit_of_work() as session:
            service.request_cancellation(session, actor=actor or self.buyer, number=number, reason=reason)
        self.drain()


@pytest.fixture
def shop(database: str, drain: Callable[[], int]) -> Shop:
    """A type-one buyer with standard items, one in stock, one made to order, and a custom one that needs approval."""
    return open_shop(drain)


def open_shop(drain: Callable[[], int], *, type: str = "one") -> Shop:
    """Open a shop for a buyer of a type."""
    with unit_of_work() as session:
        the_order_process(session)
        buyer, seller = a_buyer(session, type=type)
        contact = session.get_one(User, buyer.user_id)
        stocked = a_variant(session)
        made = a_variant(session, a_product(session), "7-600×63×305-A46K6V-35m/s")
        secret = a_custom_product(session)
        a_grant(session, secret, _company(session, buyer))
        custom = a_variant(session, secret, "7-400×50×127-PA54J7V-50m/s")
        in_stock(session, stocked, 500)
        worker = a_worker(session)
        finance = a_user(session, "finance", name="钱会计")
        people = {
            "buyer": contact,
            "seller": seller,
            "finance": finance,
            "worker": session.get_one(User, worker.user_id),
        }
        session.flush()
        session.expunge_all()
    return Shop(drain, buyer, seller, worker, stocked, made, custom, people)


def _company(session: Any, buyer: Actor) -> Any:
    from portal.customers.models import Customer

    return session.get_one(Customer, buyer.customer_id)


@pytest.fixture
def seller(shop: Shop) -> Actor:
    """The buyer's salesperson."""
    return actor_of(shop.seller)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Note every statement the block sends to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine(), "before_cursor_execute", note)
