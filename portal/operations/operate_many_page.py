"""What the page of a batch to be begun says, by what is to be done."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.operations.actions import RETRY
from portal.web.i18n import lazy_gettext as _
from portal.web.i18n import pick
from portal.workflow.models import ProcessInstance, Wait
from portal.workflow.queries import vocabulary


@dataclass(frozen=True)
class Many:
    """Something to do to many; `said` is what will happen to each."""

    kind: str
    title: Any
    button: Any
    said: tuple[Any, ...]
    grave: bool = False


MANY = {
    "suspend": Many(
        "suspend", _("Suspend %(count)s processes"), _("Suspend"),
        (
            _("Nothing of them moves until they are resumed: tasks refuse to be completed, messages are kept, timers wait."),
            _("Customers see no change."),
        ),
    ),
    "resume": Many(
        "resume", _("Resume %(count)s processes"), _("Resume"),
        (_("They go on where they stand; what came meanwhile is taken at once, and timers that are due fire."),),
    ),
    "cancel": Many(
        "cancel", _("Terminate %(count)s processes"), _("Terminate"),
        (
            _("Their tasks and waits are withdrawn, and their failed steps closed."),
            _("What they are about is given up: an order that has not all been shipped becomes cancelled, its customer is told, and so is the factory."),
            _("Money that was received is not given back by it, and what other systems have carried out is not undone."),
            _("A process that was terminated cannot be started again."),
        ),
        grave=True,
    ),
    RETRY: Many(
        RETRY, _("Try %(count)s failed steps again"), _("Try again"),
        (_("Each is tried once more; those that fail again stay among the incidents."),),
    ),
    "skip": Many(
        "skip", _("Skip %(count)s failed steps"), _("Skip"),
        (
            _("Each process goes on as if the step had been done; its result stays absent."),
            _("Steps that the diagram does not allow to be skipped are left as they are."),
        ),
    ),
    "message": Many(
        "send_message", _("Send a message to %(count)s processes"), _("Send"),
        (_("Each takes it as if the other system had sent it, at once or as soon as it waits for it."),),
    ),
    "timer": Many(
        "fire_timer", _("Fire a timer of %(count)s processes"), _("Fire now"),
        (_("Where the timer waits it fires now and the process goes on; where it does not, nothing happens."),),
    ),
}  # fmt: skip
"""What the list's buttons are called → what they begin."""


def choices(session: Session, many: Many, instance_ids: list[int]) -> list[tuple[str, str]]:
    """Return what there is to choose: messages or timers that the instances wait for, the most awaited first, as value and name."""
    kind = {"send_message": "message", "fire_timer": "timer"}.get(many.kind)
    if kind is None:
        return []
    rows = session.execute(
        select(Wait.name, Wait.node_id, func.min(ProcessInstance.definition_id), func.count())
        .join(ProcessInstance, ProcessInstance.id == Wait.instance_id)
        .where(Wait.kind == kind, Wait.instance_id.in_(instance_ids))
        .group_by(Wait.name, Wait.node_id)
        .order_by(func.count().desc(), Wait.name)
    ).all()
    found: dict[str, str] = {}
    for name, node_id, definition_id, count in rows:
        node = vocabulary(session, definition_id).nodes.get(node_id)
        label = pick(*node.name) if node else node_id
        value = name if kind == "message" else node_id
        found.setdefault(value, f"{name} · {label} ({count})" if kind == "message" else f"{label} ({count})")
    return list(found.items())
