"""Moments that passed while nothing ran: the earliest happens first, with all it leads to, and what it ends does not happen any more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from tests.diagrams.build import border, catch, diagram, end, inside, node, parallel, start, user_task, wired
from tests.diagrams.play import Play

BEGAN = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[None]:
    with clock.frozen(BEGAN):
        yield


def after_a_month(xml: str) -> Play:
    game = Play(xml)
    clock.travel(timedelta(days=30))
    game.settle()
    return game


def bordered(first: str, second: str, *, interrupting: bool = True) -> str:
    return diagram(
        "test",
        wired(start(), user_task("work"), border("one", "work", timer=first), border("two", "work", timer=second, interrupting=interrupting),
              user_task("by_one"), user_task("by_two"), end("end_one"), end("end_two"), end(),
              flows="start -> work -> end\none -> by_one -> end_one\ntwo -> by_two -> end_two"),
    )  # fmt: skip


@pytest.mark.parametrize(("first", "second", "task"), [("P2D", "P1D", "by_two"), ("P1D", "P2D", "by_one")])
def test_of_two_that_interrupt_the_earlier_one_alone_does(first: str, second: str, task: str) -> None:
    game = after_a_month(bordered(first, second))
    assert (game.tasks(), game.waits()) == ([task], [])
    assert game.complete(task).run.ended


def test_of_two_that_had_passed_when_their_activity_began_one_interrupts_it() -> None:
    game = Play(bordered("2020-01-01", "2020-01-02"))
    assert (game.tasks(), game.waits()) == (["by_one"], [])


def test_what_would_be_due_after_an_interruption_does_not_happen() -> None:
    assert after_a_month(bordered("P1D", "P2D", interrupting=False)).tasks() == ["by_one"]


def test_what_is_due_before_an_interruption_happens_too() -> None:
    assert after_a_month(bordered("P2D", "P1D", interrupting=False)).tasks() == ["by_one", "by_two"]


@pytest.mark.parametrize(("inner", "outer", "ends"), [("P1D", "P2D", "end"), ("P2D", "P1D", "given_up")])
def test_inside_and_around_a_subprocess_the_earlier_one_decides(inner: str, outer: str, ends: str) -> None:
    part = wired(start("s"), user_task("work"), border("late", "work", timer=inner), end("left"), end("done"),
                 flows="s -> work -> done\nlate -> left")  # fmt: skip
    game = after_a_month(
        diagram("test", wired(start(), inside("box", part), border("over", "box", timer=outer), end("given_up"), end(),
                              flows="start -> box -> end\nover -> given_up"))
    )  # fmt: skip
    assert game.run.ended
    assert [key for kind, key in game.happened if kind == "node_entered"][-1] == ends


def test_what_an_end_takes_with_it_does_not_happen_when_it_is_due_later() -> None:
    part = wired(start("s"), parallel("split"), catch("moment", timer="P1D"), node("endEvent", "stop", "<bpmn:terminateEventDefinition/>"),
                 user_task("work"), border("late", "work", timer="P2D"), user_task("chase"), end("chased"), end("done"),
                 flows="s -> split\nsplit -> moment -> stop\nsplit -> work -> done\nlate -> chase -> chased")  # fmt: skip
    game = after_a_month(diagram("test", wired(start(), inside("box", part), end(), flows="start -> box -> end")))
    assert game.run.ended
    assert not {"late", "chase"} & {key for _kind, key in game.happened}
