"""Whatever is killed between two commits: rows are all there is, so the next process goes on from them."""

from typing import Any

import pytest
from sqlalchemy import select

from portal import outbox
from portal.database import unit_of_work
from portal.outbox import Delivery, OutboxRow
from portal.workflow import jobs, service
from portal.workflow.models import ProcessInstance
from tests.diagrams.build import border, diagram, end, inside, start, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.workflow.conftest import Notebook, Office

PROCESS = diagram(
    "test",
    wired(
        start(), user_task("ask"), action("note", "test.one"), action("push", "test.outside"), user_task("next"), end(),
        flows="start -> ask -> note -> push -> next -> end",
    ),
)  # fmt: skip


class Killed(BaseException):
    """The process died here."""


def delivery() -> Delivery:
    with unit_of_work() as session:
        row = session.scalars(select(OutboxRow)).one()
        return Delivery(row.key, row.payload, 1)


def test_a_step_that_dies_before_its_commit_never_was(office: Office, notebook: Notebook) -> None:
    office.run(PROCESS)
    before = len(office.history())
    task_id = office.task("ask")

    def die() -> None:
        with unit_of_work() as session:
            service.complete_task(session, actor=office.people.seller, task_id=task_id, data={})
            raise Killed

    with pytest.raises(Killed):
        die()
    assert (office.open(), office.waits(), len(office.history())) == (["ask"], [], before)
    with unit_of_work() as session:
        assert session.scalars(select(OutboxRow)).all() == []
    office.complete("ask")
    assert office.waits() == ["action:test.outside"]


def test_an_action_whose_worker_dies_after_the_effect_is_done_again_with_the_same_key(
    office: Office, notebook: Notebook, monkeypatch: Any
) -> None:
    office.run(PROCESS)
    office.complete("ask")
    owed = delivery()
    with monkeypatch.context() as patch:
        patch.setattr(service, "complete_action", lambda *_args, **_named: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            jobs.perform_action(owed)
    assert office.waits() == ["action:test.outside"]
    jobs.perform_action(owed)
    assert (office.open(), office.waits()) == (["next"], [])
    assert notebook.keys[-1] == notebook.keys[-2]


def test_an_action_done_twice_completes_its_step_once(office: Office, notebook: Notebook) -> None:
    office.run(PROCESS)
    office.complete("ask")
    owed = delivery()
    jobs.perform_action(owed)
    moved = len(office.history())
    jobs.perform_action(owed)
    outbox.perform_pending()
    assert (office.open(), len(office.history("task_created"))) == (["next"], 2)
    assert len(office.history()) == moved


def test_only_rows_are_needed_to_go_on(office: Office, notebook: Notebook, monkeypatch: Any) -> None:
    from portal.workflow import definitions

    inner = wired(start("s"), user_task("work"), end("e"), flows="s -> work -> e")
    xml = diagram(
        "test",
        wired(start(), inside("all", inner), border("stop", "all", message="stop"), user_task("after"), end("e1"), end(),
              flows="start -> all -> end\nstop -> after -> e1"),
        messages="stop",
    )  # fmt: skip
    office.run(xml)
    monkeypatch.setattr(definitions, "_definitions", definitions.Kept())
    office.send("stop", "1")
    assert office.open() == ["after"]
    with unit_of_work() as session:
        assert session.scalars(select(ProcessInstance.version)).one() == 3
