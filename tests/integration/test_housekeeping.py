"""Housekeeping: what is long over is forgotten in small pieces, by one worker; what is owed stays."""

from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal import clock as portal_clock
from portal import heartbeat, housekeeping, outbox
from portal.database import unit_of_work
from portal.outbox import OutboxAttempt, OutboxRow, purging

pytestmark = pytest.mark.usefixtures("database")


def effects(number: int, status: str) -> None:
    """Make effects that were over at this moment, with an attempt each."""
    with unit_of_work() as session:
        session.execute(
            text(
                "with made as (insert into outbox (topic, key, payload, status, failures, target, available_at, created_at, done_at)"
                " select 'test', :status || n || :now, '{}', :status, 1, 'portal', :at, :at, case when :status = 'done' then cast(:at as timestamptz) end"
                " from generate_series(1, :number) n returning id)"
                " insert into outbox_attempts (outbox_id, target, number, at, milliseconds) select id, 'portal', 1, :at, 1 from made"
            ),
            {"number": number, "status": status, "at": portal_clock.now(), "now": str(portal_clock.now())},
        )


def left() -> dict[str, int]:
    with unit_of_work() as session:
        rows = session.execute(select(OutboxRow.status, func.count()).group_by(OutboxRow.status))
        found = {row[0]: row[1] for row in rows}
        return found | {"attempts": session.scalar(select(func.count()).select_from(OutboxAttempt)) or 0}


def test_effects_over_for_half_a_year_go_with_their_attempts_and_what_is_owed_stays(clock: Any) -> None:
    effects(2500, "done")
    effects(3, "dead")
    effects(5, "pending")
    clock.travel(days=100)
    effects(10, "done")
    clock.travel(days=79)
    housekeeping.tidy_up()
    assert left() == {"done": 2510, "dead": 3, "pending": 5, "attempts": 2518}
    clock.travel(days=2)
    housekeeping.tidy_up()
    assert left() == {"done": 10, "pending": 5, "attempts": 15}


def test_each_piece_is_bounded_and_looking_stops_at_the_young(clock: Any) -> None:
    effects(30, "done")
    clock.travel(purging.KEPT)
    clock.travel(days=1)
    effects(30, "done")
    looked: list[int] = []
    after: int | None = 0
    while after is not None:
        with unit_of_work() as session:
            after = outbox.purge(session, after=after, limit=10)
        looked.append(left()["done"])
    assert looked == [50, 40, 30, 30]


def test_one_worker_tidies_up_at_a_time(clock: Any) -> None:
    effects(10, "done")
    clock.travel(days=200)
    with unit_of_work() as session:
        assert session.scalar(housekeeping._MINE)
        housekeeping.tidy_up()
        assert left()["done"] == 10
    housekeeping.tidy_up()
    assert left() == {"attempts": 0}


def test_signs_of_life_of_the_dead_are_forgotten(clock: Any) -> None:
    with unit_of_work() as session:
        heartbeat.beat(session, process="worker a:1")
    clock.travel(days=2)
    with unit_of_work() as session:
        heartbeat.beat(session, process="worker b:2")
    housekeeping.tidy_up()
    with unit_of_work() as session:
        assert session.scalars(select(heartbeat.Heartbeat.process)).all() == ["worker b:2"]
