"""From a diagram to SpiffWorkflow's specs, with our kinds of node; it is shown only what the engine runs."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree
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
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from portal.workflow import nodes
from portal.workflow.vocabulary import BPMN, Vocabulary, XmlRefused

# mypy: disable-error-code="misc,no-untyped-call"


class _ProcessSpec(BpmnProcessSpec):
    def __init__(self, **names: Any) -> None:
        super().__init__(**names)
        self.end.__class__ = nodes.EndJoin  # the stock constructor offers no other way to choose it


class _ProcessParser(ProcessParser):
    def create_spec(self) -> BpmnProcessSpec:
        return _ProcessSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)


class _EventParser(EventDefinitionParser):
    def parse_message_event(self, message_event: Any) -> nodes.Message:
        stock = super().parse_message_event(message_event)
        return nodes.Message(stock.name, description=stock.description)

    def parse_timer_event(self, event: Any) -> nodes.Timer:
        return nodes.Timer(self.node.get("id"), "", description=self.get_event_description(event))


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
        full_tag("startEvent"): (_Start, nodes.StartEvent),
        full_tag("endEvent"): (_End, nodes.EndEvent),
        full_tag("intermediateCatchEvent"): (_Catch, nodes.CatchEvent),
        full_tag("intermediateThrowEvent"): (_Throw, nodes.ThrowEvent),
        full_tag("boundaryEvent"): (_Boundary, nodes.BoundaryEvent),
        full_tag("receiveTask"): (_Receive, nodes.ReceiveTask),
        full_tag("userTask"): (TaskParser, nodes.UserTask),
        full_tag("serviceTask"): (TaskParser, nodes.ServiceTask),
        full_tag("businessRuleTask"): (TaskParser, nodes.BusinessRuleTask),
        full_tag("exclusiveGateway"): (ConditionalGatewayParser, nodes.ExclusiveGateway),
        full_tag("parallelGateway"): (GatewayParser, nodes.ParallelGateway),
        full_tag("eventBasedGateway"): (GatewayParser, nodes.EventBasedGateway),
        full_tag("subProcess"): (SubWorkflowParser, nodes.SubProcess),
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
