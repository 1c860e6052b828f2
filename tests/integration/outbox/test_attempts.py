"""Every try leaves its trace, with the receipt or the error; what is done is done in one commit; what kills its worker is given up."""

from typing import Any

import pytest
from sqlalchemy import TextClause, text

from portal import heartbeat, outbox
from portal.database import unit_of_work
from portal.errors import Conflict
from portal.outbox import MAX_ATTEMPTS, Delivery, leasing, performing
from tests.integration.outbox.conftest import Outside, attempts, owe, row


def test_a_success_keeps_its_receipt_and_how_long_it_took(outside: Outside) -> None:
    outside.receipt = {"reference": "F-1", "lines": 3}
    owe("k1", subject="order:SO-1")
    outbox.perform_pending()
    (attempt,) = attempts("k1")
    assert (attempt.number, attempt.error, attempt.receipt, attempt.target) == (
        1,
        None,
        {"reference": "F-1", "lines": 3},
        "factory",
    )
    assert attempt.milliseconds >= 0
    assert (row("k1").status, row("k1").subject, row("k1").error) == ("done", "order:SO-1", None)


def test_a_failure_keeps_its_error_and_the_next_try_is_counted(outside: Outside, clock: Any) -> None:
    outside.error = Conflict("not today")
    owe("k1")
    outbox.perform_pending()
    outside.error = None
    clock.travel(minutes=1)
    outbox.perform_pending()
    assert [(one.number, one.error) for one in attempts("k1")] == [(1, "Conflict: not today"), (2, None)]
    assert row("k1").failures == 2


@pytest.mark.parametrize(
    "receipt",
    [{"text": "x" * 100_000}, {"text": "a\x00b"}, {"number": 2**90}, {"thing": object()}],
    ids=["long", "nul", "huge", "object"],
)
def test_a_receipt_is_kept_whatever_it_is_and_bounded(outside: Outside, receipt: dict[str, object]) -> None:
    outside.receipt = receipt
    owe("k1")
    outbox.perform_pending()
    (attempt,) = attempts("k1")
    assert attempt.receipt is not None
    assert len(str(attempt.receipt)) < performing.LONGEST_RECEIPT + 100
    assert (row("k1").status, outside.came) == ("done", ["k1"])


def test_a_handler_may_end_its_effect_in_its_own_transaction(outside: Outside) -> None:
    def beat(delivery: Delivery) -> None:
        with unit_of_work() as session:
            heartbeat.beat(session, process=delivery.key)
            delivery.settle(session, {"beat": 1})

    outbox.handler("test")(beat)
    owe("k1", target="portal")
    outbox.perform_pending()
    assert (row("k1").status, attempts("k1")[0].receipt) == ("done", {"beat": 1})


def test_what_a_handler_undid_is_not_done(outside: Outside, clock: Any) -> None:
    def beat(delivery: Delivery) -> None:
        with unit_of_work() as session:
            heartbeat.beat(session, process=delivery.key)
            delivery.settle(session, None)
            raise Conflict("changed meanwhile")

    outbox.handler("test")(beat)
    owe("k1")
    outbox.perform_pending()
    assert (row("k1").status, [one.error for one in attempts("k1")]) == ("pending", ["Conflict: changed meanwhile"])
    with unit_of_work() as session:
        assert heartbeat.newest(session) is None


def test_performing_costs_two_round_trips(outside: Outside, statements: list[str]) -> None:
    owe("k1", "k2")
    with unit_of_work() as session:
        first, second = outbox.lease(session, limit=2)
    outbox.perform(first)
    statements.clear()
    outbox.perform(second)
    assert len(statements) == 2, statements


def begin(key: str) -> None:
    """Begin as a worker does that is killed right after."""
    with unit_of_work() as session:
        (row_id,) = outbox.lease(session, limit=1)
    assert performing._begin(row_id) is not None
    assert row(key).status == "pending"


def test_an_effect_that_kills_its_worker_each_time_is_given_up(outside: Outside, clock: Any) -> None:
    owe("poison")
    for _death in range(MAX_ATTEMPTS):
        begin("poison")
        clock.travel(outbox.LEASE)
    outbox.perform_pending()
    assert (outside.came, outside.given_up, row("poison").status) == ([], ["poison"], "dead")
    assert "the worker ended" in (row("poison").error or "")


def test_what_only_waited_behind_it_is_not_counted(outside: Outside, clock: Any) -> None:
    owe("poison", "innocent")
    for _death in range(MAX_ATTEMPTS):
        with unit_of_work() as session:
            poison, _innocent = outbox.lease(session, limit=2)
        performing._begin(poison)
        clock.travel(outbox.LEASE)
    outbox.perform_pending()
    assert (outside.came, row("innocent").failures) == (["innocent"], 1)


def test_a_row_whose_lease_is_over_is_not_begun(outside: Outside, clock: Any) -> None:
    owe("k1")
    with unit_of_work() as session:
        (row_id,) = outbox.lease(session, limit=1)
    clock.travel(outbox.LEASE)
    outbox.perform(row_id)
    assert outside.came == []


def test_beginning_renews_the_lease(outside: Outside, clock: Any) -> None:
    owe("k1")
    with unit_of_work() as session:
        (row_id,) = outbox.lease(session, limit=1)
    clock.travel(outbox.LEASE * 0.9)
    performing._begin(row_id)
    clock.travel(outbox.LEASE * 0.9)
    assert outbox.perform_pending() == 0


def test_an_effect_nobody_performs_is_given_up(outside: Outside, clock: Any) -> None:
    owe("k1", topic="unheard.of")
    for _attempt in range(MAX_ATTEMPTS):
        outbox.perform_pending()
        clock.travel(hours=1)
    assert (row("k1").status, row("k1").error) == ("dead", "LookupError: nobody performs unheard.of")


def test_an_effect_whose_owner_cannot_be_told_is_given_up_all_the_same(outside: Outside, clock: Any) -> None:
    told = []

    def not_told(delivery: Delivery, _error: str) -> None:
        told.append(delivery.attempt)
        raise RuntimeError("cannot be read")

    outbox.handler("test", gave_up=not_told)(outside)
    outside.error = Conflict("no")
    owe("k1")
    for _attempt in range(3 * MAX_ATTEMPTS):
        outbox.perform_pending()
        clock.travel(hours=1)
    assert row("k1").status == "dead"
    assert told == list(range(MAX_ATTEMPTS, 2 * MAX_ATTEMPTS + 1))[: len(told)]
    assert len(outside.came) == MAX_ATTEMPTS, "it is performed no more once its attempts are used up"


def test_leasing_steps_through_the_index_however_much_is_owed(outside: Outside, clock: Any) -> None:
    with unit_of_work() as session:
        session.execute(
            text(
                "insert into outbox (topic, key, payload, status, failures, target, available_at, created_at)"
                " select 'test', n::text, '{}', 'pending', 0, case when n % 2 = 0 then 'factory' else 'sms' end, now() - interval '1 day',"
                " now() from generate_series(1, 20000) n"
            )
        )
    with unit_of_work() as session:
        session.execute(text("analyze outbox"))
    targets = plan_of(leasing._TARGETS, now=clock.now(), until=clock.now(), farthest=clock.now(), outside=3)
    taking = plan_of(leasing._TAKE, now=clock.now(), until=clock.now(), target="sms", most=2)
    for plan in (targets, taking):
        assert "ix_outbox_target" in plan, plan
        assert "Seq Scan on outbox " not in plan, plan
        assert "Sort Key: outbox.available_at" not in plan, plan


def plan_of(statement: TextClause, **given: object) -> str:
    with unit_of_work() as session:
        return "\n".join(session.scalars(text(f"explain {statement.text}"), given))
