"""Call activities: what is called runs inside its caller, as an embedded subprocess with its nodes under the call activity's id. Pure.

The diagram stays as it was published; this happens to a copy, before it is read and parsed. A node `check` of a process that the call
activity `credit` calls has the id `credit.check`. Facts are the instance's, so caller and called share them; statuses are the caller's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from portal.web.i18n import lazy_gettext as _
from portal.workflow.errors import Problem
from portal.workflow.reader import FLOW_NODES, parse_xml
from portal.workflow.vocabulary import BPMN, PORTAL, Node, Vocabulary

DEEPEST = 5
"""Levels of processes that call each other."""
MOST_NODES = 2000
"""Nodes of a diagram with all that it calls."""

_CALL = f"{{{BPMN}}}callActivity"
_REFERENCES = ("id", "sourceRef", "targetRef", "attachedToRef", "default", "messageRef")
_TEXTS = frozenset({f"{{{BPMN}}}incoming", f"{{{BPMN}}}outgoing"})


@dataclass(frozen=True)
class Called:
    """An edition of a process that another calls; `calls` are the editions that it calls itself."""

    definition_id: int
    digest: str
    calls: Mapping[str, "Called"]
    xml: Callable[[], str]


Calls = Mapping[str, Called]


def called_keys(root: etree._Element) -> list[str]:
    """Return the keys that a diagram's call activities call, each once."""
    return list(dict.fromkeys(key for activity in root.iter(_CALL) if (key := activity.get("calledElement"))))


def expand(root: etree._Element, calls: Calls) -> etree._Element:
    """Return a copy with what is called in the place of call activities; one whose key is not among `calls` stays as it is."""
    copy = deepcopy(root)
    for activity in list(copy.iter(_CALL)):
        called = calls.get(activity.get("calledElement", ""))
        if called is not None:
            _embed(copy, activity, expand(parse_xml(called.xml()), called.calls))
    return copy


def _embed(root: etree._Element, activity: etree._Element, inner: etree._Element) -> None:
    process = _process(inner)
    messages = list(inner.iter(f"{{{BPMN}}}message"))
    prefix = f"{activity.get('id', '')}."
    for element in (*process.iter(f"{{{BPMN}}}*"), *messages):
        for name in _REFERENCES:
            if element.get(name):
                element.set(name, prefix + element.get(name, ""))
        if element.tag in _TEXTS and element.text:
            element.text = prefix + element.text
    activity.tag = f"{{{BPMN}}}subProcess"
    activity.set(f"{{{PORTAL}}}called", activity.attrib.pop("calledElement"))
    activity.extend([element for element in process if etree.QName(element).localname in {*FLOW_NODES, "sequenceFlow"}])
    root.extend(messages)


def _process(root: etree._Element) -> etree._Element:
    return next(p for p in root.iter(f"{{{BPMN}}}process") if p.get("isExecutable", "true") == "true")


# What is wrong with calls


def problems(vocabulary: Vocabulary, calls: Calls) -> Iterator[Problem]:
    """Find call activities that cannot be expanded: nothing is called, it is not published, it comes round again, it is too much."""
    activities = [node for node in vocabulary.nodes.values() if node.kind == "callActivity"]
    for node in activities:
        message = _wrong(node, vocabulary.process_id, calls)
        if message is not None:
            yield Problem(node.id, node.name, message)
    called = [calls[node.called] for node in activities if node.called and node.called in calls]
    size = len(vocabulary.nodes) + sum(_size(one) for one in called)
    if activities and size > MOST_NODES:
        yield Problem(vocabulary.process_id, vocabulary.name, _("With what it calls it has more than %(count)d nodes", count=MOST_NODES))  # fmt: skip


def _wrong(node: Node, own_key: str, calls: Calls) -> Any:
    if not node.called:
        return _("It is not said which process this calls")
    if node.called == own_key:
        return _("A process cannot call itself")
    called = calls.get(node.called)
    if called is None:
        return _("There is no published process “%(key)s” to call", key=node.called)
    if own_key in _all_keys(called):
        return _("“%(key)s” calls this process again, so it would never end", key=node.called)
    if _depth(called) > DEEPEST:
        return _("Processes call each other more than %(count)d levels deep here", count=DEEPEST)
    return None


def _all_keys(called: Called) -> set[str]:
    return set(called.calls).union(*(_all_keys(inner) for inner in called.calls.values()))


def _depth(called: Called) -> int:
    return 1 + max((_depth(inner) for inner in called.calls.values()), default=0)


def _size(called: Called) -> int:
    """Nodes, counted without expanding anything."""
    process = _process(parse_xml(called.xml()))
    own = sum(1 for element in process.iter(f"{{{BPMN}}}*") if etree.QName(element).localname in FLOW_NODES)
    keys = [activity.get("calledElement", "") for activity in process.iter(_CALL)]
    sizes = {key: _size(inner) for key, inner in called.calls.items() if key in keys}
    return own + sum(sizes.get(key, 0) for key in keys)


def at_calls(found: Iterable[Problem], vocabulary: Vocabulary) -> list[Problem]:
    """Put problems of what is called at the call activity, which is what the caller's diagram shows."""
    activities = [node for node in vocabulary.nodes.values() if node.called]
    return [_at_call(problem, activities) for problem in found]


def _at_call(problem: Problem, activities: list[Node]) -> Problem:
    call = next((node for node in activities if problem.node_id.startswith(f"{node.id}.")), None)
    if call is None:
        return problem
    message = _("In “%(key)s”, “%(name)s”: %(reason)s", key=call.called, name=problem.node_name[0], reason=problem.message)  # fmt: skip
    return Problem(call.id, call.name, message)


def in_order(diagrams: Mapping[str, Iterable[str]]) -> list[str]:
    """Sort processes (each with the keys it calls) so that what is called comes first; those that go round stay as they come."""
    done: dict[str, None] = {}

    def put(key: str, above: tuple[str, ...]) -> None:
        for called in diagrams[key]:
            if called in diagrams and called not in above:
                put(called, (*above, key))
        done[key] = None

    for key in diagrams:
        if key not in done:
            put(key, (key,))
    return list(done)
