"""Reads of imports: what was imported lately."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.models import AuditEntry
from portal.accounts.permissions import require_administration


@dataclass(frozen=True, slots=True)
class PastImport:
    """One import: when, by whom, which file, and how many rows were created, changed …"""

    at: datetime
    by: str
    kind: str
    filename: str
    counts: dict[str, int]


def past_imports(session: Session, *, actor: Actor, limit: int = 10) -> tuple[PastImport, ...]:
    """Return the newest imports, by whomever."""
    require_administration(actor)
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.actor_name, AuditEntry.action, AuditEntry.changes)
        .where(AuditEntry.subject_type == "import")
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return tuple(_past(*row) for row in rows)


def _past(at: datetime, by: str, action: str, changes: dict[str, Any]) -> PastImport:
    return PastImport(at, by, action.removeprefix("import."), changes["file"][1], changes["rows"][1])
