"""What a diagram may call: service actions, assignee rules and process subjects, registered by the capabilities by name.

A capability registers in its `actions.py`; `names()` and the tables here are read by the lint, the studio and the engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor

Facts = Mapping[str, Mapping[str, str]]
"""What is known at the start of a process: name → member → type (text, money, integer, number, yesno, date, list)."""


@dataclass(frozen=True)
class ActionCall:
    """What an action is told. `key` is the same whenever the same step calls again with the same inputs, an operator's retries included."""

    process_key: str
    business_key: str
    instance_id: int
    node_id: str
    inputs: dict[str, Any]
    key: str
    actor_id: int | None = None


InTransaction = Callable[[Session, ActionCall], dict[str, Any] | None]
External = Callable[[ActionCall], dict[str, Any] | None]
AssigneeRule = Callable[[Session, str], int | None]
F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C")


@dataclass(frozen=True)
class ServiceAction:
    """A named Python function a service task may call."""

    name: str
    label: tuple[str, str]
    """Chinese, English."""
    external: bool
    inputs: Mapping[str, str]
    """Input → type; a type ending in `?` may be left out."""
    result: str
    """What it gives back, in words (studio)."""
    outputs: Mapping[str, str] | None
    """Member → type of what it gives back; None: not said, so conditions on it are not checked."""
    perform: Callable[..., dict[str, Any] | None]
    target: str = "portal"
    """The system an external one speaks to; each is held back on its own when it is down."""


class Subject(Protocol):
    """What a process is about: how its business object hears of statuses and of the end."""

    def status_changed(self, session: Session, business_key: str, status_key: str, node_id: str) -> None:
        """Set the public status of the business object; called in the step's transaction when a node with a status is entered."""

    def ended(self, session: Session, business_key: str) -> None:
        """Hear that the process has ended, in its last step's transaction."""


@runtime_checkable
class Cancellable(Protocol):
    """What a subject may offer besides: hearing that an operator ended its process where it stood."""

    def cancelled(self, session: Session, business_key: str, *, actor: Actor, reason: str) -> None:
        """Do to the business object what ending its process means, in the same transaction; the reason is for staff only."""

    def if_cancelled(self, session: Session, business_key: str) -> list[Any]:
        """Say, as sentences (lazy texts), what that would be now, and what would not be undone."""


@dataclass(frozen=True)
class RegisteredSubject:
    """A subject and the facts its processes start with (None: not said, so expressions are not checked against them)."""

    key: str
    subject: Subject
    facts: Facts | None = None
    page: str | None = None
    """The address of the business object's page for staff, `{key}` standing for its business key."""

    def address(self, business_key: str) -> str | None:
        """Return the address of a business object's page, or None."""
        return self.page.format(key=business_key) if self.page else None


@dataclass
class _Tables:
    actions: dict[str, ServiceAction] = field(default_factory=dict)
    rules: dict[str, AssigneeRule] = field(default_factory=dict)
    subjects: dict[str, RegisteredSubject] = field(default_factory=dict)


_tables = _Tables()


def service_action(
    name: str,
    *,
    label: tuple[str, str],
    inputs: Mapping[str, str] | None = None,
    result: str = "",
    outputs: Mapping[str, str] | None = None,
    external: bool = False,
    target: str | None = None,
) -> Callable[[F], F]:
    """Register a service action; `target` names the system outside that an external one speaks to (`factory`, unless said).

    In the transaction (default): `fn(session, call) -> dict | None` runs inside the step. External: `fn(call) -> dict | None` is
    performed by the worker after the commit, opens its own units of work, must be idempotent by `call.key`; its result completes
    the waiting step.
    """

    def register(function: F) -> F:
        _tables.actions[name] = ServiceAction(
            name, label, external, dict(inputs or {}), result, outputs, function,
            target or ("factory" if external else "portal"),
        )  # fmt: skip
        return function

    return register


def assignee_rule(name: str) -> Callable[[F], F]:
    """Register `fn(session, business_key) -> user id | None` as the rule that names a user task's assignee."""

    def register(function: F) -> F:
        _tables.rules[name] = function
        return function

    return register


def process_subject(key: str, *, facts: Facts | None = None, page: str | None = None) -> Callable[[C], C]:
    """Register an object (or class with static methods) as the subject of the processes with this key; `facts` feed the lint,
    `page` is where staff see one (`/desk/orders/{key}`)."""

    def register(subject: C) -> C:
        _tables.subjects[key] = RegisteredSubject(key, subject, facts, page)  # type: ignore[arg-type]  # structurally a Subject; checked when called
        return subject

    return register


def action(name: str) -> ServiceAction | None:
    """Return the action, or None."""
    return _tables.actions.get(name)


def rule(name: str) -> AssigneeRule | None:
    """Return the assignee rule, or None."""
    return _tables.rules.get(name)


def subject(key: str) -> RegisteredSubject | None:
    """Return the subject of a process key, or None."""
    return _tables.subjects.get(key)


def actions() -> list[ServiceAction]:
    """Return all actions by name."""
    return [_tables.actions[name] for name in sorted(_tables.actions)]


def rules() -> list[str]:
    """Return the names of all assignee rules."""
    return sorted(_tables.rules)
