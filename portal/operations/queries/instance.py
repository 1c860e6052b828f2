"""Reads of one process instance for operators; whoever asks must be an administrator."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from portal import clock
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.errors import NotFound
from portal.operations.queries.places import Places
from portal.operations.story import DECISIONS, PEOPLE, SYSTEM, Known
from portal.outbox import OutboxAttempt, OutboxRow
from portal.workflow import queries as workflow
from portal.workflow.codec import from_json
from portal.workflow.errors import ProcessNotFound
from portal.workflow.models import HistoryEntry, Message, ProcessDefinition, ProcessInstance, UserTask
from portal.workflow.queries import Happened

log = structlog.get_logger(__name__)

LINES = 60
"""So many entries of a history are told at once."""
MOST = 100
"""So many effects, tasks and messages of one instance are listed, the newest."""


@dataclass(frozen=True, slots=True)
class InstanceView:
    """A run of a process. `steps` counts its steps so far, `state_size` is in bytes."""

    id: int
    definition_id: int
    process_key: str
    business_key: str
    name_zh: str
    name_en: str
    version: int
    status: str
    customer_id: int | None
    customer: str | None
    amount: Decimal | None
    started_at: datetime
    ended_at: datetime | None
    suspended_at: datetime | None
    postponed_until: datetime | None
    postponements: int
    steps: int
    state_size: int
    state_format: int
    newest: int | None
    """The version that new ones run on."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try at an effect; `error` is None when it succeeded, `receipt` what the receiver answered."""

    number: int
    at: datetime
    milliseconds: int
    error: str | None
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Something the outside was to see: owed (pending), done or given up (dead)."""

    tries: tuple[Try, ...]
    id: int
    at: datetime
    topic: str
    key: str
    target: str
    status: str
    failures: int
    again_at: datetime
    error: str | None
    action: str | None
    node_id: str | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task of the instance; `holder` and `completed_by` are names."""

    id: Any
    node_id: str
    name_zh: str
    name_en: str
    status: str
    role: str | None
    holder: str | None
    due_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    completed_by: str | None
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that nobody has waited for yet."""

    id: int
    name: str
    sender: str
    received_at: datetime
    expires_at: datetime


def instance_view(session: Session, *, instance_id: int) -> InstanceView:
    """Return an instance; NotFound."""
    current = aliased(ProcessDefinition)
    newest = select(current.version).where(current.key == ProcessInstance.process_key, current.status == "published")
    row: Any = session.execute(
        select(
            ProcessInstance.id, ProcessInstance.definition_id, ProcessInstance.process_key, ProcessInstance.business_key,
            ProcessDefinition.name_zh, ProcessDefinition.name_en, ProcessDefinition.version, ProcessInstance.status,
            ProcessInstance.customer_id, Customer.name, ProcessInstance.amount, ProcessInstance.started_at,
            ProcessInstance.ended_at, ProcessInstance.suspended_at, ProcessInstance.postponed_until, ProcessInstance.postponements,
            ProcessInstance.version, func.octet_length(ProcessInstance.state), ProcessInstance.state_format, newest.scalar_subquery(),
        )
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
        .where(ProcessInstance.id == instance_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    return InstanceView(*row)


def facts(session: Session, *, instance_id: int) -> Mapping[str, Any] | None:
    """Return what an instance knows now; None when its state cannot be read."""
    try:
        return workflow.facts(session, instance_id)
    except ProcessNotFound:
        raise
    except Exception:  # whatever is wrong with the bytes, the operator must still see everything else
        log.warning("state_unreadable", instance=instance_id, exc_info=True)
        return None


def history(
    session: Session, *, instance_id: int, only: str = "", before: int | None = None
) -> tuple[list[Happened], bool]:
    """Return `LINES` entries that are worth telling, newest first, those before an id; and whether there are more."""
    older = [] if before is None else [HistoryEntry.id < before]
    rows = session.execute(
        select(
            HistoryEntry.id, HistoryEntry.at, HistoryEntry.kind, HistoryEntry.node_id, HistoryEntry.name_zh,
            HistoryEntry.name_en, HistoryEntry.actor_id, HistoryEntry.actor_name, HistoryEntry.detail,
        )
        .where(_told(instance_id, only), *older)
        .order_by(HistoryEntry.id.desc())
        .limit(LINES + 1)
    ).all()  # fmt: skip
    return [Happened(*row) for row in rows[:LINES]], len(rows) > LINES


def history_count(session: Session, *, instance_id: int, only: str = "") -> int:
    """Count the entries that are worth telling."""
    return session.scalar(select(func.count()).select_from(HistoryEntry).where(_told(instance_id, only))) or 0


def _told(instance_id: int, only: str) -> ColumnElement[bool]:
    """What is told: not that a node was entered or a flow taken, unless it was chosen."""
    own = HistoryEntry.instance_id == instance_id
    chosen = (HistoryEntry.kind == "flow_taken") & HistoryEntry.detail.has_key("conditions")
    decided = (HistoryEntry.kind == "decision") | chosen
    personal = HistoryEntry.actor_id.is_not(None)
    plain = HistoryEntry.kind.not_in(("node_entered", "flow_taken", "decision"))
    told = {PEOPLE: personal & plain, SYSTEM: ~personal & plain, DECISIONS: decided}
    return and_(own, told.get(only, plain | decided))


def last_suspension(session: Session, *, instance_id: int) -> Happened | None:
    """Return the entry that says who suspended an instance last, and why."""
    row = session.execute(
        select(
            HistoryEntry.id, HistoryEntry.at, HistoryEntry.kind, HistoryEntry.node_id, HistoryEntry.name_zh,
            HistoryEntry.name_en, HistoryEntry.actor_id, HistoryEntry.actor_name, HistoryEntry.detail,
        )
        .where(HistoryEntry.instance_id == instance_id, HistoryEntry.kind == "suspended")
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).first()  # fmt: skip
    return Happened(*row) if row else None


def known(session: Session, *, places: Places, entries: Sequence[Happened]) -> Known:
    """Return what the entries refer to: payloads of messages and names of people."""
    messages = {entry.detail["message"] for entry in entries if entry.kind == "message" and "message" in entry.detail}
    people = {entry.detail["assignee"] for entry in entries if entry.detail.get("assignee")}
    return Known(places, _payloads(session, messages), _names(session, people))


def _payloads(session: Session, ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    if not ids:
        return {}
    rows = session.execute(select(Message.id, Message.payload).where(Message.id.in_(ids)))
    return {row.id: from_json(row.payload) for row in rows}


def _names(session: Session, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(ids)))}


_CALL_KEY = func.coalesce(OutboxRow.payload["call_key"].astext, OutboxRow.key)
"""The key that the receiver sees."""


def effects(session: Session, *, process_key: str, business_key: str) -> tuple[Effect, ...]:
    """Return what the outside was to see of a business object, newest first, with every try."""
    rows: Sequence[Any] = session.execute(
        select(
            OutboxRow.id, OutboxRow.created_at, OutboxRow.topic, _CALL_KEY, OutboxRow.target, OutboxRow.status,
            OutboxRow.failures, OutboxRow.available_at, OutboxRow.error, OutboxRow.payload["action"].astext,
            OutboxRow.payload["node_id"].astext,
        )
        .where(OutboxRow.subject == f"{process_key}:{business_key}")
        .order_by(OutboxRow.id.desc())
        .limit(MOST)
    ).all()  # fmt: skip
    tries = _tries(session, [row.id for row in rows])
    return tuple(Effect(tuple(tries.get(row.id, ())), *row) for row in rows)


def _tries(session: Session, ids: Collection[int]) -> dict[int, list[Try]]:
    if not ids:
        return {}
    found: dict[int, list[Try]] = {}
    rows = session.execute(
        select(
            OutboxAttempt.outbox_id, OutboxAttempt.number, OutboxAttempt.at, OutboxAttempt.milliseconds, OutboxAttempt.error,
            OutboxAttempt.receipt,
        )
        .where(OutboxAttempt.outbox_id.in_(ids))
        .order_by(OutboxAttempt.id)
    )  # fmt: skip
    for outbox_id, *columns in rows:
        found.setdefault(outbox_id, []).append(Try(*columns))
    return found


def tasks(session: Session, *, instance_id: int) -> tuple[TaskLine, ...]:
    """Return the tasks of an instance, open ones first, then the newest."""
    holder, finisher = aliased(User), aliased(User)
    rows: Sequence[Any] = session.execute(
        select(
            UserTask.id, UserTask.node_id, UserTask.name_zh, UserTask.name_en, UserTask.status, UserTask.role, holder.name,
            UserTask.due_at, UserTask.created_at, UserTask.completed_at, finisher.name, UserTask.result,
        )
        .outerjoin(holder, holder.id == UserTask.assignee_id)
        .outerjoin(finisher, finisher.id == UserTask.completed_by)
        .where(UserTask.instance_id == instance_id)
        .order_by(UserTask.status != "open", UserTask.created_at.desc(), UserTask.id)
        .limit(MOST)
    ).all()  # fmt: skip
    return tuple(TaskLine(*row) for row in rows)


def kept_messages(session: Session, *, business_key: str) -> tuple[KeptMessage, ...]:
    """Return the messages about a business object that nobody has waited for yet."""
    rows = session.execute(
        select(Message.id, Message.name, Message.sender, Message.received_at, Message.expires_at)
        .where(Message.status == "pending", Message.business_key == business_key, Message.expires_at > clock.now())
        .order_by(Message.id)
        .limit(MOST)
    )
    return tuple(KeptMessage(*row) for row in rows)
