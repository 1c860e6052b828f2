"""What keeps a diagram from being published: whatever the engine would not run faithfully, and whatever is not there to be run.

Structure is checked here, what nodes ask for (roles, actions, forms, tables) in `lint_nodes.py`, expressions in `lint_facts.py`. The
list of what SpiffWorkflow runs wrongly without a word is from running it; each rule names the node.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from portal.web.i18n import lazy_gettext as _
from portal.workflow import lint_facts, lint_nodes
from portal.workflow.decision_table import DecisionTable
from portal.workflow.errors import Problem
from portal.workflow.migration_structure import Structure
from portal.workflow.vocabulary import BPMN, Flow, Node, Vocabulary

UNSUPPORTED: dict[str, Any] = {
    "scriptTask": _("Scripts are not run; use a service action"),
    "sendTask": _("Send tasks are not run; use a service action"),
    "manualTask": _("Choose what kind of task this is: a user task or a service task"),
    "task": _("Choose what kind of task this is: a user task or a service task"),
    "transaction": _("Transactions are not supported; use an embedded subprocess"),
    "adHocSubProcess": _("Ad hoc subprocesses are not supported"),
    "complexGateway": _("Complex gateways are not supported"),
    "inclusiveGateway": _("Inclusive gateways are not supported; use exclusive and parallel ones"),
}
EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"none"}),
    "endEvent": frozenset({"none", "terminate"}),
    "intermediateThrowEvent": frozenset({"none"}),
    "intermediateCatchEvent": frozenset({"message", "timer"}),
    "receiveTask": frozenset({"message"}),
    "boundaryEvent": frozenset({"message", "timer"}),
}
RESERVED = re.compile(r"^(Start|End)$|[.](EndJoin|BoundaryEventSplit|BoundaryEventJoin)$")
"""SpiffWorkflow's names for what it adds to a process."""
WAITING = frozenset({"userTask", "serviceTask", "receiveTask", "subProcess", "callActivity"})


def check(root: etree._Element, vocabulary: Vocabulary, tables: Mapping[str, DecisionTable]) -> list[Problem]:
    """Return every problem of a diagram (with what it calls in its place: `expanding.py`), in the order of its nodes."""
    problems = [*_identities(root, vocabulary)]
    if not problems:
        problems = [
            *_elements(root, vocabulary),
            *_scopes(vocabulary),
            *_flows(vocabulary),
            *lint_nodes.check(vocabulary, tables),
            *lint_facts.check(vocabulary, tables),
        ]
    places = {node_id: place for place, node_id in enumerate(vocabulary.nodes)}
    return sorted(problems, key=lambda problem: places.get(problem.node_id, -1))


def problem(node: Node, message: Any) -> Problem:
    """Say that something is wrong with a node."""
    return Problem(node.id, node.name, message)


def _identities(root: etree._Element, vocabulary: Vocabulary) -> Iterator[Problem]:
    seen: set[str] = set()
    for element in root.iter(f"{{{BPMN}}}*"):
        key = element.get("id")
        if key is not None and key in seen:
            yield Problem(key, (key, key), _("Two elements have the id “%(id)s”", id=key))
        seen.add(key or "")
    if "" in vocabulary.nodes or any(not flow.id for flow in vocabulary.flows) or not vocabulary.process_id:
        yield Problem("", vocabulary.name, _("An element has no id"))
    for node in vocabulary.nodes.values():
        if RESERVED.search(node.id):
            yield problem(node, _("“%(id)s” cannot be an id: the engine uses it itself", id=node.id))


def _elements(root: etree._Element, vocabulary: Vocabulary) -> Iterator[Problem]:
    for node in vocabulary.nodes.values():
        if node.kind in UNSUPPORTED:
            yield problem(node, UNSUPPORTED[node.kind])
        elif node.event not in EVENTS.get(node.kind, frozenset({"none"})):
            yield problem(node, _("This kind of event is not supported here"))
        if node.event == "message" and not node.message:
            yield problem(node, _("It is not said which message this waits for"))
    for element in root.iter(f"{{{BPMN}}}*"):
        node = vocabulary.nodes.get(element.get("id", ""))  # type: ignore[assignment]  # None is handled
        if node is not None:
            yield from _features(element, node)


def _features(element: etree._Element, node: Node) -> Iterator[Problem]:
    children = {etree.QName(child).localname for child in element}
    if element.get("triggeredByEvent") == "true":
        yield problem(
            node, _("Event subprocesses are not supported; put a message on the border of a subprocess instead")
        )
    if children & {"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}:
        yield problem(node, _("Repeated tasks are not supported; draw the loop with a gateway"))
    if element.get("isForCompensation") == "true":
        yield problem(node, _("Compensation is not supported"))
    if element.get("instantiate") == "true" or element.get("eventGatewayType") == "Parallel":
        yield problem(node, _("A process is started by the portal, not by a message"))
    if sum(name.endswith("EventDefinition") or name == "eventDefinitionRef" for name in children) > 1:
        yield problem(node, _("An event can wait for one thing only"))


def _scopes(vocabulary: Vocabulary) -> Iterator[Problem]:
    """A process and each subprocess need one start and an end; borders need an activity that waits."""
    nodes = vocabulary.nodes.values()
    scopes: list[Node | None] = [None, *(node for node in nodes if node.kind == "subProcess")]
    for scope in scopes:
        inside = [node for node in nodes if node.parent == (scope.id if scope else None)]
        where = (scope.id, scope.name) if scope else (vocabulary.process_id, vocabulary.name)
        if sum(node.kind == "startEvent" for node in inside) != 1:
            yield Problem(*where, _("There must be exactly one start event"))
        if not any(node.kind == "endEvent" for node in inside):
            yield Problem(*where, _("There must be an end event"))
    for node in nodes:
        if node.kind == "boundaryEvent":
            host = vocabulary.nodes.get(node.attached_to or "")
            if host is None or host.kind not in WAITING or host.parent != node.parent:
                yield problem(node, _("This event is not on the border of a task or subprocess that waits"))


def _flows(vocabulary: Vocabulary) -> Iterator[Problem]:
    for flow in vocabulary.flows:
        source, target = vocabulary.nodes.get(flow.source), vocabulary.nodes.get(flow.target)
        if source is None or target is None or source.parent != target.parent:
            yield Problem(flow.id, flow.name, _("This arrow does not connect two elements of the same level"))
    arriving = {flow.target for flow in vocabulary.flows}
    for node in vocabulary.nodes.values():
        yield from _connections(node, node.id in arriving, vocabulary.outgoing.get(node.id, ()))
    yield from _races(vocabulary)
    yield from _joins(vocabulary)
    yield from _unreachable(vocabulary)


def _connections(node: Node, arrived_at: bool, leaving: tuple[Flow, ...]) -> Iterator[Problem]:
    if arrived_at is (node.kind in ("startEvent", "boundaryEvent")):
        yield problem(node, _("An arrow leads here, which is not allowed") if arrived_at else _("No arrow leads here"))
    if node.kind == "endEvent":
        if leaving:
            yield problem(node, _("No arrow may leave an end event"))
    elif not leaving:
        yield problem(node, _("No arrow leads on from here"))
    elif node.kind == "exclusiveGateway" and len(leaving) > 1:
        yield from _choice(node, leaving)
    elif node.kind == "eventBasedGateway" and not any(flow.condition for flow in leaving):
        return  # `_race` looks at where its arrows lead
    elif any(flow.condition for flow in leaving):
        yield problem(node, _("Only the arrows of an exclusive gateway may have conditions"))
    elif node.kind not in ("parallelGateway", "exclusiveGateway") and len(leaving) > 1:
        yield problem(node, _("Several arrows leave here; use a gateway to say which is taken"))


def _races(vocabulary: Vocabulary) -> Iterator[Problem]:
    """What follows an event-based gateway must wait, for different things, and be reached from nowhere else."""
    guarded = {node.attached_to for node in vocabulary.nodes.values()}
    for gateway in [node for node in vocabulary.nodes.values() if node.kind == "eventBasedGateway"]:
        events = [
            vocabulary.nodes[flow.target]
            for flow in vocabulary.outgoing.get(gateway.id, ())
            if flow.target in vocabulary.nodes
        ]
        if len(events) < 2:  # one event alone is no race
            yield problem(gateway, _("An event-based gateway needs two or more events to choose between"))
        messages = [event.message for event in events if event.message]
        if len(set(messages)) < len(messages):
            yield problem(gateway, _("Two of the events after this gateway wait for the same message"))
        for event in events:
            if event.kind not in ("intermediateCatchEvent", "receiveTask") or event.id in guarded:
                yield problem(
                    event, _("Only events that wait for a message or a moment may follow an event-based gateway")
                )
            elif sum(flow.target == event.id for flow in vocabulary.flows) > 1:
                yield problem(event, _("Nothing else may lead to an event that follows an event-based gateway"))


def _joins(vocabulary: Vocabulary) -> Iterator[Problem]:
    """A join to which an arrow leads back from behind it would wait for that branch before it could ever begin."""
    drawn = Structure(vocabulary)
    for join in drawn.joins:
        before = drawn.reached_from_starts(but=join)
        if not before.issuperset(drawn.inputs(join)):
            yield problem(
                vocabulary.nodes[join],
                _(
                    "An arrow leads back here from behind, and this waits for all arrows; lead the loop to an exclusive gateway before it"
                ),
            )


def _choice(node: Node, leaving: tuple[Flow, ...]) -> Iterator[Problem]:
    if sum(flow.default for flow in leaving) != 1:
        yield problem(node, _("Choose the default arrow, which is taken when no condition holds"))
    for flow in leaving:
        if flow.default and flow.condition:
            yield problem(node, _("The default arrow has a condition, which would never be looked at"))
        if not flow.default and not flow.condition:
            yield problem(node, _("The arrow “%(name)s” needs a condition", name=flow.name[0] or flow.id))


def _unreachable(vocabulary: Vocabulary) -> Iterator[Problem]:
    reached: set[str] = set()
    todo = [node.id for node in vocabulary.nodes.values() if node.kind == "startEvent"]
    while todo:
        node_id = todo.pop()
        if node_id not in reached:
            reached.add(node_id)
            todo += [flow.target for flow in vocabulary.outgoing.get(node_id, ())]
            todo += [node.id for node in vocabulary.nodes.values() if node.attached_to == node_id]
    arriving = {flow.target for flow in vocabulary.flows}
    for node in vocabulary.nodes.values():
        if node.id not in reached and node.id in arriving:
            yield problem(node, _("No path leads here from the start"))
