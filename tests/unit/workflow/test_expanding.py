"""Call activities: what is called runs in the caller, under the call activity's id; what would never end is refused."""

import hashlib

import pytest

from portal.web.i18n import using_locale
from portal.workflow import expanding
from portal.workflow.definitions import Definition, definition, parse_definition
from portal.workflow.expanding import Called, in_order
from portal.workflow.reader import parse_xml, read
from tests.diagrams.build import (
    border,
    call,
    catch,
    diagram,
    end,
    field,
    gateway,
    inside,
    start,
    throw,
    user_task,
    wired,
)
from tests.diagrams.play import Play


def called(xml: str, **calls: Called) -> Called:
    return Called(1, hashlib.sha256(xml.encode()).hexdigest(), calls, lambda: xml)


CHECK = diagram(
    "check",
    wired(start(), user_task("look", field("ok")), border("late", "look", timer="P1D"), gateway("fine"), catch("paper", message="paper"),
          throw("passed"), end("good"), end("bad"),
          flows='start -> look -> fine\nfine -> paper | look.ok == "yes"\npaper -> passed -> good\nfine -> bad | default\nlate -> bad'),
    messages="paper",
)  # fmt: skip


def caller(key: str = "check", *more: str, flows: str = "", messages: str = "") -> str:
    return diagram(
        "test",
        wired(start(), call("credit", key), *more, user_task("after"), end(), flows=f"start -> credit -> after -> end\n{flows}"),
        messages=messages,
    )  # fmt: skip


def ready(xml: str, **calls: Called) -> Definition:
    return parse_definition(xml, calls)


def test_what_is_called_runs_under_the_call_activitys_id() -> None:
    game = Play(ready(caller(), check=called(CHECK)))
    assert (game.tasks(), game.waits()) == (["credit.look"], ["timer:credit.late"])
    game.complete("credit.look", ok="yes")
    assert game.waits() == ["message:paper"]
    game.send("paper", seen=True).complete("after")
    assert game.run.ended
    assert game.run.facts == {"look": {"ok": "yes"}, "paper": {"seen": True}}
    assert game.taken() == [
        "start_to_credit", "credit.start_to_look", "credit.look_to_fine", "credit.fine_to_paper", "credit.paper_to_passed",
        "credit.passed_to_good", "credit_to_after", "after_to_end",
    ]  # fmt: skip


def test_events_on_the_border_of_a_call_interrupt_what_it_called() -> None:
    xml = caller(
        "check", border("stop", "credit", message="stop"), end("stopped"), flows="stop -> stopped", messages="stop"
    )
    game = Play(ready(xml, check=called(CHECK)))
    assert game.waits() == ["message:stop", "timer:credit.late"]
    assert game.send("stop").run.ended


def test_a_process_can_be_called_twice_and_from_inside_a_subprocess() -> None:
    xml = diagram(
        "test",
        wired(start(), call("one", "check"), inside("box", wired(start("s"), call("two", "check"), end("e"), flows="s -> two -> e")), end(),
              flows="start -> one -> box -> end"),
    )  # fmt: skip
    game = Play(ready(xml, check=called(CHECK)))
    game.complete("one.look", ok="no")
    assert game.tasks() == ["two.look"]
    assert game.complete("two.look", ok="no").run.ended


def test_what_is_called_may_call_in_turn() -> None:
    middle = diagram("middle", wired(start(), call("deeper", "check"), end(), flows="start -> deeper -> end"))
    game = Play(ready(caller("middle"), middle=called(middle, check=called(CHECK))))
    assert game.tasks() == ["credit.deeper.look"]
    game.complete("credit.deeper.look", ok="no").complete("after")
    assert game.run.ended


def test_the_diagram_itself_stays_as_it_was_published() -> None:
    root = parse_xml(caller())
    before = caller()
    expanding.expand(root, {"check": called(CHECK)})
    assert read(root) == read(parse_xml(before))
    assert read(root).nodes["credit"].kind == "callActivity"


def test_the_node_says_what_it_calls() -> None:
    node = ready(caller(), check=called(CHECK)).vocabulary.nodes["credit"]
    assert (node.kind, node.called) == ("subProcess", "check")


def test_the_same_caller_with_another_edition_of_what_it_calls_is_another_definition() -> None:
    other = CHECK.replace('id="look"', 'id="see"').replace('"look"', '"see"').replace("look.ok", "see.ok")
    first = definition("digest of caller", caller, lambda: {"check": called(CHECK)})
    second = definition("digest of caller", caller, lambda: {"check": called(other)})
    again = definition("digest of caller", lambda: "not asked for", lambda: {"check": called(CHECK)})
    assert "credit.look" in first.vocabulary.nodes
    assert "credit.see" in second.vocabulary.nodes
    assert again is first


def deep(levels: int) -> Called:
    xml = diagram("level", wired(start(), call("next", f"level{levels}"), end(), flows="start -> next -> end"))
    return called(xml, **({f"level{levels}": deep(levels - 1)} if levels > 1 else {}))


def wide(levels: int) -> Called:
    nodes = [call(f"c{n}", "below") for n in range(20)]
    flows = "start -> " + " -> ".join(f"c{n}" for n in range(20)) + " -> end"
    return called(
        diagram("below", wired(start(), *nodes, end(), flows=flows)),
        **({"below": wide(levels - 1)} if levels > 1 else {}),
    )


@pytest.mark.parametrize(
    ("key", "calls", "reason"),
    [
        ("", {}, "not said which process"),
        ("unknown", {}, "no published process “unknown”"),
        ("test", {"test": called(CHECK)}, "cannot call itself"),
        ("check", {"check": called(CHECK, test=called(CHECK))}, "would never end"),
        ("check", {"check": called(CHECK, other=called(CHECK, test=called(CHECK)))}, "would never end"),
        ("level", {"level": deep(6)}, "levels deep"),
        ("below", {"below": wide(4)}, "more than 2000 nodes"),
    ],
)
def test_a_call_that_cannot_be_made_is_refused(key: str, calls: dict[str, Called], reason: str) -> None:
    with using_locale("en"):
        (problem,) = expanding.problems(read(parse_xml(caller(key))), calls)
        assert reason in str(problem.message)


def test_what_is_called_comes_before_its_callers() -> None:
    assert in_order({"a": ["b", "c"], "b": ["c", "elsewhere"], "c": []}) == ["c", "b", "a"]
    assert sorted(in_order({"a": ["b"], "b": ["a"]})) == ["a", "b"]
