"""A system outside that notes what reaches it, and refuses or is away as told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, event, select

from portal import outbox
from portal.database import engine, unit_of_work
from portal.outbox import Delivery, OutboxAttempt, OutboxRow, OutboxTarget, owing


@dataclass
class Outside:
    """What came, by key, and what happens to what comes."""

    came: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    error: BaseException | None = None
    receipt: dict[str, object] | None = None

    def __call__(self, delivery: Delivery) -> outbox.Receipt:
        self.came.append(delivery.key)
        if self.error is not None:
            raise self.error
        return self.receipt


@pytest.fixture
def outside(database: str) -> Iterator[Outside]:
    """The system, performed under the topic `test`; nobody performs anything else."""
    found = Outside()
    with patch.dict(owing.handlers, clear=True):
        outbox.handler("test", gave_up=lambda delivery, _error: found.given_up.append(delivery.key))(found)
        yield found


def owe(*keys: str, target: str = "factory", topic: str = "test", subject: str | None = None) -> None:
    """Owe an effect for each key."""
    with unit_of_work() as session:
        for key in keys:
            outbox.enqueue(session, topic, key=key, payload={}, target=target, subject=subject)


def row(key: str) -> OutboxRow:
    """Return an effect's row."""
    with unit_of_work() as session:
        return session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one()


def target(name: str = "factory") -> OutboxTarget | None:
    """Return what is known of a target."""
    with unit_of_work() as session:
        return session.get(OutboxTarget, name)


def attempts(key: str) -> list[OutboxAttempt]:
    """Return an effect's attempts in order."""
    with unit_of_work() as session:
        of_it = (
            select(OutboxAttempt).join(OutboxRow, OutboxRow.id == OutboxAttempt.outbox_id).where(OutboxRow.key == key)
        )
        return list(session.scalars(of_it.order_by(OutboxAttempt.id)))


@pytest.fixture
def statements(database: str) -> Iterator[list[str]]:
    """What is sent to the database, statement by statement, with the beginnings and ends of transactions."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    def ends(connection: Connection) -> None:
        if not connection.connection.dbapi_connection.autocommit:
            sent.extend(["begin", "end"])

    event.listen(engine(), "before_cursor_execute", note)
    event.listen(engine(), "commit", ends)
    event.listen(engine(), "rollback", ends)
    yield sent
    event.remove(engine(), "before_cursor_execute", note)
    event.remove(engine(), "commit", ends)
    event.remove(engine(), "rollback", ends)
