"""An instance's state is bounded: a step that would make it too large is undone and somebody is told; what is there stays usable."""

import pytest
from sqlalchemy import func, select

from portal.database import unit_of_work
from portal.web.i18n import using_locale
from portal.workflow import codec
from portal.workflow.codec import StateTooLarge
from portal.workflow.models import Message, ProcessInstance
from tests.diagrams.build import catch, diagram, end, field, gateway, service, start, user_task, wired
from tests.integration.workflow.conftest import Notebook, Office


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LARGEST", 5_000)


def size() -> int:
    with unit_of_work() as session:
        return session.scalars(select(func.length(ProcessInstance.state))).one()


def growing(first: str, messages: str = "") -> str:
    return diagram(
        "test",
        wired(start(), first, service("grow", "test.one", result="much"), user_task("after"), end(),
              flows=f"start -> {'wait' if messages else 'before'} -> grow -> after -> end"),
        messages=messages,
    )  # fmt: skip


def test_a_person_whose_step_would_make_it_too_large_is_refused_and_nothing_has_happened(
    office: Office, notebook: Notebook
) -> None:
    office.run(growing(user_task("before")))
    before = size()
    notebook.answers["test.one"] = {"text": "x" * 6_000}
    with using_locale("en"), pytest.raises(StateTooLarge, match="7 kB, where 5 kB"):
        office.complete("before")
    assert (office.open(), office.status(), size()) == (["before"], "running", before)
    notebook.answers["test.one"] = {"text": "x"}
    office.complete("before")
    assert office.open() == ["after"]


def test_a_message_whose_step_would_make_it_too_large_stays_pending_behind_an_incident(
    office: Office, notebook: Notebook
) -> None:
    office.run(growing(catch("wait", message="came"), messages="came"))
    notebook.answers["test.one"] = {"text": "x" * 6_000}
    office.send("came", "m1")
    (incident,) = office.incidents()
    assert (incident.node_id, "StateTooLarge" in incident.error) == ("wait", True)
    with unit_of_work() as session:
        assert session.scalars(select(Message.status)).one() == "pending"
    notebook.answers["test.one"] = {"text": "x"}
    office.retry()
    assert (office.open(), office.incidents()) == (["after"], [])


def test_a_start_with_too_many_facts_is_refused(office: Office) -> None:
    office.publish(growing(user_task("before")))
    with pytest.raises(StateTooLarge):
        office.start({"order": {"text": "x" * 6_000}})


def test_an_instance_that_is_too_large_already_can_still_be_worked_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "LARGEST", 1_000_000)
    office.run(growing(user_task("before")), order={"text": "x" * 6_000})
    monkeypatch.setattr(codec, "LARGEST", 5_000)
    office.complete("before")
    office.complete("after")
    assert office.status() == "completed"


def test_a_loop_that_people_go_round_many_times_does_not_grow(office: Office) -> None:
    office.run(
        diagram("test", wired(start(), gateway("merge"), user_task("work", field("more")), gateway("again"), end(),
                              flows='start -> merge -> work -> again\nagain -> merge | work.more == "yes"\nagain -> end | default'))
    )  # fmt: skip
    office.complete("work", more="yes")
    first = size()
    for _ in range(30):
        office.complete("work", more="yes")
    assert size() <= first + 10
