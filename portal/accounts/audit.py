"""The audit trail: who changed what, when and why (architecture.md, rule 6)."""

from typing import Any

import structlog
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.accounts.models import AuditEntry


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subject: tuple[str, str | int],
    changes: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write down an action (`customer.edited`) on a subject (`("customer", id)`); `changes` maps field → [before, after] as JSON."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    session.add(
        AuditEntry(
            at=clock.now(),
            actor_id=actor.user_id,
            actor_name=actor.name,
            action=action,
            subject_type=subject[0],
            subject_key=str(subject[1]),
            changes=changes or {},
            reason=reason,
            request_id=request_id,
        )
    )
