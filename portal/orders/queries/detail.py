"""One order as a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import null, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.money import ZERO
from portal.orders import permissions
from portal.orders.models import Order, OrderEvent, OrderLine, Parcel, ParcelLine, Receipt
from portal.orders.permissions import Stage
from portal.orders.process import CONFIRM_RECEIPT, DECIDE_CANCELLATION, REVISE
from portal.orders.quantities import Account
from portal.orders.queries import process
from portal.orders.queries.lists import trackers
from portal.orders.queries.process import Instance, OpenTask
from portal.orders.queries.visibility import OrderNotFound, visible_to
from portal.orders.totals import left_to_pay
from portal.orders.tracker import Step
from portal.workflow.vocabulary import StatusLook


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its own account; prices are None for who sees none."""

    id: int
    position: int
    variant_id: int
    sku: str
    marking: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    custom: bool
    unit_price: Decimal | None
    list_price: Decimal | None
    amount: Decimal | None
    account: Account


@dataclass(frozen=True, slots=True)
class ParcelContent:
    """What a parcel holds of a line, and how much of the line there is."""

    position: int
    marking: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    quantity: int
    ordered: int


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel."""

    number: str
    courier: str
    tracking_number: str
    shipped_at: datetime
    received_at: datetime | None
    contents: tuple[ParcelContent, ...]

    @property
    def pieces(self) -> int:
        """How many pieces it holds."""
        return sum(content.quantity for content in self.contents)


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Money in or out; CNY."""

    kind: str
    amount: Decimal
    method: str
    reference: str
    received_on: date
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class EventView:
    """A line of the history."""

    at: datetime
    kind: str
    actor_name: str
    person: bool
    public: bool
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything a page shows; amounts are None for who sees none. `permitted` names what may be done now."""

    number: str
    revision: int
    customer_id: int
    customer: str
    customer_type: str
    terms: str
    contact: str
    salesperson: str | None
    status: str
    look: StatusLook | None
    status_at: datetime
    payment: str
    total: Decimal | None
    received: Decimal | None
    left: Decimal | None
    recipient: str
    phone: str
    address: str
    purchase_order: str
    wanted_on: date | None
    promised_on: date | None
    partial_delivery: bool
    note: str
    customer_message: str
    cancel_reason: str
    submitted_at: datetime
    cancelling_at: datetime | None
    completed_at: datetime | None
    lines: tuple[LineView, ...]
    parcels: tuple[ParcelView, ...]
    receipts: tuple[ReceiptView, ...]
    events: tuple[EventView, ...]
    steps: tuple[Step, ...]
    tasks: tuple[OpenTask, ...]
    instance: Instance | None
    permitted: frozenset[str]

    @property
    def account(self) -> Account:
        """All lines together."""
        return sum_accounts([line.account for line in self.lines])


def order_view(session: Session, *, actor: Actor, number: str) -> OrderView:
    """Return an order the actor may see; raises OrderNotFound. Customers get public events only."""
    row = session.execute(_head(actor).where(Order.number == number, visible_to(actor))).one_or_none()
    if row is None:
        raise OrderNotFound
    instance = process.instances(session, numbers=[number]).get(number)
    tasks = tuple(process.open_tasks(session, numbers=[number]).get(number, ()))
    lines = _lines(session, actor, row.id)
    values = {name: value for name, value in row._mapping.items() if name not in ("id", "released_at")}
    money = permissions.sees_amounts(actor)
    return OrderView(
        **values,
        look=process.looks(session).get(row.status),
        left=left_to_pay(owed=_owed(lines), received=row.received) if money else None,
        lines=lines,
        parcels=_parcels(session, row.id),
        receipts=_receipts(session, row.id) if money else (),
        events=_events(session, row.id, everything=actor.is_staff, money=money),
        steps=trackers(session, [row]).get(number, ()),
        tasks=tasks,
        instance=instance,
        permitted=_permitted(actor, _stage(row, lines, instance), tasks),
    )


def sum_accounts(accounts: Sequence[Account]) -> Account:
    """Add up accounts."""
    names = ("ordered", "cancelled", "reserved", "in_production", "shipped", "received", "returned")
    return Account(**{name: sum(getattr(account, name) for account in accounts) for name in names})


def _owed(lines: Sequence[LineView]) -> Decimal:
    live = [line for line in lines if line.account.cancelled < line.account.ordered]
    return sum((line.amount for line in live if line.amount is not None), ZERO)


def _permitted(actor: Actor, stage: Stage, tasks: Sequence[OpenTask]) -> frozenset[str]:
    """Name what the actor may do now: cancel, cancel_freely, confirm, revise, reorder, note."""
    nodes = {task.node_id for task in tasks}
    asks = actor.is_contact or actor.has(*permissions.CANCELLERS)
    cancellable = asks and permissions.may_cancel(stage) and DECIDE_CANCELLATION not in nodes
    rules = {
        "cancel": cancellable,
        "cancel_freely": cancellable and permissions.cancels_freely(stage),
        "confirm": actor.is_contact and CONFIRM_RECEIPT in nodes,
        "revise": actor.is_contact and REVISE in nodes and stage.cancelling_at is None,
        "reorder": actor.is_contact,
        "note": actor.is_staff,
    }
    return frozenset(name for name, allowed in rules.items() if allowed)


def _stage(row: Any, lines: Sequence[LineView], instance: Instance | None) -> Stage:
    account = sum_accounts([line.account for line in lines])
    running = instance is not None and instance.ended_at is None
    return Stage(account.shipped, account.cancelled, row.released_at, row.cancelling_at, row.completed_at, running)


def _head(actor: Actor) -> Any:
    contact, salesperson = User.__table__.alias("contact"), User.__table__.alias("salesperson")
    money = (
        (Order.total, Order.received)
        if permissions.sees_amounts(actor)
        else (null().label("total"), null().label("received"))
    )
    return (
        select(
            Order.id, Order.number, Order.revision, Order.customer_id, Customer.name.label("customer"),
            Customer.type.label("customer_type"), Customer.terms, contact.c.name.label("contact"),
            salesperson.c.name.label("salesperson"), Order.status, Order.status_at, Order.payment, *money, Order.recipient,
            Order.phone, Order.address, Order.purchase_order, Order.wanted_on, Order.promised_on, Order.partial_delivery,
            Order.note, Order.customer_message, Order.cancel_reason, Order.submitted_at, Order.released_at, Order.cancelling_at,
            Order.completed_at,
        )
        .join(Customer, Customer.id == Order.customer_id)
        .join(contact, contact.c.id == Order.contact_id)
        .outerjoin(salesperson, salesperson.c.id == Order.salesperson_id)
    )  # fmt: skip


def _lines(session: Session, actor: Actor, order_id: int) -> tuple[LineView, ...]:
    rows = session.scalars(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position))
    money = permissions.sees_amounts(actor)
    return tuple(_line(line, money) for line in rows)


def _line(line: OrderLine, money: bool) -> LineView:
    account = Account(
        line.quantity, line.cancelled, line.reserved, line.in_production, line.shipped, line.received, line.returned
    )
    return LineView(
        line.id, line.position, line.variant_id, line.sku, line.marking, line.name_zh, line.name_en, line.unit_zh, line.unit_en,
        line.custom, line.unit_price if money else None, line.list_price if money else None, line.amount if money else None,
        account,
    )  # fmt: skip


def _parcels(session: Session, order_id: int) -> tuple[ParcelView, ...]:
    rows = session.execute(
        select(
            Parcel.number, Parcel.courier, Parcel.tracking_number, Parcel.shipped_at, Parcel.received_at, OrderLine.position,
            OrderLine.marking, OrderLine.name_zh, OrderLine.name_en, OrderLine.unit_zh, OrderLine.unit_en, ParcelLine.quantity,
            OrderLine.quantity,
        )
        .join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
        .join(OrderLine, OrderLine.id == ParcelLine.order_line_id)
        .where(Parcel.order_id == order_id)
        .order_by(Parcel.shipped_at, Parcel.id, OrderLine.position)
    )  # fmt: skip
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return tuple(_parcel(together) for together in found.values())


def _parcel(rows: list[Any]) -> ParcelView:
    head = rows[0]
    contents = tuple(ParcelContent(*row[5:]) for row in rows)
    return ParcelView(head[0], head[1], head[2], head[3], head[4], contents)


def _receipts(session: Session, order_id: int) -> tuple[ReceiptView, ...]:
    rows = session.execute(
        select(
            Receipt.kind, Receipt.amount, Receipt.method, Receipt.reference, Receipt.received_on, Receipt.confirmed_by
        )
        .where(Receipt.order_id == order_id)
        .order_by(Receipt.id)
    )
    return tuple(ReceiptView(*row) for row in rows)


_OF_MONEY = ("receipt", "refund", "cancellation_settled")
"""Events that tell amounts."""


def _events(session: Session, order_id: int, *, everything: bool, money: bool) -> tuple[EventView, ...]:
    seen = [OrderEvent.order_id == order_id] + ([] if everything else [OrderEvent.public])
    seen += [] if money else [OrderEvent.kind.not_in(_OF_MONEY)]
    rows = session.execute(
        select(
            OrderEvent.at, OrderEvent.kind, OrderEvent.actor_name, OrderEvent.actor_id.is_not(None), OrderEvent.public,
            OrderEvent.detail,
        ).where(*seen).order_by(OrderEvent.id.desc())
    )  # fmt: skip
    return tuple(EventView(*row) for row in rows)
