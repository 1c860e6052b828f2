"""Reads of the process runtime, as frozen rows. They know nothing of permissions: a page asks its own capability first.

Lists of tasks are the inbox's own joins over `UserTask`.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import User
from portal.workflow.codec import facts_of
from portal.workflow.errors import ProcessNotFound
from portal.workflow.forms import FormField
from portal.workflow.models import HistoryEntry, ProcessDefinition, ProcessInstance, UserTask
from portal.workflow.open_tokens import tokens
from portal.workflow.reasons import Reason, reasons
from portal.workflow.step import load_definition
from portal.workflow.vocabulary import Milestone, StatusLook, Vocabulary

BESIDE = frozenset({"boundaryEvent", "startEvent"})
"""What waits there waits beside an activity, or for an event subprocess to begin."""


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """A run of a process."""

    id: int
    definition_id: int
    process_key: str
    business_key: str
    customer_id: int | None
    status: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A user task with its form and the facts it is decided by. `completed_by` is a name."""

    id: uuid.UUID
    instance_id: int
    process_key: str
    business_key: str
    node_id: str
    name_zh: str
    name_en: str
    role: str | None
    assignee_id: int | None
    status: str
    customer_id: int | None
    due_at: datetime | None
    created_at: datetime
    claimed_at: datetime | None
    completed_at: datetime | None
    completed_by: str | None
    result: dict[str, Any] | None
    suspended_at: datetime | None
    form: tuple[FormField, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """One entry of an instance's history."""

    id: int
    at: datetime
    kind: str
    node_id: str | None
    name_zh: str | None
    name_en: str | None
    actor_id: int | None
    actor_name: str
    detail: dict[str, Any]


class Here(TypedDict):
    """A node where a token is, and since when."""

    node: str
    since: datetime | None


class Path(TypedDict):
    """What a diagram's viewer paints: ids of nodes entered and flows taken, where the tokens are, nodes with open incidents."""

    taken: list[str]
    here: list[Here]
    incidents: list[str]


def instance_by_key(session: Session, process_key: str, business_key: str) -> InstanceRow | None:
    """Return the run of a process for a business object, or None."""
    row = session.execute(
        select(
            ProcessInstance.id, ProcessInstance.definition_id, ProcessInstance.process_key, ProcessInstance.business_key,
            ProcessInstance.customer_id, ProcessInstance.status, ProcessInstance.started_at, ProcessInstance.ended_at,
        ).where(ProcessInstance.process_key == process_key, ProcessInstance.business_key == business_key)
    ).first()  # fmt: skip
    return None if row is None else InstanceRow(*row)


def task_detail(session: Session, task_id: uuid.UUID) -> TaskDetail | None:
    """Return a task with its form and facts, or None."""
    finisher = aliased(User)
    row = session.execute(
        select(
            UserTask.id, UserTask.instance_id, UserTask.process_key, UserTask.business_key, UserTask.node_id, UserTask.name_zh,
            UserTask.name_en, UserTask.role, UserTask.assignee_id, UserTask.status, ProcessInstance.customer_id, UserTask.due_at,
            UserTask.created_at, UserTask.claimed_at, UserTask.completed_at, finisher.name, UserTask.result,
            ProcessInstance.suspended_at, ProcessInstance.state, UserTask.definition_id,
        )
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .outerjoin(finisher, finisher.id == UserTask.completed_by)
        .where(UserTask.id == task_id)
    ).first()  # fmt: skip
    if row is None:
        return None
    *columns, state, definition_id = row
    node = vocabulary(session, definition_id).nodes[row.node_id]
    return TaskDetail(*columns, form=node.form, facts=facts_of(state))  # type: ignore[misc]  # columns ends before them


def facts(session: Session, instance_id: int) -> Mapping[str, Any]:
    """Return what an instance knows now; ProcessNotFound."""
    state = session.scalars(select(ProcessInstance.state).where(ProcessInstance.id == instance_id)).first()
    if state is None:
        raise ProcessNotFound
    return facts_of(state)


def vocabulary(session: Session, definition_id: int) -> Vocabulary:
    """Return what a definition's diagram says; ProcessNotFound."""
    digest = session.scalars(select(ProcessDefinition.digest).where(ProcessDefinition.id == definition_id)).first()
    if digest is None:
        raise ProcessNotFound
    return load_definition(session, definition_id, digest).vocabulary


def definition_xml(session: Session, definition_id: int) -> str:
    """Return a definition's diagram; ProcessNotFound."""
    xml = session.scalars(select(ProcessDefinition.xml).where(ProcessDefinition.id == definition_id)).first()
    if xml is None:
        raise ProcessNotFound
    return xml


def milestones(session: Session, definition_id: int) -> Sequence[Milestone]:
    """Return the milestones of a definition's diagram, in the order of the drawing."""
    return vocabulary(session, definition_id).milestones


def statuses(session: Session, process_key: str) -> dict[str, StatusLook]:
    """Return every status that any version of a process has declared; the newest version says how it looks and its order."""
    rows = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.digest)
        .where(ProcessDefinition.key == process_key)
        .order_by(ProcessDefinition.version.desc())
    )
    looks: dict[str, StatusLook] = {}
    for row in rows:
        for key, look in load_definition(session, row.id, row.digest).vocabulary.statuses.items():
            looks.setdefault(key, look)
    return looks


def process_name(session: Session, process_key: str) -> tuple[str, str]:
    """Return a process's Chinese and English name (its key when nothing is published)."""
    row = session.execute(
        select(ProcessDefinition.name_zh, ProcessDefinition.name_en)
        .where(ProcessDefinition.key == process_key)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).first()
    return (process_key, process_key) if row is None else (row.name_zh, row.name_en)


def timeline(session: Session, instance_id: int) -> list[Happened]:
    """Return everything that happened in an instance, in order."""
    rows = session.execute(
        select(
            HistoryEntry.id, HistoryEntry.at, HistoryEntry.kind, HistoryEntry.node_id, HistoryEntry.name_zh,
            HistoryEntry.name_en, HistoryEntry.actor_id, HistoryEntry.actor_name, HistoryEntry.detail,
        )
        .where(HistoryEntry.instance_id == instance_id)
        .order_by(HistoryEntry.id)
    )  # fmt: skip
    return [Happened(*row) for row in rows]


def path(session: Session, instance_id: int) -> Path:
    """Return what a diagram's viewer paints for an instance; ProcessNotFound."""
    rows = session.execute(
        select(HistoryEntry.node_id, func.max(HistoryEntry.at))
        .where(HistoryEntry.instance_id == instance_id, HistoryEntry.kind.in_(("node_entered", "flow_taken")))
        .group_by(HistoryEntry.node_id)
        .order_by(func.min(HistoryEntry.id))
    )
    entered: dict[str, datetime] = {node_id or "": at for node_id, at in rows}
    found = tokens(session, instance_id)
    drawn = _drawn(session, instance_id)
    nodes = {one: on_diagram(drawn, one.node_id) for one in found}
    # an event that waits beside an activity is not where a token is: the token is in the activity
    here = [one for one in found if (node := drawn.nodes.get(one.node_id)) and node.kind not in BESIDE]
    since = {nodes[one]: entered.get(nodes[one], one.created_at) for one in here}
    return {
        "taken": list(entered),
        "here": [{"node": node, "since": at} for node, at in since.items()],
        "incidents": list(dict.fromkeys(nodes[one] for one in found if one.kind == "incident")),
    }


def on_diagram(drawn: Vocabulary, node_id: str) -> str:
    """Return where a diagram shows a node: what is inside a call activity (`<call>.<node>`) at the call activity."""
    calls = [node.id for node in drawn.nodes.values() if node.called and node_id.startswith(f"{node.id}.")]
    return min(calls, key=len, default=node_id)


def _drawn(session: Session, instance_id: int) -> Vocabulary:
    row = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.digest)
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.id == instance_id)
    ).first()
    if row is None:
        raise ProcessNotFound
    return load_definition(session, row.id, row.digest).vocabulary


def vocabularies(session: Session, definition_ids: Iterable[int]) -> dict[int, Vocabulary]:
    """Return what several definitions' diagrams say, by id; one statement when this process has read them before."""
    rows = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.digest).where(ProcessDefinition.id.in_(set(definition_ids)))
    ).all()
    return {row.id: load_definition(session, row.id, row.digest).vocabulary for row in rows}


def why(session: Session, task_id: uuid.UUID) -> list[Reason]:
    """Return why a task came to be: the table and gateways on its token's way since the last person or message, nearest first."""
    task = session.execute(
        select(UserTask.instance_id, UserTask.node_id, UserTask.definition_id).where(UserTask.id == task_id)
    ).first()
    if task is None:
        return []
    entries = timeline(session, task.instance_id)
    created = next((e for e in entries if e.kind == "task_created" and e.detail.get("task") == str(task_id)), None)
    before = [entry for entry in entries if created is not None and entry.id < created.id]
    # it may have another id in the version that it was moved to since
    node_id = created.node_id if created is not None and created.node_id else task.node_id
    return reasons(vocabulary(session, task.definition_id), node_id, before)
