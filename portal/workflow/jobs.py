"""Performing outside actions: the worker's side of a service task whose action is external."""

import uuid
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import database, outbox
from portal.database import unit_of_work
from portal.outbox import Delivery
from portal.workflow import codec, registry, service
from portal.workflow.postponing import postpone
from portal.workflow.step import TOPIC

log = structlog.get_logger(__name__)

# Nothing waits for an action whose step was cancelled or moved on, nor for an attempt after which an operator asked for the next one.
_IS_WANTED = text("""
select exists (select from waits where task_id = cast(:task_id as uuid) and kind = 'action')
    and not exists (select from outbox where key = :next_key)
""")


def _gave_up(delivery: Delivery, error: str) -> None:
    """Make an incident of an action that cannot be performed; of the whole instance, when its step cannot be read."""
    payload = delivery.payload
    try:
        with unit_of_work() as session:
            service.fail_action(
                session, task_id=uuid.UUID(payload["task_id"]), instance_id=payload["instance_id"], attempt=payload["attempt"], error=error
            )  # fmt: skip
    except OperationalError:
        raise
    except Exception as unreadable:  # noqa: BLE001  whatever it is, an operator must hear of it
        postpone(payload["instance_id"], unreadable)


@outbox.handler(TOPIC, gave_up=_gave_up)
def perform_action(delivery: Delivery) -> outbox.Receipt:
    """Perform an action and complete the step that waits for it; done again it has no further effect, if the action keeps to its key.

    An action that nothing waits for any more is not performed.
    """
    payload = delivery.payload
    action = registry.action(payload["action"])
    if action is None:
        raise LookupError(f"there is no action {payload['action']}")
    if not _is_wanted(payload):
        log.info("action_not_wanted", action=action.name, key=delivery.key)
        return {"not_performed": "its step does not wait for it any more"}
    result = action.perform(_call(delivery))
    with unit_of_work() as session:
        service.complete_action(
            session, task_id=uuid.UUID(payload["task_id"]), instance_id=payload["instance_id"], attempt=payload["attempt"], result=result
        )  # fmt: skip
        delivery.settle(session, result)
    return result


def _is_wanted(payload: dict[str, Any]) -> bool:
    next_key = f"{payload['task_id']}:{payload['attempt'] + 1}"
    with database.engine().connect() as connection:
        found = connection.execution_options(isolation_level="AUTOCOMMIT").scalar(
            _IS_WANTED, {"task_id": payload["task_id"], "next_key": next_key}
        )
    return bool(found)


def _call(delivery: Delivery) -> registry.ActionCall:
    payload = delivery.payload
    return registry.ActionCall(
        process_key=payload["process_key"],
        business_key=payload["business_key"],
        instance_id=payload["instance_id"],
        node_id=payload["node_id"],
        inputs=codec.from_json(payload["inputs"]),
        key=payload.get("call_key", delivery.key),
        actor_id=payload["actor_id"],
    )
