"""What operators do to the tokens of a run: keep a result for later, let a timer fire now, go on without an action, stand elsewhere.

Each works on a loaded run, whose step then runs on (or is held) and saves it. Whether it may be done is decided before: `moving.py`.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin

from portal.workflow import codec
from portal.workflow.engine import Run
from portal.workflow.vocabulary import Node

# mypy: disable-error-code="misc,no-untyped-call"

KEPT = "kept"
"""Where a started task holds a result that came while its instance was suspended."""


def keep_result(run: Run, task_id: uuid.UUID, result: Mapping[str, Any] | None) -> bool:
    """Hold the result of an outside action without going on; False when there is one already."""
    task = run._find(task_id)
    if KEPT in task.internal_data:
        return False
    task.internal_data[KEPT] = [codec.to_json(codec.clean(result))]
    return True


def take_kept(run: Run) -> int:
    """Go on with the results that came meanwhile; return how many."""
    held = [task for task in run._all() if task.state == TaskState.STARTED and KEPT in task.internal_data]
    for task in held:
        (result,) = task.internal_data.pop(KEPT)
        run.complete(task.id, codec.from_json(result))
    return len(held)


def fire(run: Run, task_id: uuid.UUID, at: datetime) -> None:
    """Make a waiting timer due."""
    run._find(task_id).internal_data["due"] = at.isoformat()


def skip(run: Run, task_id: uuid.UUID) -> Node:
    """Let a failed token go on without what its node does; there is no result. Return the node."""
    return run.complete(task_id, None)


def stands_in_scope(run: Run, task_id: uuid.UUID, node_id: str) -> bool:
    """Say whether a token could stand at a node without leaving or entering a subprocess, or one turn of several."""
    task = run._find(task_id)
    return task.task_spec.name in run.vocabulary.nodes and node_id in task.workflow.spec.task_specs


def others(run: Run, task_id: uuid.UUID) -> list[str]:
    """Return the nodes where the other tokens of the same scope stand; one inside a subprocess stands at the subprocess."""
    task = run._find(task_id)
    open_ones = TaskState.READY | TaskState.STARTED | TaskState.WAITING
    beside = [t.task_spec.name for t in task.workflow.tasks.values() if t.id != task_id and t.has_state(open_ones)]
    nodes = run.vocabulary.nodes
    return [name for name in beside if name in nodes and nodes[name].kind != "boundaryEvent"]


def move(run: Run, task_id: uuid.UUID, node_id: str) -> Node:
    """Take a token from where it stands to another node of its scope, as if the one had led to the other; return where it was.

    The activity it leaves counts as over, so the boundary events that wait beside it are withdrawn (what they started goes on);
    those of the new activity begin to wait. Nothing that the activity was for happens.
    """
    task = run._find(task_id)
    node = run._node(task)
    specs = task.workflow.spec.task_specs
    target = specs.get(f"{node_id}.BoundaryEventSplit") or specs[node_id]
    for child in list(task.children):
        if not isinstance(child.task_spec, BoundaryEventJoin):
            task.workflow._remove_task(child.id)
    task.internal_data.pop("blocked", None)
    task.internal_data.pop(KEPT, None)
    run._visits.clear()
    child = task._add_child(target, TaskState.FUTURE)
    run._workflow.event_manager.remove_task(task)
    task.complete()
    # not before: what the target leads to may hold the same activity again, and the join of its border would take that for its own
    target._predict(child, mask=TaskState.NOT_FINISHED_MASK)
    return node
