"""What a run and its host say to each other: a run decides what happens, its host does what has effects. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from portal.workflow.vocabulary import Node


class StepFailed(Exception):
    """A node could not do its work; its token stays before it. The argument is for the operator."""


class Host(Protocol):
    """Who performs what a run decides, within the step's transaction."""

    def perform(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Do an action in the transaction; StepFailed when it cannot be done."""

    def is_outside(self, node: Node) -> bool:
        """Say whether the node's action is performed by the worker."""

    def request(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None:
        """Owe an action to the worker."""

    def decide(self, node: Node, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Ask the node's table; return the answer and its account for the history."""

    def status(self, node: Node) -> None:
        """Set the public status that entering the node means."""


@dataclass(frozen=True)
class Waiting:
    """Something besides a person that a token waits for."""

    task_id: uuid.UUID
    node: Node
    kind: str
    name: str
    due_at: datetime | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened, for the history; for flow_taken `id` is the flow's."""

    kind: str
    id: str | None
    name: tuple[str, str] | None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """What is open: people's tasks, waits, and blocked tokens with their nodes."""

    tasks: dict[uuid.UUID, Node]
    waits: dict[uuid.UUID, Waiting]
    blocked: dict[uuid.UUID, Node]
