"""Reads for moving instances to another version: which may be meant, where they are, whose they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.customers.models import Customer
from portal.operations.queries.tokens import of_instances
from portal.workflow.models import ProcessDefinition, ProcessInstance


@dataclass(frozen=True, slots=True)
class Whose:
    """An instance's number and customer."""

    business_key: str
    customer: str | None


def edition_of(session: Session, ids: Sequence[int]) -> tuple[str, int] | None:
    """Return the process and version that most of these instances run on, or None."""
    row = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.version)
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.id.in_(ids), ProcessInstance.ended_at.is_(None))
        .group_by(ProcessDefinition.key, ProcessDefinition.version)
        .order_by(func.count().desc(), ProcessDefinition.version)
        .limit(1)
    ).first()
    return None if row is None else (row.key, row.version)


def on_version(session: Session, ids: Sequence[int], definition_id: int) -> list[tuple[int, str]]:
    """Return id and number of those that run on a version and are not over, the oldest first."""
    rows = session.execute(
        select(ProcessInstance.id, ProcessInstance.business_key)
        .where(
            ProcessInstance.id.in_(ids),
            ProcessInstance.definition_id == definition_id,
            ProcessInstance.ended_at.is_(None),
        )
        .order_by(ProcessInstance.id)
    )
    return [(row.id, row.business_key) for row in rows]


def at_nodes(session: Session, ids: Sequence[int]) -> Mapping[str, int]:
    """Count the instances that have a token at each node; those with a failed step are counted under an empty id."""
    if not ids:
        return {}
    tokens = of_instances(list(ids)).subquery()
    rows = session.execute(
        select(tokens.c.node_id, func.count(tokens.c.instance_id.distinct()))
        .where(tokens.c.kind != "incident")
        .group_by(tokens.c.node_id)
    )
    counts = {row[0]: row[1] for row in rows}
    failed = select(func.count()).where(ProcessInstance.id.in_(ids), ProcessInstance.status == "incident")
    return counts | {"": session.scalar(failed) or 0}


def whose(session: Session, ids: Sequence[int]) -> Mapping[int, Whose]:
    """Return numbers and customers of instances."""
    rows = session.execute(
        select(ProcessInstance.id, ProcessInstance.business_key, Customer.name)
        .outerjoin(Customer, Customer.id == ProcessInstance.customer_id)
        .where(ProcessInstance.id.in_(ids))
    )
    return {row[0]: Whose(row[1], row[2]) for row in rows}
