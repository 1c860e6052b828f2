"""A child process that lives as long as its parent: restarted when it dies, ended with the parent however that ends.

The parent holds the writing end of the child's standard input. When the parent goes, even by kill -9, the child reads the
end of it and stops. This needs nothing of the system but pipes.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger(__name__)

STOP_WITHIN = 15.0
RESTART_AFTER = 1.0
LONGEST_RESTART = 30.0


class ChildProcess:
    """Keeps one child running while the block is open."""

    def __init__(self, command: list[str], *, environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = dict(environment)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="child-watcher", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child's process id, if one runs."""
        return self._process.pid if self._process is not None else None

    def __enter__(self) -> Self:
        self._start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask the child to stop, and end it when it does not within `STOP_WITHIN` seconds."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
        self._watcher.join()

    def _start(self) -> None:
        # A session of its own keeps the terminal's Ctrl-C from the child: the parent says when it stops.
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdin=subprocess.PIPE, start_new_session=True
        )

    def _watch(self) -> None:
        pause = RESTART_AFTER
        while self._process is not None:
            status = self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            if self._stopping.wait(pause):
                return
            log.warning("child_restarted", status=status, after=pause)
            pause = min(pause * 2, LONGEST_RESTART)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._start()


def stop_with_parent(stop: threading.Event) -> None:
    """In a child: set `stop` when the parent is gone, and leave by force if that is not heeded."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop.set()
        forced = threading.Timer(STOP_WITHIN, os._exit, [1])
        forced.daemon = True
        forced.start()

    threading.Thread(target=watch, name="parent-watcher", daemon=True).start()
