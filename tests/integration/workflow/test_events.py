"""Event-based gateways and repeating timers in the database: what waits is in the rows, one wins, ticks keep to their grid."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.database import unit_of_work
from portal.workflow import timers
from portal.workflow.models import Message, Wait
from tests.diagrams.build import border, catch, diagram, end, race, service, start, user_task, wired
from tests.integration.workflow.conftest import Notebook, Office


def offer() -> str:
    return diagram(
        "test",
        wired(start(), race("await"), catch("paid", message="paid"), catch("late", timer="P7D", status="overdue"), user_task("ship"),
              user_task("remind"), end(), flows="start -> await -> paid -> ship -> end\nawait -> late -> remind -> end"),
        messages="paid", statuses="overdue",
    )  # fmt: skip


def test_the_message_wins_and_the_timer_waits_no_longer(office: Office, notebook: Notebook, clock: Any) -> None:
    office.run(offer())
    assert office.waits() == ["message:paid", "timer:late"]
    office.send("paid", "m1")
    assert (office.open(), office.waits()) == (["ship"], [])
    clock.travel(days=8)
    assert timers.fire_due() == 0
    assert notebook.statuses == []
    assert office.taken() == ["start_to_await", "await_to_paid", "paid_to_ship"]


def test_the_timer_wins_and_a_message_that_comes_later_stays_pending(
    office: Office, notebook: Notebook, clock: Any
) -> None:
    office.run(offer())
    clock.travel(days=8)
    assert timers.fire_due() == 1
    office.send("paid", "m1")
    assert (office.open(), office.waits(), notebook.statuses) == (["remind"], [], ["overdue"])
    with unit_of_work() as session:
        assert session.scalars(select(Message.status)).all() == ["pending"]


def test_a_message_that_came_before_wins_at_once(office: Office) -> None:
    office.publish(offer())
    office.send("paid", "m1")
    office.start()
    assert (office.open(), office.waits()) == (["ship"], [])


def due() -> datetime:
    with unit_of_work() as session:
        moment = session.scalars(select(Wait.due_at).where(Wait.kind == "timer")).one()
    assert moment is not None
    return moment


def test_a_tick_that_was_missed_many_times_fires_once_and_the_next_is_on_the_grid(
    office: Office, notebook: Notebook, clock: Any
) -> None:
    office.run(
        diagram("test", wired(start(), user_task("work"), border("tick", "work", cycle="R/PT1H", interrupting=False),
                              service("remind", "test.one"), end("told"), end(), flows="start -> work -> end\ntick -> remind -> told"))
    )  # fmt: skip
    first = due()
    clock.travel(hours=26, minutes=10)
    assert timers.fire_due() == 1
    assert timers.fire_due() == 0
    assert notebook.names() == ["test.one"]
    assert due() == first + timedelta(hours=26)
    clock.travel(hours=-20)
    assert timers.fire_due() == 0
    clock.travel(hours=21)
    assert timers.fire_due() == 1
    office.complete("work")
    assert (office.status(), office.waits()) == ("completed", [])


def test_a_tick_whose_action_fails_is_an_incident_and_the_next_tick_still_comes(
    office: Office, notebook: Notebook, clock: Any
) -> None:
    office.run(
        diagram("test", wired(start(), user_task("work"), border("tick", "work", cycle="R/PT1H", interrupting=False),
                              service("remind", "test.one"), end("told"), end(), flows="start -> work -> end\ntick -> remind -> told"))
    )  # fmt: skip
    notebook.fail["test.one"] = ValueError("no")
    clock.travel(hours=1)
    timers.fire_due()
    assert [incident.node_id for incident in office.incidents()] == ["remind"]
    notebook.fail.clear()
    clock.travel(hours=1)
    assert timers.fire_due() == 1
    office.retry()
    assert notebook.names() == ["test.one"] * 3
