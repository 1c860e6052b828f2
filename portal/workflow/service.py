"""What may be done with running processes. Each function is one step of one transaction: it locks the instance, acts, and never commits.

`publish` and `publish_decision` are in `publishing.py`, `receive_message` in `messaging.py`; all are offered here. How failures are treated: `step.py`.
"""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import User
from portal.errors import Conflict, InvalidInput, NotPermitted
from portal.web.i18n import lazy_gettext as _
from portal.workflow import codec
from portal.workflow.errors import AlreadyStarted, ProcessNotFound, TaskClosed, TaskNotFound, TaskTaken
from portal.workflow.forms import parse_form
from portal.workflow.loading import load_run
from portal.workflow.messaging import receive_message
from portal.workflow.models import Incident, ProcessInstance
from portal.workflow.operators import reason_of, require_operator
from portal.workflow.permissions import TaskParties, is_shared, may_delegate, may_see, may_work
from portal.workflow.postponing import WHOLE_INSTANCE, look_again
from portal.workflow.publishing import publish, publish_decision
from portal.workflow.saving import Completed, Instance, insert_instance
from portal.workflow.step import Step, first_step, lock, running, step
from portal.workflow.suspension import require_moving
from portal.workflow.tasks import Task, hand_task, lock_task
from portal.workflow.tokens import keep_result

__all__ = [
    "claim_task",
    "complete_action",
    "complete_task",
    "delegate_task",
    "fail_action",
    "publish",
    "publish_decision",
    "receive_message",
    "release_task",
    "restate_amount",
    "retry_incident",
    "start_process",
]


def start_process(
    session: Session,
    *,
    key: str,
    business_key: str,
    facts: Mapping[str, Any],
    actor: Actor,
    customer_id: int | None = None,
    amount: Decimal | None = None,
) -> int:
    """Start a process for a business object and run it until it waits, in this transaction; return the instance's id.

    Raises AlreadyStarted, ProcessNotFound (nothing published), and whatever PortalError an action raises.
    """
    session.flush()
    made = insert_instance(
        session, key=key, business_key=business_key, customer_id=customer_id, amount=amount, at=clock.now()
    )
    if made is None:
        raise ProcessNotFound(_("No process “%(key)s” is published", key=key))
    instance_id, definition_id, digest = made
    if instance_id is None:
        raise AlreadyStarted(_("This process has been started already"), key=key, business_key=business_key)
    instance = Instance(instance_id, definition_id, key, business_key, customer_id, "running", b"", 1, digest)
    with first_step(session, instance, facts, actor=actor, person=True) as going:
        going.note("started", definition=definition_id)
    return instance_id


def restate_amount(session: Session, *, key: str, business_key: str, amount: Decimal) -> None:
    """Say anew what a running process is about in money (CNY), for inboxes to show and filter by."""
    session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.process_key == key, ProcessInstance.business_key == business_key)
        .values(amount=amount)
    )


def claim_task(session: Session, *, actor: Actor, task_id: uuid.UUID) -> None:
    """Make an open task the actor's; nothing changes when it is already. Raises TaskNotFound, TaskTaken, TaskClosed."""
    _instance, task, parties = _open_task(session, actor, task_id)
    _check_may_work(actor, parties)
    if task.assignee_id == actor.user_id:
        return
    if task.assignee_id is not None:
        raise _taken(session, task.assignee_id)
    hand_task(session, task, actor=actor, assignee_id=actor.user_id, at=clock.now(), kind="task_claimed")


def _check_may_work(actor: Actor, parties: TaskParties) -> None:
    """Refuse an administrator, who sees every task but works only their own."""
    if not may_work(actor, parties):
        raise NotPermitted(_("This is somebody else's task; hand it to a person who may do it"))


def release_task(session: Session, *, actor: Actor, task_id: uuid.UUID) -> None:
    """Give a task back to its role. Raises TaskNotFound, TaskTaken, TaskClosed, NotPermitted (it has no role to go back to)."""
    _instance, task, parties = _open_task(session, actor, task_id)
    if task.assignee_id is None:
        return
    if not may_delegate(actor, parties):
        raise _taken(session, task.assignee_id)
    if task.role is None:
        raise NotPermitted(_("This task can only be handed to somebody else"))
    hand_task(session, task, actor=actor, assignee_id=None, at=clock.now(), kind="task_released")


def delegate_task(session: Session, *, actor: Actor, task_id: uuid.UUID, to_user_id: int) -> None:
    """Hand an open task to another person. Raises TaskNotFound, TaskClosed, NotPermitted, InvalidInput (field `to_user_id`)."""
    _instance, task, parties = _open_task(session, actor, task_id)
    if not may_delegate(actor, parties):
        raise NotPermitted(_("Only whose task it is, their manager or an administrator may hand it on"))
    person = session.get(User, to_user_id)
    if person is None or not person.active or not _could_work(person, parties):
        raise InvalidInput(fields={"to_user_id": _("This person cannot do this task")})
    hand_task(
        session,
        task,
        actor=actor,
        assignee_id=person.id,
        at=clock.now(),
        kind="task_delegated",
        to=person.id,
        to_name=person.name,
    )


def _could_work(person: User, parties: TaskParties) -> bool:
    colleague = Actor(person.id, person.name, frozenset(person.roles), person.customer_id, person.team)
    if parties.role is None:
        return colleague.is_staff
    return may_work(colleague, TaskParties(parties.role, None, parties.customer_id))


def complete_task(session: Session, *, actor: Actor, task_id: uuid.UUID, data: Mapping[str, str]) -> Task:
    """Complete a task with what its form says and run the process on, all or nothing; return the task as it was.

    Raises TaskNotFound, TaskTaken, TaskClosed, InvalidInput with the message of each field, and whatever PortalError an action raises.
    """
    instance, task, parties = _open_task(session, actor, task_id)
    _check_may_work(actor, parties)
    if task.assignee_id not in (None, actor.user_id) and not is_shared(parties) and not actor.is_system:
        raise _taken(session, task.assignee_id)
    with step(session, instance, actor=actor, person=True) as going:
        node = going.before.tasks[task_id]  # the row says open, under the same lock that the state is read with
        result = parse_form(node.form, data, facts=going.run.facts)
        going.completed = Completed(task_id, _plain(result))
        going.note("task_completed", node, task=str(task_id), result=going.completed.result)
        going.run.complete(task_id, result)
    return task


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Decimal) else value for key, value in result.items()}


def _open_task(session: Session, actor: Actor, task_id: uuid.UUID) -> tuple[Instance, Task, TaskParties]:
    """Lock the task's instance and return the task, which the actor may see and which is open."""
    session.flush()
    found = lock_task(session, task_id)
    if found is None:
        raise TaskNotFound
    instance, task = found
    if running(session, instance.id) is not None:
        raise RuntimeError("an action of a step cannot work on a task of the same instance")
    parties = TaskParties(task.role, task.assignee_id, instance.customer_id, task.team)
    worked = task.completed_by is not None and task.completed_by == actor.user_id
    if not may_see(actor, parties) and not worked:
        raise TaskNotFound
    if task.status != "open":
        raise _closed(session, task)
    require_moving(session, instance, actor)
    return instance, task, parties


def _closed(session: Session, task: Task) -> TaskClosed:
    by = session.scalars(select(User.name).where(User.id == task.completed_by)).first() if task.completed_by else None
    if task.status == "cancelled":
        return TaskClosed(_("This task is no longer needed: the process has moved on"), by=None, at=task.completed_at)
    if by is None:
        return TaskClosed(_("This task has been completed already"), by=None, at=task.completed_at)
    return TaskClosed(_("%(name)s has completed this task already", name=by), by=by, at=task.completed_at)


def _taken(session: Session, holder_id: int | None) -> TaskTaken:
    holder = session.scalars(select(User.name).where(User.id == holder_id)).first() or ""
    return TaskTaken(_("%(name)s has taken this task", name=holder), holder=holder)


def complete_action(
    session: Session, *, task_id: uuid.UUID, instance_id: int, attempt: int, result: Mapping[str, Any] | None
) -> bool:
    """Finish a step that waits for an outside action, with its result; False when it waits no longer (cancelled, or another attempt)."""
    for instance in lock(session, ProcessInstance.id == instance_id):
        if instance.ended:
            return False
        with step(session, instance, actor=SYSTEM, person=False) as going:
            if not (going.run.is_open(task_id) and going.run.attempt(task_id) == attempt):
                return False
            if instance.suspended_at is not None:
                _keep(going, task_id, attempt, result)
                return True
            node = going.run.complete(task_id, codec.clean(result))
            going.note("action", node, action=node.action, attempt=attempt)
        return True
    return False


def _keep(going: Step, task_id: uuid.UUID, attempt: int, result: Mapping[str, Any] | None) -> None:
    """Hold a result that came while the instance is suspended; resuming goes on with it."""
    going.held = True
    if keep_result(going.run, task_id, result):
        node = going.before.waits[task_id].node
        going.note("action", node, action=node.action, attempt=attempt, kept=True)


def fail_action(session: Session, *, task_id: uuid.UUID, instance_id: int, attempt: int, error: str) -> None:
    """Make an incident of an outside action whose retries are used up; its step stays open."""
    for instance in lock(session, ProcessInstance.id == instance_id):
        if instance.ended:
            return
        with step(session, instance, actor=SYSTEM, person=False) as going:
            going.held = instance.suspended_at is not None
            if going.run.is_open(task_id) and going.run.attempt(task_id) == attempt:
                going.run.block(task_id, error)


def retry_incident(
    session: Session, *, actor: Actor, incident_id: int, reason: str = "", instance_id: int | None = None
) -> None:
    """Try a failed step again, of `instance_id` when that is said.

    Raises NotPermitted (not an administrator), InvalidInput (field `reason`: too long), ProcessNotFound, Conflict (resolved already,
    suspended), StateUnreadable.
    """
    require_operator(actor)
    why = reason_of(reason, needed=False)
    owner = select(Incident.instance_id).where(Incident.id == incident_id).scalar_subquery()
    found = lock(session, ProcessInstance.id == owner)
    if not found or instance_id not in (None, found[0].id):
        raise ProcessNotFound
    incident = session.execute(select(Incident.task_id, Incident.status).where(Incident.id == incident_id)).one()
    if incident.status != "open":
        raise Conflict(_("This incident has been resolved already"))
    require_moving(session, found[0], actor)
    if incident.task_id == WHOLE_INSTANCE:
        look_again(session, instance_id=found[0].id)
    else:
        load_run(session, found[0], actor)
        with step(session, found[0], actor=actor, person=False) as going:
            node = going.before.blocked.get(incident.task_id)
            going.note("retried", node, incident=incident_id, reason=why)
            going.run.unblock(incident.task_id)
    subject = ("instance", found[0].id)
    audit.record(session, actor=actor, action="instance.retried", subject=subject, reason=why or None)
