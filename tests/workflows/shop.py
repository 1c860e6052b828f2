"""A shop whose orders run the delivered diagram on the real engine, and what its people do, in the words of the trade.

Each deed is a transaction of its own, as a page's would be; `settles` then performs all that the outbox owes.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from lxml import etree
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import outbox
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.capabilities import register_all
from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.database import unit_of_work
from portal.orders import service as orders
from portal.orders.models import Order, OrderLine
from portal.orders.submission import Revision
from portal.production import service as production
from portal.production.models import FactoryOrderLine, StockLevel
from portal.workflow import queries as runs
from portal.workflow import service as workflow
from portal.workflow.models import HistoryEntry, Message, ProcessInstance, UserTask
from tests.factories import catalog, customers
from tests.factories import orders as order_factory
from tests.factories import production as factory

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_waybills = count(1)
PAID = {"method": "transfer", "received_on": "2026-07-16", "reference": "6228 0001"}


def diagram() -> Any:
    """Return the delivered diagram as XML."""
    return etree.fromstring((order_factory.WORKFLOWS / "order.bpmn").read_bytes())


def elements_of(xml: Any) -> set[str]:
    """Return the ids of everything a token can pass: nodes and sequence flows."""
    process = xml.find(f"{BPMN}process")
    passed = ("Event", "Task", "Gateway", "subProcess", "sequenceFlow")
    return {element.get("id") for element in process.iter(f"{BPMN}*") if element.tag.endswith(passed)}


class Shop:
    """The people on the shop's side, and the wheels on its shelves."""

    def __init__(self, session: Session) -> None:
        register_all()
        order_factory.the_order_process(session)
        self.manager = customers.actor_of(customers.a_user(session, Role.SALES_MANAGER, name="周敏"))
        self.finance = customers.actor_of(customers.a_user(session, Role.FINANCE, name="钱芳"))
        self.keeper = customers.actor_of(customers.a_user(session, Role.WAREHOUSE, name="何建国"))
        session.commit()

    def wheel(self, stock: int = 0, *, price: str | None = "186.00", **columns: Any) -> Variant:
        """Put a wheel on the shelf."""
        with unit_of_work() as session:
            variant = catalog.a_variant(session, list_price=price, **columns)
            if stock:
                factory.in_stock(session, variant, stock)
            return variant

    def buyer(self, **columns: Any) -> tuple[Actor, Actor]:
        """Have a contact of a new company and its salesperson."""
        with unit_of_work() as session:
            buyer, seller = order_factory.a_buyer(session, **columns)
            return buyer, customers.actor_of(seller)

    def order(
        self, wanted: int = 8, *, stock: int = 0, type: str = "one", partial: bool = True, **columns: Any
    ) -> "Story":
        """Have a contact order one wheel, of which so many are in stock; it goes as far as it can by itself."""
        return self.order_of({self.wheel(stock): wanted}, type=type, partial=partial, **columns)

    def order_of(self, wanted: dict[Variant, int], *, partial: bool = True, **columns: Any) -> "Story":
        """Have a contact order these wheels; it goes as far as it can by itself."""
        buyer, seller = self.buyer(**columns)
        story = self.submitted(buyer, seller, wanted, partial_delivery=partial)
        settles()
        return story

    def submitted(self, buyer: Actor, seller: Actor, wanted: dict[Variant, int], **values: Any) -> "Story":
        """Have a contact order; nothing of what it owes to the factory is done yet."""
        with unit_of_work() as session:
            number = order_factory.a_submitted_order(session, buyer, wanted, **values).number
        return Story(self, number, buyer, seller)


def settles() -> None:
    """Perform all that the outbox owes."""
    outbox.perform_pending()


def settles_backwards() -> None:
    """Perform what the outbox owes now, the last first; then what follows from it."""
    with unit_of_work() as session:
        owed = sorted(outbox.lease(session, limit=100), reverse=True)
    for row_id in owed:
        outbox.perform(row_id)
    settles()


@dataclass(frozen=True)
class Line:
    """The account of an order line, in pieces."""

    quantity: int
    cancelled: int
    reserved: int
    in_production: int
    shipped: int
    received: int


@dataclass
class Story:
    """One order on its way, and what people do with it."""

    shop: Shop
    number: str
    buyer: Actor
    seller: Actor

    # What one sees

    @property
    def status(self) -> str:
        """The public status."""
        return str(self._order().status)

    @property
    def payment(self) -> str:
        """The payment badge."""
        return str(self._order().payment)

    def order(self) -> Order:
        """The order's row."""
        return self._order()

    def _order(self) -> Order:
        with unit_of_work() as session:
            return session.scalars(select(Order).where(Order.number == self.number)).one()

    def lines(self) -> list[Line]:
        """The accounts of the order's lines."""
        columns = [getattr(OrderLine, name) for name in Line.__dataclass_fields__]
        query = select(*columns).join(Order, Order.id == OrderLine.order_id).where(Order.number == self.number)
        with unit_of_work() as session:
            return [Line(*row) for row in session.execute(query.order_by(OrderLine.position))]

    @property
    def waits_for(self) -> set[str]:
        """The tasks that are open."""
        return set(self.tasks())

    def tasks(self) -> dict[str, uuid.UUID]:
        """The open tasks: node → id."""
        with unit_of_work() as session:
            rows = session.execute(
                select(UserTask.node_id, UserTask.id).where(
                    UserTask.business_key == self.number, UserTask.status == "open"
                )
            )
            return {row.node_id: row.id for row in rows}

    def task(self, node: str) -> uuid.UUID:
        """The open task of a node."""
        return self.tasks()[node]

    @property
    def instance(self) -> ProcessInstance:
        """The running diagram."""
        with unit_of_work() as session:
            return session.scalars(select(ProcessInstance).where(ProcessInstance.business_key == self.number)).one()

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self.instance.status == "completed"

    @property
    def passed(self) -> set[str]:
        """The nodes and flows that its tokens have passed."""
        with unit_of_work() as session:
            return set(runs.path(session, self.instance.id)["taken"])

    @property
    def way(self) -> list[str]:
        """The nodes in the order they were entered."""
        return [row.node_id or "" for row in self.history("node_entered")]

    def history(self, kind: str) -> list[HistoryEntry]:
        """What was recorded of a kind, in order."""
        with unit_of_work() as session:
            mine = HistoryEntry.instance_id == self.instance.id, HistoryEntry.kind == kind
            return list(session.scalars(select(HistoryEntry).where(*mine).order_by(HistoryEntry.id)))

    @property
    def statuses(self) -> list[str]:
        """The public statuses it has had, in order."""
        return [entry.detail["status"] for entry in self.history("status")]

    def production_orders(self) -> list[Any]:
        """What the factory makes for it."""
        with unit_of_work() as session:
            return factory.production_orders(session, factory.factory_order(session, self.number))

    def unchanged_mark(self) -> tuple[Any, ...]:
        """All that a refused deed must leave as it was."""
        with unit_of_work() as session:
            order = session.scalars(select(Order).where(Order.number == self.number)).one()
            tasks = session.execute(
                select(UserTask.id, UserTask.status, UserTask.assignee_id, UserTask.result).where(
                    UserTask.business_key == self.number
                ).order_by(UserTask.id)
            ).all()  # fmt: skip
            entries = session.scalar(
                select(func.count()).select_from(HistoryEntry).where(HistoryEntry.instance_id == self.instance.id)
            )
            messages = session.scalar(select(func.count()).select_from(Message))
            owed = session.scalar(select(func.count()).select_from(outbox.OutboxRow))
            return (order.version, order.status, order.payment, order.revision, self.instance.version, tasks, entries,
                    messages, owed, self.lines())  # fmt: skip

    # What people do

    def does(self, actor: Actor, node: str, **data: str) -> None:
        """Complete the open task of a node with its form, and let everything follow."""
        with unit_of_work() as session:
            workflow.complete_task(session, actor=actor, task_id=self.task(node), data=data)
        settles()

    def reviewed(self, decision: str, *, by: Actor | None = None, **data: str) -> None:
        """Have the salesperson (or who is named) decide the order."""
        node = "review_by_manager" if by == self.shop.manager else "review_by_salesperson"
        self.does(by or self.seller, node, decision=decision, **data)

    def is_paid(self, node: str, amount: str | None = None) -> None:
        """Have the salesperson confirm money, all of it unless an amount is named."""
        self.does(self.seller, node, amount=amount or str(self._order().total), **PAID)

    def revised(self, quantity: int) -> None:
        """Have the contact change the first line's quantity and hand it in again."""
        with unit_of_work() as session:
            orders.revise_order(session, actor=self.buyer, number=self.number, revision=Revision({1: quantity}, "改了"))
        settles()

    def receipt_confirmed(self, by: Actor | None = None) -> None:
        """Have the contact say that everything arrived."""
        with unit_of_work() as session:
            orders.confirm_receipt(session, actor=by or self.buyer, number=self.number)
        settles()

    def cancellation_asked(self, reason: str = "客户改了图纸") -> None:
        """Have the contact ask for a cancellation."""
        with unit_of_work() as session:
            orders.request_cancellation(session, actor=self.buyer, number=self.number, reason=reason)
        settles()

    # What the factory does

    def production_started(self, *, now: bool = True) -> None:
        """Have the factory begin with what it makes for the order; `now=False`: nobody is told yet."""
        for made in self.production_orders():
            with unit_of_work() as session:
                production.start_production(session, actor=self.shop.keeper, number=made.number)
        if now:
            settles()

    def production_finished(self, *, now: bool = True) -> None:
        """Have the factory finish what it makes for the order; `now=False`: nobody is told yet."""
        for made in self.production_orders():
            with unit_of_work() as session:
                production.finish_production(
                    session, actor=self.shop.keeper, number=made.number, quantity=made.quantity
                )
        if now:
            settles()

    def shipped(self, pieces: int | None = None, *, now: bool = True) -> str:
        """Have the warehouse send all that may leave, or so many pieces of the first line; return the parcel's number."""
        keeper = self.shop.keeper
        with unit_of_work() as session:
            parcel = production.start_picking(session, actor=keeper, number=self.number).number
            if pieces is None:
                production.pick_all(session, actor=keeper, parcel_number=parcel)
            else:
                first = factory.lines(session, factory.factory_order(session, self.number))[0]
                production.set_picked(session, actor=keeper, parcel_number=parcel, line_id=first.id, quantity=pieces)
            waybill = {"courier": "sf", "tracking_number": f"SF13{next(_waybills):011d}"}
            production.ship_parcel(session, actor=keeper, parcel_number=parcel, **waybill)
        if now:
            settles()
        return parcel

    def hears(self, name: str, payload: Mapping[str, Any], *, id: str, sender: str = "book") -> bool:
        """Have a factory's message arrive; False when it was received before."""
        with unit_of_work() as session:
            fresh = workflow.receive_message(
                session, sender=sender, message_id=id, name=name, business_key=self.number, payload=payload
            )
        settles()
        return fresh

    # Shortcuts to a point of the way

    def produced(self) -> "Story":
        """Have the factory make what is short, from start to finish."""
        self.production_started()
        self.production_finished()
        return self

    def parcel_of(self, pieces: int, *, id: str) -> dict[str, Any]:
        """What a factory's message about a parcel says."""
        lines = [{"position": 1, "quantity": pieces}]
        return {"parcel": id, "courier": "sf", "tracking_number": f"SF{id}", "lines": lines,
                "shipped_at": "2026-07-20T09:30:00+00:00"}  # fmt: skip


def stock_of(variant: Variant) -> tuple[int, int]:
    """Return what is on hand and what is promised of a wheel."""
    with unit_of_work() as session:
        return factory.stock(session, variant)


def reserved_in_all(variant: Variant) -> tuple[int, int, int]:
    """Return what the ledger, the factory's lines and the orders' lines say is promised of a wheel."""
    with unit_of_work() as session:
        ledger = session.scalar(select(StockLevel.reserved).where(StockLevel.variant_id == variant.id)) or 0
        sums = [
            session.scalar(select(func.coalesce(func.sum(table.reserved), 0)).where(table.variant_id == variant.id))
            for table in (FactoryOrderLine, OrderLine)
        ]
        return ledger, int(sums[0] or 0), int(sums[1] or 0)


def person(session: Session, *roles: str, name: str, **columns: Any) -> User:
    """Make one more person of the shop."""
    return customers.a_user(session, *roles, name=name, **columns)


def company_of(story: Story) -> Customer:
    """Return the customer of an order."""
    with unit_of_work() as session:
        return session.get_one(Customer, story.buyer.customer_id)
