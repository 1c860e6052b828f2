"""Moving running instances to another version of their process, each in one transaction: wholly or not at all.

A move keeps what people and the outside know: task ids, drafts, assignees, claims, due times, timers' moments, attempts, what is waited
for. `migration_plan.py` says what corresponds, `migration_state.py` builds the new state and checks it; here it is written, and the
instance runs on at once (a timer counted anew may be due). Where the new version could not run on, the move is refused.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.errors import InvalidInput, PortalError
from portal.outbox import describe
from portal.web.i18n import lazy_gettext as _
from portal.workflow.definitions import Definition
from portal.workflow.errors import MigrationRefused, ProcessNotFound
from portal.workflow.migration_plan import Plan, make_plan
from portal.workflow.migration_rows import rewrite_rows
from portal.workflow.migration_state import Moved, move
from portal.workflow.models import ProcessDefinition, ProcessInstance, UserTask, Wait
from portal.workflow.naming import Listed, Named
from portal.workflow.operators import reason_of, require_operator
from portal.workflow.saving import Instance
from portal.workflow.step import Step, load_definition, lock, step
from portal.workflow.vocabulary import Node

log = structlog.get_logger(__name__)

TIMERS = ("keep", "restart")
"""keep: what is due stays due when it is; restart: timers and due times are counted anew from when the token arrived."""


@dataclass(frozen=True)
class Change:
    """What happens to one open task or wait: where it was, where it is, and in words what changes (lazy texts)."""

    node: Node
    to: Node
    changes: tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a move, or would: `moves`, `at_once` (it goes on or ends by itself then), `refused` or `busy`; `text` says it."""

    instance_id: int
    business_key: str
    kind: str
    text: Any = None
    changes: tuple[Change, ...] = ()
    ended: bool = False


@dataclass(frozen=True)
class _Edition:
    id: int
    key: str
    version: int
    digest: str
    definition: Definition


_Plans = dict[int, tuple[_Edition, _Edition, Plan]]
"""What is made of two versions, by the older one's id: the same for all instances of a rehearsal."""


def plan(
    session: Session, *, from_definition_id: int, to_definition_id: int, mapping: Mapping[str, str] | None = None
) -> Plan:  # fmt: skip
    """Return how two versions of a process correspond; ProcessNotFound, InvalidInput (two different processes)."""
    before, after = _editions(session, from_definition_id, to_definition_id)
    return make_plan(before.definition.vocabulary, after.definition.vocabulary, mapping)


def _editions(session: Session, *ids: int) -> list[_Edition]:
    rows = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.version, ProcessDefinition.digest)
        .where(ProcessDefinition.id.in_(ids))
    )  # fmt: skip
    found = {row.id: _Edition(*row, definition=load_definition(session, row.id, row.digest)) for row in rows}
    if set(ids) - found.keys():
        raise ProcessNotFound
    if len({edition.key for edition in found.values()}) > 1:
        raise InvalidInput(_("These are versions of different processes"))
    return [found[number] for number in ids]


def dry_run(
    session: Session,
    *,
    actor: Actor,
    instance_ids: Sequence[int],
    to_definition_id: int,
    mapping: Mapping[str, str] | None = None,
    timers: str = "keep",
    from_definition_id: int | None = None,
) -> list[Outcome]:
    """Move each instance, really, in a savepoint that is rolled back, and return what came of it; nothing of it leaves or stays.

    Instances that somebody is working on right now are `busy` and not waited for. Raises NotPermitted, ProcessNotFound.
    """
    require_operator(actor)
    plans: _Plans = {}
    return [
        _rehearse(session, actor, number, to_definition_id, mapping, timers, from_definition_id, plans)
        for number in dict.fromkeys(instance_ids)
    ]


def _rehearse(
    session: Session, actor: Actor, number: int, to_id: int, mapping: Mapping[str, str] | None, timers: str,
    from_id: int | None, plans: _Plans,
) -> Outcome:  # fmt: skip
    savepoint = session.begin_nested()
    try:
        instance = next(iter(lock(session, ProcessInstance.id == number, skip_locked=True)), None)
        if instance is None:
            return _absent(session, number)
        try:
            return _migrate(session, actor, instance, to_id, mapping, timers, from_id, "", plans)
        except PortalError as error:
            return Outcome(number, instance.business_key, "refused", error.message)
        except OperationalError:
            raise
        except Exception as error:  # whatever it is, this instance stays; the list says why
            log.warning("migration_rehearsal_failed", instance=number, exc_info=True)
            return Outcome(number, instance.business_key, "refused", describe(error))
    finally:
        savepoint.rollback()


def _absent(session: Session, number: int) -> Outcome:
    key = session.scalars(select(ProcessInstance.business_key).where(ProcessInstance.id == number)).first()
    if key is None:
        raise ProcessNotFound
    return Outcome(number, key, "busy", _("Somebody is working on it right now"))


def migrate_instance(
    session: Session,
    *,
    actor: Actor,
    instance_id: int,
    to_definition_id: int,
    mapping: Mapping[str, str] | None = None,
    timers: str = "keep",
    reason: str,
    from_definition_id: int | None = None,
) -> Outcome:
    """Move an instance to another version of its process and let it run on; audited, and in its history.

    Raises NotPermitted, ProcessNotFound, InvalidInput (field `reason`), MigrationRefused, which says why; nothing is changed then.
    """
    require_operator(actor)
    why = reason_of(reason)
    instance = next(iter(lock(session, ProcessInstance.id == instance_id)), None)
    if instance is None:
        raise ProcessNotFound
    return _migrate(session, actor, instance, to_definition_id, mapping, timers, from_definition_id, why, {})


def _migrate(
    session: Session, actor: Actor, instance: Instance, to_id: int, mapping: Mapping[str, str] | None, timers: str,
    from_id: int | None, reason: str, plans: _Plans,
) -> Outcome:  # fmt: skip
    if timers not in TIMERS:
        raise InvalidInput(_("Choose whether timers are kept or counted anew"))
    _check_movable(instance, to_id, from_id)
    if instance.definition_id not in plans:
        before, after = _editions(session, instance.definition_id, to_id)
        made = make_plan(before.definition.vocabulary, after.definition.vocabulary, mapping)
        plans[instance.definition_id] = before, after, made
    before, after, how = plans[instance.definition_id]
    arrived = _arrived(session, instance.id)
    restart = timers == "restart"
    # what is asked of the host while a state is only read: nothing has effects
    host = Step(session, instance, actor=actor, person=False)
    moved = move(instance.state, before.definition, after.definition, how, host, arrived=arrived, restart=restart)
    due = rewrite_rows(session, instance, to_id, moved, arrived if restart else {})
    target = replace(instance, definition_id=after.id, digest=after.digest, state=moved.state)
    going = _run_on(session, actor, target, moved, {
        "from": before.version, "to": after.version, "timers": timers, "reason": reason,
        "mapping": {old.id: new.id for old, new in moved.nodes.values() if old.id != new.id},
    })  # fmt: skip
    _record(session, actor, instance, before, after, reason)
    return _outcome(instance, going, moved, due)


def _check_movable(instance: Instance, to_id: int, from_id: int | None) -> None:
    if instance.ended:
        raise MigrationRefused(_("It is over"))
    if instance.definition_id == to_id:
        raise MigrationRefused(_("It runs on this version already"))
    if from_id is not None and instance.definition_id != from_id:
        raise MigrationRefused(_("It has moved to another version meanwhile"))
    if instance.status == "incident":
        raise MigrationRefused(_("A step of it has failed: mend that first"))


def _arrived(session: Session, instance_id: int) -> dict[uuid.UUID, datetime]:
    """Since when each open task and wait is open."""
    tasks = select(UserTask.id, UserTask.created_at).where(
        UserTask.instance_id == instance_id, UserTask.status == "open"
    )
    waits = select(Wait.task_id, Wait.created_at).where(Wait.instance_id == instance_id)
    return {row[0]: row[1] for row in session.execute(tasks.union_all(waits))}


def _run_on(session: Session, actor: Actor, target: Instance, moved: Moved, detail: dict[str, Any]) -> Step:
    """Load the new state, note the move, run on (unless suspended) and save; refused when a step of the new version fails."""
    with step(session, target, actor=actor, person=False) as going:
        going.note("migrated", **detail)
        going.held = target.suspended_at is not None
        going.messages_arrived = not going.held
        for task_id in moved.added:
            going.before.waits.pop(task_id, None)
    if going.run.failures:
        node, error = next(iter(going.run.failures.values()))
        raise MigrationRefused(
            _("In the other version it would fail at “%(name)s”: %(error)s", name=Named(node.name), error=error)
        )
    return going


def _record(session: Session, actor: Actor, instance: Instance, before: _Edition, after: _Edition, reason: str) -> None:
    audit.record(
        session, actor=actor, action="instance.migrated", subject=("instance", instance.id), reason=reason,
        changes={"version": [before.version, after.version]},
    )  # fmt: skip
    session.flush()


def _outcome(instance: Instance, going: Step, moved: Moved, due: Mapping[uuid.UUID, datetime]) -> Outcome:
    run = going.run
    now = run.snapshot()
    open_ = now.tasks.keys() | now.waits.keys()
    expected = going.before.tasks.keys() | going.before.waits.keys() | moved.added.keys()
    kept = tuple(Change(old, new, _changes_of(task_id, moved, due)) for task_id, (old, new) in moved.nodes.items())
    if run.ended:
        return Outcome(instance.id, instance.business_key, "at_once", _("will complete at once"), kept, ended=True)
    if open_ != expected:
        fresh = [Named(node.name) for task_id, node in now.tasks.items() if task_id not in expected]
        fresh += [Named(wait.node.name) for task_id, wait in now.waits.items() if task_id not in expected]
        where = _("goes on at once to “%(names)s”", names=Listed(list(fresh))) if fresh else _("goes on at once")
        return Outcome(instance.id, instance.business_key, "at_once", where, kept)
    return Outcome(instance.id, instance.business_key, "moves", None, kept)


def _changes_of(task_id: uuid.UUID, moved: Moved, due: Mapping[uuid.UUID, datetime]) -> tuple[Any, ...]:
    if task_id in moved.due:
        return (_("timer counted anew"),)
    return (_("due time counted anew"),) if task_id in due else ()
