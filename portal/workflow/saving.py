"""Writing what a step changed. Everything but incidents, which are rare, goes in one statement: with a commit for each step, the round
trips between a process and its database are most of what a step costs."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal.database import run_prepared
from portal.workflow.codec import FORMAT
from portal.workflow.host import Event, Waiting
from portal.workflow.models import Incident
from portal.workflow.vocabulary import Node

LIVE = "portal_events"
"""The channel of the live pages: `tasks`, and `subject:<process>:<business key>`."""
_PERSONAL = frozenset(
    {
        "started",
        "task_completed",
        "message",
        "retried",
        "resumed",
        "moved",
        "skipped",
        "fact_edited",
        "timer_fired",
        "migrated",
    }
)
"""What a person did; the rest of a step happens by itself."""
_AS_JSON = frozenset({"opened", "awaited", "events"})


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
    suspended_at: datetime | None = None

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


_BEGIN = """
with definition as (
    select id, digest from process_definitions where key = %(key)s and status = 'published'
), made as (
    insert into process_instances (definition_id, process_key, business_key, customer_id, amount, status, state, state_format,
                                   version, started_at)
    select id, %(key)s, %(business_key)s, cast(%(customer_id)s as bigint), cast(%(amount)s as numeric), 'running', '', %(format)s, 1, %(at)s
    from definition
    on conflict (process_key, business_key) do nothing
    returning id
)
select made.id, definition.id, definition.digest from definition left join made on true
"""


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
    rows = run_prepared(session, _BEGIN, given)
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


_STEP = """
with step as (
    select cast(%(instance_id)s as bigint) as instance_id, cast(%(at)s as timestamptz) as at, cast(%(actor_id)s as bigint) as actor_id,
           cast(%(process_key)s as varchar) as process_key, cast(%(business_key)s as varchar) as business_key,
           cast(%(definition_id)s as bigint) as definition_id
)"""
_PARTS = {
    "completed": """, completed as (
    update user_tasks set status = 'completed', completed_at = step.at, completed_by = step.actor_id, result = cast(%(result)s as jsonb)
    from step where id = cast(%(completed)s as uuid)
)""",
    "withdrawn": """, withdrawn as (
    update user_tasks set status = 'cancelled', completed_at = step.at
    from step where id = any(cast(%(withdrawn)s as uuid[])) and user_tasks.status = 'open'
)""",
    "opened": """, opened as (
    insert into user_tasks (id, instance_id, process_key, business_key, definition_id, node_id, name_zh, name_en, role,
                            assignee_id, team, status, priority, due_at, created_at)
    select row.id, step.instance_id, step.process_key, step.business_key, step.definition_id, node_id, name_zh, name_en, role,
           assignee_id, (select team from users where users.id = assignee_id), 'open', priority, due_at, step.at
    from step, jsonb_to_recordset(cast(%(opened)s as jsonb)) as row(id uuid, node_id text, name_zh text, name_en text, role text,
                                                                   assignee_id bigint, priority int, due_at timestamptz)
)""",
    "no_longer": """, no_longer as (
    delete from waits where task_id = any(cast(%(no_longer)s as uuid[]))
    returning instance_id, definition_id, node_id, created_at
), visited as (
    insert into node_visits (instance_id, definition_id, node_id, entered_at, left_at)
    select no_longer.instance_id, no_longer.definition_id, node_id, created_at, step.at from no_longer, step
)""",
    "awaited": """, awaited as (
    insert into waits (instance_id, definition_id, task_id, node_id, kind, name, business_key, due_at, created_at)
    select step.instance_id, step.definition_id, task_id, node_id, kind, name, step.business_key, due_at, step.at
    from step, jsonb_to_recordset(cast(%(awaited)s as jsonb)) as row(task_id uuid, node_id text, kind text, name text,
                                                                    due_at timestamptz)
)""",
    "events": """, happened as (
    insert into history (instance_id, at, kind, node_id, name_zh, name_en, actor_id, actor_name, detail)
    select step.instance_id, step.at, kind, node_id, name_zh, name_en, row.actor_id, actor_name, detail
    from step, jsonb_to_recordset(cast(%(events)s as jsonb)) as row(kind text, node_id text, name_zh text, name_en text,
                                                                   actor_id bigint, actor_name text, detail jsonb)
)""",
}
_SAVED = """, saved as (
    update process_instances
    set state = %(state)s, state_format = %(format)s, status = %(status)s, version = version + 1,
        ended_at = case when cast(%(status)s as varchar) = 'completed' then step.at end
    from step where id = step.instance_id
)
select pg_notify(%(channel)s, 'tasks'), pg_notify(%(channel)s, %(subject)s)
"""


@cache
def _save(*parts: str) -> str:
    """Write the statement for a step in which only these parts changed: what is empty would cost as much as what is not."""
    return _STEP + "".join(_PARTS[part] for part in parts) + _SAVED


def save_step(session: Session, changes: Changes) -> None:
    """Write a step's rows and tell the live pages, in one statement."""
    instance, completed = changes.instance, changes.completed
    given = {
        "completed": completed and completed.task_id,
        "withdrawn": changes.withdrawn,
        "opened": [_opened(task) for task in changes.opened],
        "no_longer": changes.no_longer,
        "awaited": [_awaited(wait) for wait in changes.awaited],
        "events": [_event(event, changes) for event in changes.events],
    }
    parts = [part for part, value in given.items() if value]
    run_prepared(
        session,
        _save(*parts),
        {
            **{part: _json(given[part]) if part in _AS_JSON else given[part] for part in parts},
            "result": _json(completed.result) if completed else None,
            "at": changes.at,
            "actor_id": changes.actor_id,
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
