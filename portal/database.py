"""The database: one engine a process, one declarative base, and `unit_of_work`, the only commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Engine, Identity, MetaData, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base: aware timestamps, JSONB for dicts, predictable constraint names."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB, list[Any]: JSONB}


class Numbered:
    """A surrogate key the database assigns."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


_factory: sessionmaker[Session] | None = None


def configure(url: str, *, pool_size: int = 12) -> Engine:
    """Connect this process to the database at `url` (a PostgreSQL URL in any spelling); replaces an earlier one."""
    global _factory
    dispose()
    engine = create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"},
    )
    _factory = sessionmaker(engine, expire_on_commit=False)
    return engine


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
    global _factory
    if _factory is not None:
        engine().dispose()
        _factory = None


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open a session whose work is committed as a whole when the block ends, and not at all when it raises."""
    if _factory is None:
        raise RuntimeError("the database is not configured")
    with _factory.begin() as session:
        yield session
