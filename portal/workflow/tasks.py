"""People's tasks as rows: locked together with their instance, and given from hand to hand, one statement each."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.database import run_prepared, written
from portal.workflow.models import ProcessInstance, UserTask
from portal.workflow.saving import LIVE, Instance
from portal.workflow.step import INSTANCE


@dataclass(frozen=True, slots=True)
class Task:
    """The row of a task, as locked."""

    id: uuid.UUID
    instance_id: int
    business_key: str
    node_id: str
    name_zh: str
    name_en: str
    role: str | None
    assignee_id: int | None
    team: str | None
    status: str
    completed_by: int | None
    completed_at: datetime | None


_TASK = (
    UserTask.id, UserTask.instance_id, UserTask.business_key, UserTask.node_id, UserTask.name_zh, UserTask.name_en, UserTask.role, UserTask.assignee_id,
    UserTask.team, UserTask.status, UserTask.completed_by, UserTask.completed_at,
)  # fmt: skip
_LOCK = written(
    INSTANCE.add_columns(*_TASK)
    .join(UserTask, UserTask.instance_id == ProcessInstance.id)
    .where(UserTask.id == bindparam("task_id"))
    .with_for_update(of=(ProcessInstance, UserTask), key_share=True)
)
"""The task is locked, too: PostgreSQL reads only locked rows again after it has waited for one. They are locked in the order named,
the instance first, as everywhere."""


def lock_task(session: Session, task_id: uuid.UUID) -> tuple[Instance, Task] | None:
    """Lock a task's instance against every other step and return both as they are now, or None when there is no such task."""
    rows = run_prepared(session, _LOCK, {"task_id": task_id})
    if not rows:
        return None
    own = len(rows[0]) - len(_TASK)
    return Instance(*rows[0][:own]), Task(*rows[0][own:])


_HAND = """
with handed as (
    update user_tasks set assignee_id = cast(%(assignee_id)s as bigint), claimed_at = cast(%(claimed_at)s as timestamptz) where id = %(id)s
), noted as (
    insert into history (instance_id, at, kind, node_id, name_zh, name_en, actor_id, actor_name, detail)
    values (%(instance_id)s, %(at)s, %(kind)s, %(node_id)s, %(name_zh)s, %(name_en)s, cast(%(actor_id)s as bigint), %(actor_name)s,
            cast(%(detail)s as jsonb))
)
select pg_notify(%(channel)s, 'tasks')
"""


def hand_task(
    session: Session, task: Task, *, actor: Actor, assignee_id: int | None, at: datetime, kind: str, **detail: Any
) -> None:
    """Give a locked task to a user (None: back to its role), note it as `kind` in the history, and tell the live pages."""
    run_prepared(
        session,
        _HAND,
        {
            "id": task.id,
            "assignee_id": assignee_id,
            "claimed_at": at if assignee_id is not None else None,
            "at": at,
            "instance_id": task.instance_id,
            "kind": kind,
            "node_id": task.node_id,
            "name_zh": task.name_zh,
            "name_en": task.name_en,
            "actor_id": actor.user_id,
            "actor_name": actor.name,
            "detail": orjson.dumps({"task": str(task.id), **detail}).decode(),
            "channel": LIVE,
        },
    )
