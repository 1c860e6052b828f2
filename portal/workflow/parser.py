"""From a diagram to SpiffWorkflow's specs: our node classes, and a parser that sees only what the engine runs.

The node classes differ from the stock ones in four ways: they tell the run when a token arrives; gateways and service tasks take what
the run decided beforehand instead of computing inside Spiff; timers follow our clock; a non-interrupting boundary event waits again
after it fired (the stock one fires once). Nothing is ever evaluated by Spiff: its script engine refuses everything.
"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EndEventParser,
    EventDefinitionParser,
    IntermediateCatchEventParser,
    IntermediateThrowEventParser,
    ReceiveTaskParser,
    StartEventParser,
)
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser, SubWorkflowParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin

from portal import clock
from portal.workflow.vocabulary import BPMN, Vocabulary, XmlRefused

# SpiffWorkflow ships no types: what comes from it is Any here, in engine.py and in codec.py.
# mypy: disable-error-code="misc,no-untyped-call"


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
    """Tells the run when a token arrives, which for a waiting event is when it begins to wait."""

    def _update_hook(self, my_task: Any) -> Any:
        waited = my_task.state == TaskState.WAITING
        fired = super()._update_hook(my_task)
        if not waited:
            my_task.workflow.top_workflow.run.arrived(my_task)
        return fired


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
    """Splits, and joins what it split."""


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
    """Waits beside an activity; a non-interrupting one waits again after it fired, as long as the activity runs."""

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        activity = next(t for t in my_task.parent.children if not isinstance(t.task_spec, BoundaryEvent))
        if not self.cancel_activity and not activity.has_state(TaskState.FINISHED_MASK):
            again = my_task.parent._add_child(self, TaskState.WAITING)
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


class _ProcessSpec(BpmnProcessSpec):
    def __init__(self, **names: Any) -> None:
        super().__init__(**names)
        self.end.__class__ = EndJoin  # the stock constructor offers no other way to choose it


class _ProcessParser(ProcessParser):
    def create_spec(self) -> BpmnProcessSpec:
        return _ProcessSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)


class _EventParser(EventDefinitionParser):
    def parse_message_event(self, message_event: Any) -> Message:
        stock = super().parse_message_event(message_event)
        return Message(stock.name, description=stock.description)

    def parse_timer_event(self, event: Any) -> Timer:
        return Timer(self.node.get("id"), "", description=self.get_event_description(event))


class _Start(_EventParser, StartEventParser):
    pass


class _End(_EventParser, EndEventParser):
    pass


class _Catch(_EventParser, IntermediateCatchEventParser):
    pass


class _Throw(_EventParser, IntermediateThrowEventParser):
    pass


class _Boundary(_EventParser, BoundaryEventParser):
    pass


class _Receive(_EventParser, ReceiveTaskParser):
    pass


class _Parser(BpmnParser):
    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012  # the stock name
        full_tag("startEvent"): (_Start, StartEvent),
        full_tag("endEvent"): (_End, EndEvent),
        full_tag("intermediateCatchEvent"): (_Catch, CatchEvent),
        full_tag("intermediateThrowEvent"): (_Throw, ThrowEvent),
        full_tag("boundaryEvent"): (_Boundary, BoundaryEvent),
        full_tag("receiveTask"): (_Receive, ReceiveTask),
        full_tag("userTask"): (TaskParser, UserTask),
        full_tag("serviceTask"): (TaskParser, ServiceTask),
        full_tag("businessRuleTask"): (TaskParser, BusinessRuleTask),
        full_tag("exclusiveGateway"): (ConditionalGatewayParser, ExclusiveGateway),
        full_tag("parallelGateway"): (GatewayParser, ParallelGateway),
        full_tag("subProcess"): (SubWorkflowParser, SubProcess),
    }


@dataclass(frozen=True)
class Specs:
    """What Spiff runs; shared by all instances of a version and never changed."""

    top: Any
    inner: dict[str, Any]
    targets: dict[str, str]
    """Flow id → name of the spec it leads to (which is a split where boundary events are attached)."""


def parse_specs(root: etree._Element, vocabulary: Vocabulary) -> Specs:
    """Build the specs of a diagram; XmlRefused with Spiff's reason when it cannot."""
    parser = _Parser()
    try:
        parser.add_bpmn_xml(_bare(root))
        top = parser.get_spec(vocabulary.process_id)
        inner = parser.get_subprocess_specs(vocabulary.process_id)
    except (ValidationException, NotImplementedError, KeyError, AttributeError) as error:
        raise XmlRefused(str(error)) from error
    named = {name: spec for wf in (top, *inner.values()) for name, spec in wf.task_specs.items()}
    targets = {flow.id: _target(flow.target, named) for flow in vocabulary.flows}
    for source, flows in vocabulary.outgoing.items():
        if source in named:
            _order(named[source], [targets[flow.id] for flow in flows])
    return Specs(top, inner, targets)


def _target(node_id: str, named: dict[str, Any]) -> str:
    split = f"{node_id}.BoundaryEventSplit"
    return split if split in named else node_id


def _order(spec: Any, targets: list[str]) -> None:
    """Branches go in the order the flows are written in, not by where they are drawn (the stock order is by y)."""
    spec._outputs.sort(key=lambda name: targets.index(name) if name in targets else len(targets))


_UNREAD = frozenset(
    [
        "extensionElements",
        "laneSet",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "dataInputAssociation",
        "dataOutputAssociation",
        "ioSpecification",
        "property",
        "textAnnotation",
        "association",
        "group",
        "collaboration",
        "dataStore",
        "documentation",
    ]
)


def _bare(root: etree._Element) -> etree._Element:
    """A copy without what only people read, so that nothing there can change what runs."""
    copy = deepcopy(root)
    for element in list(copy.iter(f"{{{BPMN}}}*")):
        parent = element.getparent()
        if etree.QName(element).localname in _UNREAD and parent is not None:
            parent.remove(element)
    return copy
