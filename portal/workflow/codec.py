"""Saving an instance: its tokens and facts as bytes, without the specs. Here and in `compacting.py` Spiff's private members are read.

They are those of the version `WRITTEN_FOR`: a test fails with another one, and one walks random paths and compares what runs on after
each save and load with the stock engine. Format 1: JSON, key order kept
(orjson never sorts); Decimal, date and datetime are tagged.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task

from portal.errors import Conflict
from portal.web.i18n import lazy_gettext as _
from portal.workflow.compacting import compact

# mypy: disable-error-code="no-untyped-call"

FORMAT = 1
WRITTEN_FOR = "3.2.0"
"""The version of SpiffWorkflow."""
DEEPEST = 12
LARGEST = 1_000_000
"""Bytes of an instance's state; an order is 2,000 to 10,000."""
ROOM = 200
"""Bytes that a state may grow by beyond that: marking what failed must always be possible."""


class NotStorable(ValueError):
    """A fact is of a type that an instance cannot keep."""


class StateTooLarge(Conflict):
    """A step would leave the instance larger than it may be, so it is undone; `size` is in bytes."""

    def __init__(self, size: int) -> None:
        message = _("This would make the process too large to keep: %(size)d kB, where %(most)d kB are allowed. An administrator must look at it.",
                    size=-(-size // 1000), most=LARGEST // 1000)  # fmt: skip
        super().__init__(message, size=size)
        self.size = size


def clean(value: Any, *, depth: int = 0) -> Any:
    """Copy a value, making floats Decimals and tuples lists; NotStorable for anything an instance cannot keep."""
    if value is None or isinstance(value, bool | date):
        return value
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, float | Decimal) and Decimal(str(value)).is_finite():
        return Decimal(str(value))
    if depth > DEEPEST:
        raise NotStorable("nested too deeply")
    if isinstance(value, Mapping) and all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {_storable(key): clean(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, depth=depth + 1) for item in value]
    raise NotStorable(f"{type(value).__name__} cannot be kept in a process")


def _storable(text: str) -> str:
    """Leave out what PostgreSQL and JSON cannot keep: NUL, and halves of characters."""
    return text.replace("\x00", "") if text.isascii() else text.replace("\x00", "").encode("utf-8", "ignore").decode()


def to_json(value: Any) -> Any:
    """Write a clean value as JSON with tags, for columns and the outbox."""
    return orjson.loads(_dump(value))


def from_json(value: Any) -> Any:
    """Read what `to_json` wrote."""
    if isinstance(value, dict):
        if len(value) == 1:
            tag, inner = next(iter(value.items()))
            if tag in _TAGS:
                return _TAGS[tag](inner)
        return {key: from_json(item) for key, item in value.items()}
    return [from_json(item) for item in value] if isinstance(value, list) else value


_TAGS: dict[str, Any] = {"$d": Decimal, "$t": date.fromisoformat, "$m": datetime.fromisoformat}


def _tagged(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$d": str(value)}
    if isinstance(value, datetime):
        return {"$m": value.isoformat()}
    if isinstance(value, date):
        return {"$t": value.isoformat()}
    raise TypeError(type(value).__name__)


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, default=_tagged, option=orjson.OPT_PASSTHROUGH_DATETIME)


def check_size(state: bytes, before: int) -> bytes:
    """Return a state that may be saved; StateTooLarge when it is too large and has grown (one that was too large may still shrink)."""
    if len(state) > LARGEST and len(state) > before + ROOM:
        raise StateTooLarge(len(state))
    return state


def dump(workflow: Any, facts: Mapping[str, Any], visits: Mapping[str, int]) -> bytes:
    """Write an instance's state."""
    compact(workflow)
    inner = [[str(key), sub.spec.name, _tokens(sub)] for key, sub in workflow.subprocesses.items()]
    return _dump({"facts": facts, "visits": visits, "top": _tokens(workflow), "inner": inner})


def _tokens(workflow: Any) -> list[Any]:
    places = {task_id: place for place, task_id in enumerate(workflow.tasks)}
    tasks = [
        [
            task.id.hex,
            places.get(task._parent, -1),
            [places[child] for child in task._children],
            task._state,
            task.task_spec.name,
            task.internal_data or 0,
        ]
        for task in workflow.tasks.values()
    ]
    last = places.get(workflow.last_task.id, -1) if workflow.last_task is not None else -1
    return [int(workflow.completed), int(workflow.success), last, places[workflow.task_tree.id], tasks]


def load(data: bytes, workflow: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """Fill an empty workflow (made with its specs and `deserializing=True`) with a saved state; return facts and visits."""
    state = orjson.loads(data)
    _restore(workflow, state["top"])
    for key, spec_name, tokens in state["inner"]:
        owner = workflow.get_task_from_id(UUID(key))
        sub = workflow.empty_subprocess(owner, spec_name)
        _restore(sub, tokens)
        sub.completed_event.connect(owner.task_spec._on_subworkflow_completed, owner)
    return from_json(state["facts"]), state["visits"]


def facts_of(data: bytes) -> dict[str, Any]:
    """Return the facts of a saved state."""
    facts: dict[str, Any] = from_json(orjson.loads(data)["facts"])
    return facts


def _restore(workflow: Any, tokens: list[Any]) -> None:
    completed, success, last, root, rows = tokens
    ids = [UUID(row[0]) for row in rows]
    specs = workflow.spec.task_specs
    events = workflow.top_workflow.event_manager
    for task_id, (_id, parent, children, state, spec_name, internal) in zip(ids, rows, strict=True):
        task = Task(workflow, specs[spec_name], state=state, id=task_id)
        task._parent = ids[parent] if parent >= 0 else None
        task._children = [ids[child] for child in children]
        task.internal_data = internal or {}
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            events.add_task(task)
    workflow.task_tree = workflow.tasks[ids[root]]
    workflow.last_task = workflow.tasks[ids[last]] if last >= 0 else None
    workflow.completed, workflow.success = bool(completed), bool(success)
