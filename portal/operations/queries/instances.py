"""The list of instances: a page begins where the one before ended, and says of each instance where it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Subquery, and_, func, select, union_all
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.customers.models import Customer
from portal.operations.queries.finding import InstanceFilter, branches, in_order
from portal.operations.queries.places import Places, places
from portal.operations.queries.tokens import of_instances
from portal.workflow.models import ProcessDefinition, ProcessInstance
from portal.workflow.vocabulary import Text

PAGE = 50
COUNTED = 10_000
"""More than this many are not counted, only said to be more."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a token of an instance is, since when, and who holds it; `kind` is task, message, timer, action or incident."""

    node_id: str
    name: Text
    since: datetime
    kind: str
    holder: str | None


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One instance in the list."""

    id: int
    business_key: str
    process_key: str
    name_zh: str
    name_en: str
    version: int
    definition_id: int
    customer: str | None
    amount: Decimal | None
    status: str
    suspended: bool
    started_at: datetime
    ended_at: datetime | None
    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class InstancePage:
    """A page of instances; `after` is what the next one begins after, empty: this is the last."""

    rows: tuple[InstanceRow, ...]
    after: str


def instances_page(session: Session, *, filters: InstanceFilter, after: str = "") -> InstancePage:
    """Return a page of instances with where their tokens are: the newest first; asked for a node or an age, who waits longest first."""
    parts = branches(session, filters, limit=PAGE + 1, after=_position(after))
    if not parts:
        return InstancePage((), "")
    pool = union_all(*parts).subquery()
    found = session.execute(select(pool.c.id, pool.c.at).order_by(*in_order(filters, pool.c)).limit(PAGE + 1)).all()
    rows = _rows(session, list(dict.fromkeys(row.id for row in found[:PAGE])))
    return InstancePage(rows, _place(found[PAGE - 1]) if len(found) > PAGE else "")


def count(session: Session, *, filters: InstanceFilter) -> int:
    """Count the instances of a filter, at most `COUNTED` + 1."""
    ids = _ids(session, filters, COUNTED + 1)
    return 0 if ids is None else session.scalar(select(func.count(ids.c.id.distinct()))) or 0


def matching(session: Session, *, filters: InstanceFilter, most: int = COUNTED) -> list[tuple[int, str]]:
    """Return id and business key of all instances of a filter, the oldest first, at most `most` + 1."""
    ids = _ids(session, filters, most + 1)
    return [] if ids is None else _keys(session, select(ids.c.id))


def chosen(session: Session, *, ids: Iterable[int]) -> list[tuple[int, str]]:
    """Return id and business key of those instances that there are, the oldest first."""
    return _keys(session, list(ids))


def _keys(session: Session, ids: Any) -> list[tuple[int, str]]:
    statement = select(ProcessInstance.id, ProcessInstance.business_key).where(ProcessInstance.id.in_(ids))
    return [(row.id, row.business_key) for row in session.execute(statement.order_by(ProcessInstance.id))]


def _ids(session: Session, filters: InstanceFilter, most: int) -> Subquery | None:
    parts = branches(session, filters, limit=most)
    return union_all(*parts).limit(most).subquery() if parts else None


def _place(row: Any) -> str:
    return f"{(row.at - EPOCH) // timedelta(microseconds=1)}-{row.id}"


def _position(after: str) -> tuple[datetime, int] | None:
    """Read where a page begins: the moment and the id of the last row of the one before."""
    match = re.fullmatch(r"([0-9]{1,17})-([0-9]{1,18})", after)
    return (EPOCH + timedelta(microseconds=int(match[1])), int(match[2])) if match else None


def _rows(session: Session, ids: Sequence[int]) -> tuple[InstanceRow, ...]:
    statement = (
        select(
            ProcessInstance.id, ProcessInstance.business_key, ProcessInstance.process_key, ProcessDefinition.name_zh,
            ProcessDefinition.name_en, ProcessDefinition.version, ProcessInstance.definition_id, Customer.name,
            ProcessInstance.amount, ProcessInstance.status, and_(ProcessInstance.suspended_at.is_not(None), ProcessInstance.ended_at.is_(None)),
            ProcessInstance.started_at, ProcessInstance.ended_at,
        )
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
        .where(ProcessInstance.id.in_(ids))
    )  # fmt: skip
    found = {row[0]: InstanceRow(*tuple(row)) for row in session.execute(statement)} if ids else {}
    spots = _spots(session, found)
    return tuple(replace(found[one], spots=tuple(spots.get(one, ()))) for one in ids if one in found)


def _spots(session: Session, found: Mapping[int, InstanceRow]) -> dict[int, list[Spot]]:
    if not found:
        return {}
    drawn = {definition: places(session, definition) for definition in {row.definition_id for row in found.values()}}
    tokens = of_instances(list(found)).subquery()
    rows = session.execute(
        select(tokens.c.instance_id, tokens.c.node_id, tokens.c.since, tokens.c.kind, User.name)
        .outerjoin(User, User.id == tokens.c.assignee_id)
        .order_by(tokens.c.kind != "incident", tokens.c.since)
    )
    spots: dict[int, list[Spot]] = {}
    for instance_id, node_id, since, kind, holder in rows:
        where: Places = drawn[found[instance_id].definition_id]
        if node_id not in where.beside:
            spots.setdefault(instance_id, []).append(Spot(node_id, where.name(node_id), since, kind, holder))
    return spots
