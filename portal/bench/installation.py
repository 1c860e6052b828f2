"""A whole portal for a while: an embedded database of its own, and any number of web and worker processes, on loopback only."""

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

from portal import database, heartbeat, migrations
from portal.capabilities import register_all
from portal.embedded import EmbeddedPostgres
from portal.settings import ROOT
from portal.workflow.delivery import publish_delivered

START_WITHIN = 60.0
STOP_WITHIN = 15.0
POLL = 0.05
HOST = "127.0.0.1"


class ProcessEnded(RuntimeError):
    """A process of the portal ended, or did not do in time what it was started for; the text holds the end of what it wrote."""


class Installation:
    """A context manager; inside it `portal.database` of this process is connected to the same database.

    Processes have names: one web process "web" and one worker "worker" when nothing else is said, any number otherwise
    (`start_web("web-b")`, `start_worker("worker-b")`). A name stands for the same port and the same log from start to start.
    `environment` is for all of them. `durable=False` is for tests: commits survive `kill -9` of any process, the database
    server included (`kill_database`, `start_database`), but no power cut. `release` is the directory of the code that makes the
    tables, this one's unless said; an older one's are brought up to date by `upgrade`.
    """

    def __init__(
        self, *, durable: bool = True, environment: Mapping[str, str] | None = None, release: Path = ROOT
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="portal-installation-"))
        written = {} if durable else {"synchronous_commit": "on"}
        self._postgres = EmbeddedPostgres(self.directory, durable=durable, options=written)
        self._more = dict(environment or {})
        self._release = release
        self._url = ""
        self._ports: dict[str, int] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Where the web process "web" answers."""
        return self.address_of("web")

    @property
    def database_url(self) -> str:
        """The URL of the database; the same after the server has been started anew."""
        return self._url

    def address_of(self, name: str) -> str:
        """Return where the web process of that name answers, or will once it is started."""
        return f"http://{HOST}:{self._ports.setdefault(name, free_port())}"

    def __enter__(self) -> Self:
        """Start the database and migrate it; no process runs yet."""
        self.directory.chmod(0o711)  # as root the server's own user must pass through it
        try:
            self._url = self._postgres.start()
            database.configure(self._url)
            register_all()
            if self._release == ROOT:
                self.upgrade()
            else:
                self.run_in(self._release, "-m", "portal", "migrate")
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
        for name in self._processes:
            if self._ended(name) is None:
                self.kill(name)
        self._remove()

    def _remove(self) -> None:
        database.dispose()
        self._postgres.delete()
        shutil.rmtree(self.directory, ignore_errors=True)

    def upgrade(self) -> None:
        """Bring the tables and the delivered processes to this release, whoever works on them meanwhile."""
        migrations.upgrade(database.engine())
        publish_delivered()

    def run_in(self, release: Path, *arguments: str) -> bytes:
        """Run Python with a release's code on this database and return what it printed; ProcessEnded when it fails."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=release, env=self._environment({}), check=False, capture_output=True
        )
        if done.returncode != 0:
            raise ProcessEnded(done.stderr.decode(errors="replace")[-2000:])
        return done.stdout

    def start_web(
        self,
        name: str = "web",
        *,
        release: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        module: str = "portal",
    ) -> None:
        """Start a web process and return once it answers; ProcessEnded.

        `release`: the directory of the code that it runs, this one's unless said; `environment`: for this start alone; `module`: what
        is run, when it is more than the portal.
        """
        address = self.address_of(name)
        port = str(self._ports[name])
        self._start(name, release, environment, "web", "--host", HOST, "--port", port, module=module)
        self.until(name, lambda: _answers(address))

    def start_worker(
        self, name: str = "worker", *, release: Path = ROOT, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start a worker and return once it has shown that it lives; otherwise as `start_web`."""
        process = self._start(name, release, environment, "worker")
        self.until(name, lambda: _beats(process.pid))

    def pid(self, name: str) -> int:
        """Return the id of a process that was started."""
        return self._processes[name].pid

    def kill(self, name: str) -> None:
        """End a process as `kill -9` does: it hears nothing of it."""
        process = self._processes[name]
        process.kill()
        process.wait()

    def stop(self, name: str, *, within: float = STOP_WITHIN) -> int:
        """Ask a process to end (TERM), wait, and return its exit status; ProcessEnded when it has not ended in time."""
        self._processes[name].terminate()
        status = self._ended(name, within)
        if status is None:
            raise ProcessEnded(f"the {name} process did not end within {within:.0f} s:\n{self.log(name)[-2000:]}")
        return status

    def kill_database(self) -> None:
        """End the database server as `kill -9` does, and return when the last of its processes is gone."""
        postmaster = self._postgres.process()
        family = [postmaster, *postmaster.children(recursive=True)]
        postmaster.kill()
        _gone, left = psutil.wait_procs(family, STOP_WITHIN)
        if left:
            raise ProcessEnded(f"{len(left)} processes of the database server outlive it")

    def start_database(self) -> None:
        """Start the database server again, at the same address; EmbeddedFailed."""
        self._postgres.start()

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time spent so far by each living process and by the database server with all its children."""
        living = {name: process for name, process in self._processes.items() if process.poll() is None}
        spent = {name: _cpu(psutil.Process(process.pid)) for name, process in living.items()}
        return spent | {"postgres": _family_cpu(self._postgres.process())}

    def log(self, name: str) -> str:
        """Return what a process wrote."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def _start(
        self, name: str, release: Path, more: Mapping[str, str] | None, *arguments: str, module: str = "portal"
    ) -> subprocess.Popen[bytes]:
        environment = self._environment(more or {})
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=release, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._processes[name] = process
        return process

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        ours = {"PORTAL_DATABASE_URL": self._url, "PORTAL_DATA_DIR": str(self.directory)}
        return {**os.environ, **self._more, **ours, **more}

    def _ended(self, name: str, within: float = STOP_WITHIN) -> int | None:
        try:
            return self._processes[name].wait(within)
        except subprocess.TimeoutExpired:
            return None

    def until(self, name: str, ready: Callable[[], bool], *, within: float = START_WITHIN) -> None:
        """Return once something is so that a process brings about; ProcessEnded when it ends instead, or takes too long."""
        deadline = time.monotonic() + within
        while not ready():
            with suppress(subprocess.TimeoutExpired):
                status = self._processes[name].wait(POLL)
                raise ProcessEnded(f"the {name} process ended with {status}:\n{self.log(name)[-2000:]}")
            if time.monotonic() > deadline:
                raise ProcessEnded(f"the {name} process took over {within:.0f} s:\n{self.log(name)[-2000:]}")


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


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


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
