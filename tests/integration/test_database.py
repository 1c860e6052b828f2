"""Connections: kept, not asked at every use, and made anew when the server was away."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import database as portal_database
from portal.database import run_prepared, unit_of_work
from tests.round_trips import round_trips


def test_a_connection_in_use_is_not_asked_whether_it_lives(database: str) -> None:
    with unit_of_work() as session:
        session.execute(text("select 1"))
    with round_trips() as made, unit_of_work() as session:
        session.execute(text("select 1"))
    assert made == ["BEGIN", "select 1", "COMMIT"]


def test_a_connection_that_rested_long_is_asked(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with unit_of_work() as session:
        session.execute(text("select 1"))
    monkeypatch.setattr(portal_database, "TRUSTED", 0)
    with round_trips() as made, unit_of_work() as session:
        session.execute(text("select 1"))
    assert len(made) == 4


@pytest.fixture
def ended(database: str) -> Iterator[int]:
    """The pool's only connection, whose server process has ended; its process id."""
    with unit_of_work() as session:
        backend = session.scalar(text("select pg_backend_pid()"))
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s, 5000)", (backend,))
        yield backend


def test_a_connection_that_the_server_has_closed_is_replaced_unnoticed(ended: int) -> None:
    with unit_of_work() as session:
        assert session.scalar(text("select pg_backend_pid()")) != ended


def test_a_connection_lost_in_the_middle_undoes_the_work_and_the_next_is_a_new_one(database: str) -> None:
    def work() -> None:
        with unit_of_work() as session:
            backend = run_prepared(session, "select pg_backend_pid()", {})[0][0]
            with psycopg.connect(database, autocommit=True) as other:
                other.execute("select pg_terminate_backend(%s, 5000)", (backend,))
            run_prepared(session, "select 1", {})

    with pytest.raises(OperationalError):
        work()
    with unit_of_work() as session:
        assert run_prepared(session, "select %(one)s::int", {"one": 1}) == [(1,)]
