"""What an operator may do to one instance. Each is one transaction under the instance's lock; who did what and why is written to the
instance's history and to the audit trail, with what it was before and after.

All of them raise NotPermitted (administrators only), InvalidInput (field `reason`), ProcessNotFound, InstanceEnded, and but for
suspending and cancelling, which do not load what was saved, StateUnreadable.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.errors import Conflict, InvalidInput
from portal.web.i18n import lazy_gettext as _
from portal.workflow import codec, facts, messaging, moving, tokens
from portal.workflow.cancelling import close
from portal.workflow.engine import Run
from portal.workflow.errors import CannotMove, InstanceEnded, ProcessNotFound
from portal.workflow.loading import load_run
from portal.workflow.models import HistoryEntry, Incident, ProcessInstance
from portal.workflow.operators import reason_of, require_operator
from portal.workflow.saving import Instance
from portal.workflow.service import retry_incident
from portal.workflow.step import Step, load_definition, lock, running, step
from portal.workflow.suspension import require_moving
from portal.workflow.vocabulary import Node

__all__ = [
    "cancel_instance",
    "edit_fact",
    "fire_timer",
    "move_token",
    "resume_instance",
    "retry_incident",
    "send_message",
    "skip_incident",
    "suspend_instance",
]

SENDER = "operator"


def suspend_instance(session: Session, *, actor: Actor, instance_id: int, reason: str) -> None:
    """Keep an instance from moving: tasks refuse, messages stay pending, timers wait, results of outside actions are kept."""
    why = _reason(actor, reason)
    instance = _open(session, instance_id)
    if instance.suspended_at is not None:
        raise Conflict(_("This process is suspended already"))
    session.execute(update(ProcessInstance).where(ProcessInstance.id == instance.id).values(suspended_at=clock.now()))
    _note(session, instance, actor, "suspended", reason=why)
    _audit(session, instance, actor, "suspended", why)


def resume_instance(session: Session, *, actor: Actor, instance_id: int, reason: str) -> None:
    """Let a suspended instance move again: it takes what came meanwhile and runs on. Raises Conflict when it is not suspended."""
    why = _reason(actor, reason)
    instance = _open(session, instance_id)
    if instance.suspended_at is None:
        raise Conflict(_("This process is not suspended"))
    session.execute(update(ProcessInstance).where(ProcessInstance.id == instance.id).values(suspended_at=None))
    with _acting(session, instance, actor) as going:
        going.note("resumed", reason=why, since=instance.suspended_at.isoformat())
        tokens.take_kept(going.run)
        going.messages_arrived = True
    _audit(session, instance, actor, "resumed", why)


def cancel_instance(session: Session, *, actor: Actor, instance_id: int, reason: str) -> None:
    """End an instance where it stands: its tasks and waits are withdrawn, its incidents closed, and its business object hears of it."""
    why = _reason(actor, reason)
    instance = _open(session, instance_id)
    close(session, instance, actor=actor, reason=why)
    _audit(session, instance, actor, "cancelled", why, {"status": [instance.status, "cancelled"]})


def move_token(
    session: Session, *, actor: Actor, instance_id: int, task_id: uuid.UUID, to_node: str, reason: str
) -> None:
    """Take a token to another node of its scope. Raises CannotMove where that would not be what the diagram means."""
    why = _reason(actor, reason)
    instance = _moving(session, actor, instance_id)
    with _acting(session, instance, actor) as going:
        source = _token(going, task_id)
        refusal = cannot_move(going.run, task_id, source, to_node)
        if refusal is not None:
            raise CannotMove(refusal)
        target = going.run.vocabulary.nodes[to_node]
        going.note(
            "moved", source, reason=why, task=str(task_id), to=target.id, to_zh=target.name[0], to_en=target.name[1]
        )
        tokens.move(going.run, task_id, to_node)
    _audit(session, instance, actor, "moved", why, {"node": [source.id, to_node]})


def cannot_move(run: Run, task_id: uuid.UUID, source: Node, to_node: str) -> Any:
    """Say why a token may not be moved to a node (lazy text), or None."""
    refusal = moving.refusal(run.vocabulary, source, to_node, tokens.others(run, task_id))
    if refusal is None and not tokens.stands_in_scope(run, task_id, to_node):
        return _("It belongs to another part of the process; moving into or out of a part is not possible")
    return refusal


def send_message(
    session: Session, *, actor: Actor, instance_id: int, name: str, payload: Mapping[str, Any], reason: str,
    message_id: str | None = None,
) -> None:  # fmt: skip
    """Say to an instance what another system should have said; the same `message_id` twice is the same message.

    A suspended instance, or one that does not wait for it yet, takes it later. Raises InvalidInput (fields `name`, `payload`), and what
    the steps that follow raise.
    """
    why = _reason(actor, reason)
    instance = _open(session, instance_id)
    vocabulary = load_definition(session, instance.definition_id, instance.digest).vocabulary
    if name not in {node.message for node in vocabulary.nodes.values() if node.event == "message"}:
        raise InvalidInput(fields={"name": _("No step of this process waits for it")})
    written = written_payload(payload)
    if instance.suspended_at is None:
        load_run(session, instance, actor)
    _note(session, instance, actor, "message_sent", reason=why, name=name, payload=written)
    known = messaging.receive_message(
        session, sender=SENDER, message_id=message_id or str(uuid.uuid4()), name=name, business_key=instance.business_key,
        payload=codec.from_json(written), actor=actor if instance.suspended_at is None else None,
    )  # fmt: skip
    if not known:
        raise Conflict(_("This message has been sent already"))
    _audit(session, instance, actor, "message_sent", why, {"message": [None, name]})


def written_payload(payload: Mapping[str, Any]) -> Any:
    """Return a message's payload as it is stored; InvalidInput (field `payload`)."""
    try:
        return messaging.storable(payload)
    except codec.NotStorable as error:
        raise InvalidInput(fields={"payload": _("A process cannot keep this: %(why)s", why=str(error))}) from error


def fire_timer(session: Session, *, actor: Actor, instance_id: int, task_id: uuid.UUID, reason: str) -> None:
    """Let a waiting timer fire now; one that repeats fires once. Raises Conflict when no timer waits there."""
    why = _reason(actor, reason)
    instance = _moving(session, actor, instance_id)
    with _acting(session, instance, actor) as going:
        wait = going.before.waits.get(task_id)
        if wait is None or wait.kind != "timer":
            raise Conflict(_("This timer is no longer waiting"))
        due = wait.due_at.isoformat() if wait.due_at else None
        going.note("timer_fired", wait.node, reason=why, task=str(task_id), due=due)
        tokens.fire(going.run, task_id, going.now)
    _audit(session, instance, actor, "timer_fired", why, {"due": [due, going.now.isoformat()]})


def edit_fact(
    session: Session, *, actor: Actor, instance_id: int, path: str, value: str, reason: str, seen: str | None = None
) -> None:
    """Change what an instance knows at a path that is there; the text is read as the type of what it replaces, and nothing moves.

    `seen` is the mark of the value that was looked at. Raises InvalidInput (fields `path`, `value`), Conflict (another value by now).
    """
    why = _reason(actor, reason)
    instance = _open(session, instance_id)
    with _acting(session, instance, actor) as going:
        going.held = True
        before = facts.value_at(going.run.facts, path)
        if seen not in (None, facts.mark(before)):
            raise Conflict(_("It has got another value meanwhile; look at it first"))
        after = facts.parse_like(before, value)
        going.run.facts = facts.with_value(going.run.facts, path, after)
        change = [codec.to_json(before), codec.to_json(after)]
        going.note("fact_edited", reason=why, path=path.strip(), before=change[0], after=change[1])
    _audit(session, instance, actor, "fact_edited", why, {path.strip(): change})


def skip_incident(session: Session, *, actor: Actor, instance_id: int, incident_id: int, reason: str) -> None:
    """Let a failed step go on without its action, where the diagram allows it; its result stays absent. Raises Conflict."""
    why = _reason(actor, reason)
    instance = _moving(session, actor, instance_id)
    incident = session.execute(
        select(Incident.task_id, Incident.status, Incident.error).where(
            Incident.id == incident_id, Incident.instance_id == instance.id
        )
    ).one_or_none()
    if incident is None:
        raise ProcessNotFound
    if incident.status != "open":
        raise Conflict(_("This incident has been resolved already"))
    with _acting(session, instance, actor) as going:
        node = _token(going, incident.task_id)
        if not may_skip(node):
            raise Conflict(_("The diagram does not allow this step to be skipped"))
        going.note("skipped", node, reason=why, incident=incident_id, error=incident.error)
        tokens.skip(going.run, incident.task_id)
    _audit(session, instance, actor, "skipped", why, {"node": [node.id, None]})


def may_skip(node: Node) -> bool:
    """Say whether the diagram lets operators skip a node that failed."""
    return bool(getattr(node, "skippable", False)) and node.kind in ("serviceTask", "businessRuleTask")


def _reason(actor: Actor, reason: str) -> str:
    require_operator(actor)
    return reason_of(reason)


def _open(session: Session, instance_id: int) -> Instance:
    """Lock an instance that is not over."""
    found = lock(session, ProcessInstance.id == instance_id)
    if not found:
        raise ProcessNotFound
    if running(session, instance_id) is not None:
        raise RuntimeError("an action of a step cannot operate on the same instance")
    if found[0].ended:
        raise InstanceEnded(_("This process is over; nothing can be done to it any more"))
    return found[0]


def _moving(session: Session, actor: Actor, instance_id: int) -> Instance:
    instance = _open(session, instance_id)
    require_moving(session, instance, actor)
    return instance


@contextmanager
def _acting(session: Session, instance: Instance, actor: Actor) -> Iterator[Step]:
    load_run(session, instance, actor)
    with step(session, instance, actor=actor, person=False) as going:
        yield going


def _token(going: Step, task_id: uuid.UUID) -> Node:
    wait = going.before.waits.get(task_id)
    node = going.before.tasks.get(task_id) or going.before.blocked.get(task_id) or (wait.node if wait else None)
    if node is None:
        raise Conflict(_("This step is no longer open: the process has moved on"))
    return node


def _note(session: Session, instance: Instance, actor: Actor, kind: str, **detail: Any) -> None:
    session.add(
        HistoryEntry(
            instance_id=instance.id, at=clock.now(), kind=kind, actor_id=actor.user_id, actor_name=actor.name, detail=detail
        )
    )  # fmt: skip
    session.flush()


def _audit(
    session: Session, instance: Instance, actor: Actor, what: str, reason: str, changes: Mapping[str, Any] | None = None
) -> None:
    audit.record(
        session, actor=actor, action=f"instance.{what}", subject=("instance", instance.id),
        changes={"business_key": [None, instance.business_key], **(changes or {})}, reason=reason,
    )  # fmt: skip
