"""Ending an instance by hand. What was saved of it is not loaded, so that one that can no longer be read can still be ended."""

from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.workflow import registry
from portal.workflow.models import HistoryEntry, Incident, ProcessInstance, UserTask
from portal.workflow.saving import LIVE, Instance

_END_WAITS = text("""
with ended as (
    delete from waits where instance_id = :instance_id returning instance_id, definition_id, node_id, created_at
)
insert into node_visits (instance_id, definition_id, node_id, entered_at, left_at)
select instance_id, definition_id, node_id, created_at, :at from ended
""")


def close(session: Session, instance: Instance, *, actor: Actor, reason: str) -> None:
    """Withdraw the tasks and waits of a locked instance, close its incidents, end it, and tell its business object."""
    at = clock.now()
    withdrawn = session.execute(
        update(UserTask)
        .where(UserTask.instance_id == instance.id, UserTask.status == "open")
        .values(status="cancelled", completed_at=at)
        .returning(UserTask.id, UserTask.node_id, UserTask.name_zh, UserTask.name_en)
        .execution_options(synchronize_session=False)
    ).all()
    session.connection().execute(_END_WAITS, {"instance_id": instance.id, "at": at})
    session.execute(
        update(Incident)
        .where(Incident.instance_id == instance.id, Incident.status == "open")
        .values(status="resolved", resolved_at=at, resolved_by=actor.user_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance.id)
        .values(status="cancelled", ended_at=at, suspended_at=None, version=ProcessInstance.version + 1)
        .execution_options(synchronize_session=False)
    )
    for task in withdrawn:
        _note(session, instance, at, "task_cancelled", task=task)
    _note(session, instance, at, "cancelled", actor=actor, reason=reason)
    session.flush()
    _tell(session, instance, actor=actor, reason=reason)


def _note(
    session: Session,
    instance: Instance,
    at: Any,
    kind: str,
    *,
    actor: Actor | None = None,
    task: Any = None,
    **detail: Any,
) -> None:
    if task is not None:
        detail["task"] = str(task.id)
    session.add(
        HistoryEntry(
            instance_id=instance.id, at=at, kind=kind, node_id=task.node_id if task else None,
            name_zh=task.name_zh if task else None, name_en=task.name_en if task else None,
            actor_id=actor.user_id if actor else None, actor_name=actor.name if actor else "system", detail=detail,
        )
    )  # fmt: skip


def _tell(session: Session, instance: Instance, *, actor: Actor, reason: str) -> None:
    subject = registry.subject(instance.process_key)
    if subject is not None and isinstance(subject.subject, registry.Cancellable):
        subject.subject.cancelled(session, instance.business_key, actor=actor, reason=reason)
    session.execute(select(func.pg_notify(LIVE, "tasks"), func.pg_notify(LIVE, _topic(instance))))


def _topic(instance: Instance) -> str:
    return f"subject:{instance.process_key}:{instance.business_key}"
