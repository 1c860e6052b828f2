"""The relay when the broker cannot be reached: nothing is lost, and nothing waits longer than it must."""

from datetime import timedelta

from portal import clock, outbox, worker
from portal.database import unit_of_work
from portal.settings import Settings


class Broker:
    """Takes so many rows and no more."""

    def __init__(self, takes: int) -> None:
        self.taken: list[int] = []
        self.takes = takes

    def send(self, row_id: int) -> None:
        if len(self.taken) >= self.takes:
            raise ConnectionError("nobody there")
        self.taken.append(row_id)


def _owe(effects: int) -> None:
    with unit_of_work() as session:
        for number in range(effects):
            outbox.enqueue(session, "test.away", key=f"away {number}", payload={})


def test_what_the_broker_did_not_take_is_due_at_once_and_the_rest_stays_leased(database):
    _owe(3)
    broker = Broker(takes=1)
    relay = worker.Relay(broker.send)
    assert relay.hand_over() == 1
    assert relay.broker_away
    broker.takes = 5
    assert relay.hand_over() == 2
    assert len(set(broker.taken)) == 3
    assert relay.hand_over() == 0


def test_a_lease_that_another_worker_has_taken_over_is_not_given_back(database):
    _owe(1)
    others = worker.Relay(lambda _row_id: None)

    def slow(_row_id: int) -> None:
        clock.travel(outbox.LEASE + timedelta(seconds=1))
        others.hand_over()
        raise ConnectionError("timed out")

    with clock.frozen():
        assert worker.Relay(slow).hand_over() == 0
        assert worker.Relay(lambda _row_id: None).hand_over() == 0


def test_a_broker_that_says_nothing_does_not_hold_a_thread_for_ever(tmp_path):
    broker = worker.configure_broker(Settings(data_dir=tmp_path, broker_url="redis://127.0.0.1:1/0"))
    limits = broker.client.connection_pool.connection_kwargs
    assert 0 < limits["socket_timeout"] <= 10
    assert 0 < limits["socket_connect_timeout"] <= 10
