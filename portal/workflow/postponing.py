"""Putting off instances that cannot be read or stepped at all (a damaged state, an error in the code): their own engine cannot hold an
incident, so one is written beside it, once, and the worker looks again after a second, two, four … at most ten minutes."""

import uuid
from datetime import timedelta

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.database import unit_of_work
from portal.outbox import describe
from portal.workflow.models import Incident, ProcessInstance

log = structlog.get_logger(__name__)

LONGEST = timedelta(minutes=10)
WHOLE_INSTANCE = uuid.UUID(int=0)
"""The task of an incident that no single token has: the instance cannot be read."""

_POSTPONE = text("""
with put_off as (
    update process_instances set status = 'incident', postponements = postponements + 1,
        postponed_until = cast(:now as timestamptz) + least(2 ^ least(postponements, 20), :longest) * interval '1 second'
    where id = :id and ended_at is null returning id, postponements
), noted as (
    insert into incidents (instance_id, task_id, node_id, error, attempts, status, created_at)
    select id, :task_id, coalesce((select node_id from waits where instance_id = :id
            order by coalesce(due_at <= :now, true) desc, due_at nulls last limit 1),
        (select node_id from user_tasks where instance_id = :id and status = 'open' limit 1), '?'), :error, 1, 'open', :now
    from put_off
    on conflict (instance_id, task_id) where status = 'open' do update set attempts = incidents.attempts + 1, error = excluded.error
)
select postponements from put_off
""")


def postpone(instance_id: int, error: BaseException) -> None:
    """Leave an instance alone for a while, longer each time, and show operators why; the log gets the traceback once."""
    given = {"id": instance_id, "now": clock.now(), "longest": LONGEST.total_seconds(), "task_id": WHOLE_INSTANCE,
             "error": describe(error)}  # fmt: skip
    with unit_of_work() as session:
        times = session.scalar(_POSTPONE, given)
    log.warning("instance_postponed", instance=instance_id, times=times, exc_info=error if times == 1 else None)


def recovered(session: Session, *, limit: int) -> list[tuple[int, int, int]]:
    """Return (id, version, postponements) of instances that were put off and may be looked at again."""
    now = clock.now()
    rows = session.execute(
        select(ProcessInstance.id, ProcessInstance.version, ProcessInstance.postponements)
        .where(
            ProcessInstance.postponements > 0,
            (ProcessInstance.postponed_until <= now) | (ProcessInstance.postponed_until > now + LONGEST),
            ProcessInstance.suspended_at.is_(None),
            ProcessInstance.ended_at.is_(None),
        )
        .order_by(ProcessInstance.postponed_until)
        .limit(limit)
    )
    return [(row.id, row.version, row.postponements) for row in rows]


def take_up(session: Session, *, instance_id: int) -> None:
    """Forget that an instance was put off: its step has just succeeded."""
    session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance_id)
        .values(postponements=0, postponed_until=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Incident)
        .where(Incident.instance_id == instance_id, Incident.task_id == WHOLE_INSTANCE, Incident.status == "open")
        .values(status="resolved", resolved_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def look_again(session: Session, *, instance_id: int) -> None:
    """Let the worker try an instance that was put off without waiting; its incident is over when it can be stepped."""
    session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.id == instance_id, ProcessInstance.postponements > 0)
        .values(postponed_until=func.least(ProcessInstance.postponed_until, clock.now()))
        .execution_options(synchronize_session=False)
    )
