"""What the page of one operator's action shows: what will happen, what there is to choose, and why it may not be done at all."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.errors import Conflict, InvalidInput
from portal.web.forms import Form
from portal.web.i18n import lazy_gettext as _
from portal.web.i18n import pick
from portal.workflow import facts as known
from portal.workflow import moving, operating, tokens
from portal.workflow.consequences import consequences
from portal.workflow.engine import Run
from portal.workflow.loading import load_run, look_at
from portal.workflow.models import Incident, ProcessInstance
from portal.workflow.naming import When
from portal.workflow.suspension import require_moving
from portal.workflow.vocabulary import Node, Vocabulary
from portal.workflow.whereabouts import Standing, standing


@dataclass(frozen=True)
class What:
    """An operator's action: what it is called as a deed and on its button; `grave` is what cannot be undone."""

    key: str
    title: Any
    button: Any
    done: Any
    grave: bool = False
    while_suspended: bool = False


WHATS = {
    one.key: one
    for one in (
        What("suspend", _("Suspend the process"), _("Suspend"), _("Suspended"), while_suspended=True),
        What("resume", _("Resume the process"), _("Resume"), _("Resumed"), while_suspended=True),
        What("cancel", _("Terminate the process"), _("Terminate"), _("Terminated"), grave=True, while_suspended=True),
        What("move", _("Move to another step"), _("Move it"), _("Moved")),
        What("message", _("Send a message to the process"), _("Send"), _("Sent"), while_suspended=True),
        What("timer", _("Let a timer fire now"), _("Fire now"), _("Fired")),
        What("fact", _("Edit a fact"), _("Save"), _("Saved"), while_suspended=True),
        What("retry", _("Try a failed step again"), _("Try again"), _("Tried again")),
        What("skip", _("Skip a failed step"), _("Skip"), _("Skipped the step")),
    )
}


@dataclass(frozen=True)
class Failed:
    """An open incident."""

    id: int
    task_id: uuid.UUID
    node_id: str
    error: str


@dataclass
class View:
    """The parts of the page; what an action does not need stays empty."""

    problem: Any = None
    said: list[str] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)
    """What can be chosen to move or to fire: task id, name."""
    task: str = ""
    here: str = ""
    targets: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    paths: list[tuple[str, str]] = field(default_factory=list)
    value: str = ""
    mark: str = ""
    long: bool = False
    incidents: list[tuple[str, str]] = field(default_factory=list)
    incident: Failed | None = None


def view(session: Session, *, actor: Actor, instance_id: int, what: What, form: Form) -> View:
    """Return what the page of an action shows for what has been chosen so far. Raises ProcessNotFound."""
    now = standing(session, instance_id)
    shown = View(problem=_problem(session, actor, instance_id, what))
    if shown.problem is not None:
        return shown
    prepare, given = _PREPARE.get(what.key), {}
    try:
        if prepare is not None:
            given = prepare(session, actor, instance_id, now, form, shown)
    except Conflict as error:
        shown.problem = error.message
    except InvalidInput as error:
        shown.problem = next(iter(error.fields.values()), error.message)
    if shown.problem is None:
        shown.said = [str(one) for one in consequences(session, instance_id=instance_id, what=what.key, **given)]
    return shown


def _problem(session: Session, actor: Actor, instance_id: int, what: What) -> Any:
    """Why nothing of the kind may be done to the instance at present."""
    row = session.execute(
        select(ProcessInstance.ended_at, ProcessInstance.suspended_at).where(ProcessInstance.id == instance_id)
    ).one()
    if row.ended_at is not None:
        return _("This process is over; nothing can be done to it any more")
    if what.key == "suspend" and row.suspended_at:
        return _("This process is suspended already")
    if what.key == "resume" and not row.suspended_at:
        return _("This process is not suspended")
    if not what.while_suspended:
        try:
            require_moving(session, look_at(session, instance_id), actor)
        except Conflict as error:
            return error.message
    return None


def _run(session: Session, actor: Actor, instance_id: int) -> Run:
    return load_run(session, look_at(session, instance_id), actor)


def _move(session: Session, actor: Actor, instance_id: int, _now: Standing, form: Form, shown: View) -> dict[str, Any]:
    run = _run(session, actor, instance_id)
    snapshot = run.snapshot()
    here: dict[uuid.UUID, Node] = (
        snapshot.tasks | {task_id: wait.node for task_id, wait in snapshot.waits.items()} | snapshot.blocked
    )
    movable = {task_id: node for task_id, node in here.items() if moving.leaving(run.vocabulary, node) is None}
    if not movable:
        shown.problem = _("Nothing of it can be moved at present")
        return {}
    task_id = _chosen(form, movable)
    node = movable[task_id]
    shown.tokens = [(str(one), pick(*each.name)) for one, each in movable.items()]
    shown.task, shown.here = str(task_id), pick(*node.name)
    named = [
        target
        for target in moving.targets(run.vocabulary, node, tokens.others(run, task_id))
        if target.node.name[0] != target.node.id
    ]
    often = Counter(target.node.name for target in named)
    for target in named:
        refusal = target.refusal or operating.cannot_move(run, task_id, node, target.node.id)
        name = told_apart(run.vocabulary, target.node) if often[target.node.name] > 1 else pick(*target.node.name)
        if refusal is None:
            shown.targets.append((target.node.id, name))
        else:
            shown.refused.append((name, str(refusal)))
    to_node = form.value("to_node")
    return {"task_id": task_id, "to_node": to_node if to_node in dict(shown.targets) else ""}


def told_apart(vocabulary: Vocabulary, node: Node) -> str:
    """Return a name that several nodes have, with what comes before this one."""
    before = moving.graph(vocabulary).into.get(node.id, ())
    steps = [pick(*vocabulary.nodes[one].name) for one in before[:1]]
    return str(_("%(name)s (after %(before)s)", name=pick(*node.name), before=steps[0])) if steps else pick(*node.name)


def _chosen(form: Form, among: Mapping[uuid.UUID, Any]) -> uuid.UUID:
    """The token that is asked for, else the first."""
    asked = form.value("task")
    return next((one for one in among if str(one) == asked), next(iter(among)))


def _timer(_s: Session, _a: Actor, _id: int, now: Standing, form: Form, shown: View) -> dict[str, Any]:
    timers = {wait.task_id: wait for wait in now.of_kind("timer")}
    if not timers:
        shown.problem = _("This timer is no longer waiting")
        return {}
    task_id = _chosen(form, timers)
    shown.tokens = [
        (str(one), str(_("%(name)s, due %(when)s", name=now.node(wait.node_id), when=When(wait.due_at))))
        for one, wait in timers.items()
    ]
    shown.task, shown.here = str(task_id), str(now.node(timers[task_id].node_id))
    return {"task_id": task_id}


def _message(_s: Session, _a: Actor, _id: int, now: Standing, form: Form, shown: View) -> dict[str, Any]:
    waiting = {wait.name for wait in now.of_kind("message")}
    names = dict.fromkeys(
        node.message for node in now.vocabulary.nodes.values() if node.event == "message" and node.message
    )
    shown.messages = sorted(
        ((name, f"{name} · {_('waited for')}" if name in waiting else name) for name in names),
        key=lambda one: one[0] not in waiting,
    )
    if not shown.messages:
        shown.problem = _("No step of this process waits for a message")
    return {"name": form.value("name") or (shown.messages[0][0] if shown.messages else "")}


def _fact(session: Session, actor: Actor, instance_id: int, now: Standing, form: Form, shown: View) -> dict[str, Any]:
    everything = _run(session, actor, instance_id).facts
    shown.incidents, shown.incident = _incidents(session, instance_id, form, needed=False)
    if shown.incident is not None:
        shown.here = str(now.node(shown.incident.node_id))
    shown.paths = [(path, path) for path, _value in known.paths(everything)]
    path = form.value("path") or (shown.paths[0][0] if shown.paths else "")
    if not path:
        shown.problem = _("The process knows nothing yet")
        return {}
    value = known.value_at(everything, path)
    if path not in dict(shown.paths):
        shown.paths.append((path, path))
    shown.value, shown.mark = known.as_text(value), known.mark(value)
    shown.long = isinstance(value, Mapping | list) or len(shown.value) > 60 or "\n" in shown.value
    return {}


def _incident(session: Session, _a: Actor, instance_id: int, now: Standing, form: Form, shown: View) -> dict[str, Any]:
    shown.incidents, shown.incident = _incidents(session, instance_id, form, needed=True)
    if shown.incident is None:
        shown.problem = _("This incident has been resolved already")
        return {}
    shown.here = str(now.node(shown.incident.node_id))
    return {"task_id": shown.incident.task_id}


def _skip(session: Session, actor: Actor, instance_id: int, now: Standing, form: Form, shown: View) -> dict[str, Any]:
    given = _incident(session, actor, instance_id, now, form, shown)
    node = now.vocabulary.nodes.get(shown.incident.node_id) if shown.incident else None
    if shown.incident is not None and (node is None or not operating.may_skip(node)):
        shown.problem = _("The diagram does not allow this step to be skipped")
    return given


def _incidents(
    session: Session, instance_id: int, form: Form, *, needed: bool
) -> tuple[list[tuple[str, str]], Failed | None]:
    """The open incidents, and the one asked for (else the first, where one is needed)."""
    rows = session.execute(
        select(Incident.id, Incident.task_id, Incident.node_id, Incident.error)
        .where(Incident.instance_id == instance_id, Incident.status == "open")
        .order_by(Incident.id)
    )
    found = [Failed(*row) for row in rows]
    asked = form.value("incident")
    chosen = next((one for one in found if str(one.id) == asked), None)
    if chosen is None and needed and not asked and found:
        chosen = found[0]
    return [(str(one.id), one.node_id) for one in found], chosen


Prepare = Callable[[Session, Actor, int, Standing, Form, View], dict[str, Any]]
_PREPARE: dict[str, Prepare] = {
    "move": _move,
    "timer": _timer,
    "message": _message,
    "fact": _fact,
    "retry": _incident,
    "skip": _skip,
}
