"""Event-based gateways: several events wait, exactly one happens, the others stop waiting; saved and loaded in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from tests.diagrams.build import border, catch, diagram, end, gateway, inside, node, race, start, user_task, wired
from tests.diagrams.play import Play

BEGAN = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def held_clock() -> Iterator[None]:
    with clock.frozen(BEGAN):
        yield


def offer() -> str:
    return diagram(
        "test",
        wired(
            start(),
            race("await"),
            catch("paid", message="paid", status="paid"),
            node("receiveTask", "declined", _messageRef="Message_declined"),
            catch("late", timer="P7D"),
            catch("too_late", timer="P8D"),
            user_task("ship"),
            user_task("ask"),
            user_task("remind"),
            user_task("forget"),
            end(),
            flows="""start -> await
            await -> paid -> ship -> end
            await -> declined -> ask -> end
            await -> late -> remind -> end
            await -> too_late -> forget -> end""",
        ),
        messages="paid declined",
        statuses="paid",
    )


def test_all_events_wait_beside_each_other() -> None:
    assert Play(offer()).waits() == ["message:declined", "message:paid", "timer:late", "timer:too_late"]


@pytest.mark.parametrize(("message", "task"), [("paid", "ship"), ("declined", "ask")])
def test_the_message_that_comes_wins_and_the_others_stop_waiting(message: str, task: str) -> None:
    game = Play(offer()).send(message)
    assert (game.tasks(), game.waits()) == ([task], [])
    assert game.run.deliver("paid", {}) is None
    clock.travel(timedelta(days=30))
    game.settle()
    assert game.tasks() == [task]
    assert game.complete(task).run.ended


def test_of_two_moments_that_passed_while_nothing_ran_the_earlier_one_wins() -> None:
    game = Play(offer())
    clock.travel(timedelta(days=30))
    game.settle()
    assert (game.tasks(), game.waits()) == (["remind"], [])


def test_the_way_is_noted_when_an_event_has_happened_and_only_its_own() -> None:
    game = Play(offer())
    before = list(game.happened)
    assert [entry for entry in before if entry[0] == "node_entered"] == [
        ("node_entered", "start"),
        ("node_entered", "await"),
    ]
    assert game.host.statuses == []
    game.send("paid")
    assert game.happened[len(before) :] == [
        ("flow_taken", "await_to_paid"),
        ("node_entered", "paid"),
        ("status", "paid"),
        ("flow_taken", "paid_to_ship"),
        ("node_entered", "ship"),
    ]


def test_a_moment_that_has_passed_already_wins_at_once() -> None:
    xml = diagram(
        "test",
        wired(start(), race("await"), catch("came", message="came"), catch("over", timer="2020-01-01"), user_task("a"), user_task("b"),
              end(), flows="start -> await -> came -> a -> end\nawait -> over -> b -> end"),
        messages="came",
    )  # fmt: skip
    game = Play(xml)
    assert (game.tasks(), game.waits()) == (["b"], [])


def test_a_race_in_a_loop_can_be_run_again_and_again_and_leaves_nothing_behind() -> None:
    xml = diagram(
        "test",
        wired(start(), gateway("merge"), race("await"), catch("ping", message="ping"), catch("stop", message="stop"),
              catch("late", timer="P1D"), end(),
              flows="start -> merge -> await -> ping -> merge\nawait -> stop -> end\nawait -> late -> end"),
        messages="ping stop",
    )  # fmt: skip
    game = Play(xml)
    sizes = []
    for _ in range(40):
        sizes.append(len(game.send("ping").run.dump()))
        assert game.waits() == ["message:ping", "message:stop", "timer:late"]
    assert sizes[-1] <= sizes[2] + 10  # the counts of visits have more digits
    assert game.send("stop").run.ended


def test_interrupting_what_is_around_a_race_ends_all_its_events() -> None:
    inner = wired(start("s"), race("await"), catch("a", message="a"), catch("b", timer="P1D"), end("e"),
                  flows="s -> await -> a -> e\nawait -> b -> e")  # fmt: skip
    xml = diagram("test", wired(start(), inside("box", inner), border("stop", "box", message="stop"), end("over"), end(),
                                flows="start -> box -> end\nstop -> over"), messages="a stop")  # fmt: skip
    assert Play(xml).send("stop").run.ended


@pytest.mark.parametrize("moment", ["nothing.known", "0001-01-01", "5"])
def test_a_moment_that_cannot_be_told_is_blocked_and_another_event_still_wins(moment: str) -> None:
    xml = diagram(
        "test",
        wired(start(), race("await"), catch("came", message="came"), catch("late", timer=moment), end(),
              flows="start -> await -> came -> end\nawait -> late -> end"),
        messages="came",
    )  # fmt: skip
    game = Play(xml)
    assert (game.waits(), game.blocked()) == (["message:came"], ["late"])
    assert game.send("came").run.ended
