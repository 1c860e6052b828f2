"""A system outside that is down: its effects wait without being used up, one tries now and then, and nobody else is held up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from portal import clock as portal_clock
from portal import outbox
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.outbox import MAX_ATTEMPTS, TargetDown
from portal.outbox.leasing import take
from portal.outbox.targets import ENOUGH_FAILURES, LONGEST_CLOSURE, SHORTEST_CLOSURE
from tests.integration.outbox.conftest import Outside, attempts, owe, row, target

DOWN = ConnectionRefusedError("connection refused")
BRIEFLY = timedelta(milliseconds=1)


def perform_one_after_another(times: int, clock: Any) -> None:
    """Let the oldest due effect try, and again, as a worker with one thread would."""
    for _ in range(times):
        with unit_of_work() as session:
            taken = take(session, room=1, each=1, outside=1)
        for one in taken:
            outbox.perform(one.id)
        clock.travel(BRIEFLY)


def take_down(outside: Outside, clock: Any) -> None:
    """Let so much fail that the factory is closed."""
    outside.error = DOWN
    owe(*(f"first-{number}" for number in range(ENOUGH_FAILURES)))
    perform_one_after_another(ENOUGH_FAILURES, clock)
    outside.came.clear()


def test_after_enough_outages_in_a_row_nothing_is_sent_to_the_target(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe("waits")
    assert outbox.perform_pending() == 0
    assert (outside.came, row("waits").failures) == ([], 0)
    known = target()
    assert known is not None
    assert known.closed_until is not None
    assert known.error is not None
    assert "connection refused" in known.error


def test_fewer_outages_close_nothing_and_a_success_between_them_starts_the_count_anew(
    outside: Outside, clock: Any
) -> None:
    outside.error = DOWN
    owe(*(f"k{number}" for number in range(ENOUGH_FAILURES - 1)))
    perform_one_after_another(ENOUGH_FAILURES - 1, clock)
    outside.error = None
    owe("fine")
    outbox.perform_pending()
    outside.error = DOWN
    owe("again")
    outbox.perform_pending()
    known = target()
    assert known is not None
    assert (known.failures, known.closed_until) == (1, None)


def test_a_hundred_effects_of_a_closed_target_are_tried_by_one_and_keep_their_attempts(
    outside: Outside, clock: Any
) -> None:
    take_down(outside, clock)
    owe(*(f"k{number:03}" for number in range(100)))
    clock.travel(SHORTEST_CLOSURE)
    for _round in range(10):
        outbox.perform_pending()
    assert len(outside.came) == 1
    assert sum(row(f"k{number:03}").failures for number in range(100)) == 0


def test_when_the_one_that_tries_succeeds_all_others_follow(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe(*(f"k{number}" for number in range(10)))
    clock.travel(SHORTEST_CLOSURE)
    outside.error = None
    with unit_of_work() as session:
        (trial,) = outbox.lease(session, limit=64)
    outbox.perform(trial)
    assert target().closed_until is None
    clock.travel(hours=1)
    outbox.perform_pending()
    assert len(outside.came) == 10 + ENOUGH_FAILURES


def test_each_failed_trial_closes_the_target_for_longer_up_to_a_bound(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe(*(f"k{number}" for number in range(40)))
    spans = []
    for _trial in range(12):
        spans.append(target().closed_until - clock.now() + (BRIEFLY if not spans else timedelta()))
        clock.travel(target().closed_until - clock.now())
        outbox.perform_pending()
    assert spans[:4] == [SHORTEST_CLOSURE, 2 * SHORTEST_CLOSURE, 4 * SHORTEST_CLOSURE, 8 * SHORTEST_CLOSURE]
    assert set(spans[6:]) == {LONGEST_CLOSURE}
    assert len(outside.came) == 12


def test_of_several_workers_one_may_try(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe(*(f"k{number}" for number in range(10)))
    clock.travel(SHORTEST_CLOSURE)
    together = Barrier(6)

    def worker() -> int:
        with unit_of_work() as session:
            together.wait(10)
            return len(outbox.lease(session, limit=10))

    with ThreadPoolExecutor(6) as pool:
        taken = [future.result() for future in [pool.submit(worker) for _ in range(6)]]
    assert sorted(taken) == [0, 0, 0, 0, 0, 1]


def test_a_trial_whose_worker_dies_is_followed_by_another(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe("k1", "k2")
    clock.travel(SHORTEST_CLOSURE)
    with unit_of_work() as session:
        assert len(outbox.lease(session, limit=10)) == 1
    outside.error = None
    assert outbox.perform_pending() == 0, "its lease runs"
    clock.travel(outbox.LEASE)
    assert outbox.perform_pending() > 2


def test_a_refusal_is_the_effects_own_and_closes_nothing(outside: Outside, clock: Any) -> None:
    outside.error = InvalidInput("the factory knows no such item")
    owe(*(f"k{number}" for number in range(2 * ENOUGH_FAILURES)))
    outbox.perform_pending()
    assert len(outside.came) == 2 * ENOUGH_FAILURES
    assert target().closed_until is None
    for _attempt in range(MAX_ATTEMPTS):
        clock.travel(hours=1)
        outbox.perform_pending()
    assert (row("k0").status, row("k0").failures) == ("dead", MAX_ATTEMPTS)
    assert len(outside.given_up) == 2 * ENOUGH_FAILURES


def test_a_file_that_is_missing_here_is_no_outage_of_the_target(outside: Outside, clock: Any) -> None:
    outside.error = FileNotFoundError("label.pdf")
    owe(*(f"k{number}" for number in range(ENOUGH_FAILURES)))
    perform_one_after_another(ENOUGH_FAILURES, clock)
    known = target()
    assert known is None or (known.failures, known.closed_until) == (0, None)


def test_a_refusal_tells_that_the_target_is_up_again(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe("k1")
    clock.travel(SHORTEST_CLOSURE)
    outside.error = InvalidInput("no such item")
    outbox.perform_pending()
    assert target().closed_until is None


def test_other_targets_and_the_portals_own_effects_go_on(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    outside.error = None
    owe("sms", target="sms")
    owe("own", target="portal")
    owe("factory")
    outbox.perform_pending()
    assert sorted(outside.came) == ["own", "sms"]


def test_the_portals_own_effects_are_never_held_back(outside: Outside, clock: Any) -> None:
    outside.error = DOWN
    owe(*(f"k{number}" for number in range(3 * ENOUGH_FAILURES)), target="portal")
    outbox.perform_pending()
    assert (len(outside.came), target("portal")) == (3 * ENOUGH_FAILURES, None)


def test_an_effect_that_alone_times_out_ends_as_an_incident_after_a_day(outside: Outside, clock: Any) -> None:
    outside.error = TargetDown("HTTP 503")
    owe("poison")
    began = clock.now()
    while row("poison").status == "pending":
        assert clock.now() - began < timedelta(days=2)
        clock.travel(LONGEST_CLOSURE)
        outbox.perform_pending()
    assert clock.now() - began > outbox.EXCUSED_FOR
    assert outside.given_up == ["poison"]
    assert len(attempts("poison")) > MAX_ATTEMPTS, "each try is noted, also the excused"
    assert [one.number for one in attempts("poison")] == list(range(1, len(attempts("poison")) + 1))


def test_an_effect_that_alone_times_out_does_not_keep_the_others_from_passing(outside: Outside, clock: Any) -> None:
    def answer(delivery: outbox.Delivery) -> None:
        outside.came.append(delivery.key)
        if delivery.key == "poison":
            raise TimeoutError

    outbox.handler("test")(answer)
    owe("poison")
    for _ in range(ENOUGH_FAILURES):
        outbox.perform_pending()
        clock.travel(minutes=6)
    owe("fine-1", "fine-2")
    for _ in range(3):
        outbox.perform_pending()
        clock.travel(LONGEST_CLOSURE)
    assert {"fine-1", "fine-2"} <= set(outside.came)


def test_a_target_is_not_kept_closed_by_a_clock_that_was_put_back(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    portal_clock.travel(-timedelta(hours=5))
    owe("k1")
    outside.error = None
    outbox.perform_pending()
    assert outside.came == ["k1"]


def test_an_operator_may_let_it_try_at_once(outside: Outside, clock: Any) -> None:
    take_down(outside, clock)
    owe("k1")
    outside.error = None
    with unit_of_work() as session:
        outbox.try_now(session, target="factory")
    outbox.perform_pending()
    assert "k1" in outside.came
