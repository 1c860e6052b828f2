"""What stands open in a token tree: people's tasks, what is waited for, what is blocked, and what waits in vain."""

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


def stuck_joins(scopes: Iterable[Any], vocabulary: Vocabulary) -> list[Any]:
    """Return the tokens at joins that no other token of their scope (process or subprocess) can come to any more."""
    found = []
    for scope in scopes:
        standing = [t for t in scope.tasks.values() if t._state & _OPEN and t.task_spec.name in vocabulary.nodes]
        joins = [task for task in standing if vocabulary.nodes[task.task_spec.name].kind == "parallelGateway"]
        if joins := [task for task in joins if task.state == TaskState.WAITING]:
            others = {task.task_spec.name for task in standing if task not in joins}
            coming = set[str]().union(*map(vocabulary.after, others))
            found += [task for task in joins if task.task_spec.name not in coming]
    return [task for task in found if not task.internal_data.get("blocked")]


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
