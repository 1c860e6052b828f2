"""`portal bench engine`: process steps a second, beside SpiffWorkflow used plainly, interleaved in one run on one database.

One process is: start → service action → gateway → user task → complete: two steps, each one committed transaction. Ours locks the
instance, keeps people's tasks, history and notices, and saves a state without specs. The baseline is the library alone: the whole
workflow by its own `serialize_json` in one locked row. It writes the diagram into every row, so it is measured on a diagram of six nodes
and on one as large as the order process. Trust the ratio, not the absolute figures of a busy machine.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import database, migrations
from portal.accounts.actor import SYSTEM
from portal.embedded import EmbeddedPostgres
from portal.progress import Phase, Progress
from portal.workflow import service
from portal.workflow.models import UserTask
from portal.workflow.registry import ActionCall, service_action

# mypy: disable-error-code="no-untyped-call"

STEPS_EACH = 2
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
SIZES = {"small": 0, "order": 70}
"""Nodes that the diagram has besides those that are run: none, and as many as the order process."""


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


@service_action("bench.look", label=("看", "Look"), outputs={"amount": "integer"})
def look(_session: Session, _call: ActionCall) -> dict[str, Any]:
    """Answer with an amount."""
    return {"amount": 29558}


class Ours:
    """The portal's engine, all it keeps included."""

    name = "portal"

    def __init__(self, size: str) -> None:
        self._count, self._key = 0, f"bench_{size}"
        with database.unit_of_work() as session:
            xml = diagram(self._key, SIZES[size], ours=True)
            service.publish(session, xml=xml, source="delivered", actor=SYSTEM)

    def process(self) -> None:
        """Run one process, two transactions."""
        self._count += 1
        key = f"B{self._count}"
        with database.unit_of_work() as session:
            facts = {"order": {"number": key, "customer_type": "one"}}
            instance_id = service.start_process(session, key=self._key, business_key=key, facts=facts, actor=SYSTEM)
            task_id = session.scalars(select(UserTask.id).where(UserTask.instance_id == instance_id)).one()
        with database.unit_of_work() as session:
            service.complete_task(session, actor=SYSTEM, task_id=task_id, data={})


class Plain:
    """SpiffWorkflow as its documentation shows it, one row an instance."""

    name = "library"

    def __init__(self, size: str) -> None:
        self._count, self._size = 0, size
        parser = BpmnParser()
        parser.add_bpmn_str(diagram("bench", SIZES[size], ours=False).encode())
        self._spec = parser.get_spec("bench")
        self._serializer = BpmnWorkflowSerializer()
        with database.unit_of_work() as session:
            session.execute(text("create table if not exists bench_plain (id text primary key, state text not null)"))

    def process(self) -> None:
        """Run one process, two transactions."""
        self._count += 1
        with database.unit_of_work() as session:
            workflow = BpmnWorkflow(self._spec)
            workflow.do_engine_steps()
            self._store(session, "insert into bench_plain (id, state) values (:id, :state)", workflow)
        with database.unit_of_work() as session:
            row = session.execute(
                text("select state from bench_plain where id = :id for update"), {"id": self._id()}
            ).one()
            workflow = self._serializer.deserialize_json(row.state)
            workflow.get_tasks(state=TaskState.READY, manual=True)[0].run()
            workflow.do_engine_steps()
            self._store(session, "update bench_plain set state = :state where id = :id", workflow)

    def _id(self) -> str:
        return f"{self._size} {self._count}"

    def _store(self, session: Session, statement: str, workflow: Any) -> None:
        session.execute(text(statement), {"id": self._id(), "state": self._serializer.serialize_json(workflow)})


def measure(work: Callable[[], None], count: int, phase: Phase) -> tuple[float, float]:
    """Run `count` processes; return steps a second and milliseconds of this process's CPU a step."""
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        work()
        phase.advance()
    steps = count * STEPS_EACH
    return steps / (time.perf_counter() - began), (time.process_time() - cpu) / steps * 1000


def main(args: list[str]) -> int:
    """Measure on a database of its own, and print a table or, with `--json`, JSON."""
    parser = argparse.ArgumentParser(
        prog="portal bench engine", description="process steps a second, beside the plain library"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=100, help="processes in each round, of each engine")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(args)
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        Path(folder).chmod(0o711)  # as root the server's own user must pass through it
        with EmbeddedPostgres(Path(folder), say=progress.say) as server:
            database.configure(server.start())
            try:
                migrations.upgrade(database.engine())
                figures = run(options.rounds, options.count, progress)
            finally:
                database.dispose()
                server.delete()
    sys.stdout.write(json.dumps(figures, indent=2) + "\n" if options.json else table(figures))
    return 0


def run(rounds: int, count: int, progress: Progress) -> dict[str, Any]:
    """Measure both engines in turn for each size, `rounds` times after one that warms up; return medians, and medians of the ratios."""
    sizes: dict[str, Any] = {}
    with progress.phase("Running processes", total=(rounds + 1) * count * 2 * len(SIZES)) as phase:
        for size in SIZES:
            sizes[size] = _measure_size(size, rounds, count, phase)
    return {"rounds": rounds, "processes_per_round": count, "sizes": sizes}


def _measure_size(size: str, rounds: int, count: int, phase: Phase) -> dict[str, Any]:
    engines = (Ours(size), Plain(size))
    seen: dict[str, list[tuple[float, float]]] = {engine.name: [] for engine in engines}
    for number in range(rounds + 1):
        for engine in engines:
            measured = measure(engine.process, count, phase)
            if number:
                seen[engine.name].append(measured)
    ratios = [ours[0] / plain[0] for ours, plain in zip(seen["portal"], seen["library"], strict=True)]
    return {
        "steps_per_second": {name: round(median(m[0] for m in measured), 1) for name, measured in seen.items()},
        "cpu_ms_per_step": {name: round(median(m[1] for m in measured), 3) for name, measured in seen.items()},
        "ratio": round(median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def table(figures: dict[str, Any]) -> str:
    """Write the figures for people."""
    lines = [f"{'':22}{'steps/s':>10}{'CPU ms/step':>14}{'portal : library':>18}"]
    for size, figure in figures["sizes"].items():
        low, high = figure["ratio_range"]
        for name, steps in figure["steps_per_second"].items():
            ratio = f"{figure['ratio']} ({low}-{high})" if name == "portal" else ""
            lines.append(f"{size:12}{name:10}{steps:>10}{figure['cpu_ms_per_step'][name]:>14}{ratio:>18}")
    return "\n".join(lines) + "\n"
