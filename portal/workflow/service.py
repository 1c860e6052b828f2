"""What may be done with processes. Each function is one step of one transaction: it locks the instance, acts, and never commits."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.workflow.models import DecisionDefinition, ProcessDefinition


def publish(session: Session, *, xml: bytes | str, source: str, actor: Actor) -> ProcessDefinition:
    """Publish a diagram as the newest version of its key; new instances use it. DiagramRefused says what is wrong where."""
    raise NotImplementedError


def publish_decision(session: Session, *, xml: bytes | str, source: str, actor: Actor) -> DecisionDefinition:
    """Publish a decision table as the newest version of its key; running processes use it from now on. DiagramRefused says what is wrong."""
    raise NotImplementedError


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
    raise NotImplementedError


def claim_task(session: Session, *, actor: Actor, task_id: uuid.UUID) -> None:
    """Make an open task the actor's. Raises TaskNotFound, TaskTaken, TaskClosed."""
    raise NotImplementedError


def release_task(session: Session, *, actor: Actor, task_id: uuid.UUID) -> None:
    """Give the actor's task back to its role. Raises TaskNotFound, TaskTaken, TaskClosed, NotPermitted (it has no role)."""
    raise NotImplementedError


def delegate_task(session: Session, *, actor: Actor, task_id: uuid.UUID, to_user_id: int) -> None:
    """Hand an open task to another person. Raises TaskNotFound, TaskClosed, NotPermitted, InvalidInput (no such person)."""
    raise NotImplementedError


def complete_task(session: Session, *, actor: Actor, task_id: uuid.UUID, data: Mapping[str, str]) -> None:
    """Complete a task with what its form says and run the process on, all or nothing.

    Raises TaskNotFound, TaskTaken, TaskClosed, InvalidInput with the message of each field, and whatever PortalError an action raises.
    """
    raise NotImplementedError


def receive_message(
    session: Session,
    *,
    sender: str,
    message_id: str,
    name: str,
    business_key: str,
    payload: dict[str, Any],
    ttl: timedelta = timedelta(days=30),
    actor: Actor | None = None,
) -> bool:
    """Store a message and deliver it if an instance of the business key waits for it; False when it was received before.

    What nobody waits for yet stays pending and is delivered when somebody comes to wait, until `ttl` has passed.
    """
    raise NotImplementedError


def retry_incident(session: Session, *, actor: Actor, incident_id: int) -> None:
    """Try a failed step again. Raises ProcessNotFound, Conflict (resolved already), NotPermitted (not an administrator)."""
    raise NotImplementedError
