"""What the page of one instance shows, put together from queries in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.operations.queries import instance as queries
from portal.operations.queries.instance import Effect, InstanceView, TaskLine
from portal.operations.queries.places import Places
from portal.operations.story import node_name, node_of
from portal.operations.words import Pair, answers, pairs, role
from portal.outbox import MAX_ATTEMPTS
from portal.web import formats
from portal.web.i18n import current_locale, lazy_gettext, pick
from portal.web.i18n import gettext as _
from portal.workflow import queries as workflow
from portal.workflow import registry
from portal.workflow.open_tokens import Token, why_here
from portal.workflow.reasons import Reason
from portal.workflow.vocabulary import Vocabulary

TABS = ("effects", "facts", "waiting", "tasks")
FILTERS = ("", "people", "system", "decisions")


@dataclass(frozen=True, slots=True)
class Chip:
    """How a state looks."""

    tone: str
    icon: str
    label: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token is: what it waits for there, since when, and why it came there."""

    token: Token
    name: str
    kind: str
    waits_for: str
    since: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class EffectLine:
    """An effect on the outside: what it was, what came of it, and what the receiver answered."""

    effect: Effect
    name: str
    chip: Chip
    milliseconds: int | None
    receipt: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with what was entered."""

    task: TaskLine
    holder: str
    result: tuple[Pair, ...]


_STATUSES: dict[str, tuple[str, str, Any]] = {
    "running": ("good", "activity", lazy_gettext("Runs")),
    "incident": ("stop", "alert-circle", lazy_gettext("Failed step")),
    "completed": ("end", "check", lazy_gettext("Ended")),
    "cancelled": ("end", "x", lazy_gettext("Cancelled")),
}
_KINDS: dict[str, Any] = {
    "incident": lazy_gettext("failed step"),
    "task": lazy_gettext("task"),
    "message": lazy_gettext("message"),
    "timer": lazy_gettext("timer"),
    "action": lazy_gettext("outside action"),
}


def status_chip(instance: InstanceView) -> Chip:
    """Return how an instance's status looks; a suspended one waits for an operator."""
    return look_of(instance.status, suspended=instance.suspended_at is not None and instance.ended_at is None)


def look_of(status: str, *, suspended: bool = False) -> Chip:
    """Return how a status looks."""
    if suspended:
        return Chip("wait", "player-pause", _("Suspended"))
    tone, icon, label = _STATUSES[status]
    return Chip(tone, icon, str(label))


def address(instance: InstanceView) -> str | None:
    """Return where staff see the business object."""
    subject = registry.subject(instance.process_key)
    return subject.address(instance.business_key) if subject else None


def whereabouts(session: Session, *, instance: InstanceView, nodes: Places, tokens: Sequence[Token]) -> list[Place]:
    """Return where the tokens are; events that wait beside them are left out."""
    here = [one for one in tokens if not is_beside(nodes, one)]
    why = (
        why_here(session, instance_id=instance.id, drawn=nodes.drawn, nodes={one.node_id for one in here})
        if here
        else {}
    )
    return [
        Place(
            one, node_name(nodes, one.node_id), kind(one), waits_for(nodes, one), one.created_at,
            tuple(why.get(one.node_id, ())),
        )
        for one in here
    ]  # fmt: skip


def waits(nodes: Places, tokens: Sequence[Token]) -> list[Place]:
    """Return what is waited for besides people, the events beside activities too."""
    return [
        Place(one, node_name(nodes, one.node_id), kind(one), waits_for(nodes, one), one.created_at, ())
        for one in tokens
        if one.kind in ("message", "timer", "action")
    ]


def is_beside(nodes: Places, token: Token) -> bool:
    """Say whether something is waited for beside where the token is."""
    node = node_of(nodes, token.node_id)
    return node is not None and node.kind in workflow.BESIDE and token.kind != "incident"


def kind(token: Token) -> str:
    """Say what kind of thing is open."""
    return str(_KINDS[token.kind])


def waits_for(nodes: Places, token: Token) -> str:
    """Say what something open waits for."""
    if token.kind == "incident":
        return _("an operator")
    if token.kind == "timer":
        return formats.moment(token.due_at)
    if token.kind == "action":
        return action_label(token.name)
    if token.kind == "message":
        return _("message “%(name)s”", name=token.name)
    node = node_of(nodes, token.node_id)
    return role(node.role) if node else ""


def action_label(name: str | None) -> str:
    """Return what an action is called; its name when it is not known."""
    action = registry.action(name or "")
    return pick(*action.label) if action else name or ""


def skippable(nodes: Places, node_id: str) -> bool:
    """Say whether the diagram lets an operator skip a node."""
    return bool(getattr(node_of(nodes, node_id), "skippable", False))


def diagram_state(session: Session, *, instance_id: int) -> dict[str, Any]:
    """Return what the diagram's viewer paints: the path taken, where the tokens are, failed steps with their tries."""
    instance = queries.instance_view(session, instance_id=instance_id)
    path = workflow.path(session, instance_id)
    drawn = workflow.vocabulary(session, instance.definition_id)
    here = [{"node": one["node"], "badge": _since(one["since"])} for one in path["here"]]
    names = _names(drawn) if current_locale() == "en" else {}
    return {"taken": path["taken"], "here": here, "incidents": path["incidents"], "names": names}


def _since(moment: datetime | None) -> str:
    return _("here %(age)s", age=formats.age(moment)) if moment else ""


def _names(drawn: Vocabulary) -> dict[str, str]:
    nodes = {node.id: node.name[1] for node in drawn.nodes.values() if node.name[1] != node.id}
    return nodes | {flow.id: flow.name[1] for flow in drawn.flows if flow.name[1] and flow.name[1] != flow.id}


def effect_lines(nodes: Places, effects: Iterable[Effect]) -> list[EffectLine]:
    """Return the effects with their names and results."""
    return [
        EffectLine(
            one, node_name(nodes, one.node_id) or topic_name(one.topic), _result(one),
            one.tries[-1].milliseconds if one.tries else None, pairs(_receipt(one)),
        )
        for one in effects
    ]  # fmt: skip


def topic_name(topic: str) -> str:
    """Return what an effect is called that no step asked for; its topic when it has no name."""
    names = {"production.announce": _("News from the factory"), "orders.stopped": _("Order ended")}
    return names.get(topic, topic)


def _receipt(effect: Effect) -> Mapping[str, Any]:
    return (effect.tries[-1].receipt if effect.tries else None) or {}


def _result(effect: Effect) -> Chip:
    if effect.status == "dead":
        return Chip("stop", "alert-circle", _("given up after %(count)d tries", count=effect.failures))
    if effect.status == "done":
        tries = effect.tries[-1].number if effect.tries else effect.failures + 1
        return (
            Chip("wait", "check", _("done at try %(count)d", count=tries))
            if tries > 1
            else Chip("good", "check", _("done"))
        )
    if effect.failures:
        return Chip("wait", "refresh", _("failed %(count)d of %(most)d", count=effect.failures, most=MAX_ATTEMPTS))
    return Chip("end", "clock", _("owed"))


def task_rows(nodes: Places, tasks: Iterable[TaskLine]) -> list[TaskRow]:
    """Return the tasks with who holds them and what was entered."""
    return [TaskRow(one, one.holder or role(one.role), _entered(nodes, one)) for one in tasks]


def _entered(nodes: Places, task: TaskLine) -> tuple[Pair, ...]:
    node = node_of(nodes, task.node_id)
    return answers(task.result or {}, node.form if node else ())
