"""Databases for tests: one embedded server for a whole test run, a migrated template in it, a clone of it for each test."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from portal import database, migrations
from portal.embedded import EmbeddedPostgres

PREFIX = "portal-tests-"


def make_directory() -> Path:
    """Make the directory of a test run's server, and clear away those that killed runs have left."""
    for abandoned in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _clear_abandoned(abandoned)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o711)  # as root the server's own user must pass through it
    return directory


def _clear_abandoned(directory: Path) -> None:
    try:
        with _flock(directory / "run.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            remove(directory)
    except OSError:
        return  # in use, or another user's


def remove(directory: Path) -> None:
    """Stop a test run's server and remove everything it held."""
    if (directory / "postgres.users").exists():
        with EmbeddedPostgres(directory, durable=False) as server:
            server.delete()
    shutil.rmtree(directory, ignore_errors=True)


class Server:
    """This process's handle on the test run's server."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._postgres = EmbeddedPostgres(directory, durable=False)
        self._postgres.start()
        self._numbers = count(1)
        self._template = self._migrated_template()

    def close(self) -> None:
        """Let the server go."""
        self._postgres.stop()

    def create(self) -> str:
        """Make an empty database; return its name."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self._postgres.create_database(name)
        return name

    def clone(self) -> str:
        """Make a copy of the migrated template; return its name."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self._postgres.create_database(name, template=self._template)
        return name

    def url(self, name: str) -> str:
        """Return a database's URL."""
        return self._postgres.url(name)

    def drop(self, name: str) -> None:
        """Remove a database."""
        self._postgres.drop_database(name)

    def _migrated_template(self) -> str:
        name = f"template_{migrations.fingerprint()}"
        with _flock(self._directory / "template.lock"):
            done = self._directory / f"{name}.done"
            if not done.exists():
                self._postgres.drop_database(name)
                _migrate(self._postgres.create_database(name))
                done.touch()
        return name


def _migrate(url: str) -> None:
    migrations.upgrade(database.configure(url))
    database.dispose()


@contextmanager
def _flock(path: Path, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, kind)
        yield
    finally:
        os.close(handle)


@contextmanager
def in_use(directory: Path) -> Iterator[None]:
    """Mark a test run's directory as alive for as long as the block."""
    with _flock(directory / "run.lock"):
        yield
