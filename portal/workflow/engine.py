"""Running instances: the only module that drives SpiffWorkflow. It knows neither SQL nor services; a `Host` does what has effects.

A `Run` is one instance in memory. Its facts are one dict for the whole instance, not copies along the branches: what is learned inside
a subprocess that is later interrupted stays known, and the saved state stays small. Automatic nodes run depth first, branches in the
order their flows are written in, so effects happen in the same order every time.

A node that fails (`StepFailed`, or an expression that cannot be computed) keeps its token: it is marked blocked in the state, the other
branches go on, and `unblock` runs it again.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from SpiffWorkflow import TaskState

from portal.workflow import codec, due
from portal.workflow.choosing import Choice, choose
from portal.workflow.definitions import Definition
from portal.workflow.expressions import ExpressionError, compile_expression
from portal.workflow.host import Event, Host, Snapshot, StepFailed, Waiting
from portal.workflow.standing import stuck_joins, take_snapshot
from portal.workflow.tree import Tokens
from portal.workflow.vocabulary import Flow, Node

__all__ = ["Run", "StepFailed"]

# mypy: disable-error-code="misc,no-untyped-call"

for _name in ("spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.WARNING)

MOST_VISITS = 100
"""How often one automatic node may run before an operator must look; a retry allows as many again."""


class Run:
    """One instance in memory. Make it with `start` or `load`, act, `advance`, then `dump`."""

    def __init__(self, definition: Definition, host: Host, facts: dict[str, Any], *, empty: bool) -> None:
        self.vocabulary, self.specs, self.host, self.facts = definition.vocabulary, definition.specs, host, facts
        self.events: list[Event] = []
        self.failures: dict[uuid.UUID, tuple[Node, str]] = {}
        self._visits: dict[str, int] = {}
        self._size = 0
        self._arrivals: list[Any] = []
        self._choices: dict[uuid.UUID, Choice] = {}
        self._undue: dict[uuid.UUID, str] = {}
        self._workflow = Tokens(self.specs, self, empty=empty)

    @classmethod
    def start(cls, definition: Definition, host: Host, facts: Mapping[str, Any]) -> "Run":
        """Begin an instance; nothing runs before `advance`."""
        return cls(definition, host, codec.clean(facts), empty=False)

    @classmethod
    def load(cls, definition: Definition, host: Host, state: bytes) -> "Run":
        """Go on with a saved instance."""
        run = cls(definition, host, {}, empty=True)
        run.facts, run._visits = codec.load(state, run._workflow)
        run._size = len(state)
        return run

    def dump(self) -> bytes:
        """Return the state to save. Raises StateTooLarge."""
        return codec.check_size(codec.dump(self._workflow, self.facts, self._visits), self._size)

    @property
    def ended(self) -> bool:
        """Whether no token is left."""
        return bool(self._workflow.completed)

    # What is open

    def snapshot(self) -> Snapshot:
        """Return what is open now."""
        return take_snapshot(self._all(), self.vocabulary)

    def is_open(self, task_id: uuid.UUID) -> bool:
        """Say whether a person's task, or an outside action, still waits for its result."""
        task = self._find(task_id)
        return task is not None and task.state in (TaskState.READY, TaskState.STARTED)

    def attempt(self, task_id: uuid.UUID) -> int:
        """Return which attempt of an action is going on."""
        task = self._find(task_id)
        return 0 if task is None else int(task.internal_data.get("attempt", 1))

    # What may be done to it; `advance` afterwards

    def complete(self, task_id: uuid.UUID, result: Mapping[str, Any] | None) -> Node:
        """Finish a person's task or an outside action with its result, which `is_open` has allowed; return the node."""
        task = self._find(task_id)
        node = self._node(task)
        task.internal_data.pop("blocked", None)
        self._learn(node, result)
        if task.state == TaskState.READY:
            task.run()
        if task.state == TaskState.STARTED:
            task.complete()
        self._left(task, node)
        return node

    def deliver(self, name: str, payload: Any) -> Waiting | None:
        """Hand a message to the one token that waits for it, intermediate events before boundary ones, the longest waiting first."""
        waits = [wait for wait in self.snapshot().waits.values() if wait.kind == "message" and wait.name == name]
        if not waits:
            return None
        wait = min(waits, key=lambda w: w.node.kind == "boundaryEvent")
        self.facts[name] = codec.clean(payload)
        task = self._find(wait.task_id)
        task.task_spec.catch(task, None)
        task.task_spec._update(task)
        return wait

    def block(self, task_id: uuid.UUID, error: str) -> Node | None:
        """Mark an open token as failed from outside; None when it is open no longer."""
        task = self._find(task_id)
        if task is None or task._state & TaskState.FINISHED_MASK:
            return None
        self._block(task, error)
        return self._node(task)

    def find_stuck(self) -> None:
        """Block the joins that wait in vain: another branch they wait for was interrupted, or never begun. After `advance` only."""
        for task in stuck_joins((self._workflow, *self._workflow.subprocesses.values()), self.vocabulary):
            self._block(task, "waits for a branch that has ended elsewhere and will never arrive")

    def unblock(self, task_id: uuid.UUID) -> bool:
        """Let a failed token try again; False when it is open no longer. An outside action is requested anew."""
        task = self._find(task_id)
        if task is None or not task.internal_data.pop("blocked", False):
            return False
        node = self._node(task)
        self._visits.clear()
        task.internal_data["attempt"] = self.attempt(task_id) + 1
        if task.state == TaskState.STARTED:
            self._attempt(task, lambda: self._act(task, node))
        return True

    def advance(self) -> None:
        """Run every automatic node until all tokens wait, then what the earliest timer that is due leads to, then the next."""
        self._run_ready()
        while self._workflow.fire_next():
            self._run_ready()
        self._settle()

    # What the node classes ask while Spiff moves tokens

    def arrived(self, task: Any) -> None:
        """Note that a token arrived at a node."""
        self._arrivals.append(task)

    def is_outside(self, task: Any) -> bool:
        """Say whether a service task stays started until its result comes."""
        return self.host.is_outside(self._node(task))

    def chosen(self, task: Any) -> str:
        """Return the spec that a gateway's chosen flow leads to."""
        return self.specs.targets[self._choices[task.id].flow.id]

    def due(self, task: Any) -> str | None:
        """Fix the moment of a timer, as text; None when its expression fails, which blocks it."""
        if task.internal_data.get("blocked"):
            return None
        try:
            task.internal_data |= due.begin(self._node(task), self.facts)
        except (ExpressionError, ValueError, TypeError, OverflowError) as error:
            self._undue[task.id] = f"{type(error).__name__}: {error}"
            return None
        return str(task.internal_data["due"])

    def again(self, task: Any) -> dict[str, Any] | None:
        """Return what a non-interrupting event that has fired remembers when it waits again; None when it was the last time."""
        node = self._node(task)
        if node.timer_kind == "timeCycle":
            for inside in self.vocabulary.after(node.id):
                self._visits.pop(inside, None)
        return due.go_on(node, task.internal_data)

    # Running

    def _all(self) -> Iterator[Any]:
        for workflow in (self._workflow, *self._workflow.subprocesses.values()):
            yield from workflow.tasks.values()

    def _find(self, task_id: uuid.UUID) -> Any:
        parts = (self._workflow, *self._workflow.subprocesses.values())
        return next((part.tasks[task_id] for part in parts if task_id in part.tasks), None)

    def _node(self, task: Any) -> Node:
        return self.vocabulary.nodes[task.task_spec.name]

    def _ready(self, queue: list[Any]) -> list[Any]:
        """The automatic tasks that can run: those that became ready last come first, so a branch runs until it waits."""
        known = {task.id for task in queue}
        found = [
            task
            for task in self._all()
            if task.state == TaskState.READY and not task.task_spec.manual and not task.internal_data.get("blocked")
        ]
        return [t for t in found if t.id not in known] + [t for t in queue if t.state == TaskState.READY]

    def _run_ready(self) -> None:
        self._settle()
        ready = self._ready([])
        while ready:
            self._step(ready.pop(0))
            ready = self._ready(ready)

    def _step(self, task: Any) -> None:
        node = self.vocabulary.nodes.get(task.task_spec.name)
        if node is None:
            task.run()
        elif self._attempt(task, lambda: self._prepare(task, node)):
            task.run()
            self._left(task, node)
            self._choices.pop(task.id, None)
        self._settle()

    def _attempt(self, task: Any, work: Callable[[], None]) -> bool:
        try:
            work()
        except (StepFailed, ExpressionError) as error:
            self._block(task, str(error))
            return False
        return True

    def _block(self, task: Any, error: str) -> None:
        task.internal_data["blocked"] = True
        self.failures[task.id] = (self._node(task), error)
        self._note("incident", self._node(task), error=error)

    def _prepare(self, task: Any, node: Node) -> None:
        """Do what the node is for, before its token moves on."""
        visits = self._visits[node.id] = self._visits.get(node.id, 0) + 1
        if visits > MOST_VISITS:
            raise StepFailed(f"{node.name[0]} ({node.id}) has run {MOST_VISITS} times: is this a loop without an end?")
        if node.kind == "serviceTask":
            self._act(task, node)
        elif node.kind == "businessRuleTask":
            answer, account = self.host.decide(node, self.facts)
            self._learn(node, answer)
            self._note("decision", node, **account)
        elif node.kind == "exclusiveGateway":
            self._choices[task.id] = choose(self.vocabulary.outgoing[node.id], self.facts)
        elif node.event == "timer":
            self._note("timer", node)

    def _act(self, task: Any, node: Node) -> None:
        inputs = {name: compile_expression(value).evaluate(self.facts) for name, value in node.inputs}
        attempt = self.attempt(task.id)
        if self.host.is_outside(node):
            self.host.request(node, task.id, attempt, inputs)
            self._note("action_requested", node, action=node.action, attempt=attempt)
        else:
            self._learn(node, self.host.perform(node, task.id, attempt, inputs))
            self._note("action", node, action=node.action)

    def _learn(self, node: Node, result: Mapping[str, Any] | None) -> None:
        if result is not None and node.result_name:
            self.facts[node.result_name] = codec.clean(result)

    def _left(self, task: Any, node: Node) -> None:
        """Note the flows a finished node's token took."""
        if task.state != TaskState.COMPLETED or node.kind == "eventBasedGateway":
            return  # which way a race of events goes is noted when one has happened
        choice = self._choices.get(task.id)
        for flow in [choice.flow] if choice else self.vocabulary.outgoing.get(node.id, ()):
            self._take(flow, **(choice.account if choice else {}))

    def _take(self, flow: Flow, **account: Any) -> None:
        detail = {"source": flow.source, "target": flow.target, **account}
        self.events.append(Event("flow_taken", flow.id, flow.name, detail))

    def _settle(self) -> None:
        """Do what arriving at nodes means, in the order tokens arrived."""
        arrivals, self._arrivals = self._arrivals, []
        for task in arrivals:
            node = self._node(task)
            if (flow := self.vocabulary.races.get(node.id)) is not None:
                self._take(flow)
            self._note("node_entered", node)
            if node.status:
                self.host.status(node)
                self._note("status", node, status=node.status)
        undue, self._undue = self._undue, {}
        for task_id, error in undue.items():
            self.block(task_id, error)

    def _note(self, kind: str, node: Node, **detail: Any) -> None:
        self.events.append(Event(kind, node.id, node.name, detail))
