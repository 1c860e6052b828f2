"""Batches: one thing done to many instances, one transaction each, with a result for each.

What can be done is registered by `batch_kind`; `start_batch` writes what is to be done and owes its doing to the worker; the worker
does `SPAN` of it at a time and owes the rest again, so that a batch of thousands neither holds a worker nor outlives its lease. An
item is marked in the transaction that does it, under a lock on the batch: killed in between, it was either done and says so, or still waits.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock, outbox
from portal.accounts import audit
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.errors import Conflict, InvalidInput, NotFound, NotPermitted, PortalError
from portal.operations.models import Batch, BatchItem
from portal.web.i18n import lazy_gettext as _
from portal.web.i18n import using_locale
from portal.web.live import announce
from portal.workflow.operators import reason_of

log = structlog.get_logger(__name__)

TOPIC = "operations.batch"
MOST = 10_000
"""Items of one batch."""
SPAN = 15.0
"""Seconds of work for one delivery, well within the outbox's lease."""
TRIES = 3
"""How often an item is tried that meets a lock or a lost connection."""

Text = tuple[str, str]
Do = Callable[..., Any]
D = TypeVar("D", bound=Do)


@dataclass(frozen=True)
class BatchKind:
    """Something that can be done to many."""

    name: str
    label: Text
    """Chinese, English."""
    do: Do


@dataclass(frozen=True)
class Vain:
    """What a kind returns for an item that was done, and committed, in vain: the item counts as failed."""

    text: Any


_kinds: dict[str, BatchKind] = {}


def batch_kind(name: str, *, label: Text) -> Callable[[D], D]:
    """Register `do(session, *, actor, subject_id, parameters, reason) -> text or None`: one item's work, in a transaction of its own.

    What it returns (a lazy text, None, or such a text in `Vain`) is the item's result. A PortalError refuses the item with its message; anything else fails it.
    """

    def register(function: D) -> D:
        _kinds[name] = BatchKind(name, label, function)
        return function

    return register


def kind(name: str) -> BatchKind:
    """Return a registered kind; NotFound."""
    if name not in _kinds:
        raise NotFound
    return _kinds[name]


def labels() -> dict[str, Text]:
    """Return what each kind is called."""
    return {one.name: one.label for one in _kinds.values()}


def canaries_of(text: str) -> int:
    """Read how many go first; nothing and 0 mean all at once. Raises InvalidInput rather than guess: a slip must not move everything."""
    typed = text.strip()
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 7):
        raise InvalidInput(fields={"canaries": _("Enter a whole number")})
    return int(typed or 0)


def start_batch(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    subjects: Sequence[tuple[int, str]],
    parameters: dict[str, Any],
    reason: str,
    canaries: int = 0,
) -> int:
    """Owe something to be done to many `(id, business key)` and return the batch's id; with `canaries` it pauses after that many.

    Raises NotPermitted (administrators only), NotFound (no such kind), InvalidInput (no reason, too long, nothing chosen, too many).
    """
    _check_operator(actor)
    if kind not in _kinds:
        raise NotFound
    why = reason_of(reason)
    chosen = dict(subjects)
    if not 0 < len(chosen) <= MOST:
        raise InvalidInput(_("Choose between 1 and %(most)d instances", most=MOST))
    batch = Batch(
        kind=kind, parameters=parameters, reason=why, status="running", canaries=min(max(canaries, 0), len(chosen)),
        total=len(chosen), created_at=clock.now(), created_by=actor.user_id,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    session.execute(
        insert(BatchItem),
        [{"batch_id": batch.id, "subject_id": number, "business_key": key, "status": "waiting"} for number, key in chosen.items()],
    )  # fmt: skip
    audit.record(
        session, actor=actor, action=f"batch.{kind}", subject=("batch", batch.id), reason=batch.reason,
        changes={"total": [None, batch.total]},
    )  # fmt: skip
    _owe(session, batch.id)
    return batch.id


def continue_batch(session: Session, *, actor: Actor, batch_id: int) -> None:
    """Let the rest follow the canaries. Raises NotPermitted, NotFound, Conflict (it does not pause)."""
    batch = _locked(session, actor, batch_id)
    if batch.status != "paused":
        raise Conflict(_("This batch is not waiting to be continued"))
    batch.status, batch.canaries = "running", 0
    audit.record(session, actor=actor, action="batch.continued", subject=("batch", batch_id))
    _owe(session, batch_id, again=":continued")  # the delivery that paused it may have been owed from the same item on
    announce(session, f"batch:{batch_id}")


def stop_batch(session: Session, *, actor: Actor, batch_id: int) -> None:
    """Leave the rest undone; what is done stays done. Raises NotPermitted, NotFound, Conflict (it is over)."""
    batch = _locked(session, actor, batch_id)
    if batch.status not in ("running", "paused"):
        raise Conflict(_("This batch is over"))
    batch.status, batch.ended_at = "stopped", clock.now()
    audit.record(session, actor=actor, action="batch.stopped", subject=("batch", batch_id))
    announce(session, f"batch:{batch_id}")


def _check_operator(actor: Actor) -> None:
    if not actor.has(Role.ADMINISTRATOR):
        raise NotPermitted(_("Only an administrator may do this"))


def _locked(session: Session, actor: Actor, batch_id: int) -> Batch:
    _check_operator(actor)
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound
    return batch


def _owe(session: Session, batch_id: int, *, again: str = "") -> None:
    """Owe the batch from its first waiting item on; the key makes owing it twice from there one."""
    first = session.scalar(
        select(func.min(BatchItem.id)).where(BatchItem.batch_id == batch_id, BatchItem.status == "waiting")
    )
    outbox.enqueue(session, TOPIC, key=f"batch:{batch_id}:{first}{again}", payload={"batch_id": batch_id})


def work(batch_id: int) -> None:
    """Do some of a batch and owe the rest; done twice at once, each item is still done once."""
    until = time.monotonic() + SPAN
    while time.monotonic() < until:
        if not _do_next(batch_id):
            return
    with unit_of_work() as session:
        _owe(session, batch_id)


def _do_next(batch_id: int) -> bool:
    """Do one item; False when there is nothing (more) to do now."""
    item_id, error = 0, None
    for _attempt in range(TRIES):
        try:
            with unit_of_work() as session:
                item = _next(session, batch_id)
                if item is None:
                    return False
                item_id = item.id
                came = _do(session, item)
                in_vain = isinstance(came, Vain)
                _mark(session, item_id, "failed" if in_vain else "done", came.text if in_vain else came)
                announce(session, f"batch:{batch_id}")
            return True
        except PortalError as refusal:
            _mark_apart(batch_id, item_id, "refused", refusal.message)
            return True
        except OperationalError as failure:
            if not item_id:
                raise
            error = failure
        except Exception as failure:
            log.exception("batch_item_failed", batch=batch_id, item=item_id)
            _mark_apart(batch_id, item_id, "failed", outbox.describe(failure))
            return True
    _mark_apart(batch_id, item_id, "failed", outbox.describe(error) if error else "")
    return True


def _next(session: Session, batch_id: int) -> BatchItem | None:
    """Lock a running batch and return its next waiting item; at the end of the canaries, or of all, say so on the batch."""
    batch = session.get(Batch, batch_id, with_for_update=True)
    if batch is None or batch.status != "running":
        return None
    waiting = select(BatchItem).where(BatchItem.batch_id == batch_id, BatchItem.status == "waiting")
    item = session.scalars(waiting.order_by(BatchItem.id).limit(1)).first()
    if item is not None and not _canaries_are_done(session, batch):
        return item
    batch.status, batch.ended_at = ("paused", None) if item is not None else ("finished", clock.now())
    announce(session, f"batch:{batch_id}")
    return None


def _canaries_are_done(session: Session, batch: Batch) -> bool:
    if not batch.canaries:
        return False
    over = select(func.count()).where(BatchItem.batch_id == batch.id, BatchItem.status != "waiting")
    return (session.scalar(over) or 0) >= batch.canaries


def _do(session: Session, item: BatchItem) -> Any:
    batch = session.get(Batch, item.batch_id)
    user = session.get(User, batch.created_by) if batch is not None else None
    if batch is None or user is None:
        raise NotFound
    actor = Actor(
        user.id, user.name, frozenset(user.roles) if user.active else frozenset(), user.customer_id, user.team
    )
    return kind(batch.kind).do(
        session, actor=actor, subject_id=item.subject_id, parameters=batch.parameters, reason=batch.reason
    )


def _mark_apart(batch_id: int, item_id: int, status: str, message: Any) -> None:
    with unit_of_work() as session:
        _mark(session, item_id, status, message)
        announce(session, f"batch:{batch_id}")


def _mark(session: Session, item_id: int, status: str, message: Any) -> None:
    texts: dict[str, str | None] = {"zh": None, "en": None}
    if message is not None:
        for locale in texts:
            with using_locale(locale):
                texts[locale] = str(message)[:2000]
    session.execute(
        update(BatchItem)
        .where(BatchItem.id == item_id, BatchItem.status == "waiting")
        .values(status=status, message_zh=texts["zh"], message_en=texts["en"], at=clock.now())
    )
