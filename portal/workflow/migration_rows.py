"""Letting the rows of open tasks and waits say where their tokens are after a move, in one statement."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from portal.workflow.calendar import add_working_time
from portal.workflow.migration_state import Moved
from portal.workflow.models import Wait
from portal.workflow.saving import Instance
from portal.workflow.vocabulary import Node

_MOVE_TASKS = text("""
with moved as (
    select * from jsonb_to_recordset(cast(:moved as jsonb))
    as row(id uuid, node_id text, name_zh text, name_en text, role text, priority int, due_at timestamptz, kind text, name text)
), instances as (
    update process_instances set definition_id = :definition_id where id = :instance_id
), tasks as (
    update user_tasks set definition_id = :definition_id, node_id = moved.node_id, name_zh = moved.name_zh,
           name_en = moved.name_en, role = moved.role, priority = moved.priority, due_at = coalesce(moved.due_at, user_tasks.due_at)
    from moved where user_tasks.id = moved.id and user_tasks.instance_id = :instance_id and user_tasks.status = 'open'
)
update waits set definition_id = :definition_id, node_id = moved.node_id, name = coalesce(moved.name, waits.name),
       due_at = coalesce(moved.due_at, waits.due_at)
from moved where waits.task_id = moved.id and waits.instance_id = :instance_id
""")


def rewrite_rows(
    session: Session, instance: Instance, to_id: int, moved: Moved, arrived: Mapping[uuid.UUID, datetime]
) -> dict[uuid.UUID, datetime]:
    """Let the rows of open tasks and waits say where they are now; return the due times of people's tasks that were counted anew."""
    session.flush()
    due = {
        task_id: add_working_time(arrived[task_id], to.due)
        for task_id, (node, to) in moved.nodes.items()
        if to.kind == "userTask" and to.due and task_id in arrived and to.due != node.due
    }
    rows = [_row(task_id, to, moved, due) for task_id, (_node, to) in moved.nodes.items()]
    given = {"moved": orjson.dumps(rows).decode(), "definition_id": to_id, "instance_id": instance.id}
    session.connection().execute(_MOVE_TASKS, given)
    if moved.removed:
        session.execute(
            delete(Wait).where(Wait.instance_id == instance.id, Wait.task_id.in_(list(moved.removed)))
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    return due


def _row(task_id: uuid.UUID, to: Node, moved: Moved, due: Mapping[uuid.UUID, datetime]) -> dict[str, Any]:
    """What a row says anew. An action that was asked for already stays the one that is waited for."""
    name = {"message": to.message, "timer": to.id}.get(to.event)
    again = moved.due[task_id][1] if task_id in moved.due else due.get(task_id)
    return {"id": task_id, "node_id": to.id, "name_zh": to.name[0], "name_en": to.name[1], "role": to.role,
            "priority": to.priority, "due_at": again, "name": name}  # fmt: skip
