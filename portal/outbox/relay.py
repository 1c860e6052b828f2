"""The relay of one worker: leases due rows and hands them to the broker, never more than may be in flight."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from portal import database
from portal.outbox.leasing import Leased, give_back, still_out, take
from portal.outbox.models import PORTAL

IN_FLIGHT = 64
"""Of the portal's own effects; of those outside as many as the threads allow."""
POLL = 1.0
POLL_WHEN_FULL = 0.1


class Relay:
    """Hands over rows and keeps count of what is out.

    `threads` is how many perform here. `look_after`: seconds for which it is believed that what was handed over and not performed here
    is still out; a broker in this process needs to be asked rarely, one that others take from often.
    """

    def __init__(self, send: Callable[[int], object], *, threads: int = 4, look_after: float = 0.0) -> None:
        self._send = send
        self._each = max(1, threads // 2)
        self._outside = max(1, threads - 1)
        self._look_after, self._looked_at = look_after, 0.0
        self._lock = threading.Lock()
        self._out: dict[int, Leased] = {}
        self._performing: set[int] = set()
        self._full = False
        self.wake = threading.Event()

    @property
    def pause(self) -> float:
        """Seconds to wait for a wake-up before looking again."""
        return POLL_WHEN_FULL if self._full and self._look_after < POLL else POLL

    @contextmanager
    def performing(self, row_id: int) -> Iterator[None]:
        """Say that a row is being performed in this process: it is out until that ends, even beyond its lease."""
        with self._lock:
            self._performing.add(row_id)
        try:
            yield
        finally:
            with self._lock:
                self._performing.discard(row_id)
                freed = self._out.pop(row_id, None) is not None and self._full
            if freed:
                self.wake.set()

    def hand_over(self) -> int:
        """Lease what is due and send it; return how many."""
        self.wake.clear()
        with database.engine().connect() as found:
            connection = found.execution_options(isolation_level="AUTOCOMMIT")
            self._forget_what_is_over(connection)
            counts = self._counts()
            outside = sum(counts.values()) - counts[PORTAL]
            rows = take(
                connection, room=max(0, IN_FLIGHT - counts[PORTAL]), each=self._each, outside=max(0, self._outside - outside), out=counts
            )  # fmt: skip
            with self._lock:
                self._out |= {row.id: row for row in rows}
            self._full = self._is_full()
            for number, row in enumerate(rows):
                if row.id in self._performing:
                    continue  # it hangs here beyond its lease, and keeps its place
                try:
                    self._send(row.id)
                except BaseException:  # the broker is away: somebody else may reach it, and this worker again soon
                    self._take_back(connection, rows[number:])
                    raise
        return len(rows)

    def give_back(self) -> None:
        """Make due again what was handed over and not begun; called when nobody performs here any more."""
        with database.engine().connect() as found:
            self._take_back(found.execution_options(isolation_level="AUTOCOMMIT"), list(self._out.values()))

    def _take_back(self, connection: Connection, rows: list[Leased]) -> None:
        with self._lock:
            for row in rows:
                self._out.pop(row.id, None)
        give_back(connection, rows)

    def _forget_what_is_over(self, connection: Connection) -> None:
        if not self._out or time.monotonic() - self._looked_at < self._look_after:
            return
        self._looked_at = time.monotonic()
        with self._lock:
            unknown = [row for row in self._out.values() if row.id not in self._performing]
        out = still_out(connection, unknown)
        with self._lock:
            for row in unknown:
                if row.id not in out and row.id not in self._performing:
                    self._out.pop(row.id, None)

    def _counts(self) -> Counter[str]:
        with self._lock:
            return Counter(row.target for row in self._out.values())

    def _is_full(self) -> bool:
        counts = self._counts()
        outside = sum(counts.values()) - counts[PORTAL]
        fullest = max((count for target, count in counts.items() if target != PORTAL), default=0)
        return counts[PORTAL] >= IN_FLIGHT or fullest >= self._each or outside >= self._outside
