"""Telling the order's process what happened in the book, as any outside system would: by message."""

from datetime import timedelta

from portal import outbox
from portal.catalog import stock
from portal.database import unit_of_work
from portal.orders.process import CANCELLED, STOPPED
from portal.orders.queries.factory import for_factory
from portal.production import actions, queries
from portal.production.adapters import system
from portal.production.service.announcements import SENDER, TOPIC
from portal.workflow import service as workflow

__all__ = ["actions", "announce", "give_up"]

KEPT = timedelta(days=3650)
"""What the factory says is true however long the order waits for something else, a payment for example."""

stock.register_reader(queries.available)


@outbox.handler(TOPIC)
def announce(delivery: outbox.Delivery) -> None:
    """Hand a message to the process of its order; the process takes each message id once."""
    message = delivery.payload
    with unit_of_work() as session:
        workflow.receive_message(
            session,
            sender=SENDER,
            message_id=message["message_id"],
            name=message["name"],
            business_key=message["number"],
            payload=message["payload"],
            ttl=KEPT,
        )
        delivery.settle(session, None)


@outbox.handler(STOPPED)
def give_up(delivery: outbox.Delivery) -> None:
    """Have the factory give up an order whose process an operator has ended; said again, it answers the same."""
    number = delivery.payload["number"]
    with unit_of_work() as session:
        order = for_factory(session, number=number)
    system().cancel(number, key=delivery.key)
    system().report_final(number, status=CANCELLED, paid=order.paid, key=f"{delivery.key}:final")
