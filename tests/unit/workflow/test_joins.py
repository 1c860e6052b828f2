"""Parallel gateways: what was split is joined, in every round of a loop; the library joins too early from the second round on."""

from tests.diagrams.build import border, diagram, end, field, gateway, inside, parallel, start, user_task, wired
from tests.diagrams.play import Play


def looping() -> Play:
    return Play(
        diagram(
            "test",
            wired(
                start(), gateway("merge"), parallel("split"), user_task("a"), user_task("b"), parallel("join"), user_task("look", field("go")),
                gateway("again"), end(),
                flows="""start -> merge -> split
                split -> a -> join
                split -> b -> join
                join -> look -> again
                again -> merge | look.go == "yes"
                again -> end | default""",
            ),
        )
    )  # fmt: skip


def test_a_join_in_a_loop_waits_for_both_in_every_round() -> None:
    game = looping()
    for first, second in [("a", "b"), ("b", "a"), ("b", "a"), ("a", "b")]:
        assert game.tasks() == ["a", "b"]
        assert game.complete(first).tasks() == [second]
        assert game.complete(second).tasks() == ["look"]
        game.complete("look", go="yes")
    game.complete("a").complete("b").complete("look", go="no")
    assert game.run.ended


def test_rounds_leave_nothing_behind() -> None:
    game = looping()
    sizes = []
    for _ in range(30):
        game.complete("a").complete("b").complete("look", go="yes")
        sizes.append(len(game.run.dump()))
    assert sizes[-1] <= sizes[1] + 10


def test_a_join_that_is_a_split_too_goes_on_with_all_its_branches() -> None:
    game = Play(
        diagram("test", wired(start(), parallel("one"), user_task("a"), user_task("b"), parallel("two"), user_task("c"), user_task("d"),
                              parallel("three"), end(),
                              flows="start -> one -> a -> two -> c -> three -> end\none -> b -> two -> d -> three"))
    )  # fmt: skip
    assert game.complete("b").tasks() == ["a"]
    assert game.complete("a").tasks() == ["c", "d"]
    assert game.complete("d").complete("c").run.ended


def asking() -> Play:
    """A message that comes again and again, each time with two tasks whose branches join."""
    game = Play(
        diagram("test", wired(start(), user_task("work"), border("asked", "work", message="asked", interrupting=False), parallel("split"),
                              user_task("a"), user_task("b"), parallel("join"), user_task("answer"), end("answered"), end(),
                              flows="start -> work -> end\nasked -> split -> a -> join\nsplit -> b -> join -> answer -> answered"),
                messages="asked")
    )  # fmt: skip
    return game.send("asked").send("asked")


def test_a_split_that_is_passed_again_leaves_the_earlier_branches_alone() -> None:
    assert asking().tasks() == ["a", "a", "b", "b", "work"]


def test_a_join_takes_one_token_of_each_way_and_the_others_wait_for_their_turn() -> None:
    game = asking().complete("a").complete("a")
    assert game.complete("b").tasks() == ["answer", "b", "work"]
    assert game.complete("b").tasks() == ["answer", "answer", "work"]
    assert game.complete("answer").complete("work").complete("answer").run.ended


def test_what_went_on_after_a_join_stays_when_others_join() -> None:
    game = asking().complete("a").complete("b").complete("b").complete("a")
    assert game.tasks() == ["answer", "answer", "work"]


IN_VAIN = """gate -> a | ask.go == "yes"
gate -> b | default
a -> join
b -> join"""


def test_a_join_that_waits_in_vain_is_blocked_though_something_around_it_or_beside_it_still_waits() -> None:
    part = wired(start("s"), user_task("ask", field("go")), gateway("gate"), user_task("a"), user_task("b"), parallel("join"), end("done"),
                 flows=f"s -> ask -> gate\njoin -> done\n{IN_VAIN}")  # fmt: skip
    game = Play(
        diagram("test", wired(start(), parallel("split"), inside("box", part), border("stop", "box", message="stop"), user_task("beside"),
                              end("stopped"), end("other"), end(),
                              flows="start -> split\nsplit -> box -> end\nsplit -> beside -> other\nstop -> stopped"), messages="stop")
    )  # fmt: skip
    game.complete("ask", go="yes").complete("a")
    assert (game.blocked(), game.tasks(), game.waits()) == (["join"], ["beside"], ["message:stop"])
    assert game.send("stop").complete("beside").run.ended


def test_a_join_that_something_can_still_come_to_is_not_blocked() -> None:
    game = looping().complete("a")
    assert (game.tasks(), game.blocked()) == (["b"], [])
