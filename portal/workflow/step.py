"""One step of one instance: lock the row, load, act, run on, save. Everything a step changes is written here, in few statements.

Rules of failure. An action runs in a savepoint. A PortalError in a person's step undoes the whole step and reaches the person. Any
other failure of an action, condition or table blocks that token (an incident) and keeps the rest of the step; in background steps a
PortalError does too. OperationalError (deadlock, lock timeout, lost connection) always undoes the step: whoever drives it tries again.
"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock, metrics, outbox
from portal.accounts.actor import Actor
from portal.database import run_prepared
from portal.errors import PortalError
from portal.workflow import codec, decisions, registry, saving
from portal.workflow.calendar import add_working_time
from portal.workflow.calls import pinned_calls
from portal.workflow.definitions import Definition, definition
from portal.workflow.engine import Run
from portal.workflow.host import Event, Snapshot, StepFailed
from portal.workflow.models import Message, ProcessDefinition, ProcessInstance
from portal.workflow.saving import Completed, Instance, Opened
from portal.workflow.vocabulary import Node

log = structlog.get_logger(__name__)

TOPIC = "workflow.perform_action"
_STEPS = "portal.workflow.steps"

INSTANCE = select(
    ProcessInstance.id,
    ProcessInstance.definition_id,
    ProcessInstance.process_key,
    ProcessInstance.business_key,
    ProcessInstance.customer_id,
    ProcessInstance.status,
    ProcessInstance.state,
    ProcessInstance.version,
    ProcessDefinition.digest,
    ProcessInstance.suspended_at,
).join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
MOVABLE = ProcessInstance.ended_at.is_(None) & ProcessInstance.suspended_at.is_(None)
"""Of an instance that what time and messages bring about may move: it is neither over nor suspended."""


_PENDING = """
select id, name, sender, payload from messages
where status = 'pending' and business_key = %(business_key)s and name = any(%(names)s) and expires_at > %(now)s order by id limit 1
"""


class Pending(NamedTuple):
    """A message that was stored before somebody waited for it."""

    id: int
    name: str
    sender: str
    payload: dict[str, Any]


def lock(session: Session, where: Any, *, skip_locked: bool = False) -> list[Instance]:
    """Lock the instances of a condition in the order of their ids, against every other step; keys may still be referred to."""
    statement = INSTANCE.where(where).order_by(ProcessInstance.id)
    rows = session.execute(statement.with_for_update(of=ProcessInstance, key_share=True, skip_locked=skip_locked))
    return [Instance(*tuple(row)) for row in rows]


def running(session: Session, instance_id: int) -> "Step | None":
    """Return the step of an instance that is going on in this very transaction (an action is asking), or None."""
    steps: dict[int, Step] = session.info.setdefault(_STEPS, {})
    return steps.get(instance_id)


@contextmanager
def step(session: Session, instance: Instance, *, actor: Actor, person: bool) -> Iterator["Step"]:
    """Load a locked instance; the block acts on it; afterwards it runs on, takes pending messages and is saved."""
    loaded = load_definition(session, instance.definition_id, instance.digest)
    going = Step(session, instance, actor=actor, person=person)
    going.run = Run.load(loaded, going, instance.state)
    with _going(going):
        going.before = going.run.snapshot()
        yield going
        going.finish()


@contextmanager
def first_step(
    session: Session, instance: Instance, facts: Mapping[str, Any], *, actor: Actor, person: bool
) -> Iterator["Step"]:
    """Begin a new instance whose row has just been inserted; otherwise like `step`."""
    loaded = load_definition(session, instance.definition_id, instance.digest)
    going = Step(session, instance, actor=actor, person=person)
    with _going(going):
        going.run = Run.start(loaded, going, facts)
        yield going
        going.finish()


@contextmanager
def _going(going: "Step") -> Iterator[None]:
    steps: dict[int, Step] = going.session.info.setdefault(_STEPS, {})
    steps[going.instance.id] = going
    try:
        with metrics.process_step(going.instance.process_key) as counted:
            yield
            counted.value = "incident" if going.run.failures else "done"
    finally:
        del steps[going.instance.id]


def load_definition(session: Session, definition_id: int, digest: str) -> Definition:
    """Return a definition ready to run; its XML is read only when this process has not parsed it yet."""
    return definition(
        digest,
        lambda: session.scalars(select(ProcessDefinition.xml).where(ProcessDefinition.id == definition_id)).one(),
        lambda: pinned_calls(session, definition_id),
    )


def _call_key(task_id: uuid.UUID, inputs: Mapping[str, Any]) -> str:
    """The key by which a receiver knows a call again: whatever an operator retries is the same call, unless other things are asked."""
    said = hashlib.sha256(orjson.dumps(codec.to_json(inputs), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{task_id}:{said[:8]}"


class Step:
    """A step that is going on: the run's host, and the writer of its rows."""

    run: Run

    def __init__(self, session: Session, instance: Instance, *, actor: Actor, person: bool) -> None:
        self.session, self.instance, self.actor, self.person = session, instance, actor, person
        self.before = Snapshot({}, {}, {})
        self.completed: Completed | None = None
        """The person's task that this step completes."""
        self.messages_arrived = False
        """A message was stored in this very step, or is known to be pending."""
        self.held = False
        """Save without running on."""
        self.now = clock.now()

    # The run's host

    def is_outside(self, node: Node) -> bool:
        """Say whether the worker performs the node's action."""
        action = registry.action(node.action or "")
        return action is not None and action.external

    def perform(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Do an action inside a savepoint."""
        action = registry.action(node.action or "")
        if action is None:
            raise StepFailed(f"there is no action {node.action}")
        call = registry.ActionCall(
            self.instance.process_key, self.instance.business_key, self.instance.id, node.id, inputs,
            _call_key(task_id, inputs), self.actor.user_id,
        )  # fmt: skip
        with self._failing(node), self.session.begin_nested():
            result: dict[str, Any] | None = codec.clean(action.perform(self.session, call))
        return result

    def request(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None:
        """Owe an action to the worker through the outbox."""
        key = f"{task_id}:{attempt}"
        payload = {
            "action": node.action,
            "process_key": self.instance.process_key,
            "business_key": self.instance.business_key,
            "instance_id": self.instance.id,
            "node_id": node.id,
            "task_id": str(task_id),
            "attempt": attempt,
            "call_key": _call_key(task_id, inputs),
            "actor_id": self.actor.user_id,
            "inputs": codec.to_json(inputs),
        }
        action = registry.action(node.action or "")
        outbox.enqueue(
            self.session, TOPIC, key=key, payload=payload, target=action.target if action else "portal",
            subject=f"{self.instance.process_key}:{self.instance.business_key}",
        )  # fmt: skip

    def decide(self, node: Node, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Ask the newest published table."""
        return decisions.decide(self.session, node.decision or "", facts)

    def status(self, node: Node) -> None:
        """Tell the business object its new public status."""
        subject = registry.subject(self.instance.process_key)
        if subject is not None:
            subject.subject.status_changed(self.session, self.instance.business_key, node.status or "", node.id)

    @contextmanager
    def _failing(self, node: Node) -> Iterator[None]:
        try:
            yield
        except OperationalError:
            raise
        except Exception as error:  # whatever an action raises is an incident, see the rules above
            if self.person and isinstance(error, PortalError):
                raise
            log.warning("process_step_failed", node=node.id, business_key=self.instance.business_key, exc_info=True)
            raise StepFailed(outbox.describe(error)) from error

    # Running on and saving

    def note(self, kind: str, node: Node | None = None, **detail: Any) -> None:
        """Write something into the instance's history."""
        self.run.events.append(Event(kind, node.id if node else None, node.name if node else None, detail))

    def finish(self) -> None:
        """Run on until every token waits and no pending message fits, then save."""
        looked = {task_id for task_id, wait in self.before.waits.items() if wait.kind == "message"}
        if not self.held:
            self.run.advance()
        now = self.run.snapshot()
        while not self.held:
            waiting = {task_id: wait.name for task_id, wait in now.waits.items() if wait.kind == "message"}
            if not (self.messages_arrived or waiting.keys() - looked):
                break
            looked |= waiting.keys()
            message = self._pending(set(waiting.values()))
            self.messages_arrived = message is not None
            if message is not None:
                self.take(message)
                self.run.advance()
                now = self.run.snapshot()
        if not self.held:
            self.run.find_stuck()
        self._save(now if not self.run.failures else self.run.snapshot())

    def provoked(self, kind: str) -> list[uuid.UUID]:
        """Return the waits of a kind that something has come for: a pending message, a moment that has passed."""
        of_kind = [wait for wait in self.before.waits.values() if wait.kind == kind]
        if kind == "timer":
            return [wait.task_id for wait in of_kind if wait.due_at is not None and wait.due_at <= self.now]
        message = self._pending({wait.name for wait in of_kind})
        return [wait.task_id for wait in of_kind if message is not None and wait.name == message.name]

    def _pending(self, names: set[str]) -> "Pending | None":
        if not names:
            return None
        self.session.flush()
        given = {"business_key": self.instance.business_key, "names": sorted(names), "now": self.now}
        rows = run_prepared(self.session, _PENDING, given)
        return Pending(*rows[0]) if rows else None

    def take(self, message: Any) -> None:
        """Hand a stored message to the run, which waits for it."""
        wait = self.run.deliver(message.name, codec.from_json(message.payload))
        if wait is None:
            raise RuntimeError(f"nobody waits for {message.name}")
        self.note("message", wait.node, name=message.name, sender=message.sender, message=message.id)
        self.session.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(status="delivered", delivered_at=self.now, instance_id=self.instance.id)
            .execution_options(synchronize_session=False)
        )

    def _save(self, now: Snapshot) -> None:
        """Write what changed between the state as loaded and the state now."""
        before, done = self.before, self.completed.task_id if self.completed else None
        withdrawn = [task_id for task_id in before.tasks if task_id not in now.tasks and task_id != done]
        for task_id in withdrawn:
            self.note("task_cancelled", before.tasks[task_id], task=str(task_id))
        opened = [self._task(task_id, node) for task_id, node in now.tasks.items() if task_id not in before.tasks]
        status = "incident" if now.blocked else "running"
        if self.run.ended:
            status = "completed"
            self._tell_end()
        self.session.flush()
        saving.save_incidents(
            self.session, self.instance.id, at=self.now, actor_id=self.actor.user_id,
            over=(before.blocked.keys() - now.blocked.keys()) | (before.blocked.keys() & self.run.failures.keys()),
            new={task_id: failure for task_id, failure in self.run.failures.items() if task_id in now.blocked},
        )  # fmt: skip
        saving.save_step(
            self.session,
            saving.Changes(
                instance=self.instance, at=self.now, actor_id=self.actor.user_id, actor_name=self.actor.name,
                state=self.run.dump(), status=status, completed=self.completed, withdrawn=withdrawn, opened=opened,
                no_longer=[task_id for task_id in before.waits if task_id not in now.waits],
                awaited=[wait for task_id, wait in now.waits.items() if task_id not in before.waits],
                events=self.run.events,
            ),
        )  # fmt: skip

    def _task(self, task_id: uuid.UUID, node: Node) -> Opened:
        rule = registry.rule(node.assignee) if node.assignee else None
        assignee = rule(self.session, self.instance.business_key) if rule else None
        self.note("task_created", node, task=str(task_id), assignee=assignee, role=node.role)
        return Opened(task_id, node, assignee, add_working_time(self.now, node.due) if node.due else None)

    def _tell_end(self) -> None:
        self.note("ended")
        subject = registry.subject(self.instance.process_key)
        if subject is not None:
            subject.subject.ended(self.session, self.instance.business_key)
