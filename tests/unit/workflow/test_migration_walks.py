"""Random pairs of versions, random states of the first: each is either refused with a reason, or runs on to its end on the second."""

import copy
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.engine import Run
from portal.workflow.errors import MigrationRefused
from portal.workflow.migration_plan import Plan, make_plan
from portal.workflow.migration_state import Moved, move
from portal.workflow.vocabulary import Node
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    gateway,
    inside,
    parallel,
    service,
    start,
    user_task,
    wired,
)

GROUPS, PAIRS = 3, 50
STATES = 4
LONGEST = 200


class Silent:
    """A host without effects; every action is performed outside."""

    def perform(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None:
        raise AssertionError

    def request(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None: ...

    def is_outside(self, node: Node) -> bool:
        return True

    def decide(self, node: Node, facts: Mapping[str, Any]) -> Any:
        raise AssertionError

    def status(self, node: Node) -> None: ...


@dataclass
class Block:
    """A piece of a process; `label` stays the same in all versions, `id` may change."""

    kind: str
    label: str
    id: str
    ways: list[list["Block"]] = field(default_factory=list)
    borders: list["Block"] = field(default_factory=list)


class Drawing:
    """Draws a random process, and changes it at random."""

    def __init__(self, seed: int) -> None:
        self.random, self.count = random.Random(seed), 0
        self.process = self.sequence(3)

    def sequence(self, depth: int) -> list[Block]:
        return [self.block(depth) for _ in range(self.random.randint(1, 3))]

    def block(self, depth: int) -> Block:
        kinds = ["task", "task", "task", "wait", "outside"] + (["both", "choice", "part", "fork"] if depth else [])
        kind = self.random.choice(kinds)
        made = self.named(kind)
        if kind in ("both", "choice", "part", "fork"):
            made.ways = [self.sequence(depth - 1) for _ in range(1 if kind == "part" else 2)]
        if kind in ("task", "part", "outside") and self.random.random() < 0.4:
            made.borders = [self.border(depth)]
        return made

    def border(self, depth: int) -> Block:
        made = self.named(self.random.choice(["stop", "nudge", "late"]))
        made.ways = [self.sequence(0)]
        return made

    def named(self, kind: str) -> Block:
        self.count += 1
        return Block(kind, f"{kind}{self.count}", f"{kind}{self.count}")

    # Changing it

    def changed(self) -> list[Block]:
        process = copy.deepcopy(self.process)
        for _ in range(self.random.randint(1, 3)):
            way = self.random.choice(list(ways(process)))
            getattr(
                self, self.random.choice(["insert", "remove", "rename", "watch", "unwatch", "wrap", "wrap", "unwrap"])
            )(way)
        return process

    def insert(self, way: list[Block]) -> None:
        way.insert(self.random.randint(0, len(way)), self.block(1))

    def remove(self, way: list[Block]) -> None:
        if len(way) > 1:
            way.pop(self.random.randrange(len(way)))

    def rename(self, way: list[Block]) -> None:
        self.random.choice(way).id += "x"

    def watch(self, way: list[Block]) -> None:
        block = self.random.choice(way)
        if block.kind in ("task", "part", "outside"):
            block.borders.append(self.border(0))

    def unwatch(self, way: list[Block]) -> None:
        block = self.random.choice(way)
        block.borders = block.borders[1:]

    def wrap(self, way: list[Block]) -> None:
        place = self.random.randrange(len(way))
        around = self.named(self.random.choice(["both", "part", "fork"]))
        around.ways = [[way[place]]] if around.kind == "part" else [[way[place]], self.sequence(0)]
        way[place] = around

    def unwrap(self, way: list[Block]) -> None:
        place = self.random.randrange(len(way))
        if way[place].ways:
            way[place : place + 1] = way[place].ways[0]


def ways(sequence: list[Block]) -> Iterator[list[Block]]:
    """All sequences of a process, those inside included."""
    yield sequence
    for block in sequence:
        for way in block.ways:
            yield from ways(way)
        for watcher in block.borders:
            yield from ways(watcher.ways[0])


def blocks(sequence: list[Block]) -> Iterator[Block]:
    """All blocks of a process."""
    for way in ways(sequence):
        for block in way:
            yield block
            yield from block.borders


@dataclass
class Written:
    """A process as a diagram."""

    parts: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def sequence(self, way: list[Block], first: str, last: str, condition: str = "") -> None:
        """Write what is between two nodes."""
        before = first
        for block in way:
            entry, leave = self.block(block)
            self.flows.append(f"{before} -> {entry}{condition}")
            before, condition = leave, ""
        self.flows.append(f"{before} -> {last}")

    def block(self, block: Block) -> tuple[str, str]:
        entry, leave = getattr(self, f"write_{block.kind}")(block)
        if not block.borders:
            return entry, leave
        after = f"{block.id}_after"
        self.parts.append(gateway(after))
        self.flows.append(f"{leave} -> {after}")
        for watcher in block.borders:
            self.watcher(watcher, block, after)
        return entry, after

    def watcher(self, watcher: Block, on: Block, after: str) -> None:
        """A nudge has a way and an end of its own; what interrupts goes on where its activity would have."""
        message = "" if watcher.kind == "late" else self.message(watcher)
        timer = "P7D" if watcher.kind == "late" else ""
        self.parts.append(border(watcher.id, on.id, message=message, timer=timer, interrupting=watcher.kind != "nudge"))
        if watcher.kind == "nudge":
            self.parts.append(end(f"{watcher.label}_end"))
        self.sequence(watcher.ways[0], watcher.id, f"{watcher.label}_end" if watcher.kind == "nudge" else after)

    def message(self, block: Block) -> str:
        self.messages.append(f"m_{block.label}")
        return self.messages[-1]

    def write_task(self, block: Block) -> tuple[str, str]:
        self.parts.append(user_task(block.id))
        return block.id, block.id

    def write_outside(self, block: Block) -> tuple[str, str]:
        self.parts.append(service(block.id, "test.outside"))
        return block.id, block.id

    def write_wait(self, block: Block) -> tuple[str, str]:
        self.parts.append(catch(block.id, message=self.message(block)))
        return block.id, block.id

    def write_both(self, block: Block) -> tuple[str, str]:
        join = f"{block.id}_join"
        self.parts += [parallel(block.id), parallel(join)]
        for way in block.ways:
            self.sequence(way, block.id, join)
        return block.id, join

    def write_fork(self, block: Block) -> tuple[str, str]:
        self.parts += [parallel(block.id), end(f"{block.id}_end")]
        self.sequence(block.ways[1], block.id, f"{block.id}_end")
        last = f"{block.id}_pass"
        self.parts.append(gateway(last))
        self.sequence(block.ways[0], block.id, last)
        return block.id, last

    def write_choice(self, block: Block) -> tuple[str, str]:
        merge = f"{block.id}_merge"
        self.parts += [gateway(block.id), gateway(merge)]
        for number, way in enumerate(block.ways):
            self.sequence(way, block.id, merge, " | default" if number else f" | coin.{block.label} == true")
        return block.id, merge

    def write_part(self, block: Block) -> tuple[str, str]:
        inner = Written()
        inner.parts = [start(f"{block.id}_in"), end(f"{block.id}_out")]
        inner.sequence(block.ways[0], f"{block.id}_in", f"{block.id}_out")
        self.messages += inner.messages
        self.parts.append(inside(block.id, wired(*inner.parts, flows="\n".join(inner.flows))))
        return block.id, block.id


def written(process: list[Block]) -> Definition:
    drawn = Written([start(), end()])
    drawn.sequence(process, "start", "end")
    return parse_definition(
        diagram("walk", wired(*drawn.parts, flows="\n".join(drawn.flows)), messages=" ".join(drawn.messages))
    )


class Walk:
    """Walks an instance at random, saved and loaded at every step; counts how often each node was entered."""

    def __init__(self, seed: int, definition: Definition, state: bytes) -> None:
        self.random, self.definition, self.state = random.Random(seed), definition, state
        self.entered: Counter[str] = Counter()
        self.ended = False

    @classmethod
    def begin(cls, seed: int, definition: Definition, facts: dict[str, Any]) -> "Walk":
        walk = cls(seed, definition, b"")
        walk.save(Run.start(definition, Silent(), facts))
        return walk

    def save(self, run: Run) -> None:
        run.advance()
        assert not run.failures
        run.find_stuck()
        assert not run.failures, f"stuck at {[node.id for node, _ in run.failures.values()]}"
        self.entered.update(event.id or "" for event in run.events if event.kind == "node_entered")
        self.ended, self.state = run.ended, run.dump()

    def load(self) -> Run:
        return Run.load(self.definition, Silent(), self.state)

    def step(self) -> None:
        run = self.load()
        now = run.snapshot()
        happening = {task: node.id for task, node in now.tasks.items()}
        happening |= {task: wait.node.id for task, wait in now.waits.items() if wait.kind != "timer"}
        main = [task for task, node in happening.items() if not node.startswith("nudge")]
        among = main if main and self.random.random() < 0.9 else list(happening)
        chosen = self.random.choice(sorted(among, key=lambda task: happening[task]))
        if chosen in now.waits and now.waits[chosen].kind == "message":
            run.deliver(now.waits[chosen].name, None)
        else:
            run.complete(chosen, None)
        self.save(run)


def facts_for(drawing: Drawing, *processes: list[Block]) -> dict[str, Any]:
    labels = {block.label for process in processes for block in blocks(process) if block.kind == "choice"}
    return {"coin": {label: drawing.random.random() < 0.5 for label in sorted(labels)}}


def mapping_of(old: list[Block], new: list[Block]) -> dict[str, str]:
    """What a person would say about the ids that changed."""
    now = {block.label: block.id for block in blocks(new)}
    found: dict[str, str] = {}
    for block in blocks(old):
        if block.label in now and now[block.label] != block.id:
            for tail in ("", "_join", "_pass", "_merge"):
                found[block.id + tail] = now[block.label] + tail
    return found


def moved_or_refused(state: bytes, old: Definition, new: Definition, plan: Plan) -> Moved | None:
    arrived = {task: datetime(2026, 1, 1, tzinfo=UTC) for task in Run.load(old, Silent(), state).snapshot().waits}
    try:
        return move(state, old, new, plan, Silent(), arrived=arrived, restart=False)
    except MigrationRefused:
        return None


@pytest.mark.parametrize("group", range(GROUPS))
def test_an_instance_is_refused_and_untouched_or_runs_on_to_its_end(group: int) -> None:
    tally: Counter[str] = Counter()
    for seed in range(group * PAIRS, (group + 1) * PAIRS):
        _move_and_run_on(seed, tally)
    assert tally["moved"] > 50, tally  # a test that refuses everything proves nothing
    assert tally["refused"] > 4, tally


def _move_and_run_on(seed: int, tally: Counter[str]) -> None:
    drawing = Drawing(seed)
    process, changed = drawing.process, drawing.changed()
    old, new = written(process), written(changed)
    plan = make_plan(old.vocabulary, new.vocabulary, mapping_of(process, changed))
    facts = facts_for(drawing, process, changed)
    repeated = {
        block.id
        for sequence in (process, changed)
        for b in blocks(sequence)
        if b.kind == "nudge"
        for block in blocks([b])
    }
    for number in range(STATES):
        walk = Walk.begin(seed * 31 + number, old, facts)
        for _ in range(drawing.random.randint(0, 8)):
            if not walk.ended:
                walk.step()
        if walk.ended:
            continue
        before = walk.load().snapshot()
        moved = moved_or_refused(walk.state, old, new, plan)
        tally["refused" if moved is None else "moved"] += 1
        if moved is not None:
            after = Run.load(new, Silent(), moved.state).snapshot()
            assert before.tasks.keys() == after.tasks.keys()
            walk.entered = Counter({plan.mapped.get(node, node): times for node, times in walk.entered.items()})
            walk.definition, walk.state = new, moved.state
        _walk_to_the_end(walk, repeated, seed)


def _walk_to_the_end(walk: Walk, repeated: set[str], seed: int) -> None:
    for _ in range(LONGEST):
        if walk.ended:
            break
        walk.step()
    assert walk.ended, f"{seed} did not come to its end"
    twice = [
        node
        for node, times in walk.entered.items()
        if times > 1 and node.split("_")[0] not in repeated and not _joins(walk, node)
    ]
    assert not twice, f"{seed}: entered twice: {twice}"


def _joins(walk: Walk, node: str) -> bool:
    """Whether several tokens may well come there: a join or an end; what a nudge set off happens as often as it came."""
    kind = walk.definition.vocabulary.nodes.get(node)
    return kind is None or kind.kind in ("endEvent", "parallelGateway")
