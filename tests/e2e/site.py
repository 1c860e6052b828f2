"""The portal as it runs, in threads of the test's process: the web server, and what the worker does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import uvicorn
from sqlalchemy import func, select

from portal import clock, outbox
from portal.app import create_app
from portal.capabilities import register_all
from portal.database import unit_of_work
from portal.serving import bind
from portal.settings import Settings
from portal.workflow import timers

BREATH = 0.02
LONGEST = 30.0


class Site:
    """A running portal: where it is, and what only a test can do to it."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url, self.settings = url, settings
        self._moved = timedelta()
        self._waiting = threading.Event()

    def settled(self) -> None:
        """Wait until the worker has performed all that is owed now."""
        for _ in range(int(LONGEST / BREATH)):
            with unit_of_work() as session:
                due = (
                    outbox.OutboxRow.status == "pending",
                    outbox.OutboxRow.available_at <= clock.now() + 2 * outbox.LEASE,
                )
                if not session.scalar(select(func.count()).select_from(outbox.OutboxRow).where(*due)):
                    return
            self._waiting.wait(BREATH)
        raise TimeoutError("the worker does not come to an end")

    def passes(self, **span: float) -> None:
        """Let time pass: `days=7`."""
        self._moved += timedelta(**span)
        clock.travel(timedelta(**span))

    def comes_back(self) -> None:
        """Set the clock right again."""
        clock.travel(-self._moved)
        self._moved = timedelta()


@contextmanager
def running(settings: Settings) -> Iterator[Site]:
    """Run a portal on a free port of this machine while the block is open; the database must be configured."""
    register_all()
    stop = threading.Event()
    with _serving(settings) as url:
        site = Site(url, settings)
        worker = threading.Thread(target=_work, args=(stop,), name="worker")
        worker.start()
        try:
            yield site
        finally:
            stop.set()
            worker.join(LONGEST)
            site.comes_back()


@contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    listener = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(settings), log_config=None, access_log=False, timeout_graceful_shutdown=1, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(LONGEST)
        listener.close()


def _work(stop: threading.Event) -> None:
    while not stop.is_set():
        if not outbox.perform_pending() and not timers.fire_due():
            stop.wait(BREATH)
