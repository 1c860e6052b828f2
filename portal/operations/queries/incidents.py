"""Reads of failed steps: grouped by what they have in common, one group's instances, and what was resolved. For administrators."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, exists, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session, aliased

from portal import clock
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.outbox import OutboxRow
from portal.paging import Paged, offset, within
from portal.workflow.models import HistoryEntry, Incident, ProcessInstance

PAGE = 50
GROUPS = 100
"""So many causes are listed, those that failed last first."""
KEYS = 3
KEPT = timedelta(days=30)
"""Resolved ones are shown for so long."""
RECORD = 20
_HOW = ("retried", "skipped", "moved", "cancelled", "migrated")


@dataclass(frozen=True, slots=True)
class Cause:
    """What failed steps are grouped by: an error but for its numbers and ids, in a process, at a node."""

    cause: str
    process_key: str
    node_id: str


@dataclass(frozen=True, slots=True)
class Group:
    """Open incidents of one cause. `error` is the newest's, `keys` some of the business keys, `definition_id` the newest of theirs."""

    cause: Cause
    count: int
    first_at: datetime
    last_at: datetime
    attempts: int
    definition_id: int
    keys: list[str]
    error: str

    @property
    def title(self) -> str:
        """The first line of the error."""
        return first_line(self.error)


@dataclass(frozen=True, slots=True)
class Stuck:
    """An instance that stands at a failed step; `tries` are those of the outside action's last request."""

    incident_id: int
    task_id: uuid.UUID
    instance_id: int
    business_key: str
    customer_id: int | None
    customer: str | None
    attempts: int
    created_at: datetime
    suspended_at: datetime | None
    error: str
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """An incident that is over: by whom (None: the process went on by itself) and how (a kind of history entry, or None)."""

    incident_id: int
    instance_id: int
    business_key: str
    process_key: str
    definition_id: int
    node_id: str
    error: str
    attempts: int
    created_at: datetime
    resolved_at: datetime
    by: str | None
    how: str | None

    @property
    def title(self) -> str:
        """The first line of the error."""
        return first_line(self.error)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something in the record of a cause, counted by the minute: incidents that came (`kind` failed) or were dealt with, and by whom:
    for good (resolved), or so that the step failed once more (again)."""

    kind: str
    at: datetime
    by: str | None
    count: int


def first_line(error: str) -> str:
    """Return the first line of an error."""
    return error.strip().partition("\n")[0]


def incident_count(session: Session) -> int:
    """Count the open incidents."""
    return session.scalar(select(func.count()).select_from(Incident).where(_OPEN)) or 0


def groups(session: Session) -> list[Group]:
    """Return what steps failed of, the causes with the newest failures first, at most `GROUPS`."""
    return _groups(session)


def group(session: Session, *, cause: Cause) -> Group | None:
    """Return the open incidents of a cause; None when there are none (left)."""
    return next(iter(_groups(session, _of(cause))), None)


def cause_of(session: Session, *, instance_id: int) -> Cause | None:
    """Return why an instance stands still: the cause of its newest open incident."""
    row = session.execute(
        select(Incident.cause, ProcessInstance.process_key, Incident.node_id)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(_OPEN, Incident.instance_id == instance_id)
        .order_by(Incident.id.desc())
        .limit(1)
    ).first()
    return Cause(*row) if row else None


_OPEN = Incident.status == "open"
_earlier = aliased(Incident)
_SINCE = func.coalesce(
    select(func.min(_earlier.created_at))
    .where(
        _earlier.instance_id == Incident.instance_id, _earlier.task_id == Incident.task_id, Incident.attempts > 1
    )
    .correlate(Incident)
    .scalar_subquery(),
    Incident.created_at,
)  # fmt: skip
"""When a step failed first: each retry that fails is an incident of its own."""
_later = aliased(Incident)
_AGAIN = (
    exists()
    .where(_later.instance_id == Incident.instance_id, _later.task_id == Incident.task_id, _later.id > Incident.id)
    .correlate(Incident)
)
"""Whether the step failed once more after its incident had been dealt with: it was not resolved by that."""


def _of(cause: Cause) -> ColumnElement[bool]:
    return and_(
        Incident.cause == cause.cause, Incident.node_id == cause.node_id, ProcessInstance.process_key == cause.process_key
    )  # fmt: skip


def _groups(session: Session, *conditions: ColumnElement[bool]) -> list[Group]:
    keys = func.array_agg(aggregate_order_by(ProcessInstance.business_key, Incident.id.desc()), type_=ARRAY(String))
    counted = (
        select(
            Incident.cause, ProcessInstance.process_key, Incident.node_id, func.count().label("count"),
            func.min(_SINCE).label("first_at"), func.max(Incident.created_at).label("last_at"),
            func.max(Incident.attempts).label("attempts"), func.max(ProcessInstance.definition_id).label("definition_id"),
            keys[1:KEYS].label("keys"), func.max(Incident.id).label("newest"),
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(_OPEN, *conditions)
        .group_by(Incident.cause, ProcessInstance.process_key, Incident.node_id)
        .order_by(func.max(Incident.id).desc())
        .limit(GROUPS)
        .subquery()
    )  # fmt: skip
    newest = aliased(Incident)
    columns = (counted.c[name] for name in ("count", "first_at", "last_at", "attempts", "definition_id", "keys"))
    rows: Sequence[Any] = session.execute(
        select(counted.c.cause, counted.c.process_key, counted.c.node_id, *columns, newest.error)
        .join(newest, newest.id == counted.c.newest)
        .order_by(counted.c.newest.desc())
    ).all()
    return [Group(Cause(*row[:3]), *row[3:]) for row in rows]


def stuck(session: Session, *, cause: Cause, total: int, page: int = 1) -> Paged[Stuck]:
    """Return a page of the instances that stand still because of a cause, the longest first."""
    rows = session.execute(
        _stuck(
            Incident.id, Incident.task_id, Incident.instance_id, ProcessInstance.business_key, ProcessInstance.customer_id,
            Customer.name, Incident.attempts, _SINCE, ProcessInstance.suspended_at, Incident.error, OutboxRow.failures,
        )
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
        .outerjoin(OutboxRow, OutboxRow.key == func.concat(Incident.task_id, ":", Incident.attempts))
        .where(_of(cause))
        .order_by(Incident.id)
        .limit(PAGE)
        .offset(offset(page, PAGE))
    )  # fmt: skip
    return Paged(tuple(Stuck(*row) for row in rows), total, within(page), PAGE)


def subjects(session: Session, *, cause: Cause, limit: int) -> list[tuple[int, str]]:
    """Return the open incidents of a cause with their business keys, the oldest first."""
    rows = session.execute(
        _stuck(Incident.id, ProcessInstance.business_key).where(_of(cause)).order_by(Incident.id).limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def chosen(session: Session, *, ids: Collection[int]) -> list[tuple[int, str]]:
    """Return those of some incidents that are open, with their business keys."""
    rows = session.execute(
        _stuck(Incident.id, ProcessInstance.business_key).where(Incident.id.in_(ids)).order_by(Incident.id)
    )
    return [(row[0], row[1]) for row in rows]


def _stuck(*columns: Any) -> Select[Any]:
    return (
        select(*columns).join_from(Incident, ProcessInstance, ProcessInstance.id == Incident.instance_id).where(_OPEN)
    )


def record(session: Session, *, cause: Cause) -> list[Deed]:
    """Return what became of a cause in the last `KEPT`, counted by the minute, newest first: what failed, who dealt with how many."""
    same = and_(Incident.cause == cause.cause, Incident.node_id == cause.node_id)
    since = clock.now() - KEPT
    came, went = func.date_trunc("minute", Incident.created_at), func.date_trunc("minute", Incident.resolved_at)
    open_ones = select(literal("failed"), came.label("at"), literal(None, String), func.count()).where(same, _OPEN)
    resolved = and_(same, Incident.status == "resolved", Incident.resolved_at > since)
    earlier = select(literal("failed"), came, literal(None, String), func.count()).where(resolved)
    ended = (
        select(case((_AGAIN, "again"), else_="resolved").label("kind"), went.label("at"), User.name.label("by"))
        .outerjoin_from(Incident, User, User.id == Incident.resolved_by)
        .where(resolved)
        .subquery()
    )
    dealt = select(*ended.c, func.count()).group_by(*ended.c)
    rows = session.execute(
        union_all(open_ones.group_by(came), earlier.group_by(came), dealt)
        .order_by("at")
    ).all()  # fmt: skip
    return [Deed(*row) for row in rows[-RECORD:][::-1]]


def resolved(session: Session, *, page: int = 1) -> Paged[Resolved]:
    """Return a page of what was resolved in the last `KEPT` and has not failed again, newest first."""
    recent = and_(Incident.status == "resolved", Incident.resolved_at > clock.now() - KEPT, ~_AGAIN)
    total = session.scalar(select(func.count()).select_from(Incident).where(recent)) or 0
    how = (
        select(HistoryEntry.kind)
        .where(
            HistoryEntry.instance_id == Incident.instance_id, HistoryEntry.at == Incident.resolved_at, HistoryEntry.kind.in_(_HOW)
        )
        .order_by(HistoryEntry.id)
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
    rows: Sequence[Any] = session.execute(
        select(
            Incident.id, Incident.instance_id, ProcessInstance.business_key, ProcessInstance.process_key,
            ProcessInstance.definition_id, Incident.node_id, Incident.error, Incident.attempts, Incident.created_at,
            Incident.resolved_at, User.name, how,
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .outerjoin(User, User.id == Incident.resolved_by)
        .where(recent)
        .order_by(Incident.resolved_at.desc(), Incident.id.desc())
        .limit(PAGE)
        .offset(offset(page, PAGE))
    ).all()  # fmt: skip
    return Paged(tuple(Resolved(*row) for row in rows), total, within(page), PAGE)
