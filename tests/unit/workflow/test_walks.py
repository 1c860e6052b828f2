"""Random walks through random diagrams: ours, saved and loaded at every step, goes where the stock engine goes.

This is what lets `codec.py` and `engine.py` read Spiff's private members: an upgrade that changes them fails here.
"""

import random
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.engine import Run
from portal.workflow.vocabulary import Node
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    field,
    gateway,
    inside,
    parallel,
    start,
    throw,
    user_task,
    wired,
)


class Silent:
    """A host without effects."""

    def perform(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None:
        raise AssertionError

    request = perform

    def is_outside(self, node: Node) -> bool:
        return False

    def decide(self, node: Node, facts: Mapping[str, Any]) -> Any:
        raise AssertionError

    def status(self, node: Node) -> None: ...


class Drawing:
    """Draws a random block-structured process; `condition` writes a test of what a task was completed with."""

    def __init__(self, seed: int, condition: str) -> None:
        self.random, self.condition, self.count = random.Random(seed), condition, 0
        self.messages: list[str] = []

    def xml(self) -> str:
        nodes, flows = [start("start"), end("end")], []
        first, last = self.block(nodes, flows, 3)
        flows += [f"start -> {first}", f"{last} -> end"]
        return diagram("walk", wired(*nodes, flows="\n".join(flows)), messages=" ".join(self.messages))

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def block(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        kinds = (
            ["task", "task", "pass"]
            if depth == 0
            else ["sequence", "sequence", "choice", "parallel", "loop", "fork", "inside", "wait"]
        )
        return getattr(self, f"draw_{self.random.choice(kinds)}")(nodes, flows, depth - 1)

    def draw_task(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        name = self.name("task")
        nodes.append(user_task(name, field("go")))
        return name, name

    def draw_pass(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        name = self.name("pass")
        nodes.append(throw(name))
        return name, name

    def draw_wait(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        name = self.name("wait")
        self.messages.append(f"m_{name}")
        nodes.append(catch(name, message=f"m_{name}"))
        return name, name

    def draw_sequence(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        a, b = self.block(nodes, flows, depth), self.block(nodes, flows, depth)
        flows.append(f"{a[1]} -> {b[0]}")
        return a[0], b[1]

    def draw_choice(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        task, gate, merge = self.name("task"), self.name("gate"), self.name("merge")
        nodes += [user_task(task, field("go")), gateway(gate), gateway(merge)]
        a, b = self.block(nodes, flows, depth), self.block(nodes, flows, depth)
        flows += [f"{task} -> {gate}", f"{gate} -> {a[0]} | {self.condition.format(task)}", f"{gate} -> {b[0]} | default",
                  f"{a[1]} -> {merge}", f"{b[1]} -> {merge}"]  # fmt: skip
        return task, merge

    def draw_parallel(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        split, join = self.name("split"), self.name("join")
        nodes += [parallel(split), parallel(join)]
        for _ in range(2):
            first, last = self.block(nodes, flows, depth)
            flows += [f"{split} -> {first}", f"{last} -> {join}"]
        return split, join

    def draw_fork(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        split, side = self.name("fork"), self.name("end")
        nodes += [parallel(split), end(side)]
        a, b = self.block(nodes, flows, depth), self.block(nodes, flows, depth)
        flows += [f"{split} -> {a[0]}", f"{a[1]} -> {side}", f"{split} -> {b[0]}"]
        return split, b[1]

    def draw_loop(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        merge, task, gate, out = self.name("merge"), self.name("task"), self.name("gate"), self.name("pass")
        nodes += [gateway(merge), user_task(task, field("go")), gateway(gate), throw(out)]
        a = self.block(nodes, flows, depth)
        flows += [
            f"{merge} -> {a[0]}",
            f"{a[1]} -> {task} -> {gate}",
            f"{gate} -> {merge} | {self.condition.format(task)}",
            f"{gate} -> {out} | default",
        ]
        return merge, out

    def draw_inside(self, nodes: list[str], flows: list[str], depth: int) -> tuple[str, str]:
        name, stop, after, over = self.name("inside"), self.name("stop"), self.name("task"), self.name("end")
        inner: list[str] = [start(f"{name}_start"), end(f"{name}_end")]
        inner_flows: list[str] = []
        first, last = self.block(inner, inner_flows, depth)
        inner_flows += [f"{name}_start -> {first}", f"{last} -> {name}_end"]
        self.messages.append(f"m_{stop}")
        nodes += [
            inside(name, wired(*inner, flows="\n".join(inner_flows))),
            border(stop, name, message=f"m_{stop}"),
            user_task(after, field("go")),
            end(over),
        ]
        flows.append(f"{stop} -> {after} -> {over}")
        return name, name


class Ours:
    """A run that is saved and loaded after everything that happens."""

    def __init__(self, xml: str) -> None:
        self.definition = parse_definition(xml)
        self.run = Run.start(self.definition, Silent(), {})
        self.settle()

    def settle(self) -> None:
        self.run.advance()
        assert not self.run.failures
        self.run = Run.load(self.definition, Silent(), self.run.dump())

    def open(self) -> list[str]:
        return sorted(node.id for node in self.run.snapshot().tasks.values())

    def waiting(self) -> list[str]:
        return sorted(wait.name for wait in self.run.snapshot().waits.values())

    def complete(self, name: str, go: str) -> None:
        task_id = next(task_id for task_id, node in self.run.snapshot().tasks.items() if node.id == name)
        self.run.complete(task_id, {"go": go})
        self.settle()

    def send(self, name: str) -> None:
        assert self.run.deliver(name, {})
        self.settle()

    @property
    def ended(self) -> bool:
        return self.run.ended


class Stock:
    """The stock engine, kept in memory."""

    def __init__(self, xml: str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(xml.encode())
        self.workflow = BpmnWorkflow(parser.get_spec("walk"), parser.get_subprocess_specs("walk"))
        self.workflow.do_engine_steps()

    def tasks(self) -> list[Any]:
        return list(self.workflow.get_tasks(state=TaskState.READY, manual=True))

    def open(self) -> list[str]:
        return sorted(task.task_spec.name for task in self.tasks())

    def waiting(self) -> list[str]:
        return sorted(
            event.name for event in self.workflow.waiting_events() if event.event_type == "MessageEventDefinition"
        )

    def complete(self, name: str, go: str) -> None:
        task = next(task for task in self.tasks() if task.task_spec.name == name)
        task.data[f"{name}_go"] = go
        task.run()
        self.workflow.do_engine_steps()

    def send(self, name: str) -> None:
        self.workflow.send_event(BpmnEvent(MessageEventDefinition(name), {}))
        self.workflow.do_engine_steps()

    @property
    def ended(self) -> bool:
        return bool(self.workflow.completed)


@pytest.mark.parametrize("block", range(8))
def test_saved_and_loaded_at_every_step_it_goes_where_the_stock_engine_goes(block: int) -> None:
    steps = 0
    for seed in range(block * 25, block * 25 + 25):
        ours, stock = Ours(Drawing(seed, '{}.go == "yes"').xml()), Stock(Drawing(seed, '{}_go == "yes"').xml())
        dice = random.Random(seed)
        for _ in range(40):
            assert (ours.open(), ours.waiting(), ours.ended) == (stock.open(), stock.waiting(), stock.ended), seed
            choices = [
                *[("complete", name) for name in ours.open()] * 3,
                *[("send", name) for name in sorted(set(ours.waiting()))],
            ]
            if not choices:  # the end, or a join whose other branch was interrupted: both engines wait for ever
                break
            what, name = dice.choice(choices)
            arguments = (name, dice.choice(["yes", "no", "no"])) if what == "complete" else (name,)
            getattr(ours, what)(*arguments)
            getattr(stock, what)(*arguments)
            steps += 1
    assert steps > 50


def fingerprint(definition: Definition) -> str:
    """Everything a spec holds that decides how it runs."""
    specs = (definition.specs.top, *definition.specs.inner.values())
    return repr([(name, type(spec).__name__, spec._inputs, spec._outputs, vars(spec).get("cond_task_specs") and len(spec.cond_task_specs))
                 for wf in specs for name, spec in sorted(wf.task_specs.items())])  # fmt: skip


def test_running_never_changes_the_shared_specs() -> None:
    for seed in range(30):
        ours = Ours(Drawing(seed, '{}.go == "yes"').xml())
        before = fingerprint(ours.definition)
        dice = random.Random(seed)
        for _ in range(30):
            choices = [
                *[("complete", name) for name in ours.open()] * 3,
                *[("send", name) for name in sorted(set(ours.waiting()))],
            ]
            if not choices:
                break
            what, name = dice.choice(choices)
            ours.complete(name, dice.choice(["yes", "no"])) if what == "complete" else ours.send(name)
        assert fingerprint(ours.definition) == before
