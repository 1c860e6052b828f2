"""What may be done to many failed steps at once, as a batch."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.operations.batches import Vain, batch_kind
from portal.web.i18n import lazy_gettext as _
from portal.workflow import operating
from portal.workflow.models import Incident

RETRY = "retry"


@batch_kind(RETRY, label=("重试", "Retry"))
def retry(session: Session, *, actor: Actor, subject_id: int, reason: str = "", **_more: Any) -> Any:
    """Try one failed step of a batch again and say what came of it."""
    text = tried(session, actor=actor, incident_id=subject_id, reason=reason)
    return Vain(text) if fails_still(session, incident_id=subject_id) else text


def tried(session: Session, *, actor: Actor, incident_id: int, reason: str = "") -> Any:
    """Try a failed step again and return what came of it (lazy text). Raises what `retry_incident` does."""
    operating.retry_incident(session, actor=actor, incident_id=incident_id, reason=reason)
    return _("Failed again") if fails_still(session, incident_id=incident_id) else _("Tried again, and it goes on")


def fails_still(session: Session, *, incident_id: int) -> bool:
    """Whether the step that an incident was about has an open one."""
    own = select(Incident.instance_id, Incident.task_id).where(Incident.id == incident_id).subquery()
    same = (Incident.instance_id == own.c.instance_id) & (Incident.task_id == own.c.task_id)
    return session.scalars(select(Incident.id).join(own, same).where(Incident.status == "open")).first() is not None
