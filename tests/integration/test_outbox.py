"""The outbox: effects are owed with the change that causes them, performed at least once, retried, and given up out loud."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from portal import outbox
from portal.database import unit_of_work
from portal.outbox import Delivery, OutboxRow, owing

pytestmark = pytest.mark.usefixtures("database")


class Receiver:
    """Somebody outside who notes what arrives, and may refuse for a while."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self.given_up: list[str] = []
        self.refusals = 0

    def __call__(self, delivery: Delivery) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("not now")
        self.got.append(delivery)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that is registered for this test only."""
    found = Receiver()
    with patch.dict(owing.handlers):
        outbox.handler("test.tell", gave_up=lambda _delivery, error: found.given_up.append(error))(found)
        yield found


def owe(key: str = "k1", **payload: Any) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "test.tell", key=key, payload=payload)


def taken() -> int:
    with unit_of_work() as session:
        (row_id,) = outbox.lease(session, limit=1)
    return row_id


def state(key: str = "k1") -> OutboxRow:
    with unit_of_work() as session:
        return session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one()


def test_an_effect_is_performed_once_with_its_key(receiver: Receiver, drain: Callable[[], int]) -> None:
    owe(number=7)
    assert drain() == 1
    assert drain() == 0
    assert [(one.key, one.payload, one.attempt) for one in receiver.got] == [("k1", {"number": 7}, 1)]


def test_the_same_effect_asked_twice_is_one(receiver: Receiver, drain: Callable[[], int]) -> None:
    owe()
    owe()
    drain()
    assert len(receiver.got) == 1


def test_what_is_rolled_back_owes_nothing(receiver: Receiver, drain: Callable[[], int]) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "test.tell", key="k1", payload={})
        session.rollback()
    assert drain() == 0


def test_a_refused_effect_is_tried_again_later(receiver: Receiver, drain: Callable[[], int], clock: Any) -> None:
    receiver.refusals = 1
    owe()
    drain()
    assert receiver.got == []
    assert drain() == 0
    clock.travel(seconds=10)
    drain()
    assert [one.attempt for one in receiver.got] == [2]


def test_an_effect_refused_too_often_is_given_up_out_loud(
    receiver: Receiver, drain: Callable[[], int], clock: Any
) -> None:
    receiver.refusals = outbox.MAX_ATTEMPTS
    owe()
    for _ in range(outbox.MAX_ATTEMPTS):
        drain()
        clock.travel(hours=1)
    assert state().status == "dead"
    assert receiver.given_up == ["ConnectionError: not now"]
    with unit_of_work() as session:
        outbox.retry(session, key="k1")
    drain()
    assert len(receiver.got) == 1


def test_an_effect_whose_performer_died_is_taken_over_after_its_lease(
    receiver: Receiver, drain: Callable[[], int], clock: Any
) -> None:
    owe()
    with unit_of_work() as session:
        assert len(outbox.lease(session, limit=5)) == 1
    assert drain() == 0
    clock.travel(seconds=outbox.LEASE.total_seconds() + 1)
    drain()
    assert len(receiver.got) == 1


def test_an_effect_cut_off_by_a_time_limit_counts_as_a_failure(receiver: Receiver) -> None:
    class TimeLimitExceeded(BaseException):
        """As Dramatiq's: no Exception."""

    def cut_off(_delivery: Delivery) -> None:
        raise TimeLimitExceeded

    outbox.handler("test.slow")(cut_off)
    with unit_of_work() as session:
        outbox.enqueue(session, "test.slow", key="slow", payload={})
    with pytest.raises(TimeLimitExceeded):
        outbox.perform(taken())
    assert state("slow").failures == 1
