"""The relay: what hangs outside keeps its place and no more; what was handed over and not begun is given back."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from portal import outbox, worker
from portal.database import unit_of_work
from portal.outbox import Delivery, OutboxRow
from portal.outbox.relay import Relay
from portal.settings import Settings
from tests.integration.outbox.conftest import Outside, owe, row

THREADS = 4


def settled(key: str) -> None:
    """Wait until an effect is done."""
    pause = threading.Event()
    for _look in range(500):
        if row(key).status == "done":
            return
        pause.wait(0.02)
    raise AssertionError(f"{key} was not performed in time")


@pytest.fixture
def hanging(outside: Outside) -> Iterator[tuple[list[str], threading.Event]]:
    """A system that takes what comes and does not answer until told: who hangs in it, and what lets them go."""
    inside: list[str] = []
    answer = threading.Event()

    def hang(delivery: Delivery) -> None:
        inside.append(delivery.key)
        answer.wait(60)

    outbox.handler("hang")(hang)
    yield inside, answer
    answer.set()


@pytest.fixture
def working(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a worker that performs and does nothing else."""
    monkeypatch.setattr(worker.capabilities, "register_all", lambda: None)
    monkeypatch.setattr(worker, "_fire_timers", lambda _together: None)
    return replace(settings, worker_threads=THREADS)


def test_a_target_that_hangs_occupies_at_most_half_of_a_worker(
    working: Settings, outside: Outside, hanging: tuple[list[str], threading.Event]
) -> None:
    inside, answer = hanging
    owe(*(f"slow-{number}" for number in range(20)), topic="hang", target="slow")
    with worker.running(working):
        for number in range(20):
            owe(f"own-{number}", target="portal")
            owe(f"factory-{number}", target="factory")
            settled(f"own-{number}")
            settled(f"factory-{number}")
        assert len(inside) == THREADS // 2
        answer.set()
        for number in range(20):
            settled(f"slow-{number}")
    assert sorted(inside) == sorted(f"slow-{number}" for number in range(20)), "each of them once"


def test_several_that_hang_leave_a_thread_to_the_portals_own(
    working: Settings, outside: Outside, hanging: tuple[list[str], threading.Event]
) -> None:
    inside, answer = hanging
    for number in range(5):
        owe(f"slow-{number}", topic="hang", target=f"slow-{number}")
    with worker.running(working):
        for number in range(20):
            owe(f"own-{number}", target="portal")
            settled(f"own-{number}")
        assert len(inside) <= THREADS - 1
        answer.set()
        for number in range(5):
            settled(f"slow-{number}")


def test_what_hangs_beyond_its_lease_is_not_begun_again_beside_itself(outside: Outside, clock: Any) -> None:
    sent: list[int] = []
    relay = Relay(sent.append, threads=2)
    owe("k1", "k2", "k3")
    assert relay.hand_over() == 1
    with relay.performing(sent[0]):
        clock.travel(outbox.LEASE * 2)
        relay.hand_over()
        assert len(sent) == 1
    relay.hand_over()
    assert len(sent) == 2


def test_a_worker_that_ends_gives_back_what_it_had_not_begun(outside: Outside, clock: Any) -> None:
    sent: list[int] = []
    relay = Relay(sent.append)
    owe("k1", "k2", "k3", target="portal")
    relay.hand_over()
    outbox.perform(sent[0])
    relay.give_back()
    assert outbox.perform_pending() == 2
    assert sorted(outside.came) == ["k1", "k2", "k3"]


def test_what_others_performed_is_no_longer_out(outside: Outside, clock: Any) -> None:
    sent: list[int] = []
    relay = Relay(sent.append, threads=4)
    owe(*(f"k{number}" for number in range(6)))
    assert relay.hand_over() == 2
    outbox.perform(sent[0])
    assert relay.hand_over() == 1
    outside.error = ValueError("no such item")
    outbox.perform(sent[1])
    assert relay.hand_over() == 1


def test_an_effect_being_performed_elsewhere_is_still_out(outside: Outside, clock: Any) -> None:
    sent: list[int] = []
    relay = Relay(sent.append, threads=2)
    owe("k1", "k2")
    relay.hand_over()
    outbox.performing._begin(sent[0])
    assert relay.hand_over() == 0
    clock.travel(outbox.LEASE)
    assert relay.hand_over() == 1


def test_nobody_is_told_of_rows_that_are_not_due(outside: Outside) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "test", key="later", payload={}, delay=outbox.LEASE)
    assert Relay(lambda _row_id: None).hand_over() == 0
    assert isinstance(row("later"), OutboxRow)


def test_a_performer_goes_on_with_what_follows_without_the_broker(outside: Outside) -> None:
    sent: list[int] = []
    relay = Relay(sent.append, threads=2)
    owe("k1", "k2", "k3")
    assert relay.hand_over() == 1
    relay.perform(sent[0], outbox.perform)
    assert (outside.came, len(sent)) == (["k1", "k2", "k3"], 1)


def test_a_performer_that_is_cut_off_leaves_what_follows_to_the_others(outside: Outside) -> None:
    class CutOff(BaseException):
        """As Dramatiq's time limit: no Exception."""

    sent: list[int] = []
    relay = Relay(sent.append, threads=2)
    owe("k1", "k2")
    relay.hand_over()
    outside.error = CutOff()
    with pytest.raises(CutOff):
        relay.perform(sent[0], outbox.perform)
    assert (outside.came, len(sent)) == (["k1"], 2)
