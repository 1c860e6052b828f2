"""Timers: moments that instances wait for, found by an index and fired one instance at a time; and what else time brings about.

The worker sleeps until the next timer it knows of is due, at most a second. Several workers may look at the same time: each instance is
locked, passed over when another has it, and left alone when somebody has moved it since it was found. An instance whose step
fails waits behind an incident; one that cannot even be read is put off (`postponing.py`). Suspended ones wait until they are resumed.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.outbox import describe
from portal.workflow.messaging import block_waits, deliver_left_over, expire, left_over
from portal.workflow.models import ProcessInstance, Wait
from portal.workflow.postponing import LONGEST, postpone, recovered, take_up
from portal.workflow.step import MOVABLE, lock, step

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Due:
    """An instance to be stepped, at which version it was found, and how often it could not be stepped so far."""

    instance_id: int
    version: int
    postponements: int


def next_due() -> datetime | None:
    """Return when the next timer is due, of instances that may move, or None."""
    with unit_of_work() as session:
        waiting = select(func.min(Wait.due_at)).join(ProcessInstance, ProcessInstance.id == Wait.instance_id)
        return session.scalars(waiting.where(Wait.kind == "timer", ProcessInstance.suspended_at.is_(None))).one()


def seconds_to_next() -> float:
    """Return how long it is until a timer comes due that is not due yet; infinity when none is set."""
    now = clock.now()
    with unit_of_work() as session:
        due_at = session.scalars(select(func.min(Wait.due_at)).where(Wait.kind == "timer", Wait.due_at > now)).one()
    return float("inf") if due_at is None else (due_at - now).total_seconds()


def fire_due(*, limit: int = 100) -> int:
    """Deliver what was left over, then fire the timers that are due; return how many instances a timer moved."""
    catch_up(limit=limit)
    return fire(limit=limit)


def fire(*, limit: int = 100, together: Executor | None = None) -> int:
    """Fire the timers that are due, the oldest first, each instance in its own unit of work; return how many instances moved.

    With an executor several are fired at the same time, so that they need not wait for each other's commits.
    """
    with unit_of_work() as session:
        due = _due(session, limit)
    return sum(together.map(_fire, due) if together else map(_fire, due))


def catch_up(*, limit: int = 100) -> None:
    """Deliver messages that came while their receiver was just beginning to wait, and let old messages expire."""
    with unit_of_work() as session:
        left = left_over(session, limit=limit)
        expire(session)
    for instance_id in left:
        _guarded(instance_id, "message", partial(deliver_left_over, instance_id=instance_id))


# In the order of the index, so that a look costs what it finds however many wait.
_DUE = text("""
select waits.instance_id, instance.version, instance.postponements
from waits join process_instances instance on instance.id = waits.instance_id
where waits.kind = 'timer' and waits.due_at <= :now and instance.suspended_at is null
    and (instance.postponed_until is null or instance.postponed_until <= :now or instance.postponed_until > :farthest)
order by waits.due_at limit :limit
""")


def _due(session: Session, limit: int) -> list[_Due]:
    now = clock.now()
    rows = session.execute(_DUE, {"now": now, "farthest": now + LONGEST, "limit": limit})
    found = [_Due(row.instance_id, row.version, row.postponements) for row in rows]
    return list(dict.fromkeys(found + [_Due(*one) for one in recovered(session, limit=limit)]))


def _fire(due: _Due) -> bool:
    fired = False

    def work(session: Session) -> None:
        nonlocal fired
        fired = _step(session, due)

    _guarded(due.instance_id, "timer", work)
    return fired


def _step(session: Session, due: _Due) -> bool:
    unmoved = (ProcessInstance.id == due.instance_id) & (ProcessInstance.version == due.version)
    for instance in lock(session, unmoved & MOVABLE, skip_locked=True):
        with step(session, instance, actor=SYSTEM, person=False) as going:
            going.messages_arrived = bool(due.postponements)
            run = going.run
        if due.postponements:
            take_up(session, instance_id=instance.id)
        return any(event.kind == "timer" for event in run.events)
    return False


def _guarded(instance_id: int, kind: str, work: Callable[[Session], None]) -> None:
    """Work on one instance; what fails must not hold up the others: it waits behind an incident, or is put off."""
    try:
        with unit_of_work() as session:
            work(session)
    except OperationalError:
        log.warning("instance_left_for_later", instance=instance_id, exc_info=True)
    except Exception as error:  # noqa: BLE001  # whatever it was, the step is undone
        try:
            _hold(instance_id, kind, describe(error))
        except OperationalError:
            log.warning("instance_left_for_later", instance=instance_id, exc_info=True)
        except Exception as unreadable:  # noqa: BLE001  # a state that cannot be read cannot hold an incident either
            postpone(instance_id, unreadable)
        else:
            log.warning("timer_failed" if kind == "timer" else "message_failed", instance=instance_id, exc_info=error)


def _hold(instance_id: int, kind: str, error: str) -> None:
    """Put what has come for an instance (its due timers, a pending message) behind an incident, if it may still move."""
    with unit_of_work() as session:
        for instance in lock(session, (ProcessInstance.id == instance_id) & MOVABLE):
            block_waits(session, instance, kind=kind, error=error)
