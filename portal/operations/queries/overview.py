"""The overview's reads: which processes and versions run, how many tokens are at each node, who is there, what flowed of late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import String, Subquery, case, extract, func, literal, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.operations.queries.places import Places
from portal.operations.queries.tokens import standing
from portal.workflow.models import HistoryEntry, ProcessDefinition, ProcessInstance

OPEN = ("running", "incident")
LISTED = 50
"""Instances of a node that are shown beside the diagram."""
FLOW_DAYS = 30
FLOW_INSTANCES = 1000
"""Of how many instances, the newest, the flow is counted."""


@dataclass(frozen=True, slots=True)
class ProcessCount:
    """A process and how many of its instances are not over."""

    key: str
    name_zh: str
    name_en: str
    open: int


@dataclass(frozen=True, slots=True)
class VersionCount:
    """A version of a process, how many of its instances are not over, and whether new ones begin on it."""

    id: int
    version: int
    published: bool
    published_at: datetime
    open: int


@dataclass(frozen=True, slots=True)
class NodeCount:
    """The tokens at a node: how many, how many failed or are past their due time, how long half of them and the oldest are there."""

    node_id: str
    count: int
    failed: int
    overdue: int
    median: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class There:
    """A token at a node: of which instance, since when, who holds it or what it waits for."""

    node_id: str
    instance_id: int
    business_key: str
    customer: str | None
    amount: Decimal | None
    since: datetime
    due_at: datetime | None
    kind: str
    holder: str | None
    role: str | None
    waits_for: str | None
    suspended: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """How often nodes were entered and flows taken, by id, in the last `FLOW_DAYS`, by the newest `instances` of a definition."""

    entered: Mapping[str, int]
    taken: Mapping[str, int]
    instances: int


def processes(session: Session) -> tuple[ProcessCount, ...]:
    """Return every process that was ever published, in the order of their first publication."""
    opened = _open_by(session, ProcessInstance.process_key)
    newest = (
        select(ProcessDefinition.key, func.max(ProcessDefinition.id).label("newest"), func.min(ProcessDefinition.id).label("first"))
        .group_by(ProcessDefinition.key).subquery()
    )  # fmt: skip
    rows = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.name_zh, ProcessDefinition.name_en)
        .join(newest, newest.c.newest == ProcessDefinition.id)
        .order_by(newest.c.first)
    )
    return tuple(ProcessCount(row.key, row.name_zh, row.name_en, opened.get(row.key, 0)) for row in rows)


def versions(session: Session, key: str) -> tuple[VersionCount, ...]:
    """Return the versions of a process, the newest first."""
    own = select(ProcessDefinition.id).where(ProcessDefinition.key == key)
    opened = _open_by(session, ProcessInstance.definition_id, ProcessInstance.definition_id.in_(own))
    rows = session.execute(
        select(
            ProcessDefinition.id, ProcessDefinition.version, ProcessDefinition.status == "published",
            ProcessDefinition.published_at,
        )
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc())
    )  # fmt: skip
    return tuple(VersionCount(*row, opened.get(row[0], 0)) for row in rows)


def _open_by(session: Session, column: Any, *conditions: Any) -> dict[Any, int]:
    statement = select(column, func.count()).where(ProcessInstance.status.in_(OPEN), *conditions).group_by(column)
    return {row[0]: row[1] for row in session.execute(statement)}


def at_nodes(session: Session, where: Places) -> dict[str, NodeCount]:
    """Count the tokens at each node of a definition's diagram; those inside a call activity are at it."""
    now = clock.now()
    tokens = _on_the_diagram(where)
    since = extract("epoch", tokens.c.since)
    rows = session.execute(
        select(
            tokens.c.node, func.count(), func.count().filter(tokens.c.kind == "incident"),
            func.count().filter(tokens.c.due_at < now), func.percentile_cont(0.5).within_group(since), func.min(since),
        ).group_by(tokens.c.node)
    )  # fmt: skip
    present = now.timestamp()
    return {
        node: NodeCount(node, count, failed, late, _seconds(present - median), _seconds(present - float(first)))
        for node, count, failed, late, median, first in rows
    }


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=max(seconds, 0))


def _on_the_diagram(where: Places) -> Subquery:
    tokens = standing(where).subquery()
    inside = [
        (tokens.c.node_id.startswith(f"{call}.", autoescape=True), literal(call, String)) for call in where.called
    ]
    node = case(*inside, else_=tokens.c.node_id) if inside else tokens.c.node_id
    return select(tokens, node.label("node")).subquery()


def there(session: Session, where: Places, node_id: str) -> tuple[There, ...]:
    """Return the tokens at a node, the oldest first, at most `LISTED`."""
    tokens = standing(where, node_id=node_id, oldest=LISTED).subquery()
    rows = session.execute(
        select(
            tokens.c.node_id, tokens.c.instance_id, ProcessInstance.business_key, Customer.name, ProcessInstance.amount,
            tokens.c.since, tokens.c.due_at, tokens.c.kind, User.name, tokens.c.role, tokens.c.waits_for,
            ProcessInstance.suspended_at.is_not(None),
        )
        .join(ProcessInstance, ProcessInstance.id == tokens.c.instance_id)
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
        .outerjoin(User, User.id == tokens.c.assignee_id)
        .order_by(tokens.c.since, tokens.c.instance_id)
        .limit(LISTED)
    )  # fmt: skip
    return tuple(There(*row) for row in rows)


def flow(session: Session, definition_id: int) -> Flow:
    """Count what the newest instances of a definition entered and took in the last `FLOW_DAYS`."""
    since = clock.now() - timedelta(days=FLOW_DAYS)
    of_late = (
        select(ProcessInstance.id)
        .where(ProcessInstance.definition_id == definition_id, ProcessInstance.started_at >= since)
        .order_by(ProcessInstance.started_at.desc())
        .limit(FLOW_INSTANCES)
    )
    ids = list(session.scalars(of_late))
    rows = session.execute(
        select(HistoryEntry.kind, HistoryEntry.node_id, func.count())
        .where(HistoryEntry.instance_id.in_(ids), HistoryEntry.kind.in_(("node_entered", "flow_taken")))
        .group_by(HistoryEntry.kind, HistoryEntry.node_id)
    ).all()
    counts: dict[str, dict[str, int]] = {"node_entered": {}, "flow_taken": {}}
    for kind, node_id, count in rows:
        counts[kind][node_id or ""] = count
    return Flow(counts["node_entered"], counts["flow_taken"], len(ids))
