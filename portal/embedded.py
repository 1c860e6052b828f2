"""The embedded PostgreSQL: a real server under `<data_dir>/postgres`, reached through a private socket only.

Any number of processes may use one data directory: the first starts the server, others join it, the last one to stop
cleanly stops it. After a kill -9 it goes on running and is found again. Access is guarded by the socket's directory (0700).
"""

import fcntl
import hashlib
import os
import shlex
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from portal.unprivileged import Account, account_for, home_for, programs_for

if TYPE_CHECKING:
    import psutil

SUPERUSER = "portal"
SOCKET_NAME = ".s.PGSQL.5432"
LOOK_EVERY = 1.0
LONGEST_SOCKET_PATH = 100  # sun_path holds 104 bytes on macOS, 108 on Linux

COMMON_OPTIONS = {"listen_addresses": "", "unix_socket_permissions": "0700", "timezone": "UTC", "log_timezone": "UTC",
                  "max_connections": "100", "log_checkpoints": "off"}  # fmt: skip
FORGETFUL_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
                     "max_wal_senders": "0", "autovacuum": "off", "max_connections": "200"}  # fmt: skip


class EmbeddedFailed(RuntimeError):
    """The embedded server cannot be made or started; the text says why."""


class EmbeddedPostgres:
    """One server for one data directory; a context manager that starts (or joins) it and lets it go.

    `durable=False` trades safety against power cuts for speed: for tests only. `say` hears what a person should know.
    `options` are server settings that go before ours.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        say: Callable[[str], None] = lambda _message: None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._durable = durable
        self._options = dict(options or {})
        self._say = say
        self._users: int | None = None
        self._account = Account()
        self._home = self.data_dir / "postgres"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Start or join the server and return the URL of its database `portal`, made if missing; EmbeddedFailed if it cannot."""
        _make_enterable(self.data_dir)
        with self._alone():
            self._account = account_for(self.data_dir / "postgres", self._say)
            self._home = home_for(self.data_dir, self._account, self._say)
            self._users = self._users or os.open(self.data_dir / "postgres.users", os.O_RDONLY | os.O_CREAT, 0o644)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                if not self.is_running():
                    self._initialise()
                    self._launch()
                return self.create_database(SUPERUSER)
            except BaseException:
                self._let_go()
                raise

    def stop(self) -> None:
        """Let the server go; it stops when nobody else uses it."""
        if self._users is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still holds it
            else:
                self._control("stop", "-m", "fast")
            finally:
                self._let_go()

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Start the server anew whenever it dies while the block is open; who uses it finds it at the same address."""
        stop = threading.Event()
        keeper = threading.Thread(target=self._keep_running, args=(stop,), name="database-keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            stop.set()
            keeper.join()

    def _keep_running(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_EVERY):
            try:
                if not self._lives():
                    with self._alone():
                        if not self._lives():
                            self._launch()
                            self._say("The database server had ended; it runs again.")
            except EmbeddedFailed as error:  # the dead server's last processes may still be there: look again
                self._say(str(error))

    def _lives(self) -> bool:
        import psutil

        try:
            return bool(self.process().status() != psutil.STATUS_ZOMBIE)
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return False

    def is_running(self) -> bool:
        """Tell whether a server of this directory answers."""
        try:
            with self.connect("postgres") as connection:
                row = connection.execute("show data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self._cluster

    def process(self) -> "psutil.Process":
        """Return the server's first process; psutil.NoSuchProcess when it does not run."""
        import psutil

        return psutil.Process(int((self._cluster / "postmaster.pid").read_text().split()[0]))

    def url(self, name: str) -> str:
        """Return the URL of a database of this server."""
        return f"postgresql://{SUPERUSER}@/{quote(name)}?host={quote(str(self._socket_dir), safe='/')}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database unless it is there, copying a template that nobody is connected to; return its URL."""
        with self.connect("postgres") as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                command = sql.SQL("create database {}").format(sql.Identifier(name))
                if template is not None:
                    command += sql.SQL(" template {}").format(sql.Identifier(template))
                connection.execute(command)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending whoever is connected to it."""
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def connect(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a plain connection in autocommit mode."""
        return psycopg.connect(
            host=str(self._socket_dir), user=SUPERUSER, dbname=name, autocommit=True, connect_timeout=5
        )

    def delete(self) -> None:
        """Stop the server whoever uses it and remove its files: what it held is gone."""
        if self._cluster.exists():
            with suppress(EmbeddedFailed):  # it was killed already
                self._control("stop", "-m", "immediate")
        self._let_go()
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._socket_dir, ignore_errors=True)

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    @property
    def _socket_dir(self) -> Path:
        inside = self._home / "socket"
        if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return inside
        short = hashlib.sha256(os.fsencode(self._home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"portal-postgres-{short}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock under which servers start and stop."""
        lock = os.open(self.data_dir / "postgres.lock", os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _initialise(self) -> None:
        """Make the cluster if there is none; one left half made by a killed process is made anew."""
        self._make_private(self._home)
        if self._cluster.exists():
            return
        new = self._home / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        self._program(
            "initdb", "--pgdata", str(new), "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--auth-local", "trust", "--auth-host", "reject",
            *([] if self._durable else ["--no-sync"]),
        )  # fmt: skip
        new.rename(self._cluster)

    def _launch(self) -> None:
        self._make_private(self._socket_dir)
        self._forget_dead_server()
        options = COMMON_OPTIONS | ({} if self._durable else FORGETFUL_OPTIONS) | self._options
        arguments = ["-k", str(self._socket_dir), *(f"--{name}={value}" for name, value in options.items())]
        self._control("start", "-t", "120", "-l", "server.log", "-o", shlex.join(arguments))

    def _forget_dead_server(self) -> None:
        """Remove the lock files of a server that died, where PostgreSQL itself would be deceived.

        It takes any process with the noted id for the server: a zombie nobody reaps, or in a container that started
        anew a process that happens to have the number. No process that works in the cluster means that none is running.
        """
        locks = [self._cluster / "postmaster.pid", self._socket_dir / f"{SOCKET_NAME}.lock"]
        if not any(lock.exists() for lock in locks):
            return
        import psutil

        for process in psutil.process_iter(["cwd", "status"]):
            if process.info["cwd"] == str(self._cluster) and process.info["status"] != psutil.STATUS_ZOMBIE:
                return
        for lock in locks:
            lock.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _make_private(self, directory: Path) -> None:
        """Make a directory of the server's user that nobody else may enter; refuse one that somebody else put there."""
        if not directory.exists():
            directory.mkdir(mode=0o700)
            self._account.own(directory)
        found = directory.stat()
        if found.st_uid != (self._account.uid if self._account.is_other else os.geteuid()):
            raise EmbeddedFailed(f"{directory} belongs to another user: run as that user, or choose another --data.")
        if found.st_mode & 0o077:
            directory.chmod(0o700)

    def _control(self, action: str, *arguments: str) -> None:
        self._program("pg_ctl", action, "--wait", "--silent", *arguments)

    def _program(self, name: str, *arguments: str) -> None:
        command = [str(programs_for(self._account) / name), *arguments]
        result = self._account.run(command, cwd=self._home, env={"PGDATA": str(self._cluster)})
        if result.returncode != 0:
            raise EmbeddedFailed(
                f"{name} failed: {(result.stderr or result.stdout).strip()}\n{self._end_of_log()}".strip()
            )

    def _end_of_log(self) -> str:
        log = self._home / "server.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else ""


def _make_enterable(data_dir: Path) -> None:
    """Make the data directory; as root let others pass through the one we make (what is inside has its own permissions)."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        if os.geteuid() == 0:
            data_dir.chmod(0o711)
