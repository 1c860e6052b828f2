"""Messages: stored first, once each, and delivered to whoever waits for them, now or later."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM, Actor
from portal.outbox import describe
from portal.workflow import codec
from portal.workflow.models import Message, ProcessInstance, Wait
from portal.workflow.saving import Instance
from portal.workflow.step import MOVABLE, lock, running, step
from portal.workflow.suspension import require_moving

log = structlog.get_logger(__name__)

LARGEST = 200_000
"""Bytes of a message's payload, a fifth of what an instance may be: whoever waits for one must be able to take it."""
KEPT = timedelta(days=365)
"""How long a message that was delivered or expired can be looked up, and is known when it comes again."""


def receive_message(
    session: Session,
    *,
    sender: str,
    message_id: str,
    name: str,
    business_key: str,
    payload: Mapping[str, Any],
    ttl: timedelta = timedelta(days=30),
    actor: Actor | None = None,
) -> bool:
    """Store a message and deliver it if an instance of the business key waits for it; False when it was received before.

    What nobody waits for yet stays pending and is delivered when somebody comes to wait, until `ttl` has passed. With an `actor` the
    message is a person's step and a PortalError reaches them (InstanceSuspended, too); without, what fails becomes an incident and the
    message stays pending, as it does while an instance is suspended. Raises NotStorable when no instance could keep the payload.
    """
    now = clock.now()
    row = {"sender": sender, "message_id": message_id, "name": name, "business_key": business_key,
           "payload": storable(payload), "received_at": now, "expires_at": now + ttl, "status": "pending"}  # fmt: skip
    session.flush()
    statement = insert(Message).values(row).on_conflict_do_nothing(index_elements=["sender", "message_id"])
    if session.scalars(statement.returning(Message.id)).first() is None:
        return False
    deliver_pending(session, business_key=business_key, actor=actor)
    return True


def storable(payload: Mapping[str, Any]) -> Any:
    """Return a payload as it is stored; NotStorable for what an instance cannot keep, or when it is larger than `LARGEST`."""
    written = codec.to_json(codec.clean(payload))
    if len(orjson.dumps(written)) > LARGEST:
        raise codec.NotStorable(f"larger than {LARGEST // 1000} kB")
    return written


_WANTED = (
    select(Wait.instance_id)
    .join(Message, (Message.name == Wait.name) & (Message.business_key == Wait.business_key))
    .where(Wait.kind == "message", Wait.business_key == bindparam("business_key"), Message.status == "pending")
)


def deliver_pending(session: Session, *, business_key: str, actor: Actor | None = None) -> None:
    """Deliver what is pending for a business key to its running instances, as far as they wait for it."""
    open_ones = (ProcessInstance.business_key == business_key) & ProcessInstance.ended_at.is_(None)
    instances = lock(session, open_ones)
    wanted = set(session.scalars(_WANTED, {"business_key": business_key})) if instances else set()
    for number, read in enumerate(instances):
        # what an earlier one's step did may have moved a later one on
        (instance,) = [read] if number == 0 else lock(session, ProcessInstance.id == read.id)
        going = running(session, instance.id)
        if going is not None:
            going.messages_arrived = True
        elif instance.id not in wanted or instance.ended:
            continue
        elif actor is not None:
            require_moving(session, instance, actor)
            _deliver(session, instance, actor, person=True)
        elif instance.suspended_at is None:
            _deliver_or_block(session, instance)


# What came while its receiver's step was not committed: neither saw the other. The newest second is left to those who are at it.
_LEFT_OVER = text("""
select distinct waits.instance_id
from messages
join waits on waits.kind = 'message' and waits.name = messages.name and waits.business_key = messages.business_key
join process_instances instance on instance.id = waits.instance_id
where messages.status = 'pending' and messages.expires_at > :now and messages.received_at < :settled and instance.suspended_at is null
    and (instance.postponed_until is null or instance.postponed_until <= :now)
limit :limit
""")


def left_over(session: Session, *, limit: int) -> list[int]:
    """Return instances that wait for a message which is pending all the same, and that may move."""
    now = clock.now()
    return list(session.scalars(_LEFT_OVER, {"now": now, "settled": now - timedelta(seconds=1), "limit": limit}))


def deliver_left_over(session: Session, *, instance_id: int) -> None:
    """Deliver what is pending to one instance that waits for it, unless another transaction is at it, or it may not move any more."""
    for instance in lock(session, (ProcessInstance.id == instance_id) & MOVABLE, skip_locked=True):
        _deliver_or_block(session, instance)


def expire(session: Session) -> int:
    """Give up messages that nobody came to wait for in their time; return how many."""
    now = clock.now()
    gone = session.execute(
        update(Message)
        .where(Message.status == "pending", Message.expires_at <= now)
        .values(status="expired")
        .returning(Message.name, Message.sender)
        .execution_options(synchronize_session=False)
    ).all()
    for (name, sender), count in Counter((row.name, row.sender) for row in gone).items():
        log.warning("messages_expired", message=name, sender=sender, count=count)
    return len(gone)


def _deliver(session: Session, instance: Instance, actor: Actor, *, person: bool) -> None:
    with step(session, instance, actor=actor, person=person) as going:
        going.messages_arrived = True


def _deliver_or_block(session: Session, instance: Instance) -> None:
    try:
        with session.begin_nested():
            _deliver(session, instance, SYSTEM, person=False)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it was, the step is undone; the message stays pending behind an incident
        block_waits(session, instance, kind="message", error=describe(error))


# Ids grow with time: looking stops at the first message that is young.
_PURGE = text("""
with looked as (
    select id, status, received_at, coalesce(delivered_at, expires_at) as over_at from messages where id > :after order by id limit :limit
), gone as (
    delete from messages using looked
    where messages.id = looked.id and looked.status in ('delivered', 'expired') and looked.over_at < :before
)
select max(id) from looked having min(received_at) < :before
""")


def purge(session: Session, *, after: int = 0, limit: int = 1000) -> int | None:
    """Delete what was delivered or expired `KEPT` ago, among the `limit` messages after an id; return the last id looked at, None when
    no older ones are left. Its sender may then say the same again: it would be new."""
    found: int | None = session.scalar(_PURGE, {"after": after, "limit": limit, "before": clock.now() - KEPT})
    return found


def block_waits(session: Session, instance: Instance, *, kind: str, error: str) -> None:
    """Mark what an instance waits for (messages with one pending, or timers that are due) as failed, so that an operator looks."""
    with step(session, instance, actor=SYSTEM, person=False) as going:
        going.held = True
        for task_id in going.provoked(kind):
            going.run.block(task_id, error)
