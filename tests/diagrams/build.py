"""Small diagrams for tests, written in a few lines: nodes, and arrows like `gate -> reject | approval.decision == "reject"`.

`| default` marks the default arrow. There are no shapes: the engine does not look at them.
"""

import re
from html import escape
from itertools import pairwise

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:portal="urn:portal:bpmn:1.0" id="definitions" targetNamespace="urn:portal:test">'
)


def diagram(key: str, *parts: str, messages: str = "", statuses: str = "") -> str:
    """A whole file: one process with the parts, the messages it waits for and the statuses it declares."""
    declared = "".join(
        f'<portal:status key="{name}" name="{name} 状态" nameEn="{name}" tone="wait"/>' for name in statuses.split()
    )
    sent = "".join(f'<bpmn:message id="Message_{name}" name="{name}"/>' for name in messages.split())
    extensions = f"<bpmn:extensionElements>{declared}</bpmn:extensionElements>" if declared else ""
    process = f'<bpmn:process id="{key}" name="测试" portal:nameEn="Test" isExecutable="true">{extensions}{"".join(parts)}</bpmn:process>'
    return HEAD + sent + process + "</bpmn:definitions>"


def node(kind: str, id: str, inner: str = "", **attributes: str) -> str:
    """A flow node; `attributes` are the portal's (`status`, `action` …), those with a leading underscore BPMN's own."""
    own = "".join(f' {name[1:]}="{escape(value)}"' for name, value in attributes.items() if name.startswith("_"))
    ours = "".join(
        f' portal:{name}="{escape(value)}"' for name, value in attributes.items() if not name.startswith("_")
    )
    return f'<bpmn:{kind} id="{id}" name="{id} 节点" portal:nameEn="{id}"{own}{ours}>{inner}</bpmn:{kind}>'


def start(id: str = "start", **attributes: str) -> str:
    """A start event."""
    return node("startEvent", id, **attributes)


def end(id: str = "end", **attributes: str) -> str:
    """An end event."""
    return node("endEvent", id, **attributes)


def field(key: str, type: str = "text", options: str = "", **attributes: str) -> str:
    """A field of a form; `options` are values separated by spaces."""
    choices = "".join(
        f'<portal:option value="{value}" name="{value} 项" nameEn="{value}"/>' for value in options.split()
    )
    more = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f'<portal:field key="{key}" type="{type}" label="{key} 栏" labelEn="{key}"{more}>{choices}</portal:field>'


def user_task(id: str, *fields: str, role: str = "salesperson", **attributes: str) -> str:
    """A user task with a form."""
    form = (
        f"<bpmn:extensionElements><portal:form>{''.join(fields)}</portal:form></bpmn:extensionElements>"
        if fields
        else ""
    )
    return node("userTask", id, form, role=role, **attributes)


def service(id: str, action: str, inputs: dict[str, str] | None = None, **attributes: str) -> str:
    """A service task."""
    given = "".join(f'<portal:input name="{name}" value="{escape(value)}"/>' for name, value in (inputs or {}).items())
    inner = f"<bpmn:extensionElements>{given}</bpmn:extensionElements>" if given else ""
    return node("serviceTask", id, inner, action=action, **attributes)


def rule(id: str, decision: str, **attributes: str) -> str:
    """A business rule task."""
    return node("businessRuleTask", id, decision=decision, **attributes)


def gateway(id: str, **attributes: str) -> str:
    """An exclusive gateway; `flows` tells it its default."""
    return node("exclusiveGateway", id, **attributes)


def race(id: str) -> str:
    """An event-based gateway."""
    return node("eventBasedGateway", id)


def parallel(id: str) -> str:
    """A parallel gateway."""
    return node("parallelGateway", id)


def throw(id: str, **attributes: str) -> str:
    """An intermediate event that is only passed through."""
    return node("intermediateThrowEvent", id, **attributes)


def catch(
    id: str, *, message: str = "", timer: str = "", kind: str = "intermediateCatchEvent", **attributes: str
) -> str:
    """An intermediate event that waits for a message or a moment."""
    return node(kind, id, _event(message, timer), **attributes)


def border(
    id: str,
    on: str,
    *,
    message: str = "",
    timer: str = "",
    cycle: str = "",
    interrupting: bool = True,
    **attributes: str,
) -> str:
    """A boundary event."""
    own = {"_attachedToRef": on, "_cancelActivity": "true" if interrupting else "false"}
    return node("boundaryEvent", id, _event(message, timer, cycle), **own, **attributes)


def _event(message: str, timer: str, cycle: str = "") -> str:
    if message:
        return f'<bpmn:messageEventDefinition messageRef="Message_{message}"/>'
    kind, text = ("timeCycle", cycle) if cycle else ("timeDuration", timer)
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"


def inside(id: str, *parts: str, **attributes: str) -> str:
    """An embedded subprocess."""
    return node("subProcess", id, "".join(parts), **attributes)


def call(id: str, key: str, **attributes: str) -> str:
    """A call activity."""
    return node("callActivity", id, _calledElement=key, **attributes)


def wired(*parts: str, flows: str) -> str:
    """Nodes with their arrows, one a line; sets the gateways' defaults."""
    xml = "".join(parts)
    for line in filter(None, map(str.strip, flows.splitlines())):
        way, _, condition = line.partition("|")
        nodes = [name.strip() for name in way.split("->")]
        for source, target in pairwise(nodes):
            xml, arrow = _arrow(xml, source, target, condition.strip())
            xml += arrow
    return xml


def _arrow(xml: str, source: str, target: str, condition: str) -> tuple[str, str]:
    flow = f"{source}_to_{target}"
    while f'id="{flow}"' in xml:
        flow += "_"
    if condition == "default":
        xml = re.sub(rf'(<bpmn:\w+ id="{source}")', rf'\1 default="{flow}"', xml, count=1)
        condition = ""
    test = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
    return (
        xml,
        f'<bpmn:sequenceFlow id="{flow}" name="{flow}" sourceRef="{source}" targetRef="{target}">{test}</bpmn:sequenceFlow>',
    )


def table(key: str, inputs: dict[str, str], outputs: str, *rules: str, policy: str = "FIRST") -> str:
    """A decision table: inputs are expression → type; a rule is `cell | cell -> answer | answer`."""
    columns = "".join(
        f'<input id="{key}_in{n}" label="{text} 列" ><inputExpression typeRef="{kind}"><text>{escape(text)}</text></inputExpression></input>'
        for n, (text, kind) in enumerate(inputs.items())
    )
    answers = "".join(f'<output id="{key}_{name}" name="{name}" label="{name}"/>' for name in outputs.split())
    rows = "".join(_row(key, number, row) for number, row in enumerate(rules, 1))
    return (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:portal="urn:portal:bpmn:1.0" id="d_{key}" name="d" namespace="t">'
        f'<decision id="{key}" name="{key} 表" portal:nameEn="{key}"><decisionTable id="{key}_table" hitPolicy="{policy}">'
        f"{columns}{answers}{rows}</decisionTable></decision></definitions>"
    )


def _row(key: str, number: int, row: str) -> str:
    tests, _, answers = row.partition("->")
    cells = "".join(
        f'<inputEntry id="{key}_{number}i{n}"><text>{escape(c.strip())}</text></inputEntry>'
        for n, c in enumerate(tests.split("|"))
    )
    given = "".join(
        f'<outputEntry id="{key}_{number}o{n}"><text>{escape(c.strip())}</text></outputEntry>'
        for n, c in enumerate(answers.split("|"))
    )
    return f'<rule id="{key}_{number}">{cells}{given}</rule>'
