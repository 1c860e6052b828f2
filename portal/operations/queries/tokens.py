"""Where tokens are: open user tasks, waits at nodes that are no boundary events, and open incidents."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    DateTime,
    String,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)

from portal.operations.queries.places import Places
from portal.workflow.models import Incident, ProcessInstance, UserTask, Wait


def _none(name: str, type_: Any) -> Any:
    return cast(null(), type_).label(name)


NOBODY, NO_ROLE, NO_NAME = _none("assignee_id", BigInteger), _none("role", String), _none("waits_for", String)
NO_DUE = _none("due_at", DateTime(timezone=True))
MODELS: tuple[Any, ...] = (UserTask, Wait, Incident)


def standing(where: Places, *, node_id: str | None = None, oldest: int | None = None) -> CompoundSelect[Any]:
    """Select the tokens of a definition's instances, perhaps of one node of its diagram, perhaps only the oldest of each kind.

    Columns: node_id, instance_id, since, due_at, kind (task, message, timer, action, incident), assignee_id, role, waits_for.
    """
    parts: list[Any] = [_tasks(where), _waits(where), _incidents(where)]
    if node_id is not None:
        called = where.calls(node_id)
        parts = [part.where(at(model, node_id, called)) for part, model in zip(parts, MODELS, strict=True)]
    if oldest is not None:
        cut = [part.order_by(model.created_at).limit(oldest) for part, model in zip(parts, MODELS, strict=True)]
        parts = [select(part.subquery()) for part in cut]
    return union_all(*parts)


def of_instances(ids: list[int]) -> CompoundSelect[Any]:
    """Select instance_id, node_id, since, kind and assignee_id of the tokens of some instances, boundary events not yet left out."""
    task, wait, incident = literal("task").label("kind"), Wait.kind, literal("incident").label("kind")
    return union_all(
        select(UserTask.instance_id, UserTask.node_id, UserTask.created_at.label("since"), task, UserTask.assignee_id)
        .where(UserTask.instance_id.in_(ids), UserTask.status == "open"),
        select(Wait.instance_id, Wait.node_id, Wait.created_at, wait, NOBODY).where(Wait.instance_id.in_(ids)),
        select(Incident.instance_id, Incident.node_id, Incident.created_at, incident, NOBODY)
        .where(Incident.instance_id.in_(ids), Incident.status == "open"),
    )  # fmt: skip


def at(model: Any, node_id: str, called: bool) -> ColumnElement[bool]:
    """Match rows at a node; of a call activity also those at nodes inside it."""
    exactly: ColumnElement[bool] = model.node_id == node_id
    return or_(exactly, model.node_id.startswith(f"{node_id}.", autoescape=True)) if called else exactly


def _tasks(where: Places) -> Any:
    return select(
        UserTask.node_id, UserTask.instance_id, UserTask.created_at.label("since"), UserTask.due_at,
        literal("task").label("kind"), UserTask.assignee_id, UserTask.role, NO_NAME,
    ).where(UserTask.status == "open", UserTask.definition_id == where.definition_id)  # fmt: skip


def _waits(where: Places) -> Any:
    return select(
        Wait.node_id, Wait.instance_id, Wait.created_at.label("since"), Wait.due_at, Wait.kind, NOBODY, NO_ROLE,
        Wait.name.label("waits_for"),
    ).where(Wait.definition_id == where.definition_id, Wait.node_id.not_in(where.beside))  # fmt: skip


def _incidents(where: Places) -> Any:
    return (
        select(
            Incident.node_id, Incident.instance_id, Incident.created_at.label("since"), NO_DUE,
            literal("incident").label("kind"), NOBODY, NO_ROLE, NO_NAME,
        )
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(Incident.status == "open", ProcessInstance.definition_id == where.definition_id)
    )  # fmt: skip
