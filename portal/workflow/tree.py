"""The token tree of an instance: the stock workflow, searched flat, its timers fired one by one.

Nothing is ever evaluated by Spiff: its script engine refuses everything.
"""

from typing import Any, Protocol

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from portal.workflow.nodes import Reports, Timer

# mypy: disable-error-code="misc,no-untyped-call"


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


class _Scanning:
    """Looks for tasks in the flat index: the stock iterators walk the tree and stop, silently, at depth 1000."""

    def update_waiting_tasks(self) -> None:
        for task in self._in(TaskState.WAITING):
            if task.internal_data.get("due"):
                continue  # `fire_next` looks at timers, in the order they are due
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

    def fire_next(self) -> bool:
        """Fire the timer that is due, of several the earliest; False when none is. What it leads to may end the others."""
        waiting = [
            task
            for task in self.event_manager.tasks.values()
            if isinstance(task.task_spec.event_definition, Timer)
            and task.state == TaskState.WAITING
            and task.id in task.workflow.tasks
        ]
        for task in sorted(waiting, key=lambda task: str(task.internal_data.get("due"))):
            task.task_spec._update(task)
            if task.state != TaskState.WAITING:
                return True
        return False

    def create_subprocess(self, my_task: Any, spec_name: str) -> Any:
        self.subprocesses[my_task.id] = _Inner(self.subprocess_specs[spec_name], my_task.id, self)
        return self.subprocesses[my_task.id]

    def empty_subprocess(self, my_task: Any, spec_name: str) -> Any:
        """Make a subprocess to be filled with a saved state."""
        spec = self.subprocess_specs[spec_name]
        self.subprocesses[my_task.id] = _Inner(spec, my_task.id, self, deserializing=True)
        return self.subprocesses[my_task.id]
