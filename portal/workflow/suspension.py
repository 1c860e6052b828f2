"""Instances that an operator keeps from moving: since when, by whom and why, and the refusals that say so."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.errors import Conflict
from portal.web.i18n import lazy_gettext as _
from portal.workflow.models import HistoryEntry, ProcessInstance
from portal.workflow.naming import When
from portal.workflow.saving import Instance


@dataclass(frozen=True, slots=True)
class Suspension:
    """An instance's suspension: since when, by whom, and the reason they gave, without a full stop at its end."""

    at: datetime
    by: str
    reason: str


class InstanceSuspended(Conflict):
    """An operator keeps the instance from moving; customers are not told who and why."""


def suspension(session: Session, instance_id: int) -> Suspension | None:
    """Return an instance's suspension, or None when it moves."""
    row = session.execute(
        select(ProcessInstance.suspended_at, HistoryEntry.actor_name, HistoryEntry.detail)
        .outerjoin(HistoryEntry, (HistoryEntry.instance_id == ProcessInstance.id) & (HistoryEntry.kind == "suspended"))
        .where(ProcessInstance.id == instance_id, ProcessInstance.suspended_at.is_not(None))
        .order_by(HistoryEntry.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Suspension(row[0], row[1] or "", _unstopped(str((row[2] or {}).get("reason", ""))))


def _unstopped(reason: str) -> str:
    """A reason without the full stop it may end with: the sentences it is put into have their own."""
    return re.sub(r"(?<![.。])[.。]$", "", reason.strip())


def require_moving(session: Session, instance: Instance, actor: Actor) -> None:
    """Refuse to go on with a suspended instance; raises InstanceSuspended, saying since when and why (to staff)."""
    if instance.suspended_at is None:
        return
    known = suspension(session, instance.id)
    if actor.is_contact or known is None:
        raise InstanceSuspended(
            _("This is paused for the moment; your salesperson can tell you more. Nothing was changed.")
        )
    raise InstanceSuspended(
        _(
            "%(name)s suspended this process, %(when)s: %(reason)s. Nothing of it moves until it is resumed.",
            name=known.by, when=When(known.at), reason=known.reason,
        )
    )  # fmt: skip
