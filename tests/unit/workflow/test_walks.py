"""Random walks through random diagrams: ours goes where the stock library goes, both saved and loaded between every two steps.

This is what lets `codec.py`, `compacting.py`, `nodes.py` and `engine.py` read Spiff's private members: an upgrade that changes them
fails here. One difference is meant: a non-interrupting message on a border waits again after it came; the stock one waits once.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import CallActivity, EventBasedGateway
from SpiffWorkflow.bpmn.specs.event_definitions import timer as stock_timers
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from portal import clock
from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.expanding import Called
from tests.diagrams.drawing import OURS, STOCK, Drawing, Drawn
from tests.diagrams.play import Play

BEGAN = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
BLOCKS, WALKS, STEPS = 8, 30, 30


class OurClock(datetime):
    """The stock timers' clock, held and moved with ours."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return clock.now().astimezone(tz)


@pytest.fixture(autouse=True)
def one_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stock_timers, "datetime", OurClock)
    with clock.frozen(BEGAN):
        yield


def called(drawn: Drawn) -> dict[str, Called]:
    return {key: Called(1, hashlib.sha256(one.xml.encode()).hexdigest(), called(one), lambda one=one: one.xml) for key, one in drawn.called.items()}  # fmt: skip


class Ours:
    """A run that is saved and loaded after everything that happens."""

    def __init__(self, drawn: Drawn) -> None:
        self.definition = parse_definition(drawn.xml, called(drawn))
        self.play = Play(self.definition)

    def open(self) -> list[str]:
        return self.play.tasks()

    def waiting(self) -> list[str]:
        return sorted(wait.node.id for wait in self.play.run.snapshot().waits.values())

    def passed(self) -> Counter[str]:
        return Counter(key for kind, key in self.play.happened if kind == "node_entered" and is_pass(key))

    def complete(self, name: str, go: str) -> None:
        self.play.complete(name, go=go)

    def send(self, node: str) -> None:
        self.play.send(f"m_{node.rpartition('.')[2]}")

    def look(self) -> None:
        self.play.settle()

    def due(self) -> datetime:
        return min(wait.due_at for wait in self.play.run.snapshot().waits.values() if wait.due_at is not None)

    @property
    def ended(self) -> bool:
        return self.play.run.ended


SERIALIZER = BpmnWorkflowSerializer()


class Stock:
    """The stock engine, saved and loaded by the stock serializer after everything that happens."""

    def __init__(self, drawn: Drawn) -> None:
        parser = BpmnParser()
        for xml in everything(drawn):
            parser.add_bpmn_str(xml.encode())
        self.workflow = BpmnWorkflow(parser.get_spec("walk"), parser.get_subprocess_specs("walk"))
        self.look()

    def look(self) -> None:
        self.workflow.do_engine_steps()
        while any(not task.task_spec.manual for task in self.workflow.get_tasks(state=TaskState.READY)):
            self.workflow.do_engine_steps()
        self.workflow = SERIALIZER.deserialize_json(SERIALIZER.serialize_json(self.workflow))
        self.workflow.script_engine = PythonScriptEngine()

    def name(self, task: Any, spec_name: str | None = None) -> str:
        """The name as we give it: what is called stands under its call activity."""
        name, workflow = spec_name or task.task_spec.name, task.workflow
        while workflow.parent_workflow is not None:
            owner = self.workflow.get_task_from_id(workflow.parent_task_id)
            if isinstance(owner.task_spec, CallActivity):
                name = f"{owner.task_spec.name}.{name}"
            workflow = workflow.parent_workflow
        return name

    def tasks(self) -> list[Any]:
        return list(self.workflow.get_tasks(state=TaskState.READY, manual=True))

    def open(self) -> list[str]:
        return sorted(self.name(task) for task in self.tasks())

    def waiting(self) -> list[str]:
        found = []
        for task in self.workflow.event_manager.tasks.values():
            if task.state == TaskState.WAITING:
                spec = task.task_spec
                names = [event.name for event in spec.outputs] if isinstance(spec, EventBasedGateway) else [spec.name]
                found += [self.name(task, name) for name in names]
        return sorted(found)

    def passed(self) -> Counter[str]:
        workflows = (self.workflow, *self.workflow.subprocesses.values())
        done = [task for one in workflows for task in one.tasks.values() if task.state == TaskState.COMPLETED]
        return Counter(name for task in done if is_pass(name := self.name(task)))

    def complete(self, name: str, go: str) -> None:
        task = next(task for task in self.tasks() if self.name(task) == name)
        task.data[f"{task.task_spec.name}_go"] = go
        task.run()
        self.look()

    def send(self, node: str) -> None:
        self.workflow.send_event(BpmnEvent(MessageEventDefinition(f"m_{node.rpartition('.')[2]}"), {}))
        self.look()

    @property
    def ended(self) -> bool:
        return bool(self.workflow.completed)


def everything(drawn: Drawn) -> list[str]:
    return [drawn.xml, *(xml for one in drawn.called.values() for xml in everything(one))]


def is_pass(name: str) -> bool:
    return name.rpartition(".")[2].startswith("pass")


def waits_again(name: str) -> bool:
    return name.rpartition(".")[2].startswith("side_message")


class Walk:
    """One walk of both engines; `agree` compares all that can be seen."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice, self.said = seed, random.Random(seed), set[str]()
        self.ours, self.stock = Ours(Drawing(seed, OURS).draw()), Stock(Drawing(seed, STOCK).draw())
        self.kinds: Counter[str] = Counter()

    def agree(self) -> None:
        ours, stock = self.ours, self.stock
        waiting = [name for name in ours.waiting() if not (waits_again(name) and name not in stock.waiting())]
        assert ours.open() == stock.open(), self.seed
        assert waiting == stock.waiting(), self.seed
        assert ours.passed() == stock.passed(), self.seed
        assert ours.ended == stock.ended, self.seed

    def step(self) -> bool:
        """Do something in both; False when there is nothing to do: the end, or a join whose other branch was interrupted."""
        waiting = self.stock.waiting()
        messages = [
            name
            for name in waiting
            if "timer" not in name and "cycle" not in name and f"m_{name.rpartition('.')[2]}" in self.known
        ]
        choices: list[tuple[str, str]] = [("complete", name) for name in self.ours.open()] * 2 + [
            ("send", name) for name in messages
        ]
        if len(messages) < len(waiting):
            choices.append(("tick", ""))
        if not choices:
            return False
        what, name = self.dice.choice(choices)
        self.kinds[what] += 1
        if what == "complete":
            go = self.dice.choice(["yes", "no", "no"])
            for engine in (self.ours, self.stock):
                engine.complete(name, go)
        elif what == "send":
            for engine in (self.ours, self.stock):
                engine.send(name)
        else:
            clock.travel(self.ours.due() - clock.now() + timedelta(seconds=1))
            for engine in (self.ours, self.stock):
                engine.look()
        return True

    @property
    def known(self) -> frozenset[str]:
        """The messages of the drawing; what else waits is a timer."""
        return frozenset(node.message for node in self.ours.definition.vocabulary.nodes.values() if node.message)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_saved_and_loaded_at_every_step_it_goes_where_the_stock_engine_goes(block: int) -> None:
    done: Counter[str] = Counter()
    for seed in range(block * WALKS, (block + 1) * WALKS):
        with clock.frozen(BEGAN):
            walk = Walk(seed)
            before = fingerprint(walk.ours.definition)
            walk.agree()
            for _ in range(STEPS):
                if not walk.step():
                    break
                walk.agree()
            assert fingerprint(walk.ours.definition) == before, seed
            done += walk.kinds
    assert min(done["complete"], done["send"], done["tick"]) > 20


def fingerprint(definition: Definition) -> str:
    """Everything the specs hold, which instances share and no run may change."""
    specs = {"top": definition.specs.top, **definition.specs.inner}
    return repr(
        [
            (key, name, type(spec).__name__, told(spec))
            for key, wf in specs.items()
            for name, spec in sorted(wf.task_specs.items())
        ]
    )


def told(value: Any, depth: int = 0) -> Any:
    """The attributes of a spec, and of the definitions it holds, as far as they are plain."""
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, list | tuple):
        return [told(item, depth) for item in value]
    if isinstance(value, dict):
        return {str(key): told(item, depth) for key, item in value.items()}
    if depth > 1 or isinstance(value, type) or callable(value):
        return type(value).__name__
    return {key: told(item, depth + 1) for key, item in sorted(vars(value).items()) if key != "_wf_spec"}
