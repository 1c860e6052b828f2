"""What is waited for: timers, the late ones first, and messages that nobody waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import NotFound
from portal.operations.queries.places import places
from portal.workflow.models import Message, ProcessDefinition, ProcessInstance, Wait
from portal.workflow.vocabulary import Text

LISTED = 50
LATE_AFTER = timedelta(seconds=5)
"""A timer fires within two seconds of its moment; one that did not within this is late."""


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer of an instance; one of a suspended instance does not fire."""

    instance_id: int
    business_key: str
    name_zh: str
    name_en: str
    node: Text
    due_at: datetime
    late: bool
    suspended: bool


@dataclass(frozen=True, slots=True)
class TimersAt:
    """The timers of a node of a version: how many, how many are late, and the next moment."""

    process_key: str
    version: int
    node_id: str
    node: Text
    count: int
    late: int
    next: datetime


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message that no instance has taken; `instance_id` of the one it is about, if there is one."""

    id: int
    name: str
    business_key: str
    sender: str
    received_at: datetime
    expires_at: datetime
    instance_id: int | None


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """A message with what it says."""

    id: int
    message_id: str
    name: str
    business_key: str
    sender: str
    received_at: datetime
    expires_at: datetime
    status: str
    payload: dict[str, Any]
    instance_id: int | None


def timers(session: Session) -> tuple[TimerRow, ...]:
    """Return the timers that are due first, at most `LISTED`."""
    late = clock.now() - LATE_AFTER
    rows = session.execute(
        select(
            Wait.instance_id, Wait.business_key, ProcessDefinition.name_zh, ProcessDefinition.name_en, Wait.definition_id,
            Wait.node_id, Wait.due_at, ProcessInstance.suspended_at,
        )
        .join(ProcessInstance, ProcessInstance.id == Wait.instance_id)
        .join(ProcessDefinition, ProcessDefinition.id == Wait.definition_id)
        .where(Wait.kind == "timer", Wait.due_at.is_not(None))
        .order_by(Wait.due_at, Wait.id)
        .limit(LISTED)
    ).all()  # fmt: skip
    drawn = {definition: places(session, definition) for definition in {row.definition_id for row in rows}}
    return tuple(
        TimerRow(
            row.instance_id, row.business_key, row.name_zh, row.name_en, drawn[row.definition_id].name(row.node_id), row.due_at,
            row.due_at < late and row.suspended_at is None, row.suspended_at is not None,
        )
        for row in rows
    )  # fmt: skip


def timers_by_node(session: Session) -> tuple[TimersAt, ...]:
    """Return how many timers wait at each node of each version; those of suspended instances are never late."""
    late = (Wait.due_at < clock.now() - LATE_AFTER) & ProcessInstance.suspended_at.is_(None)
    rows = session.execute(
        select(
            Wait.definition_id, ProcessDefinition.key, ProcessDefinition.version, Wait.node_id, func.count(),
            func.count().filter(late), func.min(Wait.due_at),
        )
        .join(ProcessInstance, ProcessInstance.id == Wait.instance_id)
        .join(ProcessDefinition, ProcessDefinition.id == Wait.definition_id)
        .where(Wait.kind == "timer", Wait.due_at.is_not(None))
        .group_by(Wait.definition_id, ProcessDefinition.key, ProcessDefinition.version, Wait.node_id)
        .order_by(func.count().desc(), ProcessDefinition.version.desc())
    ).all()  # fmt: skip
    drawn = {definition: places(session, definition) for definition in {row[0] for row in rows}}
    return tuple(
        TimersAt(key, version, node_id, drawn[definition].name(node_id), count, overdue, due)
        for definition, key, version, node_id, count, overdue, due in rows
        if due is not None
    )


def undelivered(session: Session) -> tuple[Sequence[MessageRow], int]:
    """Return the messages that wait for somebody to wait for them, those that expire first, at most `LISTED`; and how many there are."""
    pending = Message.status == "pending"
    total = session.scalar(select(func.count()).select_from(Message).where(pending)) or 0
    return _messages(session, pending, Message.expires_at), total


def expired(session: Session) -> Sequence[MessageRow]:
    """Return the messages that nobody had waited for when their time was over, the newest first, at most `LISTED`."""
    return _messages(session, Message.status == "expired", Message.id.desc())


def _messages(session: Session, which: ColumnElement[bool], order: Any) -> Sequence[MessageRow]:
    rows = session.execute(
        select(Message.id, Message.name, Message.business_key, Message.sender, Message.received_at, Message.expires_at)
        .where(which)
        .order_by(order)
        .limit(LISTED)
    ).all()
    about = _about(session, {row.business_key for row in rows})
    return [MessageRow(*row, about.get(row.business_key)) for row in rows]


def _about(session: Session, keys: set[str]) -> dict[str, int]:
    statement = select(ProcessInstance.business_key, func.max(ProcessInstance.id)).where(
        ProcessInstance.business_key.in_(keys)
    )
    return {row[0]: row[1] for row in session.execute(statement.group_by(ProcessInstance.business_key))}


def message(session: Session, message_id: int) -> MessageDetail:
    """Return a message with what it says; NotFound."""
    row = session.execute(
        select(
            Message.id, Message.message_id, Message.name, Message.business_key, Message.sender, Message.received_at,
            Message.expires_at, Message.status, Message.payload,
        ).where(Message.id == message_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    return MessageDetail(**row._asdict(), instance_id=_about(session, {row.business_key}).get(row.business_key))
