"""What goes wrong: refused actions, broken actions, endless loops, outside systems that are down; nothing is lost and somebody can try again."""

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.database import unit_of_work
from portal.errors import Conflict, NotPermitted
from portal.outbox import MAX_ATTEMPTS
from portal.workflow import operating, service, timers
from portal.workflow.models import HistoryEntry, Incident, ProcessInstance
from portal.workflow.registry import ActionCall
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    field,
    gateway,
    parallel,
    start,
    user_task,
    wired,
)
from tests.diagrams.build import (
    service as action,
)
from tests.integration.workflow.conftest import Notebook, Office

ONE_ACTION = diagram(
    "test",
    wired(
        start(),
        user_task("ask"),
        action("act", "test.one"),
        user_task("next"),
        end(),
        flows="start -> ask -> act -> next -> end",
    ),
)


def test_a_refusal_during_a_persons_step_undoes_it_and_reaches_them(office: Office, notebook: Notebook) -> None:
    office.run(ONE_ACTION)
    notebook.fail["test.one"] = Conflict("credit is used up")
    with pytest.raises(Conflict, match="credit is used up"):
        office.complete("ask")
    assert (office.open(), office.incidents(), office.status()) == (["ask"], [], "running")
    del notebook.fail["test.one"]
    office.complete("ask")
    assert office.open() == ["next"]


def test_a_broken_action_becomes_an_incident_and_keeps_what_the_person_did(office: Office, notebook: Notebook) -> None:
    office.run(ONE_ACTION)
    notebook.fail["test.one"] = KeyError("amount")
    office.complete("ask")
    (incident,) = office.incidents()
    assert (incident.node_id, incident.attempts, office.open(), office.status()) == ("act", 1, [], "incident")
    assert "KeyError" in incident.error
    office.retry()
    (incident,) = office.incidents()
    assert incident.attempts == 2
    del notebook.fail["test.one"]
    office.retry()
    assert (office.incidents(), office.open(), office.status()) == ([], ["next"], "running")
    assert (len(notebook.keys), len(set(notebook.keys))) == (3, 1)


def test_what_a_broken_action_wrote_is_undone(office: Office, notebook: Notebook) -> None:
    def write(session: Session, _call: ActionCall) -> None:
        session.add(HistoryEntry(instance_id=1, at=timers.clock.now(), kind="half done", actor_name="", detail={}))
        session.flush()

    notebook.hooks["test.one"] = write
    notebook.fail["test.one"] = RuntimeError("too late")
    office.run(ONE_ACTION)
    office.complete("ask")
    assert office.history("half done") == []
    assert office.history("task_completed")[0].node_id == "ask"


def test_only_an_administrator_retries(office: Office, notebook: Notebook) -> None:
    office.run(ONE_ACTION)
    notebook.fail["test.one"] = KeyError("amount")
    office.complete("ask")
    (incident,) = office.incidents()
    with pytest.raises(NotPermitted), unit_of_work() as session:
        service.retry_incident(session, actor=office.people.seller, incident_id=incident.id)
    notebook.fail.clear()
    office.retry()
    with pytest.raises(Conflict), unit_of_work() as session:
        service.retry_incident(session, actor=office.people.admin, incident_id=incident.id)


def test_another_branch_goes_on_beside_an_incident(office: Office, notebook: Notebook) -> None:
    notebook.fail["test.one"] = ValueError("no")
    xml = diagram(
        "test",
        wired(
            start(), parallel("split"), action("act", "test.one"), end("e1"), user_task("ship"), end("e2"),
            flows="start -> split -> act -> e1\nsplit -> ship -> e2",
        ),
    )  # fmt: skip
    office.run(xml)
    assert (office.open(), office.status()) == (["ship"], "incident")
    office.complete("ship")
    assert office.status() == "incident"
    notebook.fail.clear()
    office.retry()
    assert office.status() == "completed"


def test_a_condition_that_cannot_be_computed_is_an_incident_at_the_gateway(office: Office) -> None:
    xml = diagram(
        "test",
        wired(
            start(), gateway("gate"), user_task("a"), user_task("b"), end("ea"), end("eb"),
            flows="start -> gate\ngate -> a | order.amount > 5\ngate -> b | default\na -> ea\nb -> eb",
        ),
    )  # fmt: skip
    office.run(xml, order={"amount": "five"})
    (incident,) = office.incidents()
    assert (incident.node_id, office.open()) == ("gate", [])
    assert "order.amount" in incident.error


LOOP = diagram(
    "test",
    wired(
        start(), gateway("merge"), action("act", "test.one", result="state"), gateway("gate"), end(),
        flows="start -> merge -> act -> gate\ngate -> end | state.done\ngate -> merge | default",
    ),
)  # fmt: skip


def test_a_loop_without_an_end_stops_after_a_hundred_rounds(office: Office, notebook: Notebook) -> None:
    notebook.answers["test.one"] = {"done": False}
    office.run(LOOP)
    (incident,) = office.incidents()
    assert (len(notebook.calls), incident.node_id, office.status()) == (100, "merge", "incident")
    notebook.answers["test.one"] = {"done": True}
    office.retry()
    assert office.status() == "completed"


def test_a_long_loop_is_not_cut_short(office: Office, notebook: Notebook) -> None:
    steps = [f"s{n}" for n in range(14)]
    xml = diagram(
        "test",
        wired(
            start(), gateway("merge"), *[action(step, "test.two") for step in steps], catch("more", message="more"), gateway("gate"), end(),
            flows=f"start -> merge -> {' -> '.join(steps)} -> more -> gate\ngate -> end | more.done\ngate -> merge | default",
        ),
        messages="more",
    )  # fmt: skip
    office.run(xml)
    for number in range(99):
        office.send("more", f"m{number}", {"done": False})
    assert office.waits() == ["message:more"]
    office.send("more", "last", {"done": True})
    assert (office.status(), len(notebook.calls)) == ("completed", 100 * len(steps))


OUTSIDE = diagram(
    "test",
    wired(
        start(), action("push", "test.outside", {"what": "order.number"}, result="pushed"), border("late", "push", timer="P1D"),
        user_task("chase"), end("e1"), user_task("go", field("note")), end(),
        flows="start -> push -> go -> end\nlate -> chase -> e1",
    ),
)  # fmt: skip


def test_an_outside_action_completes_its_step_once_the_worker_has_done_it(
    office: Office, notebook: Notebook, drain: Any
) -> None:
    notebook.answers["test.outside"] = {"reference": "F-1"}
    office.run(OUTSIDE, order={"number": "SO-1"})
    assert (notebook.calls, office.waits(), office.open()) == ([], ["action:test.outside", "timer:late"], [])
    assert drain() == 1
    assert notebook.calls == [("test.outside", {"what": "SO-1"})]
    assert (office.open(), office.waits()) == (["go"], [])


def test_an_outside_action_is_tried_again_by_the_outbox_and_then_by_the_operator(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    notebook.fail["test.outside"] = RuntimeError("factory is down")
    office.run(OUTSIDE, order={"number": "SO-1"})
    for _ in range(MAX_ATTEMPTS):
        assert (office.incidents(), office.status()) == ([], "running")
        drain()
        clock.travel(minutes=6)
    (incident,) = office.incidents()
    assert (incident.node_id, office.status()) == ("push", "incident")
    assert "factory is down" in incident.error
    notebook.fail.clear()
    office.retry()
    assert office.status() == "running"
    drain()
    assert (office.incidents(), office.open(), office.status()) == ([], ["go"], "running")
    assert (len(notebook.keys), len(set(notebook.keys))) == (MAX_ATTEMPTS + 1, 1), "the receiver must know it again"


def test_other_inputs_are_another_call(office: Office, notebook: Notebook, drain: Any, clock: Any) -> None:
    notebook.fail["test.outside"] = RuntimeError("no such number")
    instance_id = office.run(OUTSIDE, order={"number": "SO-1"})
    for _ in range(MAX_ATTEMPTS):
        drain()
        clock.travel(minutes=6)
    notebook.fail.clear()
    with unit_of_work() as session:
        operating.edit_fact(
            session,
            actor=office.people.admin,
            instance_id=instance_id,
            path="order.number",
            value="SO-2",
            reason="mistyped",
        )
    office.retry()
    drain()
    assert notebook.calls[-1] == ("test.outside", {"what": "SO-2"})
    assert len(set(notebook.keys)) == 2


def test_a_result_that_comes_after_the_step_was_interrupted_changes_nothing(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    office.run(OUTSIDE, order={"number": "SO-1"})
    clock.travel(days=1)
    assert timers.fire_due() == 1
    assert office.open() == ["chase"]
    drain()
    assert office.open() == ["chase"]


def test_a_message_whose_step_breaks_waits_behind_an_incident(office: Office, notebook: Notebook) -> None:
    xml = diagram(
        "test",
        wired(
            start(),
            catch("wait", message="done"),
            user_task("go", assignee="test.somebody"),
            end(),
            flows="start -> wait -> go -> end",
        ),
        messages="done",
    )
    office.run(xml)
    notebook.assignee = 999_999  # there is no such person: the task cannot be stored
    assert office.send("done", "m1")
    (incident,) = office.incidents()
    assert (incident.node_id, office.open(), office.status(), office.waits()) == ("wait", [], "incident", [])
    assert not office.send("done", "m1")
    notebook.assignee = office.people.seller.user_id
    office.retry()
    assert (office.open(), office.status(), office.incidents()) == (["go"], "running", [])


def test_a_timer_whose_step_breaks_waits_behind_an_incident(office: Office, notebook: Notebook, clock: Any) -> None:
    xml = diagram(
        "test",
        wired(
            start(),
            catch("wait", timer="PT1H"),
            user_task("go", assignee="test.somebody"),
            end(),
            flows="start -> wait -> go -> end",
        ),
    )
    office.run(xml)
    notebook.assignee = 999_999
    clock.travel(hours=1)
    assert timers.fire_due() == 0
    assert (timers.fire_due(), len(office.incidents()), office.open()) == (0, 1, [])
    notebook.assignee = None
    office.retry()
    assert (office.open(), office.status()) == (["go"], "running")


def test_an_instance_that_cannot_be_read_holds_up_no_other(office: Office, clock: Any) -> None:
    xml = diagram(
        "test",
        wired(
            start(),
            catch("wait", timer="PT1H"),
            catch("hear", message="go"),
            user_task("next"),
            end(),
            flows="start -> wait -> hear -> next -> end",
        ),
        messages="go",
    )
    office.run(xml)
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(state=b"unreadable"))
    office.business_key = "T-2"
    office.start({})
    clock.travel(hours=1)
    assert timers.fire_due() == 1
    assert timers.next_due() is not None, "what cannot be read is tried again"


def test_an_incident_of_a_step_that_is_cancelled_is_over(
    office: Office, notebook: Notebook, clock: Any, drain: Any
) -> None:
    notebook.fail["test.outside"] = RuntimeError("factory is down")
    office.run(OUTSIDE, order={"number": "SO-1"})
    for _ in range(MAX_ATTEMPTS):
        drain()
        clock.travel(minutes=6)
    assert office.status() == "incident"
    clock.travel(days=1)
    timers.fire_due()
    assert (office.open(), office.incidents(), office.status()) == (["chase"], [], "running")
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 1


def test_a_join_that_can_never_fire_is_an_incident_not_silence(office: Office) -> None:
    xml = diagram(
        "test",
        wired(
            start(), parallel("split"), user_task("a"), border("late", "a", message="too_late"), end("e1"), user_task("b"), parallel("join"), end(),
            flows="start -> split -> a -> join\nsplit -> b -> join\njoin -> end\nlate -> e1",
        ),
        messages="too_late",
    )  # fmt: skip
    office.run(xml)
    office.send("too_late", "m1")
    office.complete("b")
    (incident,) = office.incidents()
    assert (incident.node_id, office.status()) == ("join", "incident")


def test_the_late_answer_of_an_attempt_that_was_given_up_is_not_taken_for_the_new_one(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    notebook.fail["test.outside"] = RuntimeError("factory is down")
    office.run(OUTSIDE, order={"number": "SO-1"})
    for _ in range(MAX_ATTEMPTS):
        drain()
        clock.travel(minutes=6)
    (incident,) = office.incidents()
    office.retry()
    with unit_of_work() as session:
        assert not service.complete_action(
            session, task_id=incident.task_id, instance_id=incident.instance_id, attempt=1, result={"reference": "old"}
        )
    assert (office.open(), office.waits()) == ([], ["action:test.outside", "timer:late"])
