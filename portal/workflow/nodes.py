"""Our kinds of node, and the token tree they live in.

The node classes differ from the stock ones in these ways: they tell the run when a token arrives; gateways and service tasks take what
the run decided beforehand instead of computing inside Spiff; timers follow our clock; a non-interrupting boundary event waits again
after it fired (the stock one fires once); after an event-based gateway each event waits by itself, and the first to happen ends the
others (the stock gateway takes the events out of their nodes); a token is joined once, in loops too. Nothing is ever evaluated by Spiff: its script engine refuses everything.
"""

from datetime import datetime
from typing import Any, Protocol

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

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


class Specs(Protocol):
    """What Spiff runs: the process, and its subprocesses by their ids."""

    @property
    def top(self) -> Any: ...
    @property
    def inner(self) -> dict[str, Any]: ...


class _Refusing(BasePythonScriptEngineEnvironment):
    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        raise RuntimeError(f"Spiff was asked to evaluate {expression!r}")

    execute = evaluate


NO_SCRIPTS = PythonScriptEngine(_Refusing())


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
    """Splits, and joins what it split. The stock one counts a token that has been joined again in the next round of a loop."""

    def _run_hook(self, my_task: Any) -> bool:
        done: bool = super()._run_hook(my_task)
        workflow = my_task.workflow
        for task in [
            task for task in workflow.tasks.values() if task.task_spec is self and task.state == TaskState.CANCELLED
        ]:
            workflow._remove_task(task.id)
        return done


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
        activity = next(t for t in my_task.parent.children if not isinstance(t.task_spec, BoundaryEvent))
        if self.cancel_activity or activity.has_state(TaskState.FINISHED_MASK):
            return
        remembered = my_task.workflow.top_workflow.run.again(my_task)
        if remembered is not None:
            again = my_task.parent._add_child(self, TaskState.WAITING)
            again.internal_data = remembered
            self._predict(again, mask=TaskState.NOT_FINISHED_MASK)
            self._update(again)


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


class _Scanning:
    """Looks for tasks in the flat index: the stock iterators walk the tree and stop, silently, at depth 1000."""

    def update_waiting_tasks(self) -> None:
        for task in self._in(TaskState.WAITING):
            if task.state == TaskState.WAITING and task.id in self.tasks:  # type: ignore[attr-defined]  # the stock workflow's
                task.task_spec._update(task)

    def get_tasks(self, first_task: Any = None, **wanted: Any) -> list[Any]:
        if first_task is None and wanted.keys() == {"state"}:
            return self._in(wanted["state"])
        return super().get_tasks(first_task, **wanted)  # type: ignore[no-any-return]  # the stock workflow's

    def cancel(self, *_: Any, **__: Any) -> list[Any]:
        self.success, self.completed = False, True
        unfinished = self._in(TaskState.NOT_FINISHED_MASK)
        for task in unfinished:
            if task.id in self.tasks:  # type: ignore[attr-defined]  # the stock workflow's
                task.cancel()
        return unfinished

    def _in(self, state: int) -> list[Any]:
        return [task for task in self.tasks.values() if task._state & state]  # type: ignore[attr-defined]  # the stock workflow's


class _Inner(_Scanning, BpmnSubWorkflow):
    pass


class Tokens(_Scanning, BpmnWorkflow):
    """The tokens of one instance: the stock workflow, which its run drives and its nodes report to."""

    def __init__(self, specs: Specs, run: Reports, *, empty: bool) -> None:
        self.run = run
        super().__init__(specs.top, specs.inner, script_engine=NO_SCRIPTS, deserializing=empty)

    def refresh_timers(self) -> None:
        """Fire what is due, the earliest first; one that an earlier one has ended is left alone."""
        timers = [
            task for task in self.event_manager.tasks.values() if isinstance(task.task_spec.event_definition, Timer)
        ]
        for task in sorted(timers, key=lambda task: str(task.internal_data.get("due"))):
            if task.state == TaskState.WAITING and task.id in task.workflow.tasks:
                task.task_spec._update(task)

    def create_subprocess(self, my_task: Any, spec_name: str) -> Any:
        self.subprocesses[my_task.id] = _Inner(self.subprocess_specs[spec_name], my_task.id, self)
        return self.subprocesses[my_task.id]

    def empty_subprocess(self, my_task: Any, spec_name: str) -> Any:
        """Make a subprocess to be filled with a saved state."""
        spec = self.subprocess_specs[spec_name]
        self.subprocesses[my_task.id] = _Inner(spec, my_task.id, self, deserializing=True)
        return self.subprocesses[my_task.id]
