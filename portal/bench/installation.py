"""A whole portal for a while: an embedded database of its own, a web process and a worker process, on loopback only."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil
from sqlalchemy import func, select

from portal import database, heartbeat, migrations
from portal.capabilities import register_all
from portal.embedded import EmbeddedPostgres
from portal.workflow.delivery import publish_delivered

START_WITHIN = 60.0
STOP_WITHIN = 15.0
POLL = 0.05
HOST = "127.0.0.1"


class ProcessEnded(RuntimeError):
    """A process of the portal ended, or did not do in time what it was started for; the text holds the end of what it wrote."""


class Installation:
    """A context manager; inside it `portal.database` of this process is connected to the same database.

    `durable=False` is for tests: commits survive the killing of our processes, but no power cut.
    """

    def __init__(self, *, durable: bool = True, environment: Mapping[str, str] | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="portal-installation-"))
        self.port = _free_port()
        self._postgres = EmbeddedPostgres(self.directory, durable=durable)
        self._more = dict(environment or {})
        self._url = ""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Where the web process answers."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        """Start the database and migrate it; no process runs yet."""
        self.directory.chmod(0o711)  # as root the server's own user must pass through it
        try:
            self._url = self._postgres.start()
            migrations.upgrade(database.configure(self._url))
            register_all()
            publish_delivered()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End our processes and remove everything."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._remove()

    def _remove(self) -> None:
        database.dispose()
        self._postgres.delete()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start_web(self) -> None:
        """Start the web process and return once it answers; ProcessEnded."""
        self._start("web", "web", "--host", HOST, "--port", str(self.port))
        self.until("web", self._web_answers)

    def start_worker(self) -> None:
        """Start the worker and return once it has shown that it lives; ProcessEnded."""
        process = self._start("worker", "worker")
        self.until("worker", lambda: _beats(process.pid))

    def kill(self, name: str) -> None:
        """End a process as `kill -9` does: it hears nothing of it."""
        process = self._processes[name]
        process.kill()
        process.wait()

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time spent so far by the web process, the worker and the database server with all its children."""
        spent = {name: _cpu(psutil.Process(process.pid)) for name, process in self._processes.items()}
        return spent | {"postgres": _family_cpu(self._postmaster())}

    def log(self, name: str) -> str:
        """Return what a process wrote."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        environment = os.environ | self._more | {
            "PORTAL_DATABASE_URL": self._url,
            "PORTAL_DATA_DIR": str(self.directory),
        }  # fmt: skip
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "portal", *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )  # fmt: skip
        self._processes[name] = process
        return process

    def until(self, name: str, ready: Callable[[], bool], *, within: float = START_WITHIN) -> None:
        """Return once something is so that a process brings about; ProcessEnded when it ends instead, or takes too long."""
        deadline = time.monotonic() + within
        while not ready():
            with suppress(subprocess.TimeoutExpired):
                status = self._processes[name].wait(POLL)
                raise ProcessEnded(f"the {name} process ended with {status}:\n{self.log(name)[-2000:]}")
            if time.monotonic() > deadline:
                raise ProcessEnded(f"the {name} process took over {within:.0f} s:\n{self.log(name)[-2000:]}")

    def _web_answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/healthz", timeout=2).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _postmaster(self) -> psutil.Process:
        with database.unit_of_work() as session:
            backend: int = session.scalars(select(func.pg_backend_pid())).one()
        parent = psutil.Process(backend).parent()
        assert parent is not None
        return parent


def _beats(pid: int) -> bool:
    with database.unit_of_work() as session:
        name = f"worker {socket.gethostname()}:{pid}"
        return session.get(heartbeat.Heartbeat, name) is not None


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _family_cpu(parent: psutil.Process) -> float:
    """Add up a process, its living children, and those that have ended."""
    times = parent.cpu_times()
    spent = float(times.user + times.system + times.children_user + times.children_system)
    for child in parent.children():
        with suppress(psutil.NoSuchProcess):
            spent += _cpu(child)
    return spent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
