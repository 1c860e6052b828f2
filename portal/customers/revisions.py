"""Editing without losing another's work: an edit says which version it was made on, and a stale one is told what changed.

Each edit is an audit entry whose changes carry `version: [before, after]`, so what happened since a version can be read back.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, select, tuple_
from sqlalchemy.orm import Session

from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.accounts.models import AuditEntry
from portal.errors import Conflict
from portal.web.i18n import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Change:
    """One field somebody else changed meanwhile; before and after as JSON."""

    field: str
    before: Any
    after: Any
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry of the audit trail; `changes` is field → [before, after]."""

    at: datetime
    by: str
    action: str
    changes: dict[str, Any]


class Stale(Conflict):
    """The page was read before somebody else changed the thing; `changes` tells what, `version` is the present one."""

    message = _(
        "Somebody else has changed this since you opened it. Nothing was saved yet: look at the changes, then save again."
    )

    def __init__(self, *, changes: tuple[Change, ...], version: int) -> None:
        super().__init__(changes=changes, version=version)
        self.changes = changes
        self.version = version


def require_version(session: Session, *, subject: tuple[str, int], present: int, version: int) -> None:
    """Refuse an edit made on another version than the present one; raises Stale. The row must be locked already."""
    if version != present:
        raise Stale(changes=changes_since(session, subject=subject, version=version), version=present)


def changes_since(session: Session, *, subject: tuple[str, int], version: int) -> tuple[Change, ...]:
    """Return what was edited after a version, oldest first."""
    after = AuditEntry.changes["version"][1].astext.cast(Integer)
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == subject[0], AuditEntry.subject_key == str(subject[1]), after > version)
        .order_by(AuditEntry.id)
    )
    return tuple(change for entry in entries for change in _changes(entry))


def history(session: Session, *, subjects: Collection[tuple[str, int]], limit: int = 12) -> tuple[Recorded, ...]:
    """Return what was done to some things together, newest first."""
    keys = [(kind, str(key)) for kind, key in subjects]
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.actor_name, AuditEntry.action, AuditEntry.changes)
        .where(tuple_(AuditEntry.subject_type, AuditEntry.subject_key).in_(keys))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return tuple(Recorded(*row) for row in rows)


def assign(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set the row's columns and return what that changed: column → [before, after] as JSON."""
    changes: dict[str, Any] = {}
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            changes[name] = [plain(before), plain(value)]
            setattr(row, name, value)
    return changes


def record_edit(
    session: Session, *, actor: Actor, action: str, subject: tuple[str, int], row: Any, changes: dict[str, Any]
) -> None:
    """Write down an edit of a versioned row with the versions around it; nothing when nothing changed."""
    if not changes:
        return
    before = row.version
    session.flush()
    versions = {"version": [before, row.version]}
    audit.record(session, actor=actor, action=action, subject=subject, changes=changes | versions)


def plain(value: Any) -> Any:
    """Return a column's value as JSON holds it."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def summary(values: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Return what a new row starts with, for the audit trail: field → [None, value]."""
    return {field: [None, plain(values[field])] for field in fields if values[field] not in (None, "")}


def _changes(entry: AuditEntry) -> list[Change]:
    pairs = {field: pair for field, pair in entry.changes.items() if field != "version"}
    return [Change(field, pair[0], pair[1], entry.actor_name, entry.at) for field, pair in pairs.items()]
