"""Refusals of the process runtime that a person reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.errors import Conflict, InvalidInput, NotFound


class TaskNotFound(NotFound):
    """There is no such task for this actor."""


class TaskTaken(Conflict):
    """A colleague has it: `holder` is their name."""

    def __init__(self, message: Any, *, holder: str) -> None:
        super().__init__(message, holder=holder)
        self.holder = holder


class TaskClosed(Conflict):
    """It is over: `by` and `at` say who completed it and when; `by` is None when the process withdrew it."""

    def __init__(self, message: Any, *, by: str | None, at: datetime | None) -> None:
        super().__init__(message, by=by, at=at)
        self.by, self.at = by, at


class AlreadyStarted(Conflict):
    """The business object has a process of this kind already."""


class ProcessNotFound(NotFound):
    """No such definition, instance or incident."""


@dataclass(frozen=True)
class Problem:
    """Why a diagram or table cannot be published; `message` is lazy text, `node_name` the Chinese and English name."""

    node_id: str
    node_name: tuple[str, str]
    message: Any


class DiagramRefused(InvalidInput):
    """The diagram or decision table cannot be published; `problems` names each node and reason."""

    def __init__(self, message: Any, problems: Sequence[Problem]) -> None:
        super().__init__(message, problems=list(problems))
        self.problems = list(problems)


class MigrationRefused(Conflict):
    """An instance cannot be moved to another version of its process; it is left exactly as it is."""


class InstanceEnded(Conflict):
    """The instance is over: nothing can be done to it any more."""


class StateUnreadable(Conflict):
    """What was saved of the instance cannot be loaded; it can only be looked at, and cancelled."""


class CannotMove(Conflict):
    """The token cannot faithfully stand there; the message says why."""
