"""The worker's side of operations: batches."""

from portal import outbox
from portal.operations import batches, kinds, migrations
from portal.outbox import Delivery

__all__ = ["kinds", "migrations", "work_on_batch"]


@outbox.handler(batches.TOPIC)
def work_on_batch(delivery: Delivery) -> None:
    """Do some of a batch."""
    batches.work(delivery.payload["batch_id"])
