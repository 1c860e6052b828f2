"""The database: one engine a process, one declarative base, and `unit_of_work`, the only commit."""

import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import BigInteger, ClauseElement, DateTime, Engine, Identity, MetaData, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg as psycopg_dialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
TRUSTED = 20.0
"""Seconds that a connection may have been at rest without being asked whether it still lives."""


class Base(DeclarativeBase):
    """Every table's base: aware timestamps, JSONB for dicts, predictable constraint names."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB, list[Any]: JSONB}


class Numbered:
    """A surrogate key the database assigns."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


_factory: sessionmaker[Session] | None = None
_readers: sessionmaker[Session] | None = None


def configure(url: str, *, pool_size: int = 12) -> Engine:
    """Connect this process to the database at `url` (a PostgreSQL URL in any spelling); replaces an earlier one."""
    global _factory, _readers
    dispose()
    engine = create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"},
    )
    _ask_when_in_doubt(engine)
    _factory = sessionmaker(engine, expire_on_commit=False)
    _readers = sessionmaker(engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False)
    return engine


def _ask_when_in_doubt(engine: Engine) -> None:
    """Ask a pooled connection whether it lives before it is used, when there is reason to: it rested long, or the server has spoken.

    A server that ends closes its connections, which shows without a round trip: the socket of a connection at rest can be read from.
    """

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def use(connection: Any, record: Any, _checked_out: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or (time.monotonic() - since < TRUSTED and not _has_been_spoken_to(connection)):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error  # all connections of this pool are made anew


def _has_been_spoken_to(connection: Any) -> bool:
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def driver_url(url: str) -> str:
    """Return the URL with the driver we use named."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine() -> Engine:
    """Return the configured engine; RuntimeError before `configure`."""
    if _factory is None:
        raise RuntimeError("the database is not configured")
    bound = _factory.kw["bind"]
    assert isinstance(bound, Engine)
    return bound


def dispose() -> None:
    """Close this process's connections."""
    global _factory, _readers
    if _factory is not None:
        engine().dispose()
        _factory = _readers = None


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open a session whose work is committed as a whole when the block ends, and not at all when it raises."""
    if _factory is None:
        raise RuntimeError("the database is not configured")
    with _factory.begin() as session:
        yield session


@contextmanager
def alone() -> Iterator[Session]:
    """Open a session for a single statement, which is committed at once: one round trip, where `unit_of_work` takes three."""
    if _readers is None:
        raise RuntimeError("the database is not configured")
    with _readers.begin() as session:
        yield session


def written(statement: ClauseElement) -> str:
    """Write a Core statement whose every value is a `bindparam` as text for `run_prepared`."""
    return str(statement.compile(dialect=psycopg_dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy's


def run_prepared(session: Session, statement: str, given: Mapping[str, Any]) -> list[Any]:
    """Run a statement of the hot path, prepared, in the session's transaction, and return its rows as tuples; nothing is flushed before.

    Straight on the driver: what SQLAlchemy does around a statement costs more than PostgreSQL does for it. Places are written
    `%(name)s`. Raises what SQLAlchemy would (OperationalError …).
    """
    connection = session.connection()
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, given, prepare=True)  # type: ignore[call-arg]  # psycopg's
        return list(cursor.fetchall()) if cursor.description else []
    except psycopg.Error as error:
        lost = connection.dialect.is_disconnect(error, connection.connection.driver_connection, cursor)  # type: ignore[arg-type]  # psycopg's
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, dict(given), error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error
