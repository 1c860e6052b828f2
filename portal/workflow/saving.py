"""Writing what a step changed. Everything but incidents, which are rare, goes in one statement: with a commit for each step, the round
trips between a process and its database are most of what a step costs."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from portal.workflow.codec import FORMAT
from portal.workflow.host import Event, Waiting
from portal.workflow.models import Incident
from portal.workflow.vocabulary import Node

LIVE = "portal_events"
"""The channel of the live pages: `tasks`, and `subject:<process>:<business key>`."""
_PERSONAL = frozenset({"started", "task_completed", "message", "retried"})
"""What a person did; the rest of a step happens by itself."""


@dataclass(frozen=True)
class Instance:
    """The row of an instance, as locked."""

    id: int
    definition_id: int
    process_key: str
    business_key: str
    customer_id: int | None
    status: str
    state: bytes
    version: int
    digest: str

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in ("completed", "cancelled")


@dataclass(frozen=True)
class Completed:
    """A person's task that the step completes, and what its form said, as JSON."""

    task_id: uuid.UUID
    result: dict[str, Any]


@dataclass(frozen=True)
class Opened:
    """A person's task that the step opens."""

    task_id: uuid.UUID
    node: Node
    assignee_id: int | None
    due_at: datetime | None


@dataclass(frozen=True)
class Changes:
    """All that a step changed."""

    instance: Instance
    at: datetime
    actor_id: int | None
    actor_name: str
    state: bytes
    status: str
    completed: Completed | None
    withdrawn: list[uuid.UUID]
    opened: list[Opened]
    no_longer: list[uuid.UUID]
    awaited: list[Waiting]
    events: list[Event]


_BEGIN = text("""
with definition as (
    select id, digest from process_definitions where key = :key and status = 'published'
), made as (
    insert into process_instances (definition_id, process_key, business_key, customer_id, amount, status, state, state_format,
                                   version, started_at)
    select id, :key, :business_key, cast(:customer_id as bigint), cast(:amount as numeric), 'running', '', :format, 1, :at
    from definition
    on conflict (process_key, business_key) do nothing
    returning id
)
select made.id, definition.id, definition.digest from definition left join made on true
""")


def insert_instance(
    session: Session, *, key: str, business_key: str, customer_id: int | None, amount: Decimal | None, at: datetime
) -> tuple[int | None, int, str] | None:
    """Make the row of a new instance of the published definition; return its id (None: there is one already) and the definition's id
    and digest, or None when nothing is published."""
    given = {
        "key": key,
        "business_key": business_key,
        "customer_id": customer_id,
        "amount": amount,
        "format": FORMAT,
        "at": at,
    }
    row = session.connection().execute(_BEGIN, given).first()
    return None if row is None else (row[0], row[1], row[2])


_SAVE = text("""
with step as (
    select cast(:instance_id as bigint) as instance_id, cast(:at as timestamptz) as at, cast(:status as varchar) as status,
           cast(:actor_id as bigint) as actor_id, cast(:process_key as varchar) as process_key,
           cast(:business_key as varchar) as business_key, cast(:definition_id as bigint) as definition_id
), completed as (
    update user_tasks set status = 'completed', completed_at = step.at, completed_by = step.actor_id, result = cast(:result as jsonb)
    from step where id = cast(:completed as uuid)
), withdrawn as (
    update user_tasks set status = 'cancelled', completed_at = step.at
    from step where id = any(cast(:withdrawn as uuid[])) and user_tasks.status = 'open'
), opened as (
    insert into user_tasks (id, instance_id, process_key, business_key, definition_id, node_id, name_zh, name_en, role,
                            assignee_id, team, status, priority, due_at, created_at)
    select row.id, step.instance_id, step.process_key, step.business_key, step.definition_id, node_id, name_zh, name_en, role,
           assignee_id, (select team from users where users.id = assignee_id), 'open', priority, due_at, step.at
    from step, jsonb_to_recordset(cast(:opened as jsonb)) as row(id uuid, node_id text, name_zh text, name_en text, role text,
                                                                 assignee_id bigint, priority int, due_at timestamptz)
), no_longer as (
    delete from waits where task_id = any(cast(:no_longer as uuid[]))
    returning instance_id, definition_id, node_id, created_at
), visited as (
    insert into node_visits (instance_id, definition_id, node_id, entered_at, left_at)
    select no_longer.instance_id, no_longer.definition_id, node_id, created_at, step.at from no_longer, step
), awaited as (
    insert into waits (instance_id, definition_id, task_id, node_id, kind, name, business_key, due_at, created_at)
    select step.instance_id, step.definition_id, task_id, node_id, kind, name, step.business_key, due_at, step.at
    from step, jsonb_to_recordset(cast(:awaited as jsonb)) as row(task_id uuid, node_id text, kind text, name text,
                                                                  due_at timestamptz)
), happened as (
    insert into history (instance_id, at, kind, node_id, name_zh, name_en, actor_id, actor_name, detail)
    select step.instance_id, step.at, kind, node_id, name_zh, name_en, row.actor_id, actor_name, detail
    from step, jsonb_to_recordset(cast(:events as jsonb)) as row(kind text, node_id text, name_zh text, name_en text,
                                                                 actor_id bigint, actor_name text, detail jsonb)
), saved as (
    update process_instances
    set state = :state, state_format = :format, status = step.status, version = version + 1,
        ended_at = case when step.status = 'completed' then step.at end
    from step where id = step.instance_id
)
select pg_notify(:channel, 'tasks'), pg_notify(:channel, :subject)
""")


def save_step(session: Session, changes: Changes) -> None:
    """Write a step's rows and tell the live pages, in one statement."""
    instance, completed = changes.instance, changes.completed
    session.connection().execute(
        _SAVE,
        {
            "at": changes.at,
            "actor_id": changes.actor_id,
            "completed": completed.task_id if completed else None,
            "result": _json(completed.result) if completed else None,
            "withdrawn": changes.withdrawn,
            "opened": _json([_opened(task) for task in changes.opened]),
            "no_longer": changes.no_longer,
            "awaited": _json([_awaited(wait) for wait in changes.awaited]),
            "events": _json([_event(event, changes) for event in changes.events]),
            "instance_id": instance.id,
            "process_key": instance.process_key,
            "business_key": instance.business_key,
            "definition_id": instance.definition_id,
            "state": changes.state,
            "format": FORMAT,
            "status": changes.status,
            "channel": LIVE,
            "subject": f"subject:{instance.process_key}:{instance.business_key}",
        },
    )


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _opened(task: Opened) -> dict[str, Any]:
    node = task.node
    return {"id": task.task_id, "node_id": node.id, "name_zh": node.name[0], "name_en": node.name[1], "role": node.role,
            "assignee_id": task.assignee_id, "priority": node.priority, "due_at": task.due_at}  # fmt: skip


def _awaited(wait: Waiting) -> dict[str, Any]:
    return {
        "task_id": wait.task_id,
        "node_id": wait.node.id,
        "kind": wait.kind,
        "name": wait.name,
        "due_at": wait.due_at,
    }


def _event(event: Event, changes: Changes) -> dict[str, Any]:
    name = event.name or (None, None)
    personal = event.kind in _PERSONAL
    return {"kind": event.kind, "node_id": event.id, "name_zh": name[0], "name_en": name[1], "detail": event.detail,
            "actor_id": changes.actor_id if personal else None,
            "actor_name": changes.actor_name if personal else "system"}  # fmt: skip


def save_incidents(
    session: Session, instance_id: int, *, at: datetime, actor_id: int | None, over: Collection[uuid.UUID],
    new: Mapping[uuid.UUID, tuple[Node, str]],
) -> None:  # fmt: skip
    """Close the incidents of tokens that are no longer blocked, and open those of tokens that have just been."""
    if over:
        session.execute(
            update(Incident)
            .where(Incident.instance_id == instance_id, Incident.task_id.in_(list(over)), Incident.status == "open")
            .values(status="resolved", resolved_at=at, resolved_by=actor_id)
            .execution_options(synchronize_session=False)
        )
    for task_id, (node, error) in new.items():
        earlier = select(func.count()).where(Incident.instance_id == instance_id, Incident.task_id == task_id)
        session.execute(
            insert(Incident).values(
                instance_id=instance_id, task_id=task_id, node_id=node.id, error=error[:2000],
                attempts=earlier.scalar_subquery() + 1, status="open", created_at=at,
            )
        )  # fmt: skip
