"""What the database knows, for Prometheus: asked when somebody looks, by statements that read a bounded part of an index.

Every process gives the same answer to these, so dashboards and alerts take the `max`. An answer is good for `FRESH` seconds,
however many look. Counts end at `MOST`: a shop with more of anything waiting is in trouble either way.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from portal import clock, database, heartbeat
from portal.database import unit_of_work
from portal.health import STALE_AFTER

FRESH = 5.0
MOST = 10_000
LONGEST = "2s"

_OWED = text("""
with recursive targets as (
    (select target from outbox where status = 'pending' order by target limit 1)
    union all
    select (select target from outbox where status = 'pending' and target > targets.target order by target limit 1)
    from targets where targets.target is not null
), named as (
    select target from targets where target is not null union select name from outbox_targets union select 'portal'
)
select named.target, coalesce(outbox_targets.closed_until > :now, false) as closed, owed.*
from named left join outbox_targets on name = named.target, lateral (
    select count(*) as number, extract(epoch from :now - min(created_at)) as age,
           extract(epoch from :now - min(available_at)) as late,
           extract(epoch from :now - min(created_at) filter (where topic like 'production.%')) as news
    from (select created_at, available_at, topic from outbox where status = 'pending' and target = named.target
          order by available_at limit :most) as pending
) as owed order by named.target
""")
_TIMERS = text("""
select count(*) as number, extract(epoch from :now - min(late.due_at)) as seconds
from (select instance_id, due_at from waits where kind = 'timer' and due_at < :now order by due_at limit :most) as late
join process_instances on process_instances.id = late.instance_id
where suspended_at is null and (postponed_until is null or postponed_until < :now)
""")
_MESSAGES = text("""
select count(*) as number, extract(epoch from :now - min(received_at)) as seconds
from (select received_at from messages where status = 'pending' order by expires_at limit :most) as pending
""")
_DEAD = text("select count(*) as number from (select 1 from outbox where status = 'dead' limit :most) as dead")
_INCIDENTS = text("select count(*) as number from (select 1 from incidents where status = 'open' limit :most) as open")


class Shop(Collector):
    """Asks the database, at most every `FRESH` seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer: list[Metric] = []
        self._asked = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """Ask nothing while being registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give what the database says now, or said a moment ago; of one that does not answer, that."""
        with self._lock:
            if time.monotonic() - self._asked >= FRESH:
                self._answer = _answer()
                self._asked = time.monotonic()
            answer = self._answer
        yield from answer
        yield from _pool()


def _answer() -> list[Metric]:
    try:
        with unit_of_work() as session:
            session.execute(text(f"set local statement_timeout = '{LONGEST}'"))
            found = [*_owed(session), *_waiting(session)]
    except (SQLAlchemyError, RuntimeError):
        return [_gauge("portal_database_up", "Whether the database answers.", 0)]
    return [_gauge("portal_database_up", "Whether the database answers.", 1), *found]


def _owed(session: Session) -> list[Metric]:
    rows = session.execute(_OWED, {"now": clock.now(), "most": MOST}).all()
    pending = _by_target("portal_outbox_pending", f"Effects owed (counted up to {MOST}).")
    oldest = _by_target("portal_outbox_oldest_seconds", "Since when the oldest effect is owed.")
    late = _by_target("portal_outbox_late_seconds", "By how much the most overdue effect is late.")
    closed = _by_target("portal_target_closed", "Whether nothing is sent to a system because it is down.")
    for row in rows:
        for family, value in ((pending, row.number), (oldest, row.age), (late, row.late), (closed, row.closed)):
            family.add_metric([row.target], max(0.0, float(value or 0)))
    lag = max((float(row.age if row.target == "factory" else row.news or 0) for row in rows if row.number), default=0.0)
    about = "Age of the oldest thing that the portal and the factory have not told each other yet."
    return [pending, oldest, late, closed, _gauge("portal_factory_sync_lag_seconds", about, max(0.0, lag))]


def _waiting(session: Session) -> list[Metric]:
    given = {"now": clock.now(), "most": MOST}
    timers, messages = session.execute(_TIMERS, given).one(), session.execute(_MESSAGES, given).one()
    dead, incidents = session.scalar(_DEAD, given), session.scalar(_INCIDENTS, given)
    return [
        _gauge("portal_outbox_dead", "Effects that were given up.", dead),
        _gauge("portal_incidents_open", "Steps that failed and wait for an operator.", incidents),
        _gauge("portal_timers_late", "Timers that are due and have not fired.", timers.number),
        _gauge("portal_timers_late_seconds", "By how much the latest of them is late.", timers.seconds),
        _gauge("portal_messages_pending", "Messages that nobody has waited for yet.", messages.number),
        _gauge("portal_messages_oldest_seconds", "How long the oldest of them has been waiting.", messages.seconds),
        _gauge(
            "portal_workers_alive",
            "Workers that gave a sign of life lately.",
            heartbeat.alive(session, within=STALE_AFTER),
        ),
    ]


def _pool() -> Iterator[Metric]:
    family = GaugeMetricFamily("portal_database_connections", "Connections of this process.", labels=["state"])
    try:
        pool = database.engine().pool
    except RuntimeError:
        return
    if isinstance(pool, QueuePool):
        family.add_metric(["in_use"], pool.checkedout())
        family.add_metric(["idle"], pool.checkedin())
        family.add_metric(["limit"], pool.size() + pool._max_overflow)
        yield family


def _by_target(name: str, about: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=["target"])


def _gauge(name: str, about: str, value: Any) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=max(0.0, float(value or 0)))


SHOP = CollectorRegistry()
SHOP.register(Shop())
