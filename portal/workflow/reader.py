"""Reading a diagram's XML: BPMN, and the `portal:` namespace in it. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from portal.workflow.forms import FormField, Option
from portal.workflow.vocabulary import BPMN, PORTAL, Flow, Milestone, Node, StatusLook, Text, Vocabulary, XmlRefused

LARGEST = 2_000_000
"""Bytes; a diagram of 200 nodes is about 150,000."""

FLOW_NODES = frozenset(
    [
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "userTask",
        "serviceTask",
        "businessRuleTask",
        "receiveTask",
        "sendTask",
        "scriptTask",
        "manualTask",
        "task",
        "callActivity",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
    ]
)


def parse_xml(source: bytes | str) -> etree._Element:
    """Read XML without entities, network or huge trees; XmlRefused says why not."""
    data = source.encode() if isinstance(source, str) else source
    if len(data) > LARGEST:
        raise XmlRefused(f"larger than {LARGEST} bytes")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlRefused(str(error)) from error
    if re.search(rb"<!DOCTYPE", data, re.IGNORECASE):
        raise XmlRefused("a document type is not allowed")
    return root


def read(root: etree._Element) -> Vocabulary:
    """Read the one executable process of a diagram; XmlRefused when there is none, or more than one."""
    processes = [p for p in root.iter(_bpmn("process")) if p.get("isExecutable", "true") == "true"]
    if len(processes) != 1:
        raise XmlRefused(f"{len(processes)} executable processes instead of one")
    process = processes[0]
    messages = {m.get("id", ""): m.get("name", "") for m in root.iter(_bpmn("message"))}
    nodes = {node.id: node for node in _nodes(process, messages)}
    return Vocabulary(
        process_id=process.get("id", ""),
        name=_name(process),
        statuses={look.key: look for look in _statuses(process)},
        nodes=nodes,
        flows=tuple(_flows(process)),
        milestones=tuple(_milestones(process)),
    )


def _bpmn(tag: str) -> str:
    return f"{{{BPMN}}}{tag}"


def _portal(tag: str) -> str:
    return f"{{{PORTAL}}}{tag}"


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _pair(element: etree._Element, attribute: str) -> Text:
    zh = element.get(attribute, "")
    return zh, element.get(f"{attribute}En") or zh


def _name(element: etree._Element) -> Text:
    zh = " ".join(element.get("name", "").split()) or element.get("id", "")
    return zh, element.get(_portal("nameEn")) or zh


def _own(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The element's own extension elements of a tag (not those of what it contains)."""
    for extensions in element.findall(_bpmn("extensionElements")):
        yield from extensions.findall(_portal(tag))


def _statuses(process: etree._Element) -> Iterator[StatusLook]:
    for element in _own(process, "status"):
        zh, en = _pair(element, "name")
        yield StatusLook(element.get("key", ""), zh, en, element.get("tone", "wait"), element.get("icon", ""))


def _elements(process: etree._Element) -> Iterator[etree._Element]:
    return (
        element for element in process.iter() if _local(element) in FLOW_NODES and element.tag == _bpmn(_local(element))
    )


def _nodes(process: etree._Element, messages: Mapping[str, str]) -> Iterator[Node]:
    for element in _elements(process):
        parent = element.getparent()
        attribute = {name: element.get(_portal(name)) for name in _ATTRIBUTES}
        milestone = next(_own(element, "milestone"), None)
        yield Node(
            id=element.get("id", ""),
            kind=_local(element),
            name=_name(element),
            parent=None if parent is None or parent is process else parent.get("id"),
            milestone=None if milestone is None else milestone.get("key"),
            priority=_whole(element.get(_portal("priority")), 50),
            form=tuple(_form(element)),
            inputs=tuple((i.get("name", ""), i.get("value", "")) for i in _own(element, "input")),
            attached_to=element.get("attachedToRef"),
            interrupting=element.get("cancelActivity", "true") == "true",
            called=element.get("calledElement") or element.get(_portal("called")),
            skippable=element.get(_portal("skippable")) == "true",
            **attribute,  # type: ignore[arg-type]  # every name in _ATTRIBUTES is a str | None
            **_event(element, messages),
        )


_ATTRIBUTES = ("status", "role", "assignee", "due", "action", "result", "decision")


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise


def _event(element: etree._Element, messages: Mapping[str, str]) -> dict[str, Any]:
    """What the event of a node waits for or does; a receive task is a message event."""
    if _local(element) == "receiveTask":
        return {"event": "message", "message": messages.get(element.get("messageRef", ""))}
    for child in element:
        kind = _local(child)
        if kind == "messageEventDefinition":
            return {"event": "message", "message": messages.get(child.get("messageRef", ""))}
        if kind == "timerEventDefinition":
            time = next((t for t in child if _local(t).startswith("time")), None)
            return {"event": "timer", "timer": (time.text or "").strip() if time is not None else None,
                    "timer_kind": _local(time) if time is not None else None}  # fmt: skip
        if kind == "terminateEventDefinition":
            return {"event": "terminate"}
        if kind.endswith("EventDefinition") or kind == "eventDefinitionRef":
            return {"event": kind}
    return {"event": "none"}


def _form(element: etree._Element) -> Iterator[FormField]:
    for form in _own(element, "form"):
        for field_ in form.findall(_portal("field")):
            yield FormField(
                key=field_.get("key", ""),
                type=field_.get("type", "text"),
                label=_pair(field_, "label"),
                required=field_.get("required") == "true",
                shown_if=field_.get("shownIf") or None,
                help=_pair(field_, "help"),
                default=field_.get("default") or None,
                options=tuple(
                    Option(o.get("value", ""), _pair(o, "name"), o.get("tone", ""))
                    for o in field_.findall(_portal("option"))
                ),
            )


def _flows(process: etree._Element) -> Iterator[Flow]:
    defaults = {element.get("default") for element in process.iter() if element.get("default")}
    for element in process.iter(_bpmn("sequenceFlow")):
        condition = element.findtext(_bpmn("conditionExpression"))
        yield Flow(
            id=element.get("id", ""),
            source=element.get("sourceRef", ""),
            target=element.get("targetRef", ""),
            name=(element.get("name") or "", element.get(_portal("nameEn")) or element.get("name") or ""),
            condition=condition.strip() if condition and condition.strip() else None,
            default=element.get("id") in defaults,
        )


@dataclass
class _Collected:
    first: etree._Element
    nodes: list[str] = field(default_factory=list)
    own_next: dict[str, Text] = field(default_factory=dict)


def _milestones(process: etree._Element) -> Iterator[Milestone]:
    """Milestones in document order; several nodes may carry one key, the first that has texts gives them."""
    found: dict[str, _Collected] = {}
    for element in _elements(process):
        for milestone in _own(element, "milestone"):
            collected = found.setdefault(milestone.get("key", ""), _Collected(milestone))
            collected.nodes.append(element.get("id", ""))
            if not collected.first.get("name"):
                collected.first = milestone
            if milestone.get("next"):
                collected.own_next[element.get("id", "")] = _pair(milestone, "next")
    for key, collected in found.items():
        name = _pair(collected.first, "name")
        done = _pair(collected.first, "done") if collected.first.get("done") else name
        yield Milestone(key, name, done, _pair(collected.first, "next"), tuple(collected.nodes), collected.own_next)
