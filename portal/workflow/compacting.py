"""Taking what is past out of the token tree, so that a long process stays as small as a short one; the history is elsewhere.

What stays: tokens; those that have come to a parallel gateway that still waits for others, with the nodes they came from; and while an
activity runs, the split before it, whose children say which events wait on its border.
"""

from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, EventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.specs.Join import Join

# mypy: disable-error-code="no-untyped-call"


def compact(top: Any) -> None:
    """Make the tree of an instance, and of each subprocess in it, as small as it can be."""
    _drop_ended(top)
    for workflow in (top, *top.subprocesses.values()):
        if not workflow.completed:
            _prune(workflow)
            _shorten(workflow)


def _drop_ended(top: Any) -> None:
    """Forget the subprocesses that are over, and those inside them."""
    living = [top]
    for key, inner in list(top.subprocesses.items()):
        owner = next((workflow.tasks[key] for workflow in living if key in workflow.tasks), None)
        if owner is None or owner._state & TaskState.FINISHED_MASK:
            del top.subprocesses[key]
        else:
            living.append(inner)


def _prune(workflow: Any) -> None:
    """Take away branches that have ended, from their ends."""
    todo = [task for task in workflow.tasks.values() if not task._children or _has_only_its_join(task)]
    while todo:
        task = todo.pop()
        parent = workflow.tasks.get(task._parent)
        if parent is None or not _has_ended(task, parent):
            continue
        for gone in (*task._children, task.id):
            del workflow.tasks[gone]
        parent._children.remove(task.id)
        if not parent._children or _has_only_its_join(parent):
            todo.append(parent)


def _has_only_its_join(task: Any) -> bool:
    """Whether an event on a border has fired and its branch has ended, which leaves the join that the activity itself does not need."""
    return (
        isinstance(task.task_spec, BoundaryEvent)
        and task._state == TaskState.COMPLETED
        and all(isinstance(child.task_spec, BoundaryEventJoin) for child in task.children)
    )


def _has_ended(task: Any, parent: Any) -> bool:
    spec = task.task_spec
    if not task._state & TaskState.FINISHED_MASK or _has_come(task) or spec.name == "End":
        return False
    if not isinstance(parent.task_spec, EventSplit):
        return True
    if isinstance(spec, BoundaryEvent) and not spec.cancel_activity and task._state == TaskState.COMPLETED:
        return True
    return _is_left(parent)


def _is_left(split: Any) -> bool:
    """Whether the activity after a split is over, and no join of its border looks at it any more."""
    activity = next(spec for spec in split.task_spec.outputs if not isinstance(spec, BoundaryEvent))
    return not any(
        (child.task_spec is activity and child._state & TaskState.NOT_FINISHED_MASK)
        or any(
            isinstance(inner.task_spec, BoundaryEventJoin) and inner._state & TaskState.NOT_FINISHED_MASK
            for inner in child.children
        )
        for child in split.children
    )


def _has_come(task: Any) -> bool:
    """Whether this stands for a token at a parallel gateway that has not joined it yet."""
    spec = task.task_spec
    is_gateway = isinstance(spec, Join) and not isinstance(spec, BoundaryEventJoin | _EndJoin)
    return is_gateway and task._state != TaskState.COMPLETED


def _shorten(workflow: Any) -> None:
    """Take away the links of chains: what is completed and has one child."""
    for task in [task for task in workflow.tasks.values() if _is_link(task)]:
        parent, child = workflow.tasks[task._parent], workflow.tasks[task._children[0]]
        parent._children[parent._children.index(task.id)] = child.id
        child._parent = parent.id
        del workflow.tasks[task.id]


def _is_link(task: Any) -> bool:
    if task._state != TaskState.COMPLETED or len(task._children) != 1 or task._parent is None:
        return False
    (child,) = task.children
    if child._state & TaskState.PREDICTED_MASK or _has_come(child):
        return False
    return not isinstance(task.task_spec, EventSplit) or _is_left(task)
