"""Migrations, run in process: no configuration file, one process at a time, each migration a transaction.

While a new release is rolled out, processes of the older one go on working on the migrated database, and one of them may have to
start again: the database is then *ahead* of its code. It says itself (`portal.schema`) which releases it still bears.

A migration must not harm who works meanwhile. What it changes it would lock table by table, and one who holds the second and waits
for the first would be thrown out by the database as a deadlock. So each migration first locks all tables at once, or none: it gives up
after `PATIENCE`, well before the database looks for deadlocks, and tries again. Then the others wait, for as long as it takes.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from portal import __version__, schema
from portal.settings import ROOT

log = structlog.get_logger(__name__)

SCRIPTS = ROOT / "alembic"
PATIENCE = 0.3
"""Seconds that a migration waits for the locks; PostgreSQL looks for deadlocks after one."""
TRIES = 200
PAUSE = 0.1
LOCK = 7_046_029_254_386_353_131  # any fixed number: the advisory lock that all processes of the portal agree on


class DatabaseTooNew(RuntimeError):
    """A newer release has changed the database in a way that this one cannot work with."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default; waits while another process does the same.

    A database that a newer release has migrated is left as it is when it still bears this one; DatabaseTooNew when it does not.
    """
    if current(engine) == (head() if revision == "head" else revision):
        return
    with _locked(engine) as connection:
        at = MigrationContext.configure(connection).get_current_revision()  # again: another may just have migrated
        if revision == "head" and at is not None and at not in revisions():
            _accept(connection, at)
        else:
            connection.rollback()  # only looked so far: each migration begins and commits its own transaction
            _upgrade(connection, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    """Run the migrations, each with all tables to itself; what others hold is waited for."""
    event.listen(connection, "begin", _lock_all_tables)
    for attempt in range(1, TRIES + 1):
        try:
            command.upgrade(_config(connection), revision)
            return
        except _BUSY:
            if attempt == TRIES:
                raise
            connection.rollback()
            time.sleep(PAUSE)


_BUSY = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_LOCK_ALL = """
do $$ declare names text; begin
    select string_agg(format('%I.%I', schemaname, tablename), ', ' order by tablename) into names
    from pg_tables where schemaname = current_schema();
    if names is not null then execute 'lock table ' || names || ' in access exclusive mode'; end if;
end $$
"""


def _lock_all_tables(connection: Connection) -> None:
    """Lock on the driver: SQLAlchemy has not begun its transaction quite yet when it says that it does."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"set local statement_timeout = {int(PATIENCE * 1000)}")
        cursor.execute(_LOCK_ALL)
        cursor.execute("set local statement_timeout = 0")
    except psycopg.Error:
        connection.connection.rollback()
        raise


def _accept(connection: Connection, at: str) -> None:
    with Session(connection) as session:
        found = state(session)
    if found != "ahead":
        raise DatabaseTooNew(
            f"The database is at {at}, made by a newer release that this one ({__version__}) cannot work beside. "
            "Start the newer release, or restore the backup made before it."
        )
    log.warning("database_ahead", revision=at, newest_known=head())


def state(session: Session) -> str:
    """Compare the database with this code: ok, behind (to be migrated), ahead (newer, and this release may work on it), too_new."""
    at = session.scalar(text("select version_num from alembic_version"))
    if at == head():
        return "ok"
    if at is None or at in revisions():
        return "behind"
    return "ahead" if schema.oldest_borne(session) in revisions() else "too_new"


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to an older revision (`base` for none); what newer tables held is lost."""
    with _locked(engine) as connection:
        command.downgrade(_config(connection), revision)


def create(engine: Engine, message: str) -> None:
    """Write a new migration holding the difference between the models and the database."""
    with _locked(engine) as connection:
        command.revision(_config(connection), message, autogenerate=True)


def current(engine: Engine) -> str | None:
    """Return the revision the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str | None:
    """Return the newest revision there is."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


@cache
def revisions() -> frozenset[str]:
    """Return all revisions that this release knows."""
    return frozenset(script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions())


def fingerprint() -> str:
    """Return a digest of all migrations: it changes whenever any of them does."""
    digest = hashlib.sha256()
    for path in sorted((SCRIPTS / "versions").glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """Connect, alone among all processes; the waiting is not cut short by the sessions' lock timeout."""
    with engine.connect() as connection:
        connection.execute(text("set lock_timeout = 0"))
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        try:
            yield connection
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK})
            connection.invalidate()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config
