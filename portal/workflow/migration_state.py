"""Putting the tokens of an instance onto another version of its diagram.

The new token tree is built afresh and holds only what still matters: the open tasks with their ids and what they remember (due moments,
attempts, what was caught), the activities whose borders are watched, the subprocesses they are in, and which ways into a join have been
come by. What is past is left out, so nothing refers to a node that is no longer there; what is ahead is predicted by the new version.
(SpiffWorkflow's own `migrate_workflow` resets open tasks and restarts their timers, and fails where a completed task's node is gone.)
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task

from portal import clock
from portal.web.i18n import lazy_gettext as _
from portal.workflow.calendar import parse_duration
from portal.workflow.definitions import Definition
from portal.workflow.due import begin, moment_of, timer_expression
from portal.workflow.engine import Run
from portal.workflow.errors import MigrationRefused
from portal.workflow.expressions import ExpressionError, compile_expression
from portal.workflow.host import Host, Snapshot
from portal.workflow.migration_plan import Plan
from portal.workflow.naming import Named
from portal.workflow.vocabulary import Flow, Node

# mypy: disable-error-code="no-untyped-call"

_LIVE = TaskState.READY | TaskState.STARTED | TaskState.WAITING


@dataclass
class Moved:
    """The state of an instance on its new version, and what became of each token."""

    state: bytes = b""
    nodes: dict[uuid.UUID, tuple[Node, Node]] = field(default_factory=dict)
    """Task → where it was and where it is, boundary events too."""
    added: dict[uuid.UUID, Node] = field(default_factory=dict)
    """Boundary events that now watch an open activity."""
    removed: dict[uuid.UUID, Node] = field(default_factory=dict)
    due: dict[uuid.UUID, tuple[datetime, datetime]] = field(default_factory=dict)
    """Timers that were counted anew: the moment before and now."""


def move(
    state: bytes, old: Definition, new: Definition, plan: Plan, host: Host, *, arrived: Mapping[uuid.UUID, datetime], restart: bool
) -> Moved:  # fmt: skip
    """Return an instance's state on another version; MigrationRefused says why a token of it cannot be moved.

    `arrived` says since when each open task waits; with `restart` timers are counted anew from there by the new version's expressions.
    The result has been loaded again and compared: the same tasks and waits are open, at their nodes' counterparts.
    """
    source = Run.load(old, host, state)
    if source.snapshot().blocked:
        raise MigrationRefused(_("A step of it has failed: mend that first"))
    moving = _Moving(source, Run(new, host, source.facts, empty=True), plan, arrived, restart)
    moving.part(source._workflow, moving.target._workflow)
    moving.target._visits.update({plan.mapped[n]: times for n, times in source._visits.items() if n in plan.mapped})
    moving.moved.state = moving.target.dump()
    _verify(moving.moved, source.snapshot(), Run.load(new, host, moving.moved.state).snapshot())
    return moving.moved


def _verify(moved: Moved, before: Snapshot, after: Snapshot) -> None:
    """See that nothing was lost, added or moved elsewhere than the plan says."""
    where = {task_id: to.id for task_id, (_node, to) in moved.nodes.items()}
    tasks = {task_id: where.get(task_id) for task_id in before.tasks}
    waits = {
        task_id: (wait.kind, where.get(task_id), moved.due[task_id][1] if task_id in moved.due else wait.due_at)
        for task_id, wait in before.waits.items()
        if task_id not in moved.removed
    }
    kept = {t: (w.kind, w.node.id, w.due_at) for t, w in after.waits.items() if t not in moved.added}
    if tasks != {t: node.id for t, node in after.tasks.items()} or waits != kept or after.blocked:
        raise MigrationRefused(_("What is open would not be the same afterwards"))


@dataclass
class _Moving:
    source: Run
    target: Run
    plan: Plan
    arrived: Mapping[uuid.UUID, datetime]
    restart: bool
    moved: Moved = field(default_factory=Moved)

    def part(self, old: Any, new: Any) -> None:
        """Move the tokens of a process, or of a subprocess, into its empty counterpart."""
        new.task_tree = Task(new, new.spec.start, state=TaskState.COMPLETED, id=old.task_tree.id)
        new.last_task = None
        live = list(self._live(old))
        self._check_apart([task.task_spec.name for task in live if task.task_spec.name in self.plan.old.nodes])
        for task in live:
            self._token(task, old, new)

    def _live(self, old: Any) -> Iterator[Any]:
        """The tokens, each once: an activity stands for the events on its border."""
        for task in old.tasks.values():
            node = self.plan.old.nodes.get(task.task_spec.name)
            if not task._state & _LIVE or isinstance(task.task_spec, BoundaryEventJoin):
                continue
            if node is not None and node.attached_to and task._state == TaskState.WAITING:
                continue
            if not self._races(task):
                yield task
        yield from dict.fromkeys(
            task.parent for task in old.tasks.values() if task._state & _LIVE and self._races(task)
        )

    def _races(self, task: Any) -> bool:
        """Whether a token is one of those that wait beside each other after an event-based gateway, which stands for them."""
        race = self.plan.old.races.get(task.task_spec.name)
        return race is not None and task.parent is not None and task.parent.task_spec.name == race.source

    def _check_apart(self, nodes: list[str]) -> None:
        for node in nodes:
            reason = self.plan.reason(node)
            if reason is not None:
                raise MigrationRefused(
                    _("“%(name)s”: %(reason)s", name=Named(self.plan.old.nodes[node].name), reason=reason)
                )
        for one, other in combinations(nodes, 2):
            reason = self.plan.apart(one, other)
            if reason is not None:
                raise MigrationRefused(reason)

    def _token(self, task: Any, old: Any, new: Any) -> None:
        name = task.task_spec.name
        if task.task_spec is old.spec.end and task._state == TaskState.WAITING:
            self._place(new, new.task_tree, task, new.spec.end)
        elif name not in self.plan.old.nodes or self.plan.old.nodes[name].attached_to:
            raise MigrationRefused(_("It is between two steps: let it run on first"))
        elif self.plan.old.nodes[name].kind == "eventBasedGateway" and task._state == TaskState.COMPLETED:
            self._race(task, new)
        elif self.plan.old.nodes[name].kind == "parallelGateway" and task._state == TaskState.WAITING:
            self._join(task, old, new)
        else:
            self._activity(task, new)

    def _place(self, new: Any, parent: Any, task: Any, spec: Any) -> Any:
        """Put a token, with its id and what it remembers, below another."""
        placed = Task(new, spec, parent, state=task._state, id=task.id)
        placed.internal_data = dict(task.internal_data)
        spec._predict(placed, mask=TaskState.NOT_FINISHED_MASK)
        if placed._state == TaskState.WAITING and isinstance(spec, CatchingEvent):
            new.top_workflow.event_manager.add_task(placed)
        return placed

    def _race(self, task: Any, new: Any) -> None:
        """Let the events after a gateway go on waiting beside each other."""
        gateway = new.spec.task_specs[self.plan.mapped[task.task_spec.name]]
        parent = Task(new, gateway, new.task_tree, state=TaskState.COMPLETED, id=task.id)
        waiting = [event for event in task.children if event._state == TaskState.WAITING]
        self._borders(self.plan.old.nodes[task.task_spec.name], waiting, parent, new)

    def _activity(self, task: Any, new: Any) -> None:
        node = self.plan.old.nodes[task.task_spec.name]
        to = self.plan.new.nodes[self.plan.mapped[node.id]]
        split = new.spec.task_specs.get(f"{to.id}.BoundaryEventSplit")
        race = self.plan.new.races.get(to.id)
        around = split if race is None else new.spec.task_specs[race.source]
        parent = new.task_tree if around is None else Task(new, around, new.task_tree, state=TaskState.COMPLETED)
        placed = self._place(new, parent, task, new.spec.task_specs[to.id])
        self._note(placed, node, to)
        watching = [t for t in task.parent.children if t._state == TaskState.WAITING and self._watches(t, node)]
        self._borders(node, watching, parent, new)
        if race is not None:
            self._rivals(race, to, parent, new)
        inner = task.workflow.top_workflow.subprocesses.get(task.id)
        if inner is not None and not inner.completed:
            counterpart = new.top_workflow.empty_subprocess(placed, placed.task_spec.spec)
            counterpart.completed_event.connect(placed.task_spec._on_subworkflow_completed, placed)
            self.part(inner, counterpart)

    def _rivals(self, race: Flow, event: Node, parent: Any, new: Any) -> None:
        """An event that was waited for alone now has others beside it."""
        for flow in self.plan.new.outgoing[race.source]:
            if flow.target != event.id:
                fresh = Task(new, new.spec.task_specs[flow.target], parent, state=TaskState.WAITING)
                self._watch(fresh, self.plan.new.nodes[flow.target], parent)

    def _watches(self, task: Any, node: Node) -> bool:
        border = self.plan.old.nodes.get(task.task_spec.name)
        return border is not None and border.attached_to == node.id

    def _borders(self, node: Node, watching: list[Any], split: Any, new: Any) -> None:
        kept, added = self.plan.borders(node.id)
        for task in watching:
            border = self.plan.old.nodes[task.task_spec.name]
            if border.id in kept:
                to = self.plan.new.nodes[kept[border.id]]
                self._note(self._place(new, split, task, new.spec.task_specs[to.id]), border, to)
            else:
                self.moved.removed[task.id] = border
        for node_id in added:
            fresh = Task(new, new.spec.task_specs[node_id], split, state=TaskState.WAITING)
            self._watch(fresh, self.plan.new.nodes[node_id], split)

    def _watch(self, fresh: Any, node: Node, split: Any) -> None:
        """Let a new boundary event wait: from now on, or since its activity was entered when timers are counted anew."""
        if node.event == "timer":
            since = next((self.arrived[t.id] for t in split.children if t.id in self.arrived), None)
            fresh.internal_data.update(self._begin(node, since if self.restart else None))
        fresh.task_spec._predict(fresh, mask=TaskState.NOT_FINISHED_MASK)
        fresh.workflow.top_workflow.event_manager.add_task(fresh)
        self.moved.added[fresh.id] = node

    def _note(self, placed: Any, node: Node, to: Node) -> None:
        """Remember where a token went; count its timer anew when that is wanted."""
        self.moved.nodes[placed.id] = (node, to)
        due = placed.internal_data.get("due")
        if self.restart and due and to.event == "timer" and to.timer_kind != "timeCycle" and placed.id in self.arrived:
            moment = self._moment(to, self.arrived[placed.id])
            placed.internal_data["due"] = moment.isoformat()
            self.moved.due[placed.id] = (datetime.fromisoformat(due), moment)

    def _begin(self, node: Node, since: datetime | None) -> dict[str, Any]:
        """What a timer remembers that begins now, or began then: a cycle always begins now."""
        if node.timer_kind == "timeCycle":
            return begin(node, self.target.facts)
        return {"due": self._moment(node, since).isoformat()}

    def _moment(self, node: Node, since: datetime | None) -> datetime:
        try:
            span = self._span(node)
            return moment_of(node.timer or "", self.target.facts) if span is None else (since or clock.now()) + span
        except (ExpressionError, ValueError, TypeError, OverflowError) as error:
            raise MigrationRefused(
                _("“%(name)s”: its moment cannot be told (%(error)s)", name=Named(node.name), error=error)
            ) from error

    def _span(self, node: Node) -> timedelta | None:
        """A timer's duration, which can be counted from another moment; None when it names the moment itself."""
        text = node.timer or ""
        value = text if timer_expression(text) is None else compile_expression(text).evaluate(self.target.facts)
        return parse_duration(value) if isinstance(value, str) and value.startswith("P") else None

    def _join(self, task: Any, old: Any, new: Any) -> None:
        """Move a token that waits at a join, with the ways in that others have come by already."""
        join = task.task_spec.name
        ways = self.plan.ways_in(join)
        if ways is None:
            reason = _("The branches of this join are not the same")
            raise MigrationRefused(
                _("“%(name)s”: %(reason)s", name=Named(self.plan.old.nodes[join].name), reason=reason)
            )
        spec = new.spec.task_specs[self.plan.mapped[join]]
        for other in _come(task, old):
            if other is not task:
                self._way_in(other, ways, spec, new, state=TaskState.CANCELLED)
        self._way_in(task, ways, spec, new, state=TaskState.WAITING)
        self.moved.nodes[task.id] = (self.plan.old.nodes[join], self.plan.new.nodes[spec.name])

    def _way_in(self, task: Any, ways: Mapping[str, str], spec: Any, new: Any, *, state: int) -> None:
        by = new.spec.task_specs[ways[task.parent.task_spec.name]]
        parent = Task(new, by, new.task_tree, state=TaskState.COMPLETED)
        arrived = Task(new, spec, parent, state=state, id=task.id)
        arrived.internal_data = dict(task.internal_data)
        if state == TaskState.WAITING:
            spec._predict(arrived, mask=TaskState.NOT_FINISHED_MASK)


def _come(task: Any, workflow: Any) -> list[Any]:
    """The tokens that have come to the join at which this one waits: of this round, when it is in a loop."""
    round_ = task.parent
    while round_ is not None and not (round_.task_spec is task.task_spec and round_._state == TaskState.COMPLETED):
        round_ = round_.parent
    return [
        other
        for other in workflow.tasks.values()
        if other.task_spec is task.task_spec
        and other._state & (TaskState.WAITING | TaskState.CANCELLED)
        and other.parent is not None
        and other.parent._state == TaskState.COMPLETED
        and (round_ is None or other.is_descendant_of(round_))
    ]
