"""Migrations, run in process: no configuration file, one process at a time, each migration a transaction."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from portal.settings import ROOT

SCRIPTS = ROOT / "alembic"
LOCK = 7_046_029_254_386_353_131  # any fixed number: the advisory lock that all processes of the portal agree on


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default; waits while another process does the same."""
    if current(engine) == (head() if revision == "head" else revision):
        return
    with _locked(engine) as connection:
        command.upgrade(_config(connection), revision)


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


def head() -> str | None:
    """Return the newest revision there is."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


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
