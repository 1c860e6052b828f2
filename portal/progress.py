"""Progress for whoever waits: a bar on a terminal, a line now and then elsewhere. Anything over two seconds shows it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

LINE_EVERY = 2.0


class Phase(Protocol):
    """One stretch of work under way."""

    def advance(self, count: int = 1) -> None:
        """Tell that `count` more units are done."""


class Progress:
    """Shows phases of work one after another on a stream (standard error unless told)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def say(self, message: str) -> None:
        """Print a line."""
        print(message, file=self._stream, flush=True)

    @contextmanager
    def phase(self, title: str, *, total: int | None = None) -> Iterator[Phase]:
        """Show a stretch of work, with a bar when `total` units are known."""
        if not self._stream.isatty():
            lines = _Lines(self, title, total)
            yield lines
            lines.finish()
            return
        columns = [SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()]
        counted = [BarColumn(), MofNCompleteColumn()] if total is not None else []
        with Bars(*columns, *counted, console=Console(file=self._stream)) as bars:
            yield _Bar(bars, title, total)


class SilentProgress(Progress):
    """Shows nothing (tests, and work inside other work)."""

    def say(self, message: str) -> None:
        """Print nothing."""

    @contextmanager
    def phase(self, title: str, *, total: int | None = None) -> Iterator[Phase]:
        """Show nothing."""
        yield _Nothing()


class _Nothing:
    def advance(self, count: int = 1) -> None:
        pass


class _Bar:
    def __init__(self, bars: Bars, title: str, total: int | None) -> None:
        self._bars = bars
        self._task = bars.add_task(title, total=total)

    def advance(self, count: int = 1) -> None:
        self._bars.advance(self._task, count)


class _Lines:
    def __init__(self, progress: Progress, title: str, total: int | None) -> None:
        self._progress, self._title, self._total = progress, title, total
        self._done = 0
        self._began = self._said = time.monotonic()
        progress.say(f"{title} …")

    def advance(self, count: int = 1) -> None:
        self._done += count
        if time.monotonic() - self._said >= LINE_EVERY:
            self._said = time.monotonic()
            of = f"/{self._total}" if self._total is not None else ""
            self._progress.say(f"  {self._title}: {self._done}{of}")

    def finish(self) -> None:
        spent = time.monotonic() - self._began
        if spent >= LINE_EVERY:
            self._progress.say(f"  {self._title}: done in {spent:.1f} s")
