"""Random walks beside a teller of what diagrams mean that shares nothing with the engine or the library.

It knows what the library does otherwise or not at all: joins in loops and in branches that begin again and again, moments that pass
together, ends that end everything. At random points the instance is moved to another, equal version of its diagram.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.engine import Run
from portal.workflow.migration_plan import make_plan
from portal.workflow.migration_state import move
from tests.diagrams.blocks import Dice, Written
from tests.diagrams.meaning import Meaning, Open
from tests.diagrams.play import Play

BEGAN = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
GROUPS, WALKS, STEPS = 8, 30, 40


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[None]:
    with clock.frozen(BEGAN):
        yield


class Walk:
    """An instance, and what it means."""

    def __init__(self, seed: int) -> None:
        self.dice, process = random.Random(seed), Dice(seed).process()
        drawn = Written.of(process, "walk")
        self.versions = [parse_definition(xml, drawn.calls) for xml in (drawn.xml("walk"), drawn.xml("walk") + "\n")]
        self.play, self.meaning = Play(self.versions[0]), Meaning(process)

    def told(self) -> tuple[list[str], list[tuple[str, datetime | None]], bool]:
        """What is open, as the engine tells it."""
        now = self.play.run.snapshot()
        waits = [(wait.node.id, wait.due_at) for wait in now.waits.values()]
        return sorted(node.id for node in now.tasks.values()), sorted(waits, key=str), self.play.run.ended

    def meant(self) -> tuple[list[str], list[tuple[str, datetime | None]], bool]:
        """What should be open."""
        waits = [(one.name, one.due) for kind in ("message", "timer") for one in self.meaning.open(kind)]
        return sorted(one.name for one in self.meaning.open("task")), sorted(waits, key=str), self.meaning.ended

    def step(self) -> bool:
        """Do something that can be told apart from everything else; False when there is nothing."""
        open_ = self.meaning.scope.all_open()
        often = Counter((one.kind, one.name) for one in open_)
        single = [one for one in open_ if one.kind == "timer" or often[one.kind, one.name] == 1]
        if single:
            self._do(self.dice.choice(single))
        return bool(single)

    def _do(self, one: Open) -> None:
        if one.kind == "timer":
            span = min(timer.due for timer in self.meaning.open("timer") if timer.due) - clock.now()
            clock.travel(span * self.dice.choice([1, 1, 1, 3, 10]) + timedelta(seconds=1))
            self.play.settle()
        elif one.kind == "message":
            self.meaning.do(one)
            self.play.send(f"m_{one.name.rpartition('.')[2]}")
        else:
            answer = self.dice.choice(["yes", "no", "no"])
            self.meaning.do(one, answer)
            self.play.complete(one.name, go=answer)
        self.meaning.look()

    def move(self) -> None:
        """Move the instance to the other version, where everything stays as it is."""
        old, new = self.versions
        before = self.play.run.snapshot()
        plan = make_plan(old.vocabulary, new.vocabulary)
        moved = move(self.play.run.dump(), old, new, plan, self.play.host, arrived={}, restart=False)
        self._go_on(new, moved.state)
        after = self.play.run.snapshot()
        assert (after.tasks.keys(), after.waits.keys()) == (before.tasks.keys(), before.waits.keys())

    def _go_on(self, version: Definition, state: bytes) -> None:
        self.versions.reverse()
        self.play.definition, self.play.run = version, Run.load(version, self.play.host, state)


@pytest.mark.parametrize("group", range(GROUPS))
def test_saved_and_loaded_at_every_step_an_instance_does_what_its_diagram_means(group: int) -> None:
    ends: Counter[str] = Counter()
    for seed in range(group * WALKS, (group + 1) * WALKS):
        with clock.frozen(BEGAN):
            walk = Walk(seed)
            assert walk.told() == walk.meant(), seed
            for _ in range(STEPS):
                if not walk.step():
                    break
                assert walk.told() == walk.meant(), seed
                blocked = walk.play.blocked()
                assert all(node.endswith("_join") for node in blocked), seed
                if not (blocked or walk.meaning.ended) and walk.dice.random() < 0.2:
                    walk.move()
            ends["ended" if walk.meaning.ended else "in vain" if walk.play.blocked() else "going on"] += 1
    assert ends["ended"] > WALKS / 3, ends
