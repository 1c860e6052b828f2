"""Call activities in the database: what is called is fixed when the caller is published, and lint looks into it."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.web.i18n import using_locale
from portal.workflow import delivery, publishing, queries
from portal.workflow.errors import DiagramRefused
from portal.workflow.models import ProcessDefinition
from tests.diagrams.build import border, call, catch, diagram, end, field, service, start, user_task, wired
from tests.integration.workflow.conftest import Notebook, Office


def check(task: str = "look", **attributes: str) -> str:
    return diagram(
        "check", wired(start(), user_task(task, field("ok"), **attributes), end(), flows=f"start -> {task} -> end"), statuses="checked"
    )  # fmt: skip


def caller(*more: str, flows: str = "", statuses: str = "", messages: str = "") -> str:
    return diagram(
        "test",
        wired(start(), call("credit", "check"), *more, user_task("after"), end(), flows=f"start -> credit -> after -> end\n{flows}"),
        statuses=statuses, messages=messages,
    )  # fmt: skip


def problems(xml: str) -> list[tuple[str, str]]:
    with unit_of_work() as session, using_locale("en"):
        return [(found.node_id, str(found.message)) for found in publishing.check(session, xml=xml)[1]]


def test_a_called_process_runs_in_its_caller_and_is_told_in_the_history(office: Office, notebook: Notebook) -> None:
    office.publish(check(status="checked"))
    instance = office.run(caller(statuses="checked"))
    assert office.open() == ["credit.look"]
    assert notebook.statuses == ["checked"]
    office.complete("credit.look", ok="yes")
    office.complete("after")
    assert office.status() == "completed"
    assert "credit.look_to_end" in office.taken()
    with unit_of_work() as session:
        taken = queries.path(session, instance)["taken"]
    assert {"credit", "credit.look", "after"} <= set(taken)


def test_a_caller_keeps_the_edition_that_was_published_when_it_was(office: Office) -> None:
    office.publish(check("look"))
    office.run(caller())
    office.publish(check("see"))
    assert office.open() == ["credit.look"]
    office.start(business_key="B2")
    assert office.open() == ["credit.look"]
    office.publish(caller())
    office.start(business_key="B3")
    assert office.open() == ["credit.see"]
    office.business_key = "B1"
    office.complete("credit.look", ok="yes")
    assert office.open() == ["after"]
    with unit_of_work() as session:
        versions = session.execute(
            select(ProcessDefinition.version, ProcessDefinition.calls).where(ProcessDefinition.key == "test")
        )
        assert [(row.version, list(row.calls)) for row in versions] == [(1, ["check"]), (2, ["check"])]


def test_publishing_the_same_caller_of_the_same_process_makes_no_new_version(office: Office) -> None:
    office.publish(check())
    office.publish(caller())
    office.publish(caller())
    with unit_of_work() as session:
        assert session.scalars(select(ProcessDefinition.version).where(ProcessDefinition.key == "test")).all() == [1]


def test_what_is_called_in_turn_is_fixed_too(office: Office) -> None:
    office.publish(check("look"))
    office.publish(diagram("middle", wired(start(), call("deeper", "check"), end(), flows="start -> deeper -> end")))
    office.publish(check("see"))
    office.run(diagram("test", wired(start(), call("m", "middle"), end(), flows="start -> m -> end")))
    assert office.open() == ["m.deeper.look"]
    office.complete("m.deeper.look", ok="x")
    assert office.status() == "completed"


def test_a_failed_action_inside_is_an_incident_and_can_be_retried(office: Office, notebook: Notebook) -> None:
    office.publish(diagram("check", wired(start(), service("act", "test.one"), end(), flows="start -> act -> end")))
    notebook.fail["test.one"] = ValueError("no")
    office.run(caller())
    assert [incident.node_id for incident in office.incidents()] == ["credit.act"]
    notebook.fail.clear()
    office.retry()
    assert office.open() == ["after"]


def test_a_message_on_the_border_interrupts_what_was_called(office: Office) -> None:
    office.publish(
        diagram(
            "check",
            wired(start(), catch("wait", message="paper"), end(), flows="start -> wait -> end"),
            messages="paper",
        )
    )
    office.run(
        caller(border("stop", "credit", message="stop"), end("stopped"), flows="stop -> stopped", messages="stop")
    )
    assert office.waits() == ["message:paper", "message:stop"]
    office.send("stop", "m1")
    assert (office.status(), office.waits()) == ("completed", [])


def test_what_is_wrong_with_a_call_is_said_at_the_call(office: Office) -> None:
    assert problems(caller()) == [("credit", "There is no published process “check” to call")]
    office.publish(check(status="checked"))
    ((node_id, message),) = problems(caller())
    assert node_id == "credit"
    assert "“check”" in message
    assert "status “checked” is not declared" in message
    office.publish(check())
    assert problems(caller()) == []
    office.publish(caller())
    with pytest.raises(DiagramRefused):
        office.publish(diagram("check", wired(start(), call("back", "test"), end(), flows="start -> back -> end")))


def test_delivered_files_are_published_with_what_they_call_first_and_follow_its_new_versions(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "a_caller.bpmn").write_text(caller())
    (tmp_path / "b_called.bpmn").write_text(check("look"))
    delivery.publish_delivered(tmp_path)
    delivery.publish_delivered(tmp_path)
    office.start()
    assert office.open() == ["credit.look"]
    (tmp_path / "b_called.bpmn").write_text(check("see"))
    delivery.publish_delivered(tmp_path)
    office.start(business_key="B2")
    assert office.open() == ["credit.see"]
    with unit_of_work() as session:
        newest = publishing.publish(session, xml=caller(), source="delivered", actor=SYSTEM)
        assert newest.version == 2
