"""A child process that lives as long as its parent, watched with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from portal.processes import ChildProcess

CHILD = (
    "import os, signal, sys, threading, pathlib\n"
    "from portal.processes import stop_with_parent\n"
    "stop = threading.Event()\n"
    "signal.signal(signal.SIGTERM, lambda *_: stop.set())\n"
    "stop_with_parent(stop)\n"
    "with pathlib.Path(sys.argv[1]).open('a') as file: file.write(f'{os.getpid()}\\n')\n"
    "stop.wait()\n"
)
PARENT = (
    "import os, sys\n"
    "from portal.processes import ChildProcess\n"
    "from portal.serving import Stop, stop_on_signals\n"
    "import signal\n"
    "stop_on_signals()\n"
    "try:\n"
    "    with ChildProcess([sys.executable, '-c', sys.argv[1], sys.argv[2]], environment=os.environ):\n"
    "        signal.pause()\n"
    "except Stop:\n"
    "    pass\n"
)


def pids(notes: Path, *, count: int) -> list[int]:
    """Wait until so many children have noted that they run; return their process ids."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = notes.read_text().split() if notes.exists() else []
        if len(found) >= count:
            return [int(pid) for pid in found]
        os.sched_yield()
    raise AssertionError(f"{count} children did not start")


def assert_gone(pid: int) -> None:
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            process.wait(10)
    except psutil.NoSuchProcess:
        return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_the_parent_ends_its_child_ends_too(number, tmp_path):
    notes = tmp_path / "pids"
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD, str(notes)]) as parent:
        (child,) = pids(notes, count=1)
        parent.send_signal(number)
        assert parent.wait(20) == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    assert_gone(child)


def test_a_killed_child_is_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.processes.RESTART_AFTER", 0.01)
    notes = tmp_path / "pids"
    with ChildProcess([sys.executable, "-c", CHILD, str(notes)], environment=os.environ) as child:
        (first,) = pids(notes, count=1)
        os.kill(first, signal.SIGKILL)
        second = pids(notes, count=2)[1]
        assert child.pid == second
    assert_gone(second)


def test_a_child_that_does_not_stop_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("portal.processes.STOP_WITHIN", 0.2)
    notes = tmp_path / "pids"
    deaf = CHILD.replace("lambda *_: stop.set()", "signal.SIG_IGN").replace("stop_with_parent(stop)\n", "")
    with ChildProcess([sys.executable, "-c", deaf, str(notes)], environment=os.environ):
        (child,) = pids(notes, count=1)
    assert_gone(child)
