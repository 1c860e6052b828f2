"""The worker: performs the outbox through Dramatiq, fires due timers, and says that it lives.

Without `PORTAL_BROKER_URL` the broker is in this process and nothing is lost with it: what is owed stands in the outbox.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import dramatiq
import psycopg
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Middleware, ShutdownNotifications, TimeLimit
from sqlalchemy import select, update

from portal import capabilities, clock, database, heartbeat, outbox
from portal.database import unit_of_work
from portal.settings import Settings
from portal.workflow import timers

log = structlog.get_logger(__name__)

IN_FLIGHT = 64
POLL = 1.0
POLL_WHEN_FULL = 0.1
BROKER_ANSWERS = 5.0
"""Seconds that the broker may take for an answer."""
BROKER_BACK = 2.0
"""Seconds until a broker that could not be reached is tried again."""
HEED_STOP = 0.5
TIME_LIMIT = outbox.LEASE - timedelta(seconds=10)
"""A handler must end before its lease does, or another would begin beside it."""


def configure_broker(settings: Settings) -> dramatiq.Broker:
    """Make the broker that the settings name and declare what performs outbox rows; ValueError for an unknown scheme."""
    broker = _broker(settings.broker_url)
    dramatiq.set_broker(broker)
    dramatiq.actor(broker=broker, actor_name="perform")(outbox.perform)
    return broker


def _broker(url: str) -> dramatiq.Broker:
    # Retries live in the outbox; Prometheus' middleware would open a port to the world: both are left out.
    middleware: list[Middleware] = [
        TimeLimit(time_limit=int(TIME_LIMIT.total_seconds() * 1000)),
        ShutdownNotifications(),
    ]
    if not url:
        return StubBroker(middleware=middleware)
    scheme = url.partition("://")[0]
    if scheme in {"redis", "rediss"}:
        import redis
        from dramatiq.brokers.redis import RedisBroker

        # Without time limits a connection whose other end went away in silence would hold its thread for ever.
        client = redis.Redis.from_url(
            url, socket_timeout=BROKER_ANSWERS, socket_connect_timeout=BROKER_ANSWERS, socket_keepalive=True
        )
        return RedisBroker(client=client, middleware=middleware)  # type: ignore[no-untyped-call]  # untyped in dramatiq
    if scheme in {"amqp", "amqps"}:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, middleware=middleware)
    raise ValueError(f"PORTAL_BROKER_URL: {scheme}:// is not known; use redis:// or amqp://")


class Relay:
    """Hands due outbox rows to the broker, at most `IN_FLIGHT` at a time."""

    def __init__(self, send: Callable[[int], object]) -> None:
        self._send = send
        self._out: dict[int, datetime] = {}
        self.wake = threading.Event()
        self.broker_away = False

    @property
    def pause(self) -> float:
        """Seconds to wait for a wake-up before looking again."""
        return POLL_WHEN_FULL if len(self._out) >= IN_FLIGHT else POLL

    def hand_over(self) -> int:
        """Lease what is due and send it; return how many."""
        self.wake.clear()
        with unit_of_work() as session:
            known = select(outbox.OutboxRow.id, outbox.OutboxRow.available_at).where(
                outbox.OutboxRow.status == "pending"
            )
            if self._out:  # a row is out while it is pending and its lease neither touched nor over
                rows = session.execute(
                    known.where(outbox.OutboxRow.id.in_(self._out), outbox.OutboxRow.available_at > clock.now())
                )
                self._out = {row.id: row.available_at for row in rows if self._out[row.id] == row.available_at}
            ids = outbox.lease(session, limit=IN_FLIGHT - len(self._out)) if len(self._out) < IN_FLIGHT else []
            leased = session.execute(known.where(outbox.OutboxRow.id.in_(ids))).all() if ids else []
        return self._hand_over({row.id: row.available_at for row in leased})

    def _hand_over(self, leases: dict[int, datetime]) -> int:
        """Send; what a broker that cannot be reached did not take is due again at once, not when its lease is over."""
        self.broker_away = False
        for sent, row_id in enumerate(leases):
            try:
                self._send(row_id)
            except Exception as error:  # noqa: BLE001  each broker's library has its own
                log.warning("broker_away", error=outbox.describe(error), kept=len(leases) - sent)
                self.broker_away = True
                _give_back({left: leases[left] for left in list(leases)[sent:]})
                return sent
            self._out[row_id] = leases[row_id]
        return len(leases)


def _give_back(leases: dict[int, datetime]) -> None:
    """End leases that nobody else has taken over meanwhile."""
    with unit_of_work() as session:
        for row_id, until in leases.items():
            ours = (outbox.OutboxRow.id == row_id, outbox.OutboxRow.available_at == until)
            session.execute(
                update(outbox.OutboxRow)
                .where(*ours, outbox.OutboxRow.status == "pending")
                .values(available_at=clock.now())
            )


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Run a whole worker in this process's threads while the block is open; the database must be configured."""
    broker = configure_broker(settings)
    capabilities.register_all()
    performers = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=100)
    relay = Relay(broker.get_actor("perform").send)
    name = f"worker {socket.gethostname()}:{os.getpid()}"
    stop = threading.Event()
    threads = [
        threading.Thread(target=_relay, args=(relay, stop), name="relay"),
        threading.Thread(target=_listen, args=(relay.wake, stop), name="listener"),
        threading.Thread(target=_every, args=(POLL, _fire_timers, stop), name="timers"),
        threading.Thread(
            target=_every, args=(heartbeat.EVERY.total_seconds(), lambda: _beat(name), stop), name="heart"
        ),
    ]
    performers.start()
    for thread in threads:
        thread.start()
    log.info("worker_started", broker=type(broker).__name__)
    try:
        yield
    finally:
        stop.set()
        relay.wake.set()
        for thread in threads:
            thread.join()
        performers.stop(timeout=10_000)
        broker.close()
        with unit_of_work() as session:
            heartbeat.stop_beating(session, process=name)
        log.info("worker_stopped")


def run(settings: Settings, stop: threading.Event) -> None:
    """Work until `stop` is set, then finish what is under way."""
    with running(settings):
        stop.wait()


def _relay(relay: Relay, stop: threading.Event) -> None:
    while not stop.is_set():
        _guarded(relay.hand_over, "relay")
        if relay.broker_away:  # every new row would wake us for nothing
            stop.wait(BROKER_BACK)
        relay.wake.wait(relay.pause)


def _listen(wake: threading.Event, stop: threading.Event) -> None:
    """Set `wake` whenever a transaction that enqueued something commits; polling covers for a lost connection."""

    def listen() -> None:
        url = database.engine().url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"listen {outbox.CHANNEL}".encode())
            while not stop.is_set():
                for _ in connection.notifies(timeout=HEED_STOP, stop_after=1):
                    wake.set()

    while not stop.is_set():
        if not _guarded(listen, "listener"):
            stop.wait(POLL)


def _every(seconds: float, work: Callable[[], object], stop: threading.Event) -> None:
    while not stop.is_set():
        _guarded(work, threading.current_thread().name)
        stop.wait(seconds)


def _guarded(work: Callable[[], object], name: str) -> bool:
    """Do a round of work; a failure (the database away, say) is logged and the next round tries again."""
    try:
        work()
    except Exception:
        log.exception("round_failed", of=name)
        return False
    return True


def _fire_timers() -> None:
    while timers.fire_due():
        pass


def _beat(name: str) -> None:
    with unit_of_work() as session:
        heartbeat.beat(session, process=name)
