"""What may be done to many failed steps at once, as a batch."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.operations.batches import batch_kind
from portal.web.i18n import lazy_gettext as _
from portal.workflow import service as workflow
from portal.workflow.models import Incident

RETRY = "retry"


@batch_kind(RETRY, label=("重试", "Retry"))
def retry(session: Session, *, actor: Actor, subject_id: int, **_more: Any) -> Any:
    """Try one failed step of a batch again and say what came of it."""
    return tried(session, actor=actor, incident_id=subject_id)


def tried(session: Session, *, actor: Actor, incident_id: int) -> Any:
    """Try a failed step again and return what came of it (lazy text). Raises what `retry_incident` does."""
    workflow.retry_incident(session, actor=actor, incident_id=incident_id)
    again = select(Incident.id).where(Incident.status == "open", Incident.task_id == _task(incident_id))
    return _("Failed again") if session.scalars(again).first() else _("Tried again, and it goes on")


def _task(incident_id: int) -> Any:
    return select(Incident.task_id).where(Incident.id == incident_id).scalar_subquery()
