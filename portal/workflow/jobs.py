"""Performing outside actions: the worker's side of a service task whose action is external."""

import uuid

from portal import outbox
from portal.database import unit_of_work
from portal.outbox import Delivery
from portal.workflow import codec, registry, service
from portal.workflow.step import TOPIC


def _gave_up(delivery: Delivery, error: str) -> None:
    with unit_of_work() as session:
        service.fail_action(
            session,
            task_id=uuid.UUID(delivery.payload["task_id"]),
            instance_id=delivery.payload["instance_id"],
            attempt=delivery.payload["attempt"],
            error=error,
        )


@outbox.handler(TOPIC, gave_up=_gave_up)
def perform_action(delivery: Delivery) -> None:
    """Perform an action and complete the step that waits for it; done again it has no further effect, if the action keeps to its key."""
    payload = delivery.payload
    action = registry.action(payload["action"])
    if action is None:
        raise LookupError(f"there is no action {payload['action']}")
    call = registry.ActionCall(
        process_key=payload["process_key"],
        business_key=payload["business_key"],
        instance_id=payload["instance_id"],
        node_id=payload["node_id"],
        inputs=codec.from_json(payload["inputs"]),
        key=delivery.key,
        actor_id=payload["actor_id"],
    )
    result = action.perform(call)
    with unit_of_work() as session:
        service.complete_action(
            session,
            task_id=uuid.UUID(payload["task_id"]),
            instance_id=payload["instance_id"],
            attempt=payload["attempt"],
            result=result,
        )
