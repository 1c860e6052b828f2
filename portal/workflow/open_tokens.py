"""What is open in an instance, and why its tokens are where they are."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text, literal, null, select, union_all
from sqlalchemy.orm import Session

from portal.workflow.models import HistoryEntry, Incident, UserTask, Wait
from portal.workflow.reasons import Reason, reasons
from portal.workflow.vocabulary import Vocabulary

LOOKED_BACK = 1000
"""So many moves of an instance are looked at to say why a token is where it is."""


@dataclass(frozen=True, slots=True)
class Token:
    """Something open in an instance. `kind` is incident, task, message, timer or action; `name` the incident's error, the task's id, the
    message's or the action's name."""

    kind: str
    task_id: uuid.UUID
    node_id: str
    created_at: datetime
    due_at: datetime | None
    name: str


def tokens(session: Session, instance_id: int) -> list[Token]:
    """Return what is open in an instance, the oldest first: failed steps, tasks, and what it waits for (boundary events too)."""
    failed = _open(Incident, instance_id, "incident", Incident.error, Incident.status == "open")
    tasks = _open(UserTask, instance_id, "task", UserTask.id.cast(Text), UserTask.status == "open", task_id=UserTask.id)
    waits = _open(Wait, instance_id, Wait.kind, Wait.name)
    return [Token(*row) for row in session.execute(union_all(failed, tasks, waits).order_by("created_at", "node_id"))]


def _open(model: Any, instance_id: int, kind: Any, name: Any, *more: Any, task_id: Any = None) -> Any:
    due_at = model.due_at if hasattr(model, "due_at") else null().cast(DateTime(timezone=True))
    return select(
        literal(kind).label("kind") if isinstance(kind, str) else kind, (model.task_id if task_id is None else task_id).label("task_id"),
        model.node_id, model.created_at, due_at.label("due_at"), name.label("name"),
    ).where(model.instance_id == instance_id, *more)  # fmt: skip


def why_here(session: Session, *, instance_id: int, drawn: Vocabulary, nodes: Iterable[str]) -> dict[str, list[Reason]]:
    """Return by node why a token is there now, as `why` does, in one statement over the last `LOOKED_BACK` moves."""
    rows = session.execute(
        select(HistoryEntry.id, HistoryEntry.kind, HistoryEntry.node_id, HistoryEntry.detail)
        .where(
            HistoryEntry.instance_id == instance_id, HistoryEntry.kind.in_(("node_entered", "flow_taken", "decision"))
        )
        .order_by(HistoryEntry.id.desc())
        .limit(LOOKED_BACK)
    ).all()
    found = {}
    for node in nodes:
        entered = next(
            (place for place, row in enumerate(rows) if (row.kind, row.node_id) == ("node_entered", node)), None
        )
        if entered is not None:
            found[node] = reasons(drawn, node, rows[:entered:-1])
    return found
