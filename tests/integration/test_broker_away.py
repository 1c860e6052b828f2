"""The relay when the broker cannot be reached: nothing is lost, and nothing waits longer than it must."""

from datetime import timedelta

from portal import clock, outbox, worker
from portal.database import unit_of_work


class Broker:
    """Takes so many rows and no more."""

    def __init__(self, takes: int) -> None:
        self.taken: list[int] = []
        self.takes = takes

    def send(self, row_id: int) -> None:
        if len(self.taken) >= self.takes:
            raise ConnectionError("nobody there")
        self.taken.append(row_id)


def test_what_the_broker_did_not_take_is_due_at_once_and_the_rest_stays_leased(database):
    with unit_of_work() as session:
        for number in range(3):
            outbox.enqueue(session, "test.away", key=f"away {number}", payload={})
    broker = Broker(takes=1)
    relay = worker.Relay(broker.send)
    assert relay.hand_over() == 1
    assert relay.broker_away
    broker.takes = 5
    assert relay.hand_over() == 2
    assert not relay.broker_away
    assert len(set(broker.taken)) == 3
    assert relay.hand_over() == 0


def test_a_lease_that_another_worker_has_taken_over_is_not_given_back(database):
    with unit_of_work() as session:
        outbox.enqueue(session, "test.away", key="away", payload={})
    others = worker.Relay(lambda _row_id: None)

    def slow(_row_id: int) -> None:
        clock.travel(outbox.LEASE + timedelta(seconds=1))
        others.hand_over()
        raise ConnectionError("timed out")

    with clock.frozen():
        worker.Relay(slow).hand_over()
        assert worker.Relay(lambda _row_id: None).hand_over() == 0
