"""Processes run as drawn; every step is a transaction of its own, so the state is saved and loaded between all of them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from portal.workflow import timers
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    field,
    gateway,
    inside,
    parallel,
    rule,
    service,
    start,
    table,
    throw,
    user_task,
    wired,
)  # fmt: skip
from tests.integration.workflow.conftest import Notebook, Office

REVIEW = user_task("review", field("decision", "choice", "approve reject again", required="true"), result="approval")


def review_diagram() -> str:
    return diagram(
        "test",
        wired(
            start(), REVIEW, gateway("gate"), service("book", "test.one", {"what": "order.number"}), end("booked"), end("refused"),
            flows="""
            start -> review -> gate
            gate -> book | approval.decision == "approve"
            gate -> review | approval.decision == "again"
            gate -> refused | default
            book -> booked
            """,
        ),
    )  # fmt: skip


def test_a_task_leads_through_a_gateway_to_an_action(office: Office, notebook: Notebook) -> None:
    office.run(review_diagram(), order={"number": "SO-1"})
    assert office.open() == ["review"]
    office.complete("review", decision="approve")
    assert notebook.calls == [("test.one", {"what": "SO-1"})]
    assert office.status() == "completed"
    assert notebook.ended == ["B1"]
    assert office.taken() == ["start_to_review", "review_to_gate", "gate_to_book", "book_to_booked"]


def test_a_loop_opens_the_task_again(office: Office, notebook: Notebook) -> None:
    office.run(review_diagram(), order={"number": "SO-1"})
    for _ in range(5):
        office.complete("review", decision="again")
        assert office.open() == ["review"]
    office.complete("review", decision="reject")
    assert office.status() == "completed"
    assert notebook.calls == []


def test_a_gateway_records_each_condition_with_the_value_it_saw(office: Office) -> None:
    office.run(review_diagram(), order={"number": "SO-1"})
    office.complete("review", decision="again")
    taken = office.history("flow_taken")[-1]
    assert taken.node_id == "gate_to_review"
    first, second = taken.detail["conditions"]
    assert (first["hit"], second["hit"]) == (False, True)
    assert first["tests"] == [{"label": "approval.decision", "value": '"again"', "test": '= "approve"', "hit": False}]


def test_parallel_branches_without_a_join_end_on_their_own(office: Office) -> None:
    xml = diagram(
        "test",
        wired(
            start(), parallel("split"), user_task("follow_up"), user_task("ship"), end("paid"), end("shipped"),
            flows="start -> split -> follow_up -> paid\nsplit -> ship -> shipped",
        ),
    )  # fmt: skip
    office.run(xml)
    assert office.open() == ["follow_up", "ship"]
    office.complete("ship")
    assert (office.open(), office.status()) == (["follow_up"], "running")
    office.complete("follow_up")
    assert office.status() == "completed"


def test_parallel_branches_join(office: Office, notebook: Notebook) -> None:
    xml = diagram(
        "test",
        wired(
            start(), parallel("split"), user_task("a"), user_task("b"), parallel("join"), service("both", "test.one"), end(),
            flows="start -> split -> a -> join\nsplit -> b -> join\njoin -> both -> end",
        ),
    )  # fmt: skip
    office.run(xml)
    office.complete("a")
    assert notebook.calls == []
    office.complete("b")
    assert notebook.names() == ["test.one"]
    assert office.status() == "completed"


def subprocess_diagram() -> str:
    inner = wired(
        start("in_start"), user_task("pick", field("note")), inside("deep", wired(
            start("deep_start"), user_task("pack"), end("deep_end"), flows="deep_start -> pack -> deep_end")), end("in_end"),
        flows="in_start -> pick -> deep -> in_end",
    )  # fmt: skip
    return diagram(
        "test",
        wired(
            start(), inside("work", inner), end("done"), border("cancel", "work", message="cancel_order", status="cancelled"),
            service("undo", "test.one", {"what": "cancel_order.reason"}), end("undone"),
            border("ask", "work", message="cancel_requested", interrupting=False), user_task("decide"), end("decided"),
            flows="start -> work -> done\ncancel -> undo -> undone\nask -> decide -> decided",
        ),
        messages="cancel_order cancel_requested",
        statuses="cancelled",
    )  # fmt: skip


def test_a_subprocess_in_a_subprocess_runs_to_its_end(office: Office) -> None:
    office.run(subprocess_diagram())
    assert office.waits() == ["message:cancel_order", "message:cancel_requested"]
    office.complete("pick", note="x")
    office.complete("pack")
    assert office.status() == "completed"
    assert office.waits() == []


@pytest.mark.parametrize("steps", [0, 1])
def test_an_interrupting_message_cancels_what_is_inside(steps: int, office: Office, notebook: Notebook) -> None:
    office.run(subprocess_diagram())
    if steps:
        office.complete("pick", note="x")
    assert office.send("cancel_order", "m1", {"reason": "too late"})
    assert notebook.calls == [("test.one", {"what": "too late"})]
    assert notebook.statuses == ["cancelled"]
    assert (office.open(), office.waits(), office.status()) == ([], [], "completed")
    assert office.history("task_cancelled")[0].node_id == ("pack" if steps else "pick")


def test_a_message_that_does_not_interrupt_may_come_several_times(office: Office) -> None:
    office.run(subprocess_diagram())
    for number in range(3):
        assert office.send("cancel_requested", f"m{number}", {"n": number})
    assert office.open() == ["decide", "decide", "decide", "pick"]
    assert office.waits() == ["message:cancel_order", "message:cancel_requested"]
    office.complete("pick", note="x")
    office.complete("pack")
    assert office.waits() == []
    assert (office.open(), office.status()) == (["decide", "decide", "decide"], "running")


def test_an_interruption_ends_the_side_branches_waits_but_not_their_tasks(office: Office, notebook: Notebook) -> None:
    office.run(subprocess_diagram())
    office.send("cancel_requested", "m1")
    office.send("cancel_order", "m2", {"reason": "agreed"})
    assert notebook.names() == ["test.one"]
    assert (office.open(), office.waits()) == (["decide"], [])
    office.complete("decide")
    assert office.status() == "completed"


def test_facts_learned_inside_an_interrupted_subprocess_stay_known(office: Office, notebook: Notebook) -> None:
    xml = subprocess_diagram().replace("cancel_order.reason", "pick.note")
    office.run(xml)
    office.complete("pick", note="half done")
    office.send("cancel_order", "m1")
    assert notebook.calls == [("test.one", {"what": "half done"})]


def parcels_diagram() -> str:
    return diagram(
        "test",
        wired(
            start(), catch("parcel", message="parcel_shipped"), service("book", "test.one", result="shipment"), gateway("all"),
            user_task("receive", role="contact", status="shipped"), border("late", "receive", timer="P7D"), throw("closed", status="completed"),
            end(), throw("auto", status="auto"), end("auto_end"),
            flows="""
            start -> parcel -> book -> all
            all -> receive | shipment.left == 0
            all -> parcel | default
            receive -> closed -> end
            late -> auto -> auto_end
            """,
        ),
        messages="parcel_shipped",
        statuses="shipped completed auto",
    )  # fmt: skip


def test_a_loop_takes_one_message_each_time(office: Office, notebook: Notebook) -> None:
    office.run(parcels_diagram())
    notebook.answers["test.one"] = {"left": 5}
    office.send("parcel_shipped", "p1")
    assert office.waits() == ["message:parcel_shipped"]
    notebook.answers["test.one"] = {"left": 0}
    office.send("parcel_shipped", "p2")
    assert (office.open(), office.waits()) == (["receive"], ["timer:late"])
    office.complete("receive", actor=office.people.buyer)
    assert (office.status(), office.waits(), notebook.statuses) == ("completed", [], ["shipped", "completed"])


def test_a_timer_on_a_task_completes_in_its_place_once_it_is_due(
    office: Office, notebook: Notebook, clock: Any
) -> None:
    notebook.answers["test.one"] = {"left": 0}
    office.run(parcels_diagram())
    office.send("parcel_shipped", "p1")
    clock.travel(days=6, hours=23)
    assert timers.fire_due() == 0
    assert timers.next_due() == clock.now() + timedelta(hours=1)
    clock.travel(hours=1)
    assert timers.fire_due() == 1
    assert timers.fire_due() == 0
    assert (office.open(), office.status(), notebook.statuses) == ([], "completed", ["shipped", "auto"])
    assert timers.next_due() is None


def test_a_timer_may_come_from_an_expression(office: Office, clock: Any) -> None:
    xml = diagram(
        "test",
        wired(start(), catch("wait", timer="order.pause"), user_task("go"), end(), flows="start -> wait -> go -> end"),
    )
    office.run(xml, order={"pause": "PT2H"})
    clock.travel(hours=2)
    assert timers.fire_due() == 1
    assert office.open() == ["go"]


def test_statuses_come_in_the_order_of_the_drawing(office: Office, notebook: Notebook) -> None:
    xml = diagram(
        "test",
        wired(
            start(status="s1"), throw("t1", status="s2"), parallel("split"), throw("a1", status="a1"), throw("a2", status="a2"), end("ea"),
            throw("b1", status="b1"), throw("b2", status="b2"), end("eb"),
            flows="start -> t1 -> split -> a1 -> a2 -> ea\nsplit -> b1 -> b2 -> eb",
        ),
        statuses="s1 s2 a1 a2 b1 b2",
    )  # fmt: skip
    office.run(xml)
    assert notebook.statuses == ["s1", "s2", "a1", "b1", "a2", "b2"]


APPROVAL = table(
    "approval",
    {"order.amount": "number", "order.level": "string", "order.first": "boolean"},
    "approver reason",
    '>= 20000 | not("A") | - -> "sales_manager" | "大额"',
    '[5000..20000) | "B","C" | false -> "salesperson" | "中额"',
    '- | - | true -> "salesperson" | "首单"',
    '- | - | - -> "none" | ',
)


@pytest.mark.parametrize(
    ("order", "approver", "row"),
    [
        ({"amount": Decimal("29558.00"), "level": "B", "first": False}, "sales_manager", 1),
        ({"amount": Decimal(29558), "level": "A", "first": True}, "salesperson", 3),
        ({"amount": Decimal(5000), "level": "C", "first": False}, "salesperson", 2),
        ({"amount": Decimal("19999.99"), "level": "A", "first": False}, "none", 4),
    ],
)
def test_a_decision_table_decides_who_approves(order: dict[str, Any], approver: str, row: int, office: Office) -> None:
    xml = diagram(
        "test",
        wired(
            start(), rule("decide", "approval", result="approval_rule"), gateway("gate"), user_task("manager", role="sales_manager"),
            user_task("seller"), end("e1"), end("e2"), end("e3"),
            flows="""
            start -> decide -> gate
            gate -> manager | approval_rule.approver == "sales_manager"
            gate -> seller | approval_rule.approver == "salesperson"
            gate -> e1 | default
            manager -> e2
            seller -> e3
            """,
        ),
    )  # fmt: skip
    office.run(xml, APPROVAL, order=order)
    assert office.open() == {"sales_manager": ["manager"], "salesperson": ["seller"], "none": []}[approver]
    (decision,) = office.history("decision")
    assert (decision.detail["row"], decision.detail["table"], decision.detail["version"]) == (row, "approval", 1)
