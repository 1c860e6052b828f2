"""Timers: moments that instances wait for, found by an index and fired one instance at a time; and what else time brings about."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.outbox import describe
from portal.workflow.messaging import block_waits, deliver_pending
from portal.workflow.models import Message, ProcessInstance, Wait
from portal.workflow.step import lock, step

log = structlog.get_logger(__name__)


_MOVING = Wait.instance_id.not_in(
    select(ProcessInstance.id).where(ProcessInstance.suspended_at.is_not(None), ProcessInstance.ended_at.is_(None))
)
"""What waits in suspended instances is left alone until they are resumed."""


def next_due() -> datetime | None:
    """Return when the next timer is due, or None."""
    with unit_of_work() as session:
        return session.scalars(select(func.min(Wait.due_at)).where(Wait.kind == "timer", _MOVING)).one()


def fire_due(*, limit: int = 100) -> int:
    """Fire the timers that are due, each instance in its own unit of work; return how many instances moved.

    Also delivers messages that came while their receiver was just being created, and lets old messages expire. Instances that another
    process is working on are left for the next time.
    """
    with unit_of_work() as session:
        due = _due(session, limit)
        left = _left_over(session, limit)
        _expire(session)
    for business_key in left:
        _deliver(business_key)
    return sum(_fire(instance_id) for instance_id in due)


def _due(session: Session, limit: int) -> list[int]:
    statement = (
        select(Wait.instance_id, func.min(Wait.due_at))
        .where(Wait.kind == "timer", Wait.due_at <= clock.now(), _MOVING)
        .group_by(Wait.instance_id)
        .order_by(func.min(Wait.due_at))
        .limit(limit)
    )
    return [row.instance_id for row in session.execute(statement)]


def _deliver(business_key: str) -> None:
    try:
        with unit_of_work() as session:
            deliver_pending(session, business_key=business_key)
    except (
        Exception
    ):  # one instance that cannot be worked on must not hold up all the others; the next round looks again
        log.exception("delivery_postponed", business_key=business_key)


def _fire(instance_id: int) -> bool:
    try:
        with unit_of_work() as session:
            for instance in lock(session, ProcessInstance.id == instance_id, skip_locked=True):
                if instance.suspended_at is not None:
                    return False
                with step(session, instance, actor=SYSTEM, person=False) as going:
                    run = going.run
                return any(event.kind == "timer" for event in run.events)
    except OperationalError:
        log.warning("timer_postponed", instance=instance_id, exc_info=True)
    except Exception as error:  # the step is undone; the timer waits behind an incident
        log.warning("timer_failed", instance=instance_id, exc_info=True)
        _hold(instance_id, describe(error))
    return False


def _hold(instance_id: int, error: str) -> None:
    """Put an instance's due timers behind an incident."""
    try:
        with unit_of_work() as session:
            for instance in lock(session, ProcessInstance.id == instance_id):
                block_waits(session, instance, kind="timer", error=error)
    except Exception:  # as in `_deliver`: a state that cannot be read cannot hold an incident either
        log.exception("timer_not_held", instance=instance_id)


def _left_over(session: Session, limit: int) -> list[str]:
    statement = (
        select(Message.business_key)
        .join(
            Wait, (Wait.name == Message.name) & (Wait.business_key == Message.business_key) & (Wait.kind == "message")
        )
        .where(
            Message.status == "pending",
            Message.expires_at > clock.now(),
            Message.received_at < clock.now() - timedelta(seconds=1),
            _MOVING,
        )
        .distinct()
        .limit(limit)
    )
    return list(session.scalars(statement))


def _expire(session: Session) -> None:
    session.execute(
        update(Message).where(Message.status == "pending", Message.expires_at <= clock.now()).values(status="expired")
    )
