"""Tables of the process runtime. `customers` and `users` are named by their tables only."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, Numbered


class Definition:
    """What published things share: a key, a version counted per key, the XML as it was published and its digest."""

    key: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    xml: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10), default="published")
    """published: new instances use it; retired: only instances that already run on it."""
    source: Mapped[str] = mapped_column(String(10))
    """delivered: from `workflows/`; edited: by an administrator."""
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ProcessDefinition(Definition, Numbered, Base):
    """One published edition of a process diagram; never changed afterwards, except to be retired."""

    __tablename__ = "process_definitions"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("status in ('published', 'retired')", name="status"),
        CheckConstraint("source in ('delivered', 'edited')", name="source"),
        Index("ix_process_definitions_current", "key", unique=True, postgresql_where=text("status = 'published'")),
    )

    calls: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"), default=dict)
    """The processes that its call activities call: key → id of the definition that was published when this one was."""


class DecisionDefinition(Definition, Numbered, Base):
    """One published edition of a decision table; a running process always asks the newest."""

    __tablename__ = "decision_definitions"
    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("status in ('published', 'retired')", name="status"),
        CheckConstraint("source in ('delivered', 'edited')", name="source"),
        Index("ix_decision_definitions_current", "key", unique=True, postgresql_where=text("status = 'published'")),
    )


class ProcessInstance(Numbered, Base):
    """One run of a definition, tied to one business object by its business key. Locked by every step; `state` is the engine's."""

    __tablename__ = "process_instances"
    __table_args__ = (
        UniqueConstraint("process_key", "business_key"),
        CheckConstraint("status in ('running', 'completed', 'cancelled', 'incident')", name="status"),
        Index("ix_process_instances_customer_id", "customer_id"),
        Index("ix_process_instances_open", "status", "process_key", postgresql_where=text("ended_at is null")),
        Index("ix_process_instances_postponed", "postponed_until", postgresql_where=text("postponements > 0")),
        Index("ix_process_instances_status_started", "status", "started_at", "id"),
        Index("ix_process_instances_process_started", "process_key", "status", "started_at", "id"),
        Index("ix_process_instances_definition_started", "definition_id", "status", "started_at", "id"),
        Index(
            "ix_process_instances_suspended",
            "started_at",
            "id",
            postgresql_where=text("suspended_at is not null and ended_at is null"),
        ),
        Index(
            "ix_process_instances_key_prefix",
            "business_key",
            postgresql_ops={"business_key": "text_pattern_ops"},
        ),
        Index(
            "ix_process_instances_number_prefix",
            literal_column("substr(business_key, strpos(business_key, '-') + 1)").label("number"),
            postgresql_ops={"number": "text_pattern_ops"},
        ),
        Index(
            "ix_process_instances_number_end",
            literal_column("reverse(business_key)").label("reversed"),
            postgresql_ops={"reversed": "text_pattern_ops"},
            postgresql_where=text("ended_at is null"),
        ),
    )

    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definitions.id"))
    process_key: Mapped[str] = mapped_column(String(80))
    business_key: Mapped[str] = mapped_column(String(80))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """What it is about in money, for inboxes to filter by."""
    status: Mapped[str] = mapped_column(String(10), default="running")
    """incident: running, but a step failed and waits for an operator."""
    state: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state_format: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    """Counted up by every step."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    """Since when an operator keeps it from moving: no task, message, timer or result moves its tokens until it is resumed."""
    postponed_until: Mapped[datetime | None]
    """Until when the worker leaves it alone, because the last time it could not even be read."""
    postponements: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """How often in a row that was; each time the span doubles."""


_FREE, _TAKEN = "status = 'open' and assignee_id is null", "status = 'open' and assignee_id is not null"


def _urgency() -> list[Any]:
    """What the inbox orders open tasks by."""
    return [text("coalesce(due_at, 'infinity'::timestamptz)"), text("(- priority)"), text("created_at"), text("id")]


class UserTask(Base):
    """Something a person must do; `id` is the engine's task id. Claimed = open with an assignee."""

    __tablename__ = "user_tasks"
    __table_args__ = (
        CheckConstraint("status in ('open', 'completed', 'cancelled')", name="status"),
        Index("ix_user_tasks_mine", "assignee_id", *_urgency(), postgresql_where=text("status = 'open'")),
        Index("ix_user_tasks_free_of_team", "role", "team", *_urgency(), postgresql_where=text(_FREE)),
        Index("ix_user_tasks_free_of_role", "role", *_urgency(), postgresql_where=text(_FREE)),
        Index("ix_user_tasks_taken_of_team", "role", "team", *_urgency(), postgresql_where=text(_TAKEN)),
        Index("ix_user_tasks_taken_of_role", "role", *_urgency(), postgresql_where=text(_TAKEN)),
        Index(
            "ix_user_tasks_completed_by", "completed_by", "completed_at", postgresql_where=text("status = 'completed'")
        ),
        Index("ix_user_tasks_business_key", "business_key"),
        Index("ix_user_tasks_node", "definition_id", "node_id", "created_at", postgresql_where=text("status = 'open'")),
        Index(
            "ix_user_tasks_done",
            "definition_id",
            "node_id",
            "completed_at",
            postgresql_where=text("status = 'completed'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instances.id"), index=True)
    process_key: Mapped[str] = mapped_column(String(80))
    business_key: Mapped[str] = mapped_column(String(80))
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definitions.id"))
    node_id: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(40))
    """Whoever holds it may claim and complete; `contact` means any contact of the instance's customer."""
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    team: Mapped[str | None] = mapped_column(String(40))
    """The team of whom it was first given to: when it is given back, it is theirs to take."""
    status: Mapped[str] = mapped_column(String(10), default="open")
    priority: Mapped[int] = mapped_column(default=50)
    """Higher is more urgent; 50 is usual."""
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    """When it ended, completed or cancelled."""
    completed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    result: Mapped[dict[str, Any] | None]
    """What the form said, as JSON (amounts as text)."""


class Wait(Numbered, Base):
    """Something an instance waits for besides people: a message, a moment, an external action's result. Ended, it is a `NodeVisit`."""

    __tablename__ = "waits"
    __table_args__ = (
        UniqueConstraint("task_id"),
        CheckConstraint("kind in ('message', 'timer', 'action')", name="kind"),
        Index("ix_waits_message", "name", "business_key", postgresql_where=text("kind = 'message'")),
        Index("ix_waits_due", "due_at", postgresql_where=text("kind = 'timer'")),
        Index("ix_waits_node", "definition_id", "node_id", "created_at"),
    )

    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instances.id"), index=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definitions.id"))
    task_id: Mapped[uuid.UUID]
    node_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    """The message's name, the action's name, or for a timer the node's id."""
    business_key: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class NodeVisit(Numbered, Base):
    """How long a token was at a node that it had to wait at, other than a user task (whose row says it itself)."""

    __tablename__ = "node_visits"
    __table_args__ = (Index("ix_node_visits_node", "definition_id", "node_id", "left_at"),)

    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instances.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definitions.id"))
    node_id: Mapped[str] = mapped_column(String(120))
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime]


class Message(Numbered, Base):
    """Something another party said about a business object; stored before it is looked at, delivered when somebody waits for it."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("sender", "message_id"),
        CheckConstraint("status in ('pending', 'delivered', 'expired')", name="status"),
        Index("ix_messages_pending", "business_key", "name", postgresql_where=text("status = 'pending'")),
        Index("ix_messages_expiry", "expires_at", postgresql_where=text("status = 'pending'")),
        Index("ix_messages_expired", "id", postgresql_where=text("status = 'expired'")),
    )

    sender: Mapped[str] = mapped_column(String(80))
    message_id: Mapped[str] = mapped_column(String(200))
    """The sender's own id of it: the same one twice is the same message."""
    name: Mapped[str] = mapped_column(String(120))
    business_key: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10), default="pending")
    delivered_at: Mapped[datetime | None]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("process_instances.id"))


class HistoryEntry(Numbered, Base):
    """Something that happened in an instance; append-only. `id` orders what happened in the same moment.

    Kinds: started, node_entered, flow_taken, decision, task_created, task_claimed, task_released, task_delegated, task_completed,
    task_cancelled, message, timer, action_requested, action, incident, retried, status, ended; and what operators do: cancelled,
    suspended, resumed, moved, skipped, fact_edited, timer_fired, message_sent, migrated (detail: reason, and what was changed). For flow_taken
    `node_id` is the flow's id.
    """

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_instance_id_id", "instance_id", "id"),)

    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instances.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[str | None] = mapped_column(String(120))
    name_zh: Mapped[str | None] = mapped_column(String(200))
    name_en: Mapped[str | None] = mapped_column(String(200))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]


class Incident(Numbered, Base):
    """A step that failed and waits for an operator; the instance's other branches go on."""

    __tablename__ = "incidents"
    __table_args__ = (
        CheckConstraint("status in ('open', 'resolved')", name="status"),
        Index("ix_incidents_open", "instance_id", postgresql_where=text("status = 'open'")),
        Index(
            "ix_incidents_open_task", "instance_id", "task_id", unique=True, postgresql_where=text("status = 'open'")
        ),
        Index("ix_incidents_cause", "cause", "node_id", postgresql_where=text("status = 'open'")),
        Index("ix_incidents_resolved", "resolved_at", postgresql_where=text("status = 'resolved'")),
        Index(
            "ix_incidents_resolved_cause",
            "cause",
            "node_id",
            "resolved_at",
            postgresql_where=text("status = 'resolved'"),
        ),
    )

    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instances.id"), index=True)
    task_id: Mapped[uuid.UUID]
    node_id: Mapped[str] = mapped_column(String(120))
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cause: Mapped[str] = mapped_column(
        String(32), Computed("md5(regexp_replace(error, '[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+', '#', 'g'))", persisted=True)
    )
    """The same for errors that differ only in numbers and ids: what operators see as one."""
