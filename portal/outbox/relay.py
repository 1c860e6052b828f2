"""The relay of one worker: leases due rows and hands them to the broker, never more than may be in flight.

Of a target outside a few more rows are leased than are handed over: as one ends the next follows, without asking the database.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection

from portal import clock
from portal.outbox.leasing import Leased, at_once, give_back, still_out, take
from portal.outbox.models import PORTAL

log = structlog.get_logger(__name__)

IN_FLIGHT = 64
"""Of the portal's own effects; of those outside as many as the threads allow."""
AHEAD = 16
"""Of each target outside, leased and not handed over yet."""
GO_ON = 1.0
"""Seconds after which a performer leaves what follows to the broker: its time limit is for all it does at a stretch."""
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
        self._ready: dict[int, Leased] = {}
        self._out: dict[int, Leased] = {}
        self._performing: set[int] = set()
        self._more: set[str] = set()
        """Targets of which there may be more in the table than was taken."""
        self.wake = threading.Event()
        self.broker_away = False

    @property
    def pause(self) -> float:
        """Seconds to wait for a wake-up before looking again."""
        return POLL_WHEN_FULL if self._more and self._look_after < POLL else POLL

    @contextmanager
    def performing(self, row_id: int) -> Iterator[None]:
        """Say that a row is being performed in this process: it is out until that ends, even beyond its lease."""
        self._begins(row_id)
        try:
            yield
        finally:
            self._ends(row_id)
            self._send_on()

    def perform(self, row_id: int, work: Callable[[int], None]) -> None:
        """Perform a row, then what follows it, for a moment: each way through the broker takes longer than the work."""
        until = time.monotonic() + GO_ON
        following: int | None = row_id
        while following is not None:
            self._begins(following)
            try:
                work(following)
            except BaseException:
                self._ends(following)
                self._send_on()
                raise
            self._ends(following)
            following = self._send_on(keep_one=time.monotonic() < until)

    def hand_over(self) -> int:
        """Lease what is due and send what may be sent; return how many."""
        self.wake.clear()
        with at_once() as connection:
            self._forget_what_is_over(connection)
            with self._lock:
                ready, out = _counts(self._ready), _counts(self._out)
            rows = take(connection, room=max(0, IN_FLIGHT - out[PORTAL]), each=AHEAD, outside=IN_FLIGHT, out=ready)
            taken = _counts({row.id: row for row in rows})
            with self._lock:
                self._ready |= {
                    row.id: row for row in rows if row.id not in self._performing
                }  # else it hangs, and keeps its place
                self._more = {target for target, count in taken.items() if count + ready[target] >= AHEAD}
        return self._send_all(self._whose_turn())

    def give_back(self) -> None:
        """Make due again all that was not begun; called when nobody performs here any more."""
        with self._lock:
            self._ready |= self._out
            self._out = {}
        self._give_back_ready(lambda _row: True)

    def is_down(self, target: str) -> None:
        """Hear that a target does not answer: what waits here for it is not sent now."""
        self._give_back_ready(lambda row: row.target == target)

    def _give_back_ready(self, which: Callable[[Leased], bool]) -> None:
        with self._lock:
            rows = [row for row in self._ready.values() if which(row)]
            for row in rows:
                del self._ready[row.id]
        if rows:
            with at_once() as connection:
                give_back(connection, rows)

    def _begins(self, row_id: int) -> None:
        with self._lock:
            self._performing.add(row_id)

    def _ends(self, row_id: int) -> None:
        with self._lock:
            self._performing.discard(row_id)
            row = self._out.pop(row_id, None)
            wanted = row is not None and row.target in self._more and _counts(self._ready)[row.target] <= AHEAD // 2
        if wanted:
            self.wake.set()

    def _send_on(self, *, keep_one: bool = False) -> int | None:
        """Send what is ready, as far as there is room for it, but for the first with `keep_one`: return that."""
        rows = self._whose_turn()
        kept = rows.pop(0).id if keep_one and rows else None
        self._send_all(rows)
        return kept

    def _send_all(self, rows: list[Leased]) -> int:
        """Send; what a broker that is away does not take is due again at once."""
        for sent, row in enumerate(rows):
            try:
                self._send(row.id)
            except Exception as error:  # noqa: BLE001  each broker's library has its own
                log.warning("broker_away", error=f"{type(error).__name__}: {error}", kept=len(rows) - sent)
                self.broker_away = True
                with self._lock:
                    self._ready |= {unsent.id: self._out.pop(unsent.id) for unsent in rows[sent:]}
                self._give_back_ready(lambda _row: True)
                return sent
        self.broker_away = self.broker_away and not rows
        return len(rows)

    def _whose_turn(self) -> list[Leased]:
        now = clock.now()
        found = []
        with self._lock:
            counts = _counts(self._out)
            for row in list(self._ready.values()):
                outside = sum(counts.values()) - counts[PORTAL]
                if row.until <= now:
                    del self._ready[row.id]  # its lease is over, somebody will take it
                elif row.target == PORTAL or (counts[row.target] < self._each and outside < self._outside):
                    counts[row.target] += 1
                    self._out[row.id] = self._ready.pop(row.id)
                    found.append(row)
        return found

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


def _counts(rows: dict[int, Leased]) -> Counter[str]:
    return Counter(row.target for row in rows.values())
