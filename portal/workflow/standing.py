"""What stands open in a token tree: people's tasks, what is waited for, and what is blocked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from SpiffWorkflow import TaskState

from portal.workflow.host import Snapshot, Waiting
from portal.workflow.vocabulary import Node, Vocabulary

# SpiffWorkflow ships no types: its tasks are Any here.
_OPEN = TaskState.READY | TaskState.STARTED | TaskState.WAITING


def take_snapshot(tasks: Iterable[Any], vocabulary: Vocabulary) -> Snapshot:
    """Return what is open among the tasks."""
    found = Snapshot({}, {}, {})
    for task in tasks:
        node = vocabulary.nodes.get(task.task_spec.name)
        if node is None or not task._state & _OPEN:
            continue
        if task.internal_data.get("blocked"):
            found.blocked[task.id] = node
        if task.state == TaskState.READY and node.kind == "userTask":
            found.tasks[task.id] = node
        elif (wait := _wait(task, node)) is not None:
            found.waits[task.id] = wait
    return found


def _wait(task: Any, node: Node) -> Waiting | None:
    if task.internal_data.get("blocked"):
        return None
    if task.state == TaskState.STARTED and node.kind == "serviceTask":
        return Waiting(task.id, node, "action", node.action or "")
    if task.state == TaskState.WAITING and node.event == "message":
        return Waiting(task.id, node, "message", node.message or "")
    if task.state == TaskState.WAITING and node.event == "timer" and (due := task.internal_data.get("due")):
        return Waiting(task.id, node, "timer", node.id, datetime.fromisoformat(due))
    return None
