"""What the viewer is told to paint for many instances at once."""

from datetime import timedelta

from portal.operations import painting
from portal.operations.queries.overview import Flow, NodeCount
from portal.operations.queries.places import Places
from portal.operations.queries.times import Change, NodeTime, compare
from portal.web.i18n import using_locale
from portal.workflow.reader import parse_xml, read
from tests.diagrams.build import border, call, diagram, end, gateway, start, user_task, wired

DRAWN = read(
    parse_xml(
        diagram(
            "test",
            wired(
                start(), user_task("review"), border("late", "review", timer="P1D"), gateway("gate"),
                user_task("pay"), call("check", "other"), end(), end("e2"), end("e3"),
                flows="start -> review -> gate\ngate -> pay | 1 == 1\ngate -> check | default\npay -> end\ncheck -> e2\nlate -> e3",
            ),
        )
    )
)  # fmt: skip
WHERE = Places(1, DRAWN)
HOUR = timedelta(hours=1)


def counted(node_id: str, count: int, *, failed: int = 0, overdue: int = 0) -> NodeCount:
    return NodeCount(node_id, count, failed, overdue, HOUR, 2 * HOUR)


def test_heat_has_three_tints_and_one_outlier_leaves_the_others_apart() -> None:
    assert painting.levels({"a": 100, "b": 40, "c": 5, "d": 0}) == {"a": 3, "b": 2, "c": 1}
    assert painting.levels({}) == {}


def test_what_failed_is_red_what_is_late_amber_and_the_most_stands_out() -> None:
    painted = painting.now(
        WHERE, [counted("review", 30), counted("pay", 7, overdue=2), counted("check", 5, failed=2)], selected=""
    )
    tones = {one["node"]: one["tone"] for one in painted["badges"]}
    assert tones == {"review": "strong", "pay": "wait", "check": "stop"}
    assert painted["incidents"] == ["check"]
    assert "check" not in painted["heat"]
    assert painted["heat"]["review"] == 3
    assert painted["focus"] == "check"


def test_each_node_that_can_be_chosen_says_aloud_what_is_there() -> None:
    with using_locale("en"):
        painted = painting.now(WHERE, [counted("review", 3, failed=1, overdue=1)], selected="review")
    assert painted["choices"]["review"].endswith(": 3, 1 failed, 1 overdue")
    assert [one["text"] for one in painted["badges"]] == ["2 + 1 failed"]


def test_a_node_that_the_diagram_does_not_know_is_not_painted() -> None:
    assert painting.now(WHERE, [counted("gone", 3)], selected="")["badges"] == []


def test_short_stays_are_written_in_seconds_and_none_at_all_not_painted() -> None:
    times = {
        "review": NodeTime("review", 9, timedelta(seconds=42), HOUR),
        "pay": NodeTime("pay", 9, timedelta(0), timedelta(0)),
    }
    with using_locale("en"):
        assert [one["text"] for one in painting.times(WHERE, times, selected="")["badges"]] == ["42 s"]


def test_flows_are_as_thick_as_they_were_frequent_and_numbered_where_ways_part() -> None:
    ways = {flow.id: flow for flow in DRAWN.outgoing["gate"]}
    often, seldom = ways
    painted = painting.flows(WHERE, Flow({}, {often: 100, seldom: 3}, 103))
    assert painted["flows"][often] == 4
    assert painted["flows"][seldom] == 1
    assert {one["node"] for one in painted["badges"]} == {often, seldom}


def test_a_change_needs_enough_visits_on_both_sides() -> None:
    def change(before: int, after: int, was: timedelta, became: timedelta) -> Change:
        return Change(
            "pay", ("付款", "Pay"), NodeTime("pay", before, was, was), NodeTime("pay", after, became, became), ""
        )

    assert change(5, 5, 2 * HOUR, HOUR).percent == -50
    assert change(5, 5, 2 * HOUR, HOUR).tone == "good"
    assert change(5, 5, HOUR, 2 * HOUR).tone == "wait"
    assert change(50, 50, HOUR, HOUR * 1.05).tone == ""
    assert change(4, 50, HOUR, 2 * HOUR).percent is None


def test_a_node_of_one_version_alone_is_said_to_be() -> None:
    older = read(
        parse_xml(
            diagram(
                "test",
                wired(start(), user_task("pay"), user_task("stamp"), end(), flows="start -> pay -> stamp -> end"),
            )
        )
    )
    before = {key: NodeTime(key, 9, HOUR, HOUR) for key in ("pay", "stamp")}
    after = {key: NodeTime(key, 9, HOUR, HOUR) for key in ("pay", "review")}
    found = {one.node_id: one.only for one in compare(Places(1, older), before, WHERE, after)}
    assert found == {"review": "b", "pay": "", "stamp": "a"}
