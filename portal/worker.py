"""The worker: performs the outbox through Dramatiq, fires due timers, tidies up, and says that it lives.

Without `PORTAL_BROKER_URL` the broker is in this process and nothing is lost with it: what is owed stands in the outbox.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import dramatiq
import psycopg
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Middleware, ShutdownNotifications, TimeLimit

from portal import capabilities, database, heartbeat, housekeeping, outbox
from portal.database import unit_of_work
from portal.exposing import worker_figures
from portal.outbox.relay import IN_FLIGHT, POLL, POLL_WHEN_FULL, Relay
from portal.settings import Settings
from portal.workflow import timers

__all__ = ["IN_FLIGHT", "POLL", "POLL_WHEN_FULL", "Relay", "configure_broker", "run", "running"]

log = structlog.get_logger(__name__)

LOOK_FOR_TIMERS = 1.0
SOONEST = 0.01
FIRE_TOGETHER = 8
CATCH_UP_EVERY = timedelta(seconds=2)
HEED_STOP = 0.5
BROKER_ANSWERS = 5.0
"""Seconds that the broker may take for an answer."""


def configure_broker(
    settings: Settings, perform: Callable[[int], None] = lambda row_id: outbox.perform(row_id)
) -> dramatiq.Broker:
    """Make the broker that the settings name and declare what performs outbox rows; ValueError for an unknown scheme."""
    broker = _broker(settings.broker_url)
    dramatiq.set_broker(broker)
    dramatiq.actor(broker=broker, actor_name="perform")(perform)
    return broker


def _broker(url: str) -> dramatiq.Broker:
    # Retries live in the outbox; Prometheus' middleware would open a port to the world: both are left out.
    limit = int(outbox.time_limit().total_seconds() * 1000)
    middleware: list[Middleware] = [TimeLimit(time_limit=limit), ShutdownNotifications()]
    if not url:
        return StubBroker(middleware=middleware)
    scheme = url.partition("://")[0]
    if scheme in {"redis", "rediss"}:
        import redis
        from dramatiq.brokers.redis import RedisBroker

        # Without limits a connection whose other end went away in silence would hold its thread for ever.
        client = redis.Redis.from_url(
            url, socket_timeout=BROKER_ANSWERS, socket_connect_timeout=BROKER_ANSWERS, socket_keepalive=True
        )
        return RedisBroker(client=client, middleware=middleware)  # type: ignore[no-untyped-call]  # untyped in dramatiq
    if scheme in {"amqp", "amqps"}:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, middleware=middleware)
    raise ValueError(f"PORTAL_BROKER_URL: {scheme}:// is not known; use redis:// or amqp://")


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Run a whole worker in this process's threads while the block is open; the database must be configured."""
    outbox.set_lease_span(timedelta(seconds=settings.lease_seconds))
    relay = Relay(
        lambda row_id: broker.get_actor("perform").send(row_id), threads=settings.worker_threads,
        look_after=POLL_WHEN_FULL if settings.broker_url else POLL,
    )  # fmt: skip
    broker = configure_broker(settings, _performer(relay))
    capabilities.register_all()
    performers = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=100)
    name = f"worker {socket.gethostname()}:{os.getpid()}"
    stop = threading.Event()
    threads = [
        threading.Thread(target=_relay, args=(relay, stop), name="relay"),
        threading.Thread(target=_listen, args=(relay.wake, stop), name="listener"),
        threading.Thread(target=_timers, args=(stop,), name="timers"),
        _repeating("messages", CATCH_UP_EVERY, timers.catch_up, stop),
        _repeating("heart", heartbeat.EVERY, lambda: _beat(name), stop),
        _repeating("housekeeping", housekeeping.EVERY, housekeeping.tidy_up, stop),
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
        _guarded(relay.give_back, "relay")
        with unit_of_work() as session:
            heartbeat.stop_beating(session, process=name)
        log.info("worker_stopped")


def run(settings: Settings, stop: threading.Event) -> None:
    """Work until `stop` is set, then finish what is under way."""
    with running(settings), worker_figures(settings):
        stop.wait()


def _performer(relay: Relay) -> Callable[[int], None]:
    def perform(row_id: int) -> None:
        relay.perform(row_id, partial(outbox.perform, is_down=relay.is_down))

    return perform


def _relay(relay: Relay, stop: threading.Event) -> None:
    while not stop.is_set():
        if not _guarded(relay.hand_over, "relay"):
            stop.wait(POLL)  # the broker or the database is away: every new row would wake us for nothing
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


def _timers(stop: threading.Event) -> None:
    """Fire what is due, then sleep until the next timer known is due; one that is set meanwhile is found by looking now and then."""
    with ThreadPoolExecutor(FIRE_TOGETHER, thread_name_prefix="timer") as together:
        while not stop.is_set():
            _guarded(partial(_fire_timers, together), "timers")
            stop.wait(_until_next_timer())


def _fire_timers(together: Executor) -> None:
    while timers.fire(together=together):
        pass


def _until_next_timer() -> float:
    try:
        return max(SOONEST, min(LOOK_FOR_TIMERS, timers.seconds_to_next()))
    except Exception:  # noqa: BLE001  the round before has said so already
        return LOOK_FOR_TIMERS


def _repeating(name: str, every: timedelta, work: Callable[[], object], stop: threading.Event) -> threading.Thread:
    def repeat() -> None:
        while not stop.is_set():
            _guarded(work, name)
            stop.wait(every.total_seconds())

    return threading.Thread(target=repeat, name=name)


def _guarded(work: Callable[[], object], name: str) -> bool:
    """Do a round of work; a failure (the database away, say) is logged and the next round tries again."""
    try:
        work()
    except Exception:
        log.exception("round_failed", of=name)
        return False
    return True


def _beat(name: str) -> None:
    with unit_of_work() as session:
        heartbeat.beat(session, process=name)
