"""What operators do to many instances at once; each item is one transaction and refused with the sentence a single one would be."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.errors import Conflict, NotFound
from portal.operations.batches import batch_kind
from portal.web.i18n import lazy_gettext as _
from portal.workflow import codec, operating
from portal.workflow.models import Incident, Wait

OF_INCIDENTS = frozenset({"retry", "skip"})
"""The kinds whose items are failed steps, not instances."""


@batch_kind("suspend", label=("暂停", "Suspend"))
def suspend(session: Session, *, actor: Actor, subject_id: int, reason: str, **_more: Any) -> None:
    """Suspend one instance of a batch."""
    operating.suspend_instance(session, actor=actor, instance_id=subject_id, reason=reason)


@batch_kind("resume", label=("恢复", "Resume"))
def resume(session: Session, *, actor: Actor, subject_id: int, reason: str, **_more: Any) -> None:
    """Resume one instance of a batch."""
    operating.resume_instance(session, actor=actor, instance_id=subject_id, reason=reason)


@batch_kind("cancel", label=("终止", "Terminate"))
def cancel(session: Session, *, actor: Actor, subject_id: int, reason: str, **_more: Any) -> None:
    """End one instance of a batch."""
    operating.cancel_instance(session, actor=actor, instance_id=subject_id, reason=reason)


@batch_kind("skip", label=("跳过", "Skip"))
def skip(session: Session, *, actor: Actor, subject_id: int, reason: str, **_more: Any) -> None:
    """Skip one failed step of a batch."""
    instance_id = session.scalar(select(Incident.instance_id).where(Incident.id == subject_id))
    if instance_id is None:
        raise NotFound
    operating.skip_incident(session, actor=actor, instance_id=instance_id, incident_id=subject_id, reason=reason)


@batch_kind("send_message", label=("发消息", "Send a message"))
def send_message(
    session: Session, *, actor: Actor, subject_id: int, parameters: dict[str, Any], reason: str, **_more: Any
) -> None:
    """Send a message (parameters `name`, `payload`, `key`) to one instance of a batch, once."""
    operating.send_message(
        session, actor=actor, instance_id=subject_id, name=str(parameters["name"]),
        payload=codec.from_json(parameters["payload"]), reason=reason, message_id=f"{parameters['key']}:{subject_id}",
    )  # fmt: skip


@batch_kind("fire_timer", label=("触发定时", "Fire a timer"))
def fire_timer(
    session: Session, *, actor: Actor, subject_id: int, parameters: dict[str, Any], reason: str, **_more: Any
) -> Any:
    """Fire the timers that wait at a node (parameter `node`) of one instance of a batch."""
    waits = select(Wait.task_id).where(
        Wait.instance_id == subject_id, Wait.kind == "timer", Wait.node_id == parameters["node"]
    )
    task_id = session.scalars(waits.order_by(Wait.due_at).limit(1)).first()
    if task_id is None:
        raise Conflict(_("No such timer waits here"))
    operating.fire_timer(session, actor=actor, instance_id=subject_id, task_id=task_id, reason=reason)
