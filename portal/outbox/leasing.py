"""Taking due rows, as many of each target as it may have; several relays never take the same row, nor try the same target."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from portal import clock, database
from portal.outbox.models import LEASE, PORTAL
from portal.outbox.targets import LONGEST_CLOSURE

_span = LEASE


def lease_span() -> timedelta:
    """Return how long this process takes a row for."""
    return _span


def time_limit() -> timedelta:
    """Return within which time a handler must end: before its lease does, or another would begin beside it."""
    return _span * 5 / 6


def set_lease_span(span: timedelta) -> None:
    """Say how long this process takes a row for."""
    global _span
    _span = span


@contextmanager
def at_once() -> Iterator[Connection]:
    """A connection of which each statement is a transaction, and a single round trip."""
    with database.engine().connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@dataclass(frozen=True)
class Leased:
    """A row that was taken, and until when."""

    id: int
    target: str
    until: datetime


# The targets that are owed something are found by stepping through the index, however much is owed to each. A closed target whose time
# has come is closed anew for as long as a lease, under the lock of its row: who does that may take one effect of it. A moment further
# away than any closure was written before the clock was put back.
_TARGETS = text("""
with recursive owed as (
    (select target from outbox where status = 'pending' order by target limit 1)
    union all
    select (select next.target from outbox next where next.status = 'pending' and next.target > owed.target
            order by next.target limit 1)
    from owed where owed.target is not null
), due as (
    select owed.target, oldest.available_at as since
    from owed cross join lateral (
        select available_at from outbox where status = 'pending' and target = owed.target order by available_at limit 1
    ) oldest
    where oldest.available_at <= :now
), trial as (
    update outbox_targets set closed_until = :until from due
    where name = due.target and (closed_until <= :now or closed_until > :farthest) and :outside > 0
    returning name
)
select due.target, trial.name is not null as tries
from due left join outbox_targets known on known.name = due.target left join trial on trial.name = due.target
where known.closed_until is null or trial.name is not null
order by tries desc, due.since
""")
_TAKE = text("""
with quick as (select set_config('synchronous_commit', 'off', true)), found as (
    select id from outbox where status = 'pending' and target = :target and available_at <= :now
    order by available_at limit :most for update skip locked
)
update outbox set available_at = :until from found, quick where outbox.id = found.id
returning outbox.id, outbox.target, outbox.available_at
""")


def take(
    connection: Connection | Session, *, room: int, each: int, outside: int, out: Mapping[str, int] | None = None
) -> list[Leased]:
    """Take due rows, oldest first: at most `room` of the portal's own, `outside` of all targets outside, and of each of these so many
    that with what is `out` already there are no more than `each`."""
    now = clock.now()
    given = {"now": now, "until": now + _span, "farthest": now + max(LONGEST_CLOSURE, _span), "outside": outside}
    taken: list[Leased] = []
    for target, tries in connection.execute(_TARGETS, given).all():
        most = 1 if tries else each - (out or {}).get(target, 0)
        most = room if target == PORTAL else min(most, outside)
        if most > 0:
            rows = connection.execute(_TAKE, {"now": now, "until": now + _span, "target": target, "most": most})
            found = [Leased(row.id, row.target, row.available_at) for row in rows]
            outside -= len(found) if target != PORTAL else 0
            taken += found
    return sorted(taken, key=lambda leased: leased.id)


def lease(session: Session, *, limit: int) -> list[int]:
    """Take up to `limit` due rows of the portal and as many of targets outside that are open; return their ids."""
    return [leased.id for leased in take(session, room=limit, each=limit, outside=limit)]


_STILL_OUT = text("""
select outbox.id from outbox join unnest(cast(:ids as bigint[]), cast(:untils as timestamptz[])) as out(id, until) on out.id = outbox.id
where outbox.status = 'pending' and outbox.available_at > :now and (outbox.available_at = out.until or outbox.error is null)
""")


def still_out(connection: Connection | Session, taken: list[Leased]) -> set[int]:
    """Return which of some taken rows wait to be performed, or are: pending, with a lease that runs."""
    given = {"ids": [leased.id for leased in taken], "untils": [leased.until for leased in taken], "now": clock.now()}
    return {row.id for row in connection.execute(_STILL_OUT, given)}


_GIVE_BACK = text("""
update outbox set available_at = :now
from unnest(cast(:ids as bigint[]), cast(:untils as timestamptz[])) as out(id, until)
where outbox.id = out.id and outbox.status = 'pending' and outbox.available_at = out.until
""")


def give_back(connection: Connection | Session, taken: list[Leased]) -> None:
    """Make rows due again that were taken and not begun."""
    given = {"ids": [leased.id for leased in taken], "untils": [leased.until for leased in taken], "now": clock.now()}
    connection.execute(_GIVE_BACK, given)
