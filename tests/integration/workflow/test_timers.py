"""Timers: found by an index however many wait, fired in time and once, by however many workers, and whatever the clock does."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update

from portal import clock as portal_clock
from portal import worker
from portal.database import engine, unit_of_work
from portal.workflow import operating, registry, timers
from portal.workflow.models import HistoryEntry, Incident, ProcessInstance, Wait
from tests.diagrams.build import catch, diagram, end, start, user_task, wired
from tests.integration.workflow.conftest import Notebook, Office

HOUR = diagram(
    "test", wired(start(), catch("wait", timer="PT1H"), user_task("next"), end(), flows="start -> wait -> next -> end")
)
DAY = HOUR.replace("PT1H", "P1D")
MANY = 10_000


@pytest.fixture
def statements(database: str) -> Iterator[list[str]]:
    """What is sent to the database, statement by statement."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    yield sent
    event.remove(engine(), "before_cursor_execute", note)


def many_more(office: Office, number: int = MANY) -> None:
    """Make copies of the one instance there is, which wait as it does."""
    with unit_of_work() as session:
        session.execute(
            text(
                "insert into process_instances (definition_id, process_key, business_key, status, state, state_format, version, started_at)"
                " select definition_id, process_key, 'M-' || n, status, state, state_format, version, started_at"
                " from process_instances, generate_series(1, :number) n"
            ),
            {"number": number},
        )
        session.execute(
            text(
                "insert into waits (instance_id, definition_id, task_id, node_id, kind, name, business_key, due_at)"
                " select instance.id, instance.definition_id, gen_random_uuid(), waits.node_id, waits.kind, waits.name, instance.business_key,"
                " waits.due_at from process_instances instance, waits where instance.business_key like 'M-%'"
            )
        )
    with unit_of_work() as session:
        session.execute(text("analyze waits, process_instances"))


def fired() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).where(HistoryEntry.kind == "timer")) or 0


def test_a_look_at_ten_thousand_waiting_timers_reads_only_what_is_due(
    office: Office, clock: Any, statements: list[str]
) -> None:
    office.run(DAY)
    many_more(office)
    office.publish(HOUR)
    for number in range(100):
        office.start(business_key=f"H-{number}")
    clock.travel(hours=1)
    statements.clear()
    assert timers.fire(limit=100) == 100
    per_instance = (len(statements) - 2) / 100
    assert per_instance <= 4, statements[:12]
    assert timers.fire(limit=100) == 0
    with unit_of_work() as session:
        given = {"now": clock.now(), "farthest": clock.now(), "limit": 100}
        plan = "\n".join(session.scalars(text(f"explain analyze {timers._DUE.text}"), given))
    assert "ix_waits_due" in plan, plan
    assert "Seq Scan" not in plan, plan


def test_the_worker_sleeps_until_the_next_timer_is_due_and_a_second_at_most(office: Office, clock: Any) -> None:
    assert worker._until_next_timer() == worker.LOOK_FOR_TIMERS <= 1
    office.run(HOUR)
    assert worker._until_next_timer() == worker.LOOK_FOR_TIMERS
    clock.travel(hours=1, seconds=-0.25)
    assert worker._until_next_timer() == pytest.approx(0.25)
    clock.travel(seconds=1)
    assert worker._until_next_timer() == worker.LOOK_FOR_TIMERS, "what is due and cannot be fired is no reason to hurry"


def test_among_ten_thousand_a_running_worker_fires_those_that_come_due(office: Office, monkeypatch: Any) -> None:
    office.run(DAY)
    many_more(office)
    office.publish(HOUR.replace("PT1H", "PT1S"))
    for number in range(20):
        office.start(business_key=f"H-{number}")
    monkeypatch.setattr(worker, "_relay", lambda *_ignored: None)
    stop = threading.Event()
    looking = threading.Thread(target=worker._timers, args=(stop,))
    looking.start()
    try:
        pause = threading.Event()
        for _look in range(1000):
            if fired() == 20:
                break
            pause.wait(0.02)
    finally:
        stop.set()
        looking.join()
    with unit_of_work() as session:
        late = session.scalars(
            select(HistoryEntry.at - ProcessInstance.started_at)
            .join(ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id)
            .where(HistoryEntry.kind == "timer")
        ).all()
    assert len(late) == 20
    assert max(late) < timedelta(seconds=10), "two seconds are the aim; this machine may be busy"


def test_several_workers_fire_each_timer_once(office: Office, clock: Any) -> None:
    office.publish(HOUR)
    for number in range(40):
        office.start(business_key=f"H-{number}")
    clock.travel(hours=1)
    together = threading.Barrier(4)

    def work() -> int:
        together.wait(10)
        return timers.fire_due() + timers.fire_due()

    with ThreadPoolExecutor(4) as pool:
        moved = sum(future.result() for future in [pool.submit(work) for _ in range(4)])
    assert (moved, fired()) == (40, 40)
    with unit_of_work() as session:
        assert set(session.scalars(select(ProcessInstance.version))) == {3}, "nobody stepped an instance for nothing"


def test_timers_that_came_due_while_nothing_ran_fire_when_a_worker_is_back(office: Office, clock: Any) -> None:
    office.run(HOUR)
    clock.travel(days=3)
    assert timers.fire_due() == 1
    assert office.open() == ["next"]


def test_a_clock_that_is_put_back_fires_nothing_twice_and_loses_nothing(office: Office, clock: Any) -> None:
    office.publish(HOUR)
    office.start(business_key="H-1")
    clock.travel(hours=1)
    assert timers.fire_due() == 1
    portal_clock.travel(-timedelta(hours=3))
    office.start(business_key="H-2")
    assert timers.fire_due() == 0
    clock.travel(hours=1)
    assert timers.fire_due() == 1
    clock.travel(hours=2)
    assert (timers.fire_due(), fired()) == (0, 2)


def test_timers_of_a_suspended_instance_wait_until_it_is_resumed(office: Office, clock: Any) -> None:
    office.run(HOUR)
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(suspended_at=clock.now()))
    clock.travel(hours=2)
    assert (timers.fire_due(), timers.next_due()) == (0, None)
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(suspended_at=None))
    assert timers.fire_due() == 1


# Instances that cannot be read


def damage(business_key: str) -> bytes:
    with unit_of_work() as session:
        of_it = ProcessInstance.business_key == business_key
        state = session.scalars(select(ProcessInstance.state).where(of_it)).one()
        session.execute(update(ProcessInstance).where(of_it).values(state=b"unreadable"))
        return state


def mend(business_key: str, state: bytes) -> None:
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).where(ProcessInstance.business_key == business_key).values(state=state))


def instance(business_key: str) -> ProcessInstance:
    with unit_of_work() as session:
        return session.scalars(select(ProcessInstance).where(ProcessInstance.business_key == business_key)).one()


def test_what_cannot_be_read_is_looked_at_less_and_less_and_shown_once(office: Office, clock: Any) -> None:
    office.run(HOUR)
    damage("B1")
    clock.travel(hours=1)
    looks = []
    for _ in range(14):
        timers.fire_due()
        assert timers.fire_due() == 0, "not before its time"
        until = instance("B1").postponed_until
        assert until is not None
        looks.append(until - clock.now())
        clock.travel(until - clock.now())
    assert looks[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert looks[-1] == timedelta(minutes=10)
    (incident,) = office.incidents()
    assert (incident.node_id, incident.attempts, office.status()) == ("wait", 14, "incident")


def test_what_can_be_read_again_goes_on_and_its_incident_is_over(office: Office, clock: Any) -> None:
    office.run(HOUR)
    state = damage("B1")
    clock.travel(hours=1)
    timers.fire_due()
    mend("B1", state)
    clock.travel(seconds=2)
    assert timers.fire_due() == 1
    assert (office.open(), office.incidents(), office.status()) == (["next"], [], "running")
    assert (instance("B1").postponements, instance("B1").postponed_until) == (0, None)


def test_what_was_mended_is_taken_up_also_when_nothing_of_it_is_due(office: Office, clock: Any) -> None:
    office.run(HOUR)
    state = damage("B1")
    clock.travel(hours=1)
    timers.fire_due()
    mend("B1", state)
    with unit_of_work() as session:
        session.execute(update(Wait).values(due_at=clock.now() + timedelta(days=9)))
    clock.travel(seconds=2)
    timers.fire_due()
    assert (instance("B1").postponements, office.incidents(), office.status()) == (0, [], "running")


def test_an_operator_may_try_what_could_not_be_read_at_once(office: Office, clock: Any) -> None:
    office.run(HOUR)
    state = damage("B1")
    clock.travel(hours=1)
    for _ in range(6):
        timers.fire_due()
        clock.travel(minutes=1)
    office.retry()
    assert len(office.incidents()) == 1, "it is over when it has been read"
    mend("B1", state)
    office.retry()
    assert timers.fire_due() == 1
    assert (office.open(), office.incidents()) == (["next"], [])


def test_a_clock_that_is_put_back_does_not_put_off_for_longer(office: Office, clock: Any) -> None:
    office.run(HOUR)
    state = damage("B1")
    clock.travel(hours=1)
    timers.fire_due()
    mend("B1", state)
    with unit_of_work() as session:  # as a clock would have written that was a day ahead
        session.execute(update(ProcessInstance).values(postponed_until=clock.now() + timedelta(days=1)))
    assert timers.fire_due() == 1


def test_a_message_for_what_cannot_be_read_waits_and_holds_up_nobody(
    office: Office, notebook: Notebook, clock: Any
) -> None:
    office.run(
        diagram(
            "test",
            wired(start(), catch("hear", message="go"), user_task("next"), end(), flows="start -> hear -> next -> end"),
            messages="go",
        )
    )
    state = damage("B1")
    with unit_of_work() as session:
        session.execute(
            text(
                "insert into messages (sender, message_id, name, business_key, payload, received_at, expires_at, status)"
                " values ('s', '1', 'go', 'B1', '{}', :at, :until, 'pending')"
            ),
            {"at": clock.now(), "until": clock.now() + timedelta(days=1)},
        )
    clock.travel(seconds=2)
    timers.fire_due()
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 1
    mend("B1", state)
    clock.travel(seconds=2)
    timers.fire_due()
    assert (office.open(), office.incidents()) == (["next"], [])


@pytest.mark.parametrize("halted", ["suspend_instance", "cancel_instance"])
def test_a_timer_whose_step_fails_is_no_incident_of_what_was_halted_meanwhile(
    office: Office, notebook: Notebook, clock: Any, halted: str
) -> None:
    office.run(
        diagram(
            "test",
            wired(start(), catch("wait", timer="PT1H"), user_task("next", assignee="test.somebody"), end(),
                  flows="start -> wait -> next -> end"),
        )
    )  # fmt: skip
    clock.travel(hours=2)

    def fail(_session: object, _business_key: str) -> int:
        raise RuntimeError("the rule is broken")

    def halt_and_hold(instance_id: int, kind: str, error: str) -> None:
        with unit_of_work() as session:
            getattr(operating, halted)(session, actor=office.people.admin, instance_id=instance_id, reason="wrong")
        hold(instance_id, kind, error)

    hold = timers._hold
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timers, "_hold", halt_and_hold)
        patch.setattr(registry, "rule", lambda _name: fail)
        timers.fire_due()
    assert office.status() == ("running" if halted == "suspend_instance" else "cancelled")
    assert office.incidents() == []
