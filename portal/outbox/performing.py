"""Performing one row: begin, call the handler, and write what came of it. Two statements, each a round trip, when all goes well."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock, metrics
from portal.database import unit_of_work
from portal.outbox import targets
from portal.outbox.leasing import at_once, lease, lease_span, time_limit
from portal.outbox.models import PORTAL
from portal.outbox.owing import Delivery, Receipt, handlers

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
LONGEST_RECEIPT = 4000
LONGEST_PAUSE = 300.0
NUL = "\\u0000"
"""As JSON writes what PostgreSQL cannot keep."""


@dataclass(frozen=True)
class _Begun:
    """A row that is being performed."""

    topic: str
    key: str
    payload: dict[str, Any]
    attempt: int
    target: str
    owed_since: datetime
    id: int
    began: datetime

    @property
    def milliseconds(self) -> int:
        return max(0, round((clock.now() - self.began).total_seconds() * 1000))


class Crashed(RuntimeError):
    """An effect whose performers ended each time before they could say how it went."""


# Neither beginning nor ending waits for the disk: what a crash of the server forgets of them is done again under the same key.
# A lease that is long enough for the handler is left as it is: no index is touched.
_BEGIN = text("""
with quick as (select set_config('synchronous_commit', 'off', true))
update outbox set failures = failures + 1, error = null,
    available_at = case when available_at < :enough then :until else available_at end from quick
where id = :id and status = 'pending' and available_at > :now
returning topic, key, payload, failures, target, created_at
""")


def perform(row_id: int, *, is_down: Callable[[str], None] = lambda _target: None) -> None:
    """Perform a row that is leased: run its handler and mark it done, or count the failure and set the time of the next try.

    `is_down(target)` hears of an outage.
    """
    begun = _begin(row_id)
    if begun is None:
        return  # done, or its lease is over: another has it or will
    settled = False

    def settle(session: Session, receipt: Receipt = None) -> None:
        nonlocal settled
        settled = True
        session.execute(_SETTLE_IN_STEP, _settled(begun, receipt))

    delivery = Delivery(begun.key, begun.payload, begun.attempt, settle)
    try:
        if begun.attempt > MAX_ATTEMPTS:
            raise Crashed("the worker ended each time while it performed this")
        receipt = _handler(begun)(delivery)
    except Exception as error:  # noqa: BLE001  whatever went wrong is the row's to remember, and the next try's to mend
        _fail(begun, delivery, error, is_down)
        return
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # cut off by the worker's time limit, which is no Exception
        _fail(begun, delivery, error, is_down)
        raise
    if not settled:
        with at_once() as connection:
            connection.execute(_SETTLE_AT_ONCE, _settled(begun, receipt))
    metrics.effect(target=begun.target, outcome="done", seconds=begun.milliseconds / 1000)


def _begin(row_id: int) -> _Begun | None:
    now = clock.now()
    with at_once() as connection:
        row = connection.execute(
            _BEGIN, {"id": row_id, "now": now, "until": now + lease_span(), "enough": now + time_limit()}
        ).first()
    if row is None:
        return None
    return _Begun(
        topic=row.topic, key=row.key, payload=row.payload, attempt=row.failures, target=row.target, owed_since=row.created_at,
        id=row_id, began=now,
    )  # fmt: skip


def _handler(begun: _Begun) -> Any:
    if begun.topic not in handlers:
        raise LookupError(f"nobody performs {begun.topic}")
    return handlers[begun.topic][0]


_SETTLE = """
settled as (
    update outbox set status = 'done', done_at = :now, error = null {quick} where id = :id and status = 'pending' returning id, target
), answered as (
    select target from settled where target <> :portal
), {answered}
insert into outbox_attempts (outbox_id, target, number, at, milliseconds, receipt)
select id, target, 1 + (select count(*) from outbox_attempts where outbox_id = :id), :began, :milliseconds, cast(:receipt as jsonb)
from settled
"""
_SETTLE_IN_STEP = text("with " + _SETTLE.format(quick="", answered=targets.ANSWERED))
_SETTLE_AT_ONCE = text(
    "with quick as (select set_config('synchronous_commit', 'off', true)), "
    + _SETTLE.format(quick="from quick", answered=targets.ANSWERED)
)


def _settled(begun: _Begun, receipt: Receipt) -> dict[str, Any]:
    return {"id": begun.id, "portal": PORTAL, "began": begun.began, "milliseconds": begun.milliseconds,
            "receipt": _bounded(receipt), **targets.answered_now()}  # fmt: skip


def _bounded(receipt: Receipt) -> str | None:
    """Write a receipt as JSON; of one that is too long, or cannot be kept as it is, the beginning as text."""
    if receipt is None:
        return None
    try:
        written = orjson.dumps(dict(receipt), default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):
        written = repr(receipt)
    else:
        if len(written) <= LONGEST_RECEIPT and NUL not in written:
            return written
    return orjson.dumps({"shortened": written.replace(NUL, "")[:LONGEST_RECEIPT]}).decode()


def _fail(begun: _Begun, delivery: Delivery, error: BaseException, is_down: Callable[[str], None]) -> None:
    """Write down a failed try; the last one gives the effect up."""
    log.warning("effect_failed", topic=begun.topic, key=begun.key, attempt=begun.attempt, exc_info=error)
    outage = targets.is_outage(error, target=begun.target)
    excused = False
    if outage:
        with unit_of_work() as session:
            excused = targets.is_excused(session, target=begun.target, owed_since=begun.owed_since)
    over = begun.attempt >= MAX_ATTEMPTS and not excused and _give_up(begun, delivery, describe(error))
    outcome = "given_up" if over else "excused" if excused else "failed"
    metrics.effect(target=begun.target, outcome=outcome, seconds=begun.milliseconds / 1000)
    with unit_of_work() as session:
        _write_failure(session, begun, describe(error), excused=excused, over=over)
        if outage:
            targets.note_outage(session, target=begun.target, began=begun.began, error=describe(error))
        elif begun.target != PORTAL:
            targets.note_answer(session, target=begun.target)
    if outage:
        is_down(begun.target)


def _give_up(begun: _Begun, delivery: Delivery, error: str) -> bool:
    """Tell whoever owes the effect, before the row is dead: if we are killed in between, the next performer does it again.

    False when that fails, for as many times more: then the row is given up without.
    """
    _function, gave_up = handlers.get(begun.topic, (None, None))
    try:
        if gave_up is not None:
            gave_up(delivery, error)
    except Exception:
        log.exception("giving_up_failed", topic=begun.topic, key=begun.key)
        return begun.attempt >= 2 * MAX_ATTEMPTS
    return True


_FAIL = text("""
with failed as (
    update outbox set status = :status, failures = failures - :excused, error = :error, available_at = :next
    where id = :id and status = 'pending' returning id, target
)
insert into outbox_attempts (outbox_id, target, number, at, milliseconds, error)
select id, target, 1 + (select count(*) from outbox_attempts where outbox_id = :id), :began, :milliseconds, :error from failed
""")


def _write_failure(session: Session, begun: _Begun, error: str, *, excused: bool, over: bool) -> None:
    pause = timedelta(seconds=min(2.0 ** min(begun.attempt, 16), LONGEST_PAUSE))
    session.execute(
        _FAIL,
        {"id": begun.id, "status": "dead" if over else "pending", "excused": int(excused), "error": error,
         "next": clock.now() + pause, "began": begun.began, "milliseconds": begun.milliseconds},
    )  # fmt: skip


def describe(error: BaseException) -> str:
    """Name an error for an operator, bounded in length."""
    return f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")


def perform_pending(*, rounds: int = 100) -> int:
    """Perform everything that is due, here and now, until nothing is (tests, demo, one-process tools); return how many."""
    performed = 0
    for _ in range(rounds):
        with unit_of_work() as session:
            ids = lease(session, limit=64)
        if not ids:
            return performed
        for row_id in ids:
            perform(row_id)
        performed += len(ids)
    raise RuntimeError("the outbox does not run dry")
