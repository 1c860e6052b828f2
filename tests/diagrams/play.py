"""Playing a diagram without a database: a host that answers as told, saved and loaded after everything that happens."""

import uuid
from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.workflow import codec
from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.engine import Run
from portal.workflow.host import StepFailed, Waiting
from portal.workflow.vocabulary import Node

OUTSIDE = ("production.", "outside")


class Scripted:
    """A host whose actions, tables and people answer by node id; an answer that is a text is a failure."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.did: list[str] = []
        self.statuses: list[str] = []

    def perform(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Answer, or fail, as told."""
        self.did.append(node.id)
        answer = self.answers.get(node.id)
        if isinstance(answer, str):
            raise StepFailed(answer)
        return answer

    def is_outside(self, node: Node) -> bool:
        """Actions of these names are the worker's."""
        return (node.action or "").startswith(OUTSIDE)

    def request(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None:
        """Note what is owed."""
        self.did.append(f"{node.id}:{attempt}")

    def decide(self, node: Node, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Answer as told."""
        return self.perform(node, uuid.UUID(int=0), 1, {}) or {}, {}

    def status(self, node: Node) -> None:
        """Note the status."""
        self.statuses.append(node.status or "")


class Play:
    """One instance; the events that happened since `happened` was last emptied are in it."""

    def __init__(self, xml: str | Definition, answers: dict[str, Any] | None = None, *, facts: dict[str, Any] | None = None,
                 state: bytes | None = None) -> None:  # fmt: skip
        self.definition = xml if isinstance(xml, Definition) else parse_definition(xml)
        self.host = Scripted(answers or {})
        self.happened: list[tuple[str, str]] = []
        if state is None:
            self.run = Run.start(self.definition, self.host, facts or {})
            self.settle()
        else:
            self.run = Run.load(self.definition, self.host, state)

    def settle(self) -> None:
        """Run on, save and load."""
        self.run.advance()
        self.run.find_stuck()
        self.happened += [(event.kind, event.id or "") for event in self.run.events]
        self.run = Run.load(self.definition, self.host, self.run.dump())

    # What is open

    def tasks(self) -> list[str]:
        """The nodes of people's tasks, sorted."""
        return sorted(node.id for node in self.run.snapshot().tasks.values())

    def waits(self) -> list[str]:
        """What is waited for, as `kind:name`, sorted."""
        return sorted(f"{wait.kind}:{wait.name}" for wait in self.run.snapshot().waits.values())

    def blocked(self) -> list[str]:
        """The nodes of blocked tokens, sorted."""
        return sorted(node.id for node in self.run.snapshot().blocked.values())

    def due(self, node_id: str) -> Any:
        """When the timer at a node is due."""
        return next(wait.due_at for wait in self.run.snapshot().waits.values() if wait.node.id == node_id)

    def taken(self) -> list[str]:
        """The flows taken, in order."""
        return [key for kind, key in self.happened if kind == "flow_taken"]

    # What may happen

    def complete(self, node_id: str, **result: Any) -> "Play":
        """Complete a person's task, or answer an outside action."""
        open_ = {**self.run.snapshot().tasks, **{w.task_id: w.node for w in self._waits("action")}}
        task_id = next(task_id for task_id, node in open_.items() if node.id == node_id)
        self.run.complete(task_id, result or self.host.answers.get(node_id))
        self.settle()
        return self

    def send(self, name: str, **payload: Any) -> "Play":
        """Send a message that is waited for."""
        assert self.run.deliver(name, payload) is not None
        self.settle()
        return self

    def fail(self, node_id: str, error: str) -> "Play":
        """Report an outside action as failed."""
        task_id = next(wait.task_id for wait in self._waits("action") if wait.node.id == node_id)
        self.run.block(task_id, error)
        self.settle()
        return self

    def retry(self, node_id: str) -> "Play":
        """Let a blocked token try again."""
        task_id = next(key for key, node in self.run.snapshot().blocked.items() if node.id == node_id)
        assert self.run.unblock(task_id)
        self.settle()
        return self

    def wait_until_due(self) -> "Play":
        """Move the (frozen) clock to the next timer."""
        due = min(wait.due_at for wait in self._waits("timer") if wait.due_at is not None)
        clock.travel(max(due - clock.now(), due - due))
        self.settle()
        return self

    def _waits(self, *kinds: str) -> list[Waiting]:
        return [wait for wait in self.run.snapshot().waits.values() if wait.kind in kinds]

    def finish(self, most: int = 60) -> "Play":
        """Do what is open, one after the other by node id, until the end: blocked tokens, tasks, actions, messages, timers."""
        for _ in range(most):
            if self.run.ended:
                return self
            self._do_something()
        raise AssertionError(f"still open: {self.tasks()} {self.waits()} {self.blocked()}")

    def _do_something(self) -> None:
        inner = [wait for wait in self._waits("message") if wait.node.kind != "boundaryEvent"]
        if blocked := self.blocked():
            self.retry(blocked[0])
        elif tasks := self.tasks():
            self.complete(tasks[0])
        elif actions := sorted(wait.node.id for wait in self._waits("action")):
            self.complete(actions[0])
        elif inner:
            name = min(wait.name for wait in inner)
            self.send(name, **self.host.answers.get(name, {}))
        else:
            self.wait_until_due()

    def open(self) -> dict[str, Any]:
        """All that is open, for comparing."""
        return {
            "tasks": self.tasks(),
            "waits": self.waits(),
            "blocked": self.blocked(),
            "facts": codec.to_json(self.run.facts),
        }
