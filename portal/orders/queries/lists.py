"""Lists of orders. A page costs the same number of statements however many rows it has."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, null, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.money import ZERO
from portal.orders.models import Order, OrderLine, Parcel
from portal.orders.permissions import sees_amounts
from portal.orders.process import KEY
from portal.orders.queries import process
from portal.orders.queries.process import OpenTask
from portal.orders.queries.visibility import visible_to
from portal.orders.tracker import Step, is_over, track
from portal.paging import SIZE, Paged, offset, within
from portal.workflow.models import UserTask
from portal.workflow.vocabulary import StatusLook


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list is narrowed to; empty: everything visible. `statuses` None: any."""

    statuses: tuple[str, ...] | None = None
    search: str = ""
    customer_id: int | None = None
    salesperson_id: int | None = None
    payment: str = ""
    customer_type: str = ""
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a list; amounts are None for who sees none. `steps` is its tracker, `tasks` what people must do."""

    number: str
    customer_id: int
    customer: str
    customer_type: str
    status: str
    status_at: datetime
    payment: str
    total: Decimal | None
    received: Decimal | None
    submitted_at: datetime
    promised_on: date | None
    cancelling_at: datetime | None
    salesperson: str | None
    lines: int
    pieces: int
    shipped: int
    parcels: int
    marking: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    tasks: tuple[OpenTask, ...] = ()
    steps: tuple[Step, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Sums:
    """What a filtered list comes to; None for who sees no amounts."""

    orders: int
    total: Decimal | None
    unpaid: Decimal | None


def orders_page(
    session: Session, *, actor: Actor, filters: OrderFilter, page: int = 1, size: int = SIZE
) -> Paged[OrderRow]:
    """Return a page of the orders the actor sees, with their open tasks and trackers."""
    wanted = [visible_to(actor), *_conditions(filters)]
    total = session.scalar(_joined(select(func.count())).where(*wanted)) or 0
    sort = "newest" if filters.sort == "amount" and not sees_amounts(actor) else filters.sort
    order = _SORTS.get(sort, _SORTS["newest"])
    rows = session.execute(_rows(actor).where(*wanted).order_by(*order).limit(size).offset(offset(page, size))).all()
    return Paged(_complete(session, rows), total, within(page), size)


def sums(session: Session, *, actor: Actor, filters: OrderFilter) -> Sums:
    """Return count, total and what is still to be paid of a filtered list."""
    unpaid = func.greatest(Order.total - Order.received, ZERO)
    open_payment = Order.payment.in_(["unpaid", "partly_paid"])
    row = session.execute(
        _joined(
            select(
                func.count(),
                func.coalesce(func.sum(Order.total), ZERO),
                func.coalesce(func.sum(unpaid).filter(open_payment), ZERO),
            )
        ).where(visible_to(actor), *_conditions(filters))
    ).one()
    count, total, owed = row
    return Sums(count, total, owed) if sees_amounts(actor) else Sums(count, None, None)


def counts_by_status(session: Session, *, actor: Actor, filters: OrderFilter = OrderFilter()) -> dict[str, int]:
    """Return how many orders the actor sees in each status, under the other filters."""
    others = OrderFilter(
        None, filters.search, filters.customer_id, filters.salesperson_id, filters.payment, filters.customer_type
    )
    rows = session.execute(
        _joined(select(Order.status, func.count()))
        .where(visible_to(actor), *_conditions(others))
        .group_by(Order.status)
    )
    return {row[0]: row[1] for row in rows}


def open_orders(session: Session, *, actor: Actor, limit: int = 3) -> Paged[OrderRow]:
    """Return the actor's orders that are not over, those that wait for a contact first."""
    going = tuple(key for key, look in process.looks(session).items() if not is_over(look))
    filters = OrderFilter(statuses=(*going, "submitted"), sort="customers_turn")
    return orders_page(session, actor=actor, filters=filters, size=limit)


def _joined(statement: Any) -> Select[Any]:
    joined: Select[Any] = statement.select_from(Order).join(Customer, Customer.id == Order.customer_id)
    return joined


def _rows(actor: Actor) -> Select[Any]:
    money = (Order.total, Order.received) if sees_amounts(actor) else (null().label("total"), null().label("received"))
    return _joined(
        select(
            Order.id, Order.number, Order.customer_id, Customer.name.label("customer"), Customer.type.label("customer_type"),
            Order.status, Order.status_at, Order.payment, *money, Order.submitted_at, Order.promised_on, Order.cancelling_at,
            User.name.label("salesperson"),
        )
    ).outerjoin(User, User.id == Order.salesperson_id)  # fmt: skip


def _complete(session: Session, rows: Sequence[Any]) -> tuple[OrderRow, ...]:
    numbers = [row.number for row in rows]
    ids = [row.id for row in rows]
    counts = _line_counts(session, ids)
    firsts = _first_lines(session, ids)
    parcels = _parcel_counts(session, ids)
    tasks = process.open_tasks(session, numbers=numbers)
    steps = trackers(session, rows)
    return tuple(
        OrderRow(
            **{name: value for name, value in row._mapping.items() if name != "id"},
            lines=counts[row.id].lines,
            pieces=counts[row.id].pieces,
            shipped=counts[row.id].shipped,
            parcels=parcels.get(row.id, 0),
            **firsts[row.id],
            tasks=tuple(tasks.get(row.number, ())),
            steps=steps.get(row.number, ()),
        )
        for row in rows
    )


def trackers(session: Session, rows: Sequence[Any]) -> dict[str, tuple[Step, ...]]:
    """Return the tracker of each order by number; rows need number, status, status_at and submitted_at."""
    found = process.instances(session, numbers=[row.number for row in rows])
    entered = process.entered(session, instance_ids=[instance.id for instance in found.values()])
    drawn = process.milestones(session, definition_ids=[instance.definition_id for instance in found.values()])
    looks: dict[str, StatusLook] = process.looks(session) if rows else {}
    return {
        row.number: track(
            drawn[found[row.number].definition_id],
            entered.get(found[row.number].id, {}),
            submitted_at=row.submitted_at,
            look=looks.get(row.status),
            status_at=row.status_at,
        )
        for row in rows
        if row.number in found
    }


def _line_counts(session: Session, ids: Collection[int]) -> dict[int, Any]:
    rows = session.execute(
        select(
            OrderLine.order_id, func.count().label("lines"), func.sum(OrderLine.quantity).label("pieces"),
            func.sum(OrderLine.shipped).label("shipped"),
        ).where(OrderLine.order_id.in_(ids)).group_by(OrderLine.order_id)
    )  # fmt: skip
    return {row.order_id: row for row in rows}


def _first_lines(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    names = ("marking", "name_zh", "name_en", "unit_zh", "unit_en")
    rows = session.execute(
        select(OrderLine.order_id, *(getattr(OrderLine, name) for name in names))
        .where(OrderLine.order_id.in_(ids))
        .ext(distinct_on(OrderLine.order_id))
        .order_by(OrderLine.order_id, OrderLine.position)
    )
    return {row.order_id: {name: getattr(row, name) for name in names} for row in rows}


def _parcel_counts(session: Session, ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Parcel.order_id, func.count()).where(Parcel.order_id.in_(ids)).group_by(Parcel.order_id)
    )
    return {row[0]: row[1] for row in rows}


def _conditions(filters: OrderFilter) -> list[ColumnElement[bool]]:
    exact: list[tuple[Any, Any]] = [
        (Order.customer_id, filters.customer_id),
        (Order.salesperson_id, filters.salesperson_id),
        (Order.payment, filters.payment),
        (Customer.type, filters.customer_type),
    ]
    found: list[ColumnElement[bool]] = [column == value for column, value in exact if value]
    if filters.statuses is not None:
        found.append(Order.status.in_(filters.statuses))
    return [*found, *(_mentions(word) for word in filters.search.split()[:6])]


def _mentions(word: str) -> ColumnElement[bool]:
    text = word[:80]
    marking = re.sub(r"(?<=\d)[*xX×](?=\d)", "×", text)
    line = exists().where(OrderLine.order_id == Order.id, OrderLine.marking.icontains(marking, autoescape=True))
    parcel = exists().where(and_(Parcel.order_id == Order.id, Parcel.tracking_number == text.upper()))
    columns = (Order.number, Order.purchase_order, Customer.name, Customer.code)
    return or_(*(column.icontains(text, autoescape=True) for column in columns), line, parcel)


def _waits_for_contact() -> ColumnElement[Any]:
    return (
        exists()
        .where(
            UserTask.process_key == literal(KEY),
            UserTask.business_key == Order.number,
            UserTask.status == "open",
            UserTask.role == "contact",
        )
        .desc()
    )


_SORTS: dict[str, tuple[Any, ...]] = {
    "newest": (Order.id.desc(),),
    "oldest": (Order.id,),
    "amount": (Order.total.desc(), Order.id.desc()),
    "customer": (Customer.name, Order.id.desc()),
    "waiting": (Order.status_at, Order.id),
    "customers_turn": (_waits_for_contact(), Order.id.desc()),
}


def waiting_for_customer(session: Session, *, actor: Actor) -> int:
    """Return how many of the actor's orders wait for a contact: to be changed, or to be confirmed."""
    if not actor.is_contact:
        return 0
    mine = (
        select(func.count(UserTask.business_key.distinct()))
        .join(Order, Order.number == UserTask.business_key)
        .where(visible_to(actor), UserTask.process_key == KEY, UserTask.status == "open", UserTask.role == "contact")
    )
    return session.scalar(mine) or 0
