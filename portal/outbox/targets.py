"""Targets: telling an outage from an effect's own failure, and keeping count of outages. The rules are in the package's docstring."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import PortalError
from portal.outbox.models import PORTAL, OutboxTarget

ENOUGH_FAILURES = 5
SHORTEST_CLOSURE = timedelta(seconds=10)
LONGEST_CLOSURE = timedelta(minutes=5)
EXCUSED_FOR = timedelta(days=1)
OF_FILES = FileNotFoundError | FileExistsError | PermissionError | IsADirectoryError | NotADirectoryError
"""OSErrors of this machine, of which no system outside is to blame."""
NOTED_EVERY = timedelta(seconds=10)
"""A success is written on its target this often at most: all effects of a target would queue for its row."""


class TargetDown(Exception):
    """A system outside cannot be reached or cannot answer (no connection, a timeout, HTTP 5xx); adapters raise it."""


def is_outage(error: BaseException, *, target: str) -> bool:
    """Say whether an error tells of its target rather than of the effect."""
    if target == PORTAL or isinstance(error, PortalError | OF_FILES):
        return False
    return isinstance(error, TargetDown | OSError) or not isinstance(error, Exception)  # cut off: no Exception


def is_excused(session: Session, *, target: str, owed_since: datetime) -> bool:
    """Say whether an outage uses up no attempt: its target is closed, and the effect has not been owed for too long."""
    closed_until = session.scalar(select(OutboxTarget.closed_until).where(OutboxTarget.name == target))
    return closed_until is not None and owed_since > clock.now() - EXCUSED_FOR


# What began before the last failure was counted, and fails after the target was closed, says nothing new.
_FAILED = text("""
insert into outbox_targets as known (name, failures, failed_at, error) values (:name, 1, :now, :error)
on conflict (name) do update set
    failures = known.failures + 1, failed_at = :now, error = :error,
    closed_until = case when known.failures + 1 >= :enough then
        cast(:now as timestamptz) + least(:shortest * 2 ^ least(known.failures + 1 - :enough, 20), :longest) * interval '1 second' end
where known.closed_until is null or known.failed_at < :began
""")


def note_outage(session: Session, *, target: str, began: datetime, error: str) -> None:
    """Count a failure against a target, of an effect that began at a moment; close the target when it is enough."""
    session.execute(
        _FAILED,
        {"name": target, "now": clock.now(), "began": began, "error": error, "enough": ENOUGH_FAILURES,
         "shortest": SHORTEST_CLOSURE.total_seconds(), "longest": LONGEST_CLOSURE.total_seconds()},
    )  # fmt: skip


ANSWERED = """
met as (
    update outbox_targets set failures = 0, closed_until = null, error = null, succeeded_at = :now from answered
    where name = answered.target and (failures > 0 or closed_until is not null or succeeded_at is null or succeeded_at < :lately)
), known as (
    insert into outbox_targets (name, failures, succeeded_at)
    select target, 0, :now from answered where not exists (select from outbox_targets where name = answered.target)
    on conflict (name) do nothing
)
"""
"""What is part of a statement that has `answered (target)`: opens the target, and notes that it answers."""
_ANSWERED = text("with answered as (select cast(:target as varchar) as target), " + ANSWERED + " select")


def answered_now() -> dict[str, Any]:
    """Return the parameters of `ANSWERED`."""
    now = clock.now()
    return {"now": now, "lately": now - NOTED_EVERY}


def note_answer(session: Session, *, target: str) -> None:
    """Note that a target answers, which opens it."""
    session.execute(_ANSWERED, {"target": target, **answered_now()})


def try_now(session: Session, *, target: str) -> bool:
    """Let an effect try a closed target without waiting for its time; False when it is not closed. The caller checks permission."""
    closed = session.scalars(
        update(OutboxTarget)
        .where(OutboxTarget.name == target, OutboxTarget.closed_until.is_not(None))
        .values(closed_until=clock.now())
        .returning(OutboxTarget.name)
    ).first()
    return closed is not None
