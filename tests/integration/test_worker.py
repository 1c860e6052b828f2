"""The worker on a real database: what is owed is performed, by threads, with the broker in the process."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from sqlalchemy import select, text

from portal import clock, heartbeat, outbox, worker
from portal.database import unit_of_work
from portal.outbox import Delivery, OutboxRow, owing, relay
from portal.settings import Settings


@pytest.fixture
def no_handlers() -> Iterator[None]:
    """Nobody performs anything but what the test registers."""
    with patch.dict(owing.handlers, clear=True):
        yield


@pytest.fixture
def performed(monkeypatch, no_handlers) -> list[str]:
    """The keys of the effects performed so far under the topic `test.note`."""
    monkeypatch.setattr(worker.capabilities, "register_all", lambda: None)
    monkeypatch.setattr(worker, "_fire_timers", lambda _together: None)
    keys: list[str] = []
    outbox.handler("test.note")(lambda delivery: keys.append(delivery.key))
    return keys


def owe(*keys: str, topic: str = "test.note") -> None:
    with unit_of_work() as session:
        for key in keys:
            outbox.enqueue(session, topic, key=key, payload={})


def statuses() -> dict[str, str]:
    with unit_of_work() as session:
        return {row.key: row.status for row in session.execute(select(OutboxRow.key, OutboxRow.status))}


def wait_for(condition, *, seconds: float = 10) -> None:
    pause = threading.Event()
    for _ in range(int(seconds * 50)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not happen in time")


def listening() -> bool:
    question = "select count(*) from pg_stat_activity where datname = current_database() and left(query, 6) = 'listen'"
    with unit_of_work() as session:
        return bool(session.scalar(text(question)))


def test_what_is_owed_is_performed_once_and_noted_as_done(settings, performed):
    owe("before")
    with worker.running(settings):
        wait_for(lambda: statuses() == {"before": "done"})
        owe("after", "later")
        wait_for(lambda: set(statuses().values()) == {"done"})
    assert sorted(performed) == ["after", "before", "later"]


def test_a_commit_wakes_the_worker_without_waiting_for_the_next_look(settings, performed, monkeypatch):
    monkeypatch.setattr(relay, "POLL", 60.0)
    with worker.running(settings):
        wait_for(listening)
        owe("soon")
        wait_for(lambda: performed == ["soon"])


def test_the_relay_never_has_more_in_flight_than_it_may(database, performed):
    owe(*(f"k{number}" for number in range(worker.IN_FLIGHT + 10)))
    sent: list[int] = []
    relay = worker.Relay(sent.append)
    relay.hand_over()
    relay.hand_over()
    assert len(sent) == worker.IN_FLIGHT
    for row_id in sent[:7]:
        outbox.perform(row_id)
    assert relay.hand_over() == 7
    assert len(set(sent)) == worker.IN_FLIGHT + 7


def test_what_a_dead_performer_had_in_flight_is_handed_over_again_after_its_lease(database, performed, clock):
    owe("lost")
    sent: list[int] = []
    relay = worker.Relay(sent.append)
    relay.hand_over()
    assert relay.hand_over() == 0
    clock.travel(outbox.LEASE + timedelta(seconds=1))
    assert relay.hand_over() == 1
    assert len(sent) == 2


def test_a_failed_effect_is_tried_again_later_and_its_place_is_free_meanwhile(database, no_handlers, clock):
    attempts: list[int] = []

    @outbox.handler("test.fails")
    def fail(delivery: Delivery) -> None:
        attempts.append(delivery.attempt)
        raise RuntimeError("the line is busy")

    owe("call", topic="test.fails")
    relay = worker.Relay(outbox.perform)
    relay.hand_over()
    assert relay.hand_over() == 0
    clock.travel(timedelta(seconds=5))
    relay.hand_over()
    assert attempts == [1, 2]
    assert statuses() == {"call": "pending"}


def test_a_round_that_fails_does_not_end_the_worker(settings, performed, monkeypatch):
    rounds = iter([RuntimeError("no timers today")])
    monkeypatch.setattr(worker, "LOOK_FOR_TIMERS", 0.05)

    def fire(_together: object) -> None:
        for error in rounds:
            raise error

    monkeypatch.setattr(worker, "_fire_timers", fire)
    with worker.running(settings):
        wait_for(lambda: next(rounds, None) is None)
        owe("still")
        wait_for(lambda: performed == ["still"])


def test_a_worker_says_that_it_lives_and_takes_its_leave(settings, performed):
    def newest():
        with unit_of_work() as session:
            return heartbeat.newest(session)

    with worker.running(settings):
        wait_for(newest)
        assert clock.now() - newest() < timedelta(seconds=10)
    assert newest() is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [("", StubBroker), ("redis://127.0.0.1:1/0", RedisBroker), ("amqp://127.0.0.1:1", RabbitmqBroker)],
)
def test_the_broker_is_what_the_settings_name_without_retries_or_open_ports(url, kind):
    broker = worker.configure_broker(replace(Settings(), broker_url=url))
    assert type(broker) is kind
    names = {type(layer).__name__ for layer in broker.middleware}
    assert names.isdisjoint({"Retries", "Prometheus"})
    assert "perform" in broker.actors


def test_an_unknown_broker_is_refused_by_name():
    with pytest.raises(ValueError, match="kafka:// is not known"):
        worker.configure_broker(replace(Settings(), broker_url="kafka://somewhere"))
