"""Outside actions: performed as long as somebody waits for them, taken over from the dead, and given up as an incident."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import outbox
from portal.database import unit_of_work
from portal.outbox import MAX_ATTEMPTS, OutboxAttempt, OutboxRow, performing
from portal.workflow import service, timers
from portal.workflow.models import ProcessInstance
from portal.workflow.postponing import WHOLE_INSTANCE
from tests.diagrams.build import border, diagram, end, start, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.workflow.conftest import Notebook, Office

PUSH = diagram(
    "test",
    wired(
        start(), action("push", "test.outside", {"what": "order.number"}, result="pushed"), border("late", "push", timer="P1D"),
        user_task("chase"), end("e1"), user_task("go"), end(),
        flows="start -> push -> go -> end\nlate -> chase -> e1",
    ),
)  # fmt: skip


def rows() -> list[OutboxRow]:
    with unit_of_work() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def receipts() -> list[dict[str, Any] | None]:
    with unit_of_work() as session:
        return list(session.scalars(select(OutboxAttempt.receipt).order_by(OutboxAttempt.id)))


def test_an_effect_says_where_it_goes_and_what_it_is_about(office: Office) -> None:
    office.run(PUSH, order={"number": "SO-1"})
    (row,) = rows()
    assert (row.target, row.subject) == ("factory", "test:B1")


def test_the_receipt_is_what_the_action_returned(office: Office, notebook: Notebook, drain: Any) -> None:
    notebook.answers["test.outside"] = {"reference": "F-1"}
    office.run(PUSH, order={"number": "SO-1"})
    drain()
    assert receipts() == [{"reference": "F-1"}]


def test_the_step_and_its_effect_are_done_in_one_commit(
    office: Office, notebook: Notebook, drain: Any, monkeypatch: Any
) -> None:
    office.run(PUSH, order={"number": "SO-1"})

    def dies(*_given: object, **_named: object) -> None:
        raise AssertionError("not needed: it was settled in the step")

    monkeypatch.setattr(performing, "_SETTLE_AT_ONCE", dies)
    drain()
    assert ([row.status for row in rows()], office.open()) == (["done"], ["go"])


def test_an_action_whose_step_was_cancelled_is_not_performed(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    office.run(PUSH, order={"number": "SO-1"})
    clock.travel(days=1)
    timers.fire_due()
    drain()
    assert (notebook.calls, office.open(), [row.status for row in rows()]) == ([], ["chase"], ["done"])
    assert receipts() == [{"not_performed": "its step does not wait for it any more"}]


def test_an_attempt_that_an_operator_has_overtaken_is_not_performed(
    office: Office, notebook: Notebook, drain: Any
) -> None:
    office.run(PUSH, order={"number": "SO-1"})
    (first,) = rows()
    payload = first.payload
    with unit_of_work() as session:
        service.fail_action(
            session, task_id=UUID(payload["task_id"]), instance_id=payload["instance_id"], attempt=1, error="gave up"
        )
    office.retry()
    drain()
    assert [receipt is None for receipt in receipts()] == [False, True]
    assert len(notebook.calls) == 1
    assert office.open() == ["go"]


def test_an_action_whose_worker_was_killed_is_taken_over_after_its_lease(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    office.run(PUSH, order={"number": "SO-1"})
    with unit_of_work() as session:
        (row_id,) = outbox.lease(session, limit=1)
    assert performing._begin(row_id) is not None
    assert (drain(), notebook.calls) == (0, [])
    clock.travel(outbox.LEASE)
    assert drain() == 1
    assert office.open() == ["go"]


def test_an_action_that_kills_each_worker_ends_as_an_incident(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    office.run(PUSH, order={"number": "SO-1"})
    for _death in range(MAX_ATTEMPTS):
        with unit_of_work() as session:
            (row_id,) = outbox.lease(session, limit=1)
        performing._begin(row_id)
        clock.travel(outbox.LEASE)
    drain()
    (incident,) = office.incidents()
    assert (incident.node_id, notebook.calls) == ("push", [])
    assert "the worker ended" in incident.error
    office.retry()
    drain()
    assert office.open() == ["go"]


def test_an_action_of_an_instance_that_cannot_be_read_ends_as_one_incident(
    office: Office, notebook: Notebook, drain: Any, clock: Any
) -> None:
    office.run(PUSH, order={"number": "SO-1"})
    with unit_of_work() as session:
        session.query(ProcessInstance).update({ProcessInstance.state: b"unreadable"})
    for _attempt in range(2 * MAX_ATTEMPTS):
        drain()
        clock.travel(minutes=6)
    (incident,) = office.incidents()
    assert (incident.task_id, incident.node_id) == (WHOLE_INSTANCE, "push")
    assert [row.status for row in rows()] == ["dead"]
    assert len(notebook.calls) == MAX_ATTEMPTS
