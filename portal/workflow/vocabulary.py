"""What a diagram says, beyond plain BPMN too (architecture.md, "What a diagram may say"). `reader.py` reads it.

Names are pairs (Chinese, English); an English name that is missing is the Chinese one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from portal.workflow.forms import FormField

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
PORTAL = "urn:portal:bpmn:1.0"
Text = tuple[str, str]


class XmlRefused(ValueError):
    """The bytes are not XML that may be read: too large, malformed, with entities, or not BPMN."""


@dataclass(frozen=True)
class StatusLook:
    """How a public status looks: tone is wait, move, good, end or stop."""

    key: str
    zh: str
    en: str
    tone: str = "wait"
    icon: str = ""


@dataclass(frozen=True)
class Milestone:
    """A step of the customer's tracker: its name ahead and now, when done, and what happens next. `nodes` reach it when entered."""

    key: str
    name: Text
    done: Text
    next: Text
    nodes: tuple[str, ...]
    own_next: Mapping[str, Text] = field(default_factory=dict)
    """What happens next, by node, where a node says it in words of its own."""


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is an expression of ours."""

    id: str
    source: str
    target: str
    name: Text
    condition: str | None
    default: bool


@dataclass(frozen=True)
class Node:
    """A flow node with what the portal says about it. `kind` is BPMN's element name, `event` what its event waits for or does."""

    id: str
    kind: str
    name: Text
    parent: str | None
    """The embedded subprocess around it."""
    status: str | None = None
    milestone: str | None = None
    role: str | None = None
    assignee: str | None = None
    due: str | None = None
    priority: int = 50
    form: tuple[FormField, ...] = ()
    action: str | None = None
    inputs: tuple[tuple[str, str], ...] = ()
    result: str | None = None
    decision: str | None = None
    called: str | None = None
    """The key of the process that a call activity calls; once that is put in its place, the kind is subProcess."""
    skippable: bool = False
    """Whether an operator may let a failed token go on without what the node does."""
    event: str = "none"
    """none, message, timer, terminate, or another event's element name (which the lint refuses)."""
    message: str | None = None
    timer: str | None = None
    """An ISO duration or moment, or an expression for one."""
    timer_kind: str | None = None
    """timeDuration, timeDate or timeCycle."""
    attached_to: str | None = None
    interrupting: bool = True

    @property
    def result_name(self) -> str | None:
        """The fact its result goes under: `portal:result`; a user task's defaults to its id (its own, where it is called)."""
        return self.result or (self.id.rpartition(".")[2] if self.kind == "userTask" else None)


@dataclass(frozen=True)
class Vocabulary:
    """A whole diagram, read. `nodes` and `flows` are in document order."""

    process_id: str
    name: Text
    statuses: Mapping[str, StatusLook]
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    milestones: tuple[Milestone, ...]

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Flow, ...]]:
        """Flows by their source, in document order."""
        found: dict[str, list[Flow]] = {}
        for flow in self.flows:
            found.setdefault(flow.source, []).append(flow)
        return {source: tuple(flows) for source, flows in found.items()}

    @cached_property
    def races(self) -> Mapping[str, Flow]:
        """The flow that leads to an event from an event-based gateway, by the event: it is taken when the event happens."""
        gateways = {node.id for node in self.nodes.values() if node.kind == "eventBasedGateway"}
        return {flow.target: flow for flow in self.flows if flow.source in gateways}

    def after(self, node_id: str) -> set[str]:
        """Return a node and all that can be reached from it, what is inside and on the border of those included."""
        found: set[str] = set()
        todo = [node_id]
        while todo:
            here = todo.pop()
            if here not in found:
                found.add(here)
                todo += [flow.target for flow in self.outgoing.get(here, ())]
                todo += [node.id for node in self.nodes.values() if here in (node.parent, node.attached_to)]
        return found
