"""What the process says about orders: their tracker, who must act, where they are on the diagram."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.orders.process import KEY
from portal.orders.queries.visibility import OrderNotFound
from portal.orders.tracker import Entered
from portal.web import formats
from portal.web.i18n import current_locale, gettext
from portal.workflow import queries as workflow
from portal.workflow.models import HistoryEntry, ProcessInstance, UserTask
from portal.workflow.vocabulary import Milestone, StatusLook


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something a person must do for an order."""

    id: UUID
    number: str
    node_id: str
    name_zh: str
    name_en: str
    role: str | None
    assignee_id: int | None
    holder: str | None
    due_at: datetime | None
    created_at: datetime

    @property
    def customers_turn(self) -> bool:
        """Whether a contact must act."""
        return self.role == "contact"


@dataclass(frozen=True, slots=True)
class Instance:
    """An order's process."""

    id: int
    number: str
    definition_id: int
    status: str
    ended_at: datetime | None
    suspended_at: datetime | None = None


def looks(session: Session) -> dict[str, StatusLook]:
    """Return every declared status of orders by key, in the order of the newest diagram."""
    return dict(workflow.statuses(session, KEY))


def open_tasks(session: Session, *, numbers: Collection[str]) -> dict[str, list[OpenTask]]:
    """Return the open tasks of orders by number, the most urgent first."""
    if not numbers:
        return {}
    rows = session.execute(
        select(
            UserTask.id, UserTask.business_key, UserTask.node_id, UserTask.name_zh, UserTask.name_en, UserTask.role,
            UserTask.assignee_id, User.name, UserTask.due_at, UserTask.created_at,
        )
        .outerjoin(User, User.id == UserTask.assignee_id)
        .where(UserTask.process_key == KEY, UserTask.business_key.in_(numbers), UserTask.status == "open")
        .order_by(UserTask.priority.desc(), UserTask.created_at)
    )  # fmt: skip
    found: dict[str, list[OpenTask]] = {}
    for row in rows:
        found.setdefault(row.business_key, []).append(_task(row))
    return found


def _task(row: Any) -> OpenTask:
    return OpenTask(*row)


def instances(session: Session, *, numbers: Collection[str]) -> dict[str, Instance]:
    """Return the processes of orders by number."""
    if not numbers:
        return {}
    rows = session.execute(
        select(
            ProcessInstance.id, ProcessInstance.business_key, ProcessInstance.definition_id, ProcessInstance.status,
            ProcessInstance.ended_at, ProcessInstance.suspended_at,
        ).where(ProcessInstance.process_key == KEY, ProcessInstance.business_key.in_(numbers))
    )  # fmt: skip
    return {row.business_key: Instance(*row) for row in rows}


def entered(session: Session, *, instance_ids: Collection[int]) -> dict[int, dict[str, Entered]]:
    """Return by instance when each node was entered."""
    if not instance_ids:
        return {}
    rows = session.execute(
        select(
            HistoryEntry.instance_id, HistoryEntry.node_id, func.min(HistoryEntry.at).label("first"),
            func.max(HistoryEntry.at).label("last"), func.max(HistoryEntry.id).label("latest"),
        )
        .where(HistoryEntry.instance_id.in_(instance_ids), HistoryEntry.kind == "node_entered")
        .group_by(HistoryEntry.instance_id, HistoryEntry.node_id)
    )  # fmt: skip
    found: dict[int, dict[str, Entered]] = {}
    for row in rows:
        found.setdefault(row.instance_id, {})[row.node_id] = Entered(row.first, row.last, row.latest)
    return found


def milestones(session: Session, *, definition_ids: Collection[int]) -> dict[int, Sequence[Milestone]]:
    """Return the milestones of the diagrams' versions that orders run on."""
    return {definition: workflow.milestones(session, definition) for definition in set(definition_ids)}


def diagram_xml(session: Session, *, instance: Instance | None) -> str:
    """Return the diagram's XML; OrderNotFound for an order without a process."""
    if instance is None:
        raise OrderNotFound
    return str(workflow.definition_xml(session, instance.definition_id))


def diagram_state(session: Session, *, instance: Instance | None) -> dict[str, Any]:
    """Return what the diagram's viewer paints: flows and nodes taken, where the order is and since when, incidents."""
    if instance is None:
        raise OrderNotFound
    path = workflow.path(session, instance.id)
    here = [{"node": one["node"], "badge": _since(one["since"])} for one in path["here"]]
    names = _english(session, instance) if current_locale() == "en" else {}
    return {"taken": list(path["taken"]), "here": here, "incidents": list(path["incidents"]), "names": names}


def _english(session: Session, instance: Instance) -> dict[str, str]:
    drawn = workflow.vocabulary(session, instance.definition_id)
    nodes = {node.id: node.name[1] for node in drawn.nodes.values() if node.name[1] != node.id}
    return nodes | {flow.id: flow.name[1] for flow in drawn.flows if flow.name[1] and flow.name[1] != flow.id}


def _since(moment: datetime | None) -> str:
    return gettext("here %(age)s", age=formats.age(moment)) if moment else ""
