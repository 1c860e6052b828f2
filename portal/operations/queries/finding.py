"""Finding instances among very many: every filter begins at an index, and what it finds comes in the list's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from portal import clock
from portal.customers.models import Customer
from portal.operations.queries.places import places
from portal.operations.queries.tokens import at as at_node
from portal.workflow.models import Incident, ProcessDefinition, ProcessInstance, UserTask, Wait

STATUSES = ("running", "incident", "completed", "cancelled")
CHOICES = ("open", "running", "incident", "suspended", "completed", "cancelled")
"""What the list may be narrowed to; open: not over."""
OPEN = ("running", "incident")
AGES = {"1d": timedelta(days=1), "3d": timedelta(days=3), "7d": timedelta(days=7), "30d": timedelta(days=30)}
"""Begun longer ago than; such a list begins at the oldest."""
LONGEST = 80
_NUMBER: ColumnElement[str] = literal_column(
    "substr(process_instances.business_key, strpos(process_instances.business_key, '-') + 1)"
)
"""As its index is written."""


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """What the list is narrowed to; empty: all. A version belongs to a process; so does a node."""

    search: str = ""
    process: str = ""
    version: int | None = None
    node: str = ""
    status: str = ""
    age: str = ""

    @property
    def oldest_first(self) -> bool:
        """Whether the list begins at the oldest: for an age by their beginning, for a node by their coming there."""
        return bool(self.age or self.node)

    @property
    def query(self) -> dict[str, Any]:
        """Return it as the values of an address."""
        return {"q": self.search, "process": self.process, "version": self.version, "node": self.node,
                "status": self.status, "age": self.age}  # fmt: skip


def filter_of(asked: Mapping[str, str]) -> InstanceFilter:
    """Read a filter from the values of an address; what makes no sense is left out."""
    process, version = asked.get("process", "").strip()[:LONGEST], asked.get("version", "")
    return InstanceFilter(
        search=asked.get("q", "").replace("\0", "").strip()[:LONGEST],
        process=process,
        version=int(version) if process and version.isdecimal() and len(version) < 7 else None,
        node=asked.get("node", "").strip()[:120] if process else "",
        status=asked.get("status", "") if asked.get("status", "") in CHOICES else "",
        age=asked.get("age", "") if asked.get("age", "") in AGES else "",
    )


def in_order(filters: InstanceFilter, columns: Any) -> tuple[Any, ...]:
    """Return the order of the list over columns `at` and `id`."""
    return (columns.at, columns.id) if filters.oldest_first else (columns.at.desc(), columns.id.desc())


def branches(
    session: Session, filters: InstanceFilter, *, limit: int, after: tuple[datetime, int] | None = None
) -> list[Any]:
    """Select id and `at` (when it began, or came to the node) along indexes that end in the list's order; none: nothing can match."""
    definitions = _definitions(session, filters) if filters.version is not None or filters.node else []
    conditions = _conditions(session, filters, definitions)
    parts: list[Any] = []
    if filters.node:
        parts = [part.where(*conditions, *_of_status(filters)[0]) for part in _at_node(session, filters, definitions)]
    elif filters.version is None or definitions:
        base = select(ProcessInstance.id.label("id"), ProcessInstance.started_at.label("at")).where(*conditions)
        parts = [base.where(*one) for one in _of_status(filters)]
    return [select(_cut(part, filters, after).limit(limit).subquery()) for part in parts]


def _cut(part: Select[Any], filters: InstanceFilter, after: tuple[datetime, int] | None) -> Select[Any]:
    number, at = part.selected_columns
    if after is not None:
        place = tuple_(at, number)
        part = part.where(place > tuple_(*after) if filters.oldest_first else place < tuple_(*after))
    return part.order_by(at, number) if filters.oldest_first else part.order_by(at.desc(), number.desc())


def _at_node(session: Session, filters: InstanceFilter, definitions: Sequence[int]) -> Iterator[Select[Any]]:
    for definition_id in definitions:
        called = places(session, definition_id).calls(filters.node)
        for model, its in (
            (UserTask, UserTask.definition_id),
            (Wait, Wait.definition_id),
            (Incident, ProcessInstance.definition_id),
        ):
            one: Any = model
            part = (
                select(one.instance_id.label("id"), one.created_at.label("at"))
                .join(ProcessInstance, ProcessInstance.id == one.instance_id)
                .where(its == definition_id, at_node(one, filters.node, called))
            )
            yield part if model is Wait else part.where(one.status == "open")


def _of_status(filters: InstanceFilter) -> list[list[ColumnElement[bool]]]:
    if filters.status == "suspended":
        return [[ProcessInstance.suspended_at.is_not(None), ProcessInstance.ended_at.is_(None)]]
    if filters.status == "running":
        return [[ProcessInstance.status == "running", ProcessInstance.suspended_at.is_(None)]]
    if filters.status in STATUSES:
        return [[ProcessInstance.status == filters.status]]
    if filters.node:
        return [[ProcessInstance.status.in_(OPEN)]]
    going = filters.status == "open" or filters.age
    return [[ProcessInstance.status == status] for status in (OPEN if going else STATUSES)]


def _conditions(session: Session, filters: InstanceFilter, definitions: Sequence[int]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.version is not None:
        found.append(
            ProcessInstance.definition_id.in_(definitions)
            if len(definitions) != 1
            else ProcessInstance.definition_id == definitions[0]
        )
    elif filters.process and not filters.node:
        found.append(ProcessInstance.process_key == filters.process)
    if filters.age:
        found.append(ProcessInstance.started_at <= clock.now() - AGES[filters.age])
    if filters.search:
        found.append(_mentions(session, filters.search))
    return found


def _definitions(session: Session, filters: InstanceFilter) -> list[int]:
    statement = select(ProcessDefinition.id).where(ProcessDefinition.key == filters.process)
    if filters.version is not None:
        statement = statement.where(ProcessDefinition.version == filters.version)
    return list(session.scalars(statement))


def _mentions(session: Session, text: str) -> ColumnElement[bool]:
    """Match a number by its beginning, with or without the letters before it, and a customer by part of the name, or the code."""
    spellings = sorted({text, text.upper()})
    keys = [ProcessInstance.business_key.startswith(one, autoescape=True) for one in spellings]
    numbers = [_NUMBER.startswith(one, autoescape=True) for one in spellings]
    customers = list(
        session.scalars(
            select(Customer.id).where(
                or_(Customer.name.icontains(text, autoescape=True), Customer.code.istartswith(text, autoescape=True))
            )
        )
    )
    return or_(*keys, *numbers, *([ProcessInstance.customer_id.in_(customers)] if customers else []))
