"""What staff pages of orders show, put together from queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor, Role
from portal.orders import look
from portal.orders.look import Chip
from portal.orders.queries import OrderRow, OrderView
from portal.orders.queries.process import OpenTask
from portal.orders.tracker import is_over
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.workflow.models import HistoryEntry, ProcessDefinition
from portal.workflow.suspension import Suspension, suspension
from portal.workflow.vocabulary import StatusLook

SEES_SELLERS = (Role.SALESPERSON, Role.SALES_MANAGER, Role.FINANCE, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class DeskRow:
    """An order in the staff's list: what it waits for and who holds that."""

    row: OrderRow
    status: Chip
    payment: Chip | None
    waits_for: str
    holder: str
    late: bool


@dataclass(frozen=True, slots=True)
class SyncEntry:
    """Something the factory was told or said: `arrow` out or in, `state` done, waiting or failed."""

    at: datetime
    arrow: str
    name: str
    state: str


def row(found: OrderRow, looks: dict[str, StatusLook]) -> DeskRow:
    """Return an order for the list."""
    over = is_over(looks.get(found.status))
    first = found.tasks[0] if found.tasks else None
    payment = look.payment_chip(found.payment, owes=not over or found.shipped > 0)
    return DeskRow(
        found, look.status_chip(found.status, looks), payment, _waits_for(first, over), first.holder or "" if first else "",
        bool(first and is_late(first)),
    )  # fmt: skip


def task_of(order: OrderView, actor: Actor) -> OpenTask | None:
    """Return the task of the order that the actor may do, the most urgent first."""
    return next((task for task in order.tasks if task.assignee_id == actor.user_id or _may_take(task, actor)), None)


def _may_take(task: OpenTask, actor: Actor) -> bool:
    return (
        task.role is not None
        and task.role != Role.CONTACT
        and actor.has(task.role, Role.SALES_MANAGER, Role.ADMINISTRATOR)
    )


def is_late(task: OpenTask) -> bool:
    """Say whether a task is past its due time."""
    return task.due_at is not None and task.due_at < clock.now()


def suspended(session: Session, order: OrderView) -> Suspension | None:
    """Return since when, by whom and why the order's process is kept from moving; None when it is not."""
    instance = order.instance
    if instance is None or instance.suspended_at is None or instance.ended_at is not None:
        return None
    return suspension(session, instance.id)


def sync(session: Session, order: OrderView) -> list[SyncEntry]:
    """Return what went to the factory and came from it, newest first: external actions and messages of the process."""
    if order.instance is None:
        return []
    rows = session.execute(
        select(
            HistoryEntry.at,
            HistoryEntry.kind,
            HistoryEntry.node_id,
            HistoryEntry.name_zh,
            HistoryEntry.name_en,
            HistoryEntry.detail,
        )
        .where(
            HistoryEntry.instance_id == order.instance.id,
            HistoryEntry.kind.in_(["action_requested", "action", "message", "incident"]),
        )
        .order_by(HistoryEntry.id)
    ).all()
    return _ledger(rows)


def version(session: Session, order: OrderView) -> int | None:
    """Return which version of the diagram the order runs on."""
    if order.instance is None:
        return None
    return session.scalar(select(ProcessDefinition.version).where(ProcessDefinition.id == order.instance.definition_id))


def _ledger(rows: Sequence[Any]) -> list[SyncEntry]:
    found: dict[str, SyncEntry] = {}
    for index, row in enumerate(rows):
        name = pick(row.name_zh, row.name_en) or str(row.node_id)
        if row.kind == "action_requested":
            found[row.node_id] = SyncEntry(row.at, "out", name, "waiting")
        elif row.kind == "message":
            found[f"message {index}"] = SyncEntry(row.at, "in", name, "done")
        elif row.node_id in found:
            found[row.node_id] = SyncEntry(row.at, "out", name, "failed" if row.kind == "incident" else "done")
    return sorted(found.values(), key=lambda entry: entry.at, reverse=True)


def _waits_for(task: OpenTask | None, over: bool) -> str:
    if task is not None:
        return pick(task.name_zh, task.name_en)
    return "" if over else _("the factory")
