"""The process that `portal bench engine` runs, for us and for the stock engine: start → service action → gateway → user task → end."""

from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from portal.workflow.registry import ActionCall, service_action

STEPS = 2
"""Committed transactions in which one process is run."""
SIZES = {"small": 0, "order": 70}
"""Nodes that the diagram has besides those that are run: none, and as many as the order process."""
DIAGRAM = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:portal="urn:portal:bpmn:1.0" targetNamespace="bench">
<bpmn:process id="{key}" name="测量" portal:nameEn="Bench" isExecutable="true">
<bpmn:startEvent id="start" /><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="look" />
{task}<bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="gate" />
<bpmn:exclusiveGateway id="gate" default="f4" /><bpmn:sequenceFlow id="f3" sourceRef="gate" targetRef="review">
<bpmn:conditionExpression>{condition}</bpmn:conditionExpression></bpmn:sequenceFlow>
{more}<bpmn:endEvent id="skipped" />
<bpmn:userTask id="review" name="审核" portal:nameEn="Review" portal:role="salesperson" portal:due="PT4H" />
<bpmn:sequenceFlow id="f5" sourceRef="review" targetRef="done" /><bpmn:endEvent id="done" />
</bpmn:process></bpmn:definitions>"""


def diagram(key: str, size: int, *, ours: bool) -> str:
    """Write the diagram, for us or for the stock engine."""
    names = ["gate", *(f"more{number}" for number in range(size)), "skipped"]
    more = "".join(
        f'<bpmn:userTask id="{name}" name="待办" portal:nameEn="Task" portal:role="salesperson" />'
        for name in names[1:-1]
    )
    flows = "".join(
        f'<bpmn:sequenceFlow id="{"f4" if source == "gate" else f"to_{target}"}" sourceRef="{source}" targetRef="{target}" />'
        for source, target in pairwise(names)
    )
    if ours:
        task = '<bpmn:serviceTask id="look" name="看" portal:action="bench.look" portal:result="seen" />'
        return DIAGRAM.format(key=key, more=more + flows, task=task, condition="seen.amount &gt;= 20000")
    task = "<bpmn:scriptTask id='look'><bpmn:script>seen = {'amount': 29558}</bpmn:script></bpmn:scriptTask>"
    return DIAGRAM.format(key=key, more=more + flows, task=task, condition="seen['amount'] &gt;= 20000")


def process_key(size: str) -> str:
    """Return under which key the diagram of a size is published."""
    return f"bench_{size}"


@service_action("bench.look", label=("看", "Look"), outputs={"amount": "integer"})
def look(_session: Session, _call: ActionCall) -> dict[str, Any]:
    """Answer with an amount."""
    return {"amount": 29558}
