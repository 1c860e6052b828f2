"""Repeating timers: the activity goes on, each tick runs the branch once, what was missed is one tick, the grid is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from portal.workflow.due import parse_cycle
from tests.diagrams.build import border, diagram, end, inside, parallel, service, start, user_task, wired
from tests.diagrams.play import Play

BEGAN = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[None]:
    with clock.frozen(BEGAN):
        yield


def reminding(cycle: str = "R/PT1H", **more: str) -> Play:
    return Play(
        diagram(
            "test",
            wired(start(), user_task("work"), border("tick", "work", cycle=cycle, interrupting=False, **more), service("remind", "do.it"),
                  end("reminded"), end(), flows="start -> work -> end\ntick -> remind -> reminded"),
        )
    )  # fmt: skip


def pass_time(game: Play, span: timedelta) -> int:
    """Let time pass, look, and return how often the branch ran."""
    before = len(game.host.did)
    clock.travel(span)
    game.settle()
    return len(game.host.did) - before


def test_each_tick_runs_the_branch_once_and_the_activity_goes_on() -> None:
    game = reminding()
    assert [pass_time(game, HOUR) for _ in range(3)] == [1, 1, 1]
    assert (game.tasks(), game.waits()) == (["work"], ["timer:tick"])
    assert pass_time(game, HOUR / 2) == 0
    assert game.complete("work").run.ended


def test_a_tick_that_is_late_keeps_to_the_grid() -> None:
    game = reminding()
    pass_time(game, HOUR + timedelta(minutes=7))
    assert game.due("tick") == BEGAN + 2 * HOUR


def test_what_was_missed_is_one_tick_and_the_next_one_is_still_to_come() -> None:
    game = reminding()
    assert pass_time(game, 5 * HOUR + timedelta(minutes=20)) == 1
    assert game.due("tick") == BEGAN + 6 * HOUR
    assert pass_time(game, timedelta()) == 0


def test_a_clock_that_is_put_back_neither_ticks_again_nor_moves_the_next_tick() -> None:
    game = reminding()
    pass_time(game, HOUR)
    assert pass_time(game, -3 * HOUR) == 0
    assert game.due("tick") == BEGAN + 2 * HOUR
    assert pass_time(game, 4 * HOUR) == 1


def test_a_count_is_kept_from_step_to_step() -> None:
    game = reminding("R3/PT1H")
    assert [pass_time(game, HOUR) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert game.waits() == []
    assert game.complete("work").run.ended


def test_a_thousand_ticks_leave_no_more_behind_than_ten() -> None:
    game = reminding("R/PT1H")
    sizes = []
    for _ in range(1000):
        pass_time(game, HOUR)
        sizes.append(len(game.run.dump()))
    assert len(game.host.did) == 1000
    assert sizes[-1] <= sizes[9] + 10
    assert game.blocked() == []


def test_a_plain_timer_that_does_not_interrupt_fires_once() -> None:
    game = Play(
        diagram(
            "test",
            wired(start(), user_task("work"), border("late", "work", timer="PT1H", interrupting=False), service("remind", "do.it"),
                  end("reminded"), end(), flows="start -> work -> end\nlate -> remind -> reminded"),
        )
    )  # fmt: skip
    assert [pass_time(game, HOUR) for _ in range(4)] == [1, 0, 0, 0]
    assert (game.tasks(), game.waits()) == (["work"], [])


def test_ticks_around_a_subprocess_leave_it_alone_until_it_ends() -> None:
    inner = wired(start("s"), user_task("deep"), end("e"), flows="s -> deep -> e")
    game = Play(
        diagram("test", wired(start(), inside("box", inner), border("tick", "box", cycle="R/P1D", interrupting=False), user_task("look"),
                              end("looked"), end(), flows="start -> box -> end\ntick -> look -> looked"))
    )  # fmt: skip
    for _ in range(3):
        pass_time(game, timedelta(days=1))
    assert game.tasks() == ["deep", "look", "look", "look"]
    game.complete("deep").complete("look").complete("look")
    assert (game.tasks(), game.waits(), game.run.ended) == (["look"], [], False)
    assert game.complete("look").run.ended


@pytest.mark.parametrize(
    "text",
    [
        "PT1H",
        "R/P1M",
        "R0/PT1H",
        "R/PT10S",
        "R/",
        "R3",
        "R3/2026-11-20T02:30Z/PT1H",
        "r/PT1H",
        "R-1/PT1H",
        "R9999999/PT1H",
        "R/P99999D",
    ],
)
def test_what_is_no_repetition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_cycle(text)


def test_an_activity_whose_border_has_nothing_left_to_wait_for_ends_as_it_should() -> None:
    game = Play(
        diagram(
            "test",
            wired(start(), parallel("split"), user_task("work"), border("late", "work", timer="PT1H", interrupting=False), end("told"),
                  user_task("beside"), end("ended_beside"), user_task("after"), end(),
                  flows="start -> split -> work -> after -> end\nlate -> told\nsplit -> beside -> ended_beside"),
        )
    )  # fmt: skip
    pass_time(game, HOUR)
    game.complete("beside")
    game.settle()
    assert game.complete("work").tasks() == ["after"]
    assert game.complete("after").run.ended
