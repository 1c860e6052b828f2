"""Reads of the inbox: tasks with the customer and the money they are about."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal_column, or_, select, text
from sqlalchemy.orm import Session, aliased

from portal import clock
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.database import run_prepared, written
from portal.inbox.due import Due, end_of_day
from portal.paging import Paged, offset, within
from portal.workflow.calendar import shop_zone
from portal.workflow.models import ProcessInstance, UserTask

PAGE = 50
MOST_CUSTOMERS = 200
"""How many customers a filter offers; others are found by typing."""
TABS = ("mine", "team", "done")


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What part of the inbox to show; empty strings mean all."""

    tab: str = "mine"
    process: str = ""
    customer_id: int | None = None
    due: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as the list shows it; `amount` in CNY."""

    id: uuid.UUID
    node_id: str
    name_zh: str
    name_en: str
    process_key: str
    business_key: str
    customer_id: int | None
    customer_name: str | None
    customer_type: str | None
    amount: Decimal | None
    created_at: datetime
    due_at: datetime | None
    status: str
    assignee_id: int | None
    assignee_name: str | None
    completed_at: datetime | None
    team: str | None


_assignee = aliased(User)


def mine(actor: Actor) -> ColumnElement[bool]:
    """Tasks the actor has claimed or was given."""
    return and_(UserTask.status == "open", UserTask.assignee_id == actor.user_id)


def team(actor: Actor) -> ColumnElement[bool]:
    """Open tasks of the actor's roles that are free or in a colleague's hands; managers and administrators see every team's."""
    everywhere = actor.has(Role.SALES_MANAGER, Role.ADMINISTRATOR)
    near = or_(UserTask.team.is_(None), UserTask.team == actor.team)
    return and_(
        UserTask.status == "open",
        UserTask.role.in_(roles_watched(actor)),
        UserTask.assignee_id.is_distinct_from(actor.user_id),
        *([] if everywhere else [near]),
    )


def roles_watched(actor: Actor) -> frozenset[str]:
    """Return the roles whose tasks are the actor's team's: their own, and those they stand above."""
    if actor.has(Role.ADMINISTRATOR):
        return frozenset(Role) - {Role.CONTACT}
    return actor.roles | ({Role.SALESPERSON} if actor.has(Role.SALES_MANAGER) else frozenset())


def done(actor: Actor) -> ColumnElement[bool]:
    """Tasks the actor completed."""
    return and_(UserTask.status == "completed", UserTask.completed_by == actor.user_id)


_TAB = {"mine": mine, "team": team, "done": done}


def tasks_page(session: Session, *, actor: Actor, wanted: InboxFilter) -> Paged[TaskRow]:
    """Return a page of one tab: open ones by due time (free ones first for the team), done ones newest first."""
    where = _conditions(actor, wanted)
    total = session.scalar(_joined(func.count()).where(*where)) or 0
    rows = session.execute(
        _joined(*_COLUMNS).where(*where).order_by(*_order(wanted.tab)).limit(PAGE).offset(offset(wanted.page, PAGE))
    )
    return Paged(tuple(TaskRow(*row) for row in rows), total, within(wanted.page), PAGE)


def tab_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """Count the open tasks of mine and my team's, and those of mine that are late (`overdue`)."""
    late = and_(mine(actor), UserTask.due_at < clock.now())
    row = session.execute(
        select(
            func.count().filter(mine(actor)), func.count().filter(team(actor)), func.count().filter(late)
        ).select_from(UserTask).outerjoin(_assignee, _assignee.id == UserTask.assignee_id)
        .where(UserTask.status == "open")
    ).one()  # fmt: skip
    return {"mine": row[0], "team": row[1], "overdue": row[2]}


def process_keys(session: Session, *, actor: Actor, tab: str) -> list[str]:
    """Return the processes that have tasks in a tab, for its filter."""
    found = _joined(UserTask.process_key).where(_TAB[tab](actor)).distinct().order_by(UserTask.process_key)
    return list(session.scalars(found))


def customers(session: Session, *, actor: Actor, tab: str) -> tuple[tuple[int, str], ...]:
    """Return the customers that tasks of a tab are about, by name, for its filter."""
    found = _joined(Customer.id, Customer.name).where(_TAB[tab](actor), Customer.id.is_not(None)).distinct()
    return tuple((row.id, row.name) for row in session.execute(found.order_by(Customer.name).limit(MOST_CUSTOMERS)))


def next_task(session: Session, *, actor: Actor, after: uuid.UUID) -> uuid.UUID | None:
    """Return the actor's most urgent open task other than the one just done."""
    rows = run_prepared(session, _NEXT, {"user_id": actor.user_id, "after": after})
    return rows[0][0] if rows else None


def colleagues(session: Session, *, actor: Actor, role: str | None) -> tuple[tuple[int, str], ...]:
    """Return who else could be handed a task of a role: (user id, name), by name."""
    if role is None:
        return ()
    found = session.execute(
        select(User.id, User.name)
        .where(User.active, User.roles.contains([role]), User.id != actor.user_id, User.customer_id.is_(None))
        .order_by(User.name)
    )
    return tuple((row.id, row.name) for row in found)


def task_row(session: Session, *, task_id: uuid.UUID) -> TaskRow | None:
    """Return one task's row; whether the actor may see it is the runtime's to say first."""
    row = session.execute(_joined(*_COLUMNS).where(UserTask.id == task_id)).one_or_none()
    return TaskRow(*row) if row else None


_COLUMNS = (
    UserTask.id, UserTask.node_id, UserTask.name_zh, UserTask.name_en, UserTask.process_key, UserTask.business_key,
    ProcessInstance.customer_id, Customer.name, Customer.type, ProcessInstance.amount, UserTask.created_at, UserTask.due_at,
    UserTask.status, UserTask.assignee_id, _assignee.name, UserTask.completed_at,
    UserTask.team,
)  # fmt: skip


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(UserTask)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
        .outerjoin(_assignee, _assignee.id == UserTask.assignee_id)
    )


def _conditions(actor: Actor, wanted: InboxFilter) -> list[ColumnElement[bool]]:
    where = [_TAB[wanted.tab](actor)]
    if wanted.process:
        where.append(UserTask.process_key == wanted.process)
    if wanted.customer_id is not None:
        where.append(ProcessInstance.customer_id == wanted.customer_id)
    if wanted.search:
        pattern = "%" + wanted.search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        where.append(or_(UserTask.business_key.ilike(pattern), Customer.name.ilike(pattern)))
    return where + _due_condition(wanted.due)


def _due_condition(due: str) -> list[ColumnElement[bool]]:
    now = clock.now()
    tomorrow = end_of_day(now, zone=shop_zone())
    if due == Due.OVERDUE:
        return [UserTask.due_at < now]
    if due == Due.TODAY:
        return [UserTask.due_at >= now, UserTask.due_at < tomorrow]
    return [or_(UserTask.due_at.is_(None), UserTask.due_at >= tomorrow)] if due == Due.LATER else []


def _order(tab: str) -> tuple[Any, ...]:
    if tab == "done":
        return (UserTask.completed_at.desc(), UserTask.id)
    urgent = (UserTask.due_at.asc().nulls_last(), UserTask.priority.desc(), UserTask.created_at, UserTask.id)
    return (UserTask.assignee_id.is_not(None), *urgent) if tab == "team" else urgent


_NEXT = written(
    select(UserTask.id)
    .where(
        text("user_tasks.status = 'open'"),
        UserTask.assignee_id == bindparam("user_id"),
        UserTask.id != bindparam("after"),
    )
    .order_by(*_order("mine"))
    .limit(literal_column("1"))
)
