"""What cannot be run faithfully is refused when it is published, with the node and the reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.web.i18n import using_locale
from portal.workflow import lint, registry
from portal.workflow.decision_table import read_table
from portal.workflow.reader import parse_xml, read
from portal.workflow.registry import ActionCall, assignee_rule, process_subject, service_action
from portal.workflow.vocabulary import XmlRefused
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    field,
    gateway,
    inside,
    node,
    parallel,
    race,
    rule,
    service,
    start,
    table,
    throw,
    user_task,
    wired,
)  # fmt: skip


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    kept, registry._tables = registry._tables, registry._Tables()

    @service_action("act", label=("动作", "Act"), inputs={"need": "text", "may": "text?"}, outputs={"left": "integer"})
    def act(_session: Session, _call: ActionCall) -> None: ...

    @service_action("plain", label=("动作", "Act"))
    def plain(_session: Session, _call: ActionCall) -> None: ...

    @service_action("out", label=("外", "Out"), external=True)
    def out(_call: ActionCall) -> None: ...

    @assignee_rule("somebody")
    def somebody(_session: Session, _key: str) -> int | None:
        return None

    @process_subject("p", facts={"order": {"amount": "money"}})
    class Subject:
        @staticmethod
        def status_changed(*_: Any) -> None: ...
        @staticmethod
        def ended(*_: Any) -> None: ...

    yield
    registry._tables = kept


TABLE = table("t", {"order.amount": "number"}, "who", '- -> "x"')
REVIEW = user_task("review", field("decision", "choice", "yes no"), result="approval")


def problems(
    *parts: str, flows: str, messages: str = "", statuses: str = "", tables: tuple[str, ...] = (TABLE,)
) -> list[tuple[str, str]]:
    root = parse_xml(diagram("p", wired(*parts, flows=flows), messages=messages, statuses=statuses))
    known = {read.key: read for read in (read_table(parse_xml(xml)) for xml in tables)}
    with using_locale("en"):
        return [(problem.node_id, str(problem.message)) for problem in lint.check(root, read(root), known)]


def around(part: str, *more: str, name: str = "x", flows: str = "", **known: str) -> list[tuple[str, str]]:
    """Problems of a diagram with one interesting node between start and end."""
    return problems(start(), part, *more, end(), flows=f"start -> {name} -> end\n{flows}", **known)


@pytest.mark.parametrize("name", ["order", "true", "Parcel", "a-b"])
def test_a_message_may_not_hide_what_the_process_begins_with_or_be_unreadable(name: str) -> None:
    assert "cannot name a message" in dict(around(catch("x", message=name), messages=name))["x"]


def test_a_sound_diagram_has_no_problems() -> None:
    assert problems(
        start(), REVIEW, border("late", "review", timer="P1D"), gateway("gate"), service("act", "act", {"need": "approval.decision"}, result="shipment"),
        rule("decide", "t", result="ruled"), gateway("second"), inside("sub", wired(start("s1"), catch("wait", message="m"), end("e1"), flows="s1 -> wait -> e1")),
        parallel("split"), throw("milestone", status="open"), end("ea"), end("eb"), end("ec"), end("ed"),
        flows="""
        start -> review -> gate
        gate -> act | approval.decision == "yes" and order.amount > 5
        gate -> ea | default
        act -> decide -> second
        second -> sub | shipment.left == 0 and ruled.who == "x" and known(m.at)
        second -> eb | default
        sub -> split -> milestone -> ec
        split -> ed
        late -> second
        """,
        messages="m", statuses="open",
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (node("scriptTask", "x"), "Scripts are not run"),
        (node("sendTask", "x"), "Send tasks"),
        (node("manualTask", "x"), "what kind of task"),
        (node("task", "x"), "what kind of task"),
        (node("transaction", "x"), "Transactions"),
        (node("adHocSubProcess", "x"), "Ad hoc"),
        (node("inclusiveGateway", "x"), "Inclusive"),
        (node("complexGateway", "x"), "Complex"),
        (node("eventBasedGateway", "x", _instantiate="true"), "started by the portal"),
        (node("eventBasedGateway", "x", _eventGatewayType="Parallel"), "started by the portal"),
        (node("intermediateCatchEvent", "x", "<bpmn:signalEventDefinition/>"), "kind of event"),
        (node("intermediateCatchEvent", "x", "<bpmn:linkEventDefinition/>"), "kind of event"),
        (node("intermediateCatchEvent", "x", "<bpmn:eventDefinitionRef/>"), "kind of event"),
        (node("intermediateThrowEvent", "x", "<bpmn:messageEventDefinition/>"), "kind of event"),
        (node("intermediateCatchEvent", "x", "<bpmn:messageEventDefinition/>"), "which message"),
        (user_task("x").replace("</bpmn:userTask>", "<bpmn:multiInstanceLoopCharacteristics/></bpmn:userTask>"), "Repeated"),
        (user_task("x").replace("</bpmn:userTask>", "<bpmn:standardLoopCharacteristics/></bpmn:userTask>"), "Repeated"),
        (user_task("x", _isForCompensation="true"), "Compensation"),
        (node("receiveTask", "x", _instantiate="true", _messageRef="Message_m"), "started by the portal"),
        (user_task("x", role=""), "who does this task"),
        (user_task("x", role="emperor"), "no role"),
        (user_task("x", assignee="nobody"), "no rule"),
        (user_task("x", due="tomorrow"), "not a duration"),
        (user_task("x", result="True"), "cannot name a result"),
        (user_task("x", result="Größe"), "cannot name a result"),
        (user_task("x").replace('portal:nameEn="x"', ""), "English name"),
        (user_task("x", field("a"), field("a")), "Two fields"),
        (user_task("x", field("A b")), "cannot be a field's key"),
        (user_task("x", field("a", "colour")), "unknown type"),
        (user_task("x", field("a", "choice")), "no options"),
        (user_task("x", field("a", "choice", "o o")), "value of its own"),
        (user_task("x", field("a", shownIf="b == 1")), "nobody provides"),
        (user_task("x", field("a", shownIf="1 +")), "not understood"),
        (user_task("x", field("a").replace('labelEn="a"', "")), "both languages"),
        (service("x", "unknown"), "no service action"),
        (service("x", "act"), "needs the input “need”"),
        (service("x", "act", {"need": "1", "other": "2"}), "no input “other”"),
        (service("x", "act", {"need": "import os"}), "not understood"),
        (service("x", "act", {"need": "weather.today"}), "nobody provides"),
        (rule("x", "unknown"), "no decision table"),
        (user_task("x", skippable="true"), "can be skipped"),
        (user_task("x", status="undeclared"), "not declared"),
        (catch("x", timer="P1X"), "not a duration"),
        (catch("x", timer="order.when"), "not always there"),
        (catch("x", timer="R/P1D").replace("timeDuration", "timeCycle"), "does not interrupt may repeat"),
        (catch("x", timer=""), "when this timer is due"),
    ],
)  # fmt: skip
def test_a_node_that_would_not_run_as_drawn_is_refused(part: str, reason: str) -> None:
    found = around(part, messages="m")
    assert any(node_id == "x" and reason in message for node_id, message in found), found


@pytest.mark.parametrize(
    ("found", "node_id", "reason"),
    [
        (lambda: around(gateway("x"), end("e2"), flows="x -> e2 | order.amount > 5"), "x", "default arrow"),
        (lambda: around(gateway("x"), end("e2"), flows="x -> e2 | default"), "x", "needs a condition"),
        (lambda: around(user_task("x"), end("e2"), flows="x -> e2"), "x", "Several arrows"),
        (lambda: around(user_task("x"), user_task("lost"), end("e2"), flows="lost -> e2"), "lost", "No arrow leads here"),
        (lambda: around(user_task("x"), user_task("a"), user_task("b"), flows="a -> b -> a"), "a", "No path leads here"),
        (lambda: around(user_task("x"), user_task("stop"), flows="end -> stop"), "end", "leave an end"),
        (lambda: around(user_task("x"), parallel("y"), flows="y -> x"), "y", "No arrow leads here"),
        (lambda: around(service("x", "plain"), border("b", "x", timer="P1D"), end("e2"), flows="b -> e2"), "b", "could never happen"),
        (lambda: around(user_task("x"), border("b", "nowhere", timer="P1D"), end("e2"), flows="b -> e2"), "b", "border"),
        (lambda: around(inside("x", wired(start("s"), start("s2"), end("e"), flows="s -> e\ns2 -> e"))), "x", "one start"),
        (lambda: around(inside("x", wired(start("s"), user_task("t"), flows="s -> t"))), "x", "an end event"),
        (lambda: around(inside("x", wired(start("s"), end("e"), flows="s -> e"), _triggeredByEvent="true")), "x", "Event subprocesses"),
        (lambda: around(user_task("x"), user_task("x")), "x", "Two elements"),
        (lambda: around(user_task("x"), flows="x -> nowhere"), "x_to_nowhere", "same level"),
        (lambda: around(parallel("x"), end("e2"), flows="x -> e2 | order.amount > 5"), "x", "Only the arrows"),
        (lambda: around(user_task("x"), border("b", "x", cycle="R/PT1H"), end("e2"), flows="b -> e2"), "b", "does not interrupt may repeat"),
        (lambda: around(user_task("x"), border("b", "x", cycle="PT1H", interrupting=False), end("e2"), flows="b -> e2"), "b", "not a repetition"),
        (lambda: around(user_task("x"), border("b", "x", cycle="R/PT5S", interrupting=False), end("e2"), flows="b -> e2"), "b", "not a repetition"),
        (lambda: racing(flows="race -> a -> end"), "race", "two or more events"),
        (lambda: racing(user_task("b"), flows="race -> a -> end\nrace -> b -> end"), "b", "Only events that wait"),
        (lambda: racing(flows="race -> a -> end\nrace -> end"), "end", "Only events that wait"),
        (lambda: racing(catch("b", message="m"), flows="race -> a -> end\nrace -> b -> end"), "race", "the same message"),
        (lambda: racing(catch("b", timer="P1D"), flows="race -> a -> b -> end\nrace -> b"), "b", "Nothing else may lead"),
        (lambda: racing(node("receiveTask", "b", _messageRef="Message_n"), border("c", "b", timer="P1D"), flows="race -> a -> end\nrace -> b -> end\nc -> end"), "b", "Only events that wait"),
        (lambda: racing(catch("b", timer="P1D"), flows='race -> a | order.amount > 5\na -> end\nrace -> b -> end'), "race", "Only the arrows"),
    ],
)  # fmt: skip
def test_a_drawing_that_does_not_hold_together_is_refused(found: Any, node_id: str, reason: str) -> None:
    problems_found = found()
    assert any(one == node_id and reason in message for one, message in problems_found), problems_found


def racing(*parts: str, flows: str) -> list[tuple[str, str]]:
    """Problems of a diagram with an event-based gateway `race` and an event `a`."""
    return problems(
        start(), race("race"), catch("a", message="m"), *parts, end(), flows=f"start -> race\n{flows}", messages="m n"
    )


@pytest.mark.parametrize("id", ["Start", "End", "p.EndJoin", "x.BoundaryEventSplit"])
def test_an_id_that_the_engine_uses_itself_is_refused(id: str) -> None:
    ((where, message),) = around(user_task(id), name=id)
    assert (where, "the engine uses it" in message) == (id, True)


def test_an_arrow_without_an_id_is_refused() -> None:
    xml = diagram("p", wired(start(), end(), flows="start -> end")).replace(
        '<bpmn:sequenceFlow id="start_to_end"', "<bpmn:sequenceFlow"
    )
    root = parse_xml(xml)
    with using_locale("en"):
        assert [str(problem.message) for problem in lint.check(root, read(root), {})] == ["An element has no id"]


def test_a_loop_that_leads_back_to_a_join_is_refused_and_one_to_a_gateway_before_it_is_not() -> None:
    def loop(back_to: str) -> list[tuple[str, str]]:
        return problems(
            start(), gateway("merge"), parallel("both"), REVIEW, user_task("b"), parallel("join"), gateway("gate"), end(),
            flows=f"""start -> merge -> both
            both -> review -> join
            both -> b -> join -> gate
            gate -> {back_to} | approval.decision == "no"
            gate -> end | default""",
        )  # fmt: skip

    assert loop("merge") == []
    ((where, message),) = loop("both")
    assert (where, "leads back here" in message) == ("both", True)


def test_a_sound_race_and_a_sound_cycle_have_no_problems() -> None:
    assert racing(catch("b", timer="P1D"), flows="race -> a -> end\nrace -> b -> end") == []
    assert (
        around(user_task("x"), border("b", "x", cycle="R3/PT1H", interrupting=False), end("e2"), flows="b -> e2") == []
    )


def choosing(condition: str, *before: str, flows: str = "start -> review -> gate") -> list[tuple[str, str]]:
    return problems(
        start(),
        *(before or (REVIEW,)),
        gateway("gate"),
        end("a"),
        end("b"),
        flows=f"{flows}\ngate -> a | {condition}\ngate -> b | default",
    )


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("approval.decision =", "not understood"),
        ("approved.decision == 1", "nobody provides"),
        ("approval.verdict == 1", "not always there"),
        ("order.weight > 1", "not always there"),
        ('approval.decision == "maybe"', "not one of the options"),
        ('approval.decision in ["yes", "maybe"]', "not one of the options"),
    ],
)
def test_a_condition_must_name_what_is_provided(condition: str, reason: str) -> None:
    ((node_id, message),) = choosing(condition)
    assert (node_id, reason in message) == ("gate", True), message


def test_what_two_forms_provide_must_be_in_both() -> None:
    first, second = (
        user_task("one", field("decision"), field("why"), result="approval"),
        user_task("two", field("decision"), result="approval"),
    )
    flows = "start -> one -> two -> gate"
    assert choosing('approval.decision == "x"', first, second, flows=flows) == []
    assert "not always there" in choosing('approval.why == "x"', first, second, flows=flows)[0][1]


def test_a_table_must_ask_for_what_is_provided() -> None:
    other = table("t", {"order.weight": "number"}, "who", '- -> "x"')
    assert "order.weight" in around(rule("x", "t"), tables=(other,))[0][1]


@pytest.mark.parametrize(
    "xml",
    [
        "", "not xml", "<a>", "<a/>", "x" * 2_100_000,
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>',
        diagram("p", start()).replace("</bpmn:definitions>", '<bpmn:process id="q" isExecutable="true"/></bpmn:definitions>'),
    ],
)  # fmt: skip
def test_a_file_that_is_no_diagram_is_refused(xml: str) -> None:
    with pytest.raises(XmlRefused):
        read(parse_xml(xml))


def test_reasons_are_told_in_chinese_too() -> None:
    root = parse_xml(diagram("p", wired(start(), user_task("x", role="emperor"), end(), flows="start -> x -> end")))
    (problem,) = lint.check(root, read(root), {})
    with using_locale("zh"):
        assert str(problem.message) == "没有角色「emperor」"
