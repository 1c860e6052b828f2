"""Our kinds of node; the token tree they live in is in `tree.py`.

The node classes differ from the stock ones in these ways: they tell the run when a token arrives; gateways and service tasks take what
the run decided beforehand instead of computing inside Spiff; timers follow our clock; a non-interrupting boundary event waits again
after it fired (the stock one fires once); after an event-based gateway each event waits by itself, and the first to happen ends the
others (the stock gateway takes the events out of their nodes); a join takes one token of each way in, in loops too.
"""

from collections import Counter
from datetime import datetime
from typing import Any, Protocol

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from portal import clock

# SpiffWorkflow ships no types: what comes from it is Any here, in engine.py, parser.py and codec.py.
# mypy: disable-error-code="misc,no-untyped-call"


class Reports(Protocol):
    """What nodes tell the run, and ask it, while Spiff moves tokens."""

    def arrived(self, task: Any) -> None:
        """Hear that a token arrived at a node."""

    def is_outside(self, task: Any) -> bool:
        """Say whether a service task stays started until its result comes."""

    def chosen(self, task: Any) -> str:
        """Return the spec that a gateway's chosen flow leads to."""

    def due(self, task: Any) -> str | None:
        """Fix the moment of a timer."""

    def again(self, task: Any) -> dict[str, Any] | None:
        """Return what a non-interrupting event that has fired remembers when it waits again; None when it was the last time."""


class _Traced:
    """Tells the run when a token arrives: the node is ready to act."""

    def _on_ready_hook(self, my_task: Any) -> None:
        super()._on_ready_hook(my_task)
        my_task.workflow.top_workflow.run.arrived(my_task)


class _Catching:
    """Tells the run when a token arrives, which for a waiting event is when it begins to wait; in a race, when it has won."""

    def _update_hook(self, my_task: Any) -> Any:
        waited = my_task.state == TaskState.WAITING
        fired = super()._update_hook(my_task)
        if not waited and not self._races:
            my_task.workflow.top_workflow.run.arrived(my_task)
        return fired

    def _on_ready_hook(self, my_task: Any) -> None:
        super()._on_ready_hook(my_task)
        if self._races:
            withdraw_rivals(my_task)
            my_task.workflow.top_workflow.run.arrived(my_task)

    @property
    def _races(self) -> bool:
        return any(isinstance(spec, EventBasedGateway) for spec in self.inputs)  # type: ignore[attr-defined]  # the stock node's


def withdraw_rivals(task: Any) -> None:
    """Take away the tokens that wait beside this one after an event-based gateway."""
    parent = task.parent
    if parent is not None and isinstance(parent.task_spec, EventBasedGateway):
        for rival in [child for child in parent.children if child is not task]:
            rival.cancel()
            task.workflow._remove_task(rival.id)


class UserTask(_Traced, defaults.UserTask):
    """Waits, ready, for a person."""


class ServiceTask(_Traced, defaults.ServiceTask):
    """Runs after the run has performed its action; stays started when the action is performed outside."""

    def _run_hook(self, my_task: Any) -> Any:
        return None if my_task.workflow.top_workflow.run.is_outside(my_task) else True


class BusinessRuleTask(_Traced, BpmnSpecMixin):
    """Runs after the run has asked the table."""


class ExclusiveGateway(_Traced, defaults.ExclusiveGateway):
    """Goes where the run decided."""

    def _run_hook(self, my_task: Any) -> bool:
        target = self._wf_spec.task_specs[my_task.workflow.top_workflow.run.chosen(my_task)]
        my_task._sync_children([target], TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


class ParallelGateway(_Traced, defaults.ParallelGateway):
    """Splits, and joins one token of each way in; what is more waits for its turn.

    The stock one takes two tokens of one way for one, counts one that has been joined again in the next round of a loop, and when it is
    passed a second time takes away the tokens of the first that still go on.
    """

    def _update_hook(self, my_task: Any) -> bool:
        come = [task for task in my_task.workflow.tasks.values() if task is my_task or self._has_come(task)]
        wanted: Counter[str] = Counter(self._inputs)
        if wanted - Counter(_way_in(task) for task in come):
            for task in come:
                task._set_state(TaskState.WAITING if task is my_task else TaskState.CANCELLED)
            return False
        wanted[_way_in(my_task)] -= 1
        left = []
        for task in come:
            if task is not my_task and wanted[_way_in(task)] > 0:
                wanted[_way_in(task)] -= 1
                task.workflow._remove_task(task.id)
            elif task is not my_task:
                left.append(task)
        for task in left[-1:]:  # one token stands for all that have come
            task._set_state(TaskState.WAITING)
        return True

    def _has_come(self, task: Any) -> bool:
        return (
            task.task_spec is self
            and task.state in (TaskState.WAITING, TaskState.CANCELLED)
            and task.parent.state == TaskState.COMPLETED
        )

    def _run_hook(self, my_task: Any) -> bool:
        return True


def _way_in(task: Any) -> str:
    return str(task.parent.task_spec.name)


class EventBasedGateway(_Traced, BpmnSpecMixin):
    """Lets its events wait beside each other; the first to happen goes on alone."""


class StartEvent(_Catching, defaults.StartEvent):
    """Where a process or subprocess begins."""


class EndEvent(_Traced, defaults.EndEvent):
    """Where a branch ends."""


class CatchEvent(_Catching, defaults.IntermediateCatchEvent):
    """Waits for a message or a moment."""


class ReceiveTask(_Catching, defaults.ReceiveTask):
    """Waits for a message."""


class ThrowEvent(_Traced, defaults.IntermediateThrowEvent):
    """Passed through: carries a status or a milestone."""


class BoundaryEvent(_Traced, defaults.BoundaryEvent):
    """Waits beside an activity; a non-interrupting message or cycle waits again after it fired, as long as the activity runs."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        if self.cancel_activity:
            _withdraw_fired(my_task)
        activity = next(t for t in my_task.parent.children if not isinstance(t.task_spec, BoundaryEvent))
        if self.cancel_activity or activity.has_state(TaskState.FINISHED_MASK):
            return
        remembered = my_task.workflow.top_workflow.run.again(my_task)
        if remembered is not None:
            again = my_task.parent._add_child(self, TaskState.WAITING)
            again.internal_data = remembered
            self._predict(again, mask=TaskState.NOT_FINISHED_MASK)
            self._update(again)


def _withdraw_fired(task: Any) -> None:
    """Take away what would interrupt an activity that this event has interrupted: moments that had passed when it began."""
    for rival in task.parent.children:
        if (
            isinstance(rival.task_spec, BoundaryEvent)
            and rival.task_spec.cancel_activity
            and rival.state == TaskState.READY
        ):
            rival.cancel()


class SubProcess(defaults.SubWorkflowTask):
    """An embedded subprocess; the token arrives when it starts."""

    def start_workflow(self, my_task: Any) -> None:
        """Tell the run, then start what is inside."""
        my_task.workflow.top_workflow.run.arrived(my_task)
        super().start_workflow(my_task)


class Message(MessageEventDefinition):
    """A message; the run puts its payload among the facts."""

    def catch(self, my_task: Any, event: Any = None) -> None:  # the stock signature
        """Note that it came."""
        my_task._set_internal_data(event_fired=True)

    def update_task_data(self, my_task: Any) -> None:
        """Task data stays empty: facts belong to the instance."""


class Timer(TimerEventDefinition):
    """A moment, fixed once when the token arrives, compared with our clock."""

    def has_fired(self, my_task: Any) -> bool:
        """Say whether the moment has come; the first call fixes it."""
        due = my_task.internal_data.get("due") or my_task.workflow.top_workflow.run.due(my_task)
        if due is not None and datetime.fromisoformat(due) <= clock.now():
            my_task._set_internal_data(event_fired=True)
        return bool(my_task._get_internal_data("event_fired", False))


class EndJoin(_EndJoin):
    """Waits for every token. The stock one looks down the tree and no deeper than 1000, so it could end a long process early."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        unfinished = TaskState.NOT_FINISHED_MASK
        return not any(
            t.state & unfinished and t.task_spec is not self and not _after(t, self)
            for t in my_task.workflow.tasks.values()
        )


def _after(task: Any, join: Any) -> bool:
    return task.parent is not None and task.parent.task_spec is join
