"""What an operator's action on an instance would do, said before it is done: sentences in the reader's language.

They are read from the instance's rows, not from what was saved of it, so that one that cannot be loaded still has them.
"""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.outbox import OutboxRow
from portal.web.i18n import lazy_gettext as _
from portal.workflow import registry
from portal.workflow.models import Message
from portal.workflow.naming import Listed, Named, When
from portal.workflow.step import TOPIC
from portal.workflow.vocabulary import Node
from portal.workflow.whereabouts import OpenTask, Standing, standing


def consequences(session: Session, *, instance_id: int, what: str, **given: Any) -> list[Any]:
    """Say what doing `what` (suspend, resume, cancel, move, message, timer, fact, retry, skip) would mean, as lazy texts.

    `given` is what the action is given: task_id and to_node, name, incident task. Raises ProcessNotFound.
    """
    return _SAY[what](standing(session, instance_id), **given)


def _suspend(now: Standing) -> list[Any]:
    said = [_("Nothing of it moves until it is resumed.")]
    if now.tasks:
        said.append(_("These tasks refuse to be completed: %(tasks)s.", tasks=_people(now.tasks)))
    said.append(_("Messages that arrive are kept, and timers wait%(timers)s.", timers=_timers(now)))
    said += [
        _(
            "“%(name)s” has been asked of another system and goes on there; its result is kept.",
            name=now.node(one.node_id),
        )
        for one in now.of_kind("action")
    ]
    said.append(
        _(
            "The customer sees no change, but what they do about it is refused with word that it is paused for the moment."
        )
    )
    return said


def _resume(now: Standing) -> list[Any]:
    said = [_("It goes on where it stands; what came meanwhile is taken at once.")]
    waiting = {wait.name for wait in now.of_kind("message")}
    pending = now.session.scalar(
        select(func.count()).where(
            Message.business_key == now.business_key, Message.status == "pending", Message.name.in_(waiting)
        )
    )
    if pending:
        said.append(_("Messages that are delivered: %(count)d.", count=pending))
    over = [wait for wait in now.of_kind("timer") if wait.due_at and wait.due_at <= clock.now()]
    if over:
        said.append(_("These timers fire at once: %(names)s.", names=Listed([now.node(one.node_id) for one in over])))
    if now.tasks:
        said.append(_("These tasks can be completed again: %(tasks)s.", tasks=_people(now.tasks)))
    return said


def _cancel(now: Standing) -> list[Any]:
    said: list[Any] = []
    if now.tasks:
        said.append(_("These tasks are withdrawn: %(tasks)s.", tasks=_people(now.tasks)))
    waits = [now.node(wait.node_id) for wait in now.waits if wait.kind != "action" and not _attached(now, wait.node_id)]
    if waits:
        said.append(_("Nothing is waited for any more: %(names)s.", names=Listed(list(waits))))
    if now.incidents:
        said.append(_("%(count)d failed steps are closed without being done.", count=len(now.incidents)))
    said += _under_way(now, [wait.node_id for wait in now.of_kind("action")])
    said += _done_outside(now)
    subject = registry.subject(now.process_key)
    if subject is not None and isinstance(subject.subject, registry.Cancellable):
        said += subject.subject.if_cancelled(now.session, now.business_key)
    return [*said, _("A process that was terminated cannot be started again.")]


def _done_outside(now: Standing) -> list[Any]:
    done = now.session.scalar(
        select(func.count()).where(
            OutboxRow.subject == f"{now.process_key}:{now.business_key}", OutboxRow.status == "done", OutboxRow.topic == TOPIC
        )
    )  # fmt: skip
    return (
        [_("Other systems have carried out %(count)d of its requests; that is not undone by itself.", count=done)]
        if done
        else []
    )


def _move(now: Standing, *, task_id: uuid.UUID, to_node: str = "") -> list[Any]:
    said = _leaves(now, task_id)
    target = now.vocabulary.nodes.get(to_node)
    return said if target is None else said + _arrives(now, target)


def _leaves(now: Standing, task_id: uuid.UUID) -> list[Any]:
    here = _node_of(now, task_id)
    if here is None:
        return []
    said: list[Any] = [
        _("A task is withdrawn: %(task)s.", task=_person(task)) for task in now.tasks if task.id == task_id
    ]
    beside = [wait.node_id for wait in now.waits if _attached(now, wait.node_id) == here]
    if beside:
        said.append(_("It is no longer watched by: %(names)s.", names=Listed([now.node(one) for one in beside])))
    said += _under_way(now, [wait.node_id for wait in now.of_kind("action") if wait.task_id == task_id])
    node = now.vocabulary.nodes.get(here)
    if node is not None and node.result_name:
        said.append(
            _(
                "“%(name)s” counts as left without a result: later steps that ask for it may fail.",
                name=Named(node.name),
            )
        )
    return said


def _arrives(now: Standing, target: Node) -> list[Any]:
    said = [_("It goes on at “%(name)s”, and what follows it.", name=Named(target.name))]
    if target.kind == "userTask":
        said = [_("“%(name)s” becomes a task to be done, even if it was done before.", name=Named(target.name))]
    if target.kind == "serviceTask":
        said = [_("“%(name)s” is done at once, even if it was done before.", name=Named(target.name))]
    if target.kind == "endEvent":
        said = [_("This part of the process ends at “%(name)s”.", name=Named(target.name))]
    look = now.vocabulary.statuses.get(target.status or "")
    if look is not None:
        said.append(_("The customer sees the status “%(status)s”.", status=Named((look.zh, look.en))))
    return said


def _timer(now: Standing, *, task_id: uuid.UUID) -> list[Any]:
    wait = next((one for one in now.of_kind("timer") if one.task_id == task_id), None)
    if wait is None:
        return []
    said = [_("“%(name)s” was to fire %(when)s and fires now.", name=now.node(wait.node_id), when=When(wait.due_at))]
    node = now.vocabulary.nodes.get(wait.node_id)
    if node is not None and node.attached_to and node.interrupting:
        said += [
            _("A task is withdrawn: %(task)s.", task=_person(task))
            for task in now.tasks
            if task.node_id == node.attached_to
        ]
    return said + _goes_to(now, wait.node_id)


def _message(now: Standing, *, name: str = "") -> list[Any]:
    waiting = [now.node(wait.node_id) for wait in now.of_kind("message") if wait.name == name]
    if not name:
        return [_("The process takes it as if the other system had sent it.")]
    if now.suspended:
        return [_("The process is suspended: it takes the message when it is resumed.")]
    if waiting:
        return [_("“%(names)s” takes it at once, and the process goes on.", names=Listed(list(waiting[:1])))]
    return [_("Nothing waits for it at present: it is kept for 30 days and taken when something does.")]


def _fact(_now: Standing) -> list[Any]:
    return [
        _("Conditions, tables and forms see the new value from now on; what was decided already stays decided."),
        _("Nothing moves by it: a failed step still has to be retried. The order itself is not changed."),
    ]


def _retry(now: Standing, *, task_id: uuid.UUID) -> list[Any]:
    here = _node_of(now, task_id)
    if here is None:
        return []
    said = [_("“%(name)s” is tried again, and the process goes on if it succeeds.", name=now.node(here))]
    node = now.vocabulary.nodes.get(here)
    action = registry.action(node.action or "") if node else None
    if action is not None and action.external:
        said.append(_("The other system is asked once more, under a new number of attempt."))
    return said


def _skip(now: Standing, *, task_id: uuid.UUID) -> list[Any]:
    here = _node_of(now, task_id)
    if here is None:
        return []
    said = [_("“%(name)s” is not done; the process goes on as if it had been.", name=now.node(here))]
    node = now.vocabulary.nodes.get(here)
    if node is not None and node.result_name:
        said.append(_("Its result stays absent: later steps that ask for it may fail."))
    action = registry.action(node.action or "") if node else None
    if action is not None and action.external:
        said += _under_way(now, [here])
    return said + _goes_to(now, here)


def _under_way(now: Standing, node_ids: Iterable[str]) -> list[Any]:
    return [
        _(
            "“%(name)s” was asked of another system: it may have happened there, and that is not undone.",
            name=now.node(one),
        )
        for one in node_ids
    ]


def _goes_to(now: Standing, node_id: str) -> list[Any]:
    ways = [now.node(flow.target) for flow in now.vocabulary.outgoing.get(node_id, ())]
    return [_("It goes on to: %(names)s.", names=Listed(list(ways)))] if ways else []


def _node_of(now: Standing, task_id: uuid.UUID) -> str | None:
    for one in now.tasks:
        if one.id == task_id:
            return one.node_id
    for wait in now.waits:
        if wait.task_id == task_id:
            return wait.node_id
    return now.incidents.get(task_id)


def _attached(now: Standing, node_id: str) -> str | None:
    node = now.vocabulary.nodes.get(node_id)
    return node.attached_to if node else None


def _person(task: OpenTask) -> Any:
    if task.holder is None:
        return _("%(task)s (nobody has it)", task=Named(task.name))
    return _("%(task)s (%(name)s)", task=Named(task.name), name=task.holder)


def _people(tasks: list[OpenTask]) -> Listed:
    return Listed([_person(task) for task in tasks])


def _timers(now: Standing) -> Any:
    timers = [
        _("“%(name)s” (%(when)s)", name=now.node(one.node_id), when=When(one.due_at)) for one in now.of_kind("timer")
    ]
    return _(", also %(names)s", names=Listed(list(timers))) if timers else ""


_SAY: dict[str, Callable[..., list[Any]]] = {
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
    "move": _move,
    "message": _message,
    "timer": _timer,
    "fact": _fact,
    "retry": _retry,
    "skip": _skip,
}
