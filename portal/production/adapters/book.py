"""The built-in production book behind the protocol: each call one transaction of its own.

The keys are not needed here: every call is idempotent by what it is about (an order is pushed once, a line has one production order,
a release sets a level). What happens in the book is announced by itself, so there is nothing to poll.
"""

from collections.abc import Mapping, Sequence

from portal.database import unit_of_work
from portal.production import queries, service
from portal.production.protocol import Changes, FactoryCustomer, FactoryOrderIn, OrderAccount


class ProductionBook:
    """The production book as a `ProductionSystem`."""

    def available(self, variant_ids: Sequence[int]) -> Mapping[int, int | None]:
        """Return what is on hand and not promised."""
        with unit_of_work() as session:
            return queries.available(session, variant_ids)

    def push_customer(self, customer: FactoryCustomer, *, key: str) -> None:
        """Do nothing: the book writes the customer's name on the order."""

    def push_order(self, order: FactoryOrderIn, *, key: str) -> OrderAccount:
        """Write the order down once."""
        with unit_of_work() as session:
            return service.push_order(session, order=order)

    def reserve(self, number: str, *, key: str) -> OrderAccount:
        """Promise what is free to the order."""
        with unit_of_work() as session:
            return service.reserve_order(session, number=number)

    def request_production(self, number: str, *, key: str) -> OrderAccount:
        """Make production orders for what is short."""
        with unit_of_work() as session:
            return service.request_production(session, number=number)

    def release(self, number: str, *, whole: bool, key: str) -> OrderAccount:
        """Let the warehouse ship what is reserved, or the whole order."""
        with unit_of_work() as session:
            return service.release_order(session, number=number, whole=whole)

    def cancel(self, number: str, *, key: str) -> OrderAccount:
        """Give up what has not been shipped."""
        with unit_of_work() as session:
            return service.cancel_order(session, number=number)

    def report_payment(self, number: str, *, paid: bool, key: str) -> None:
        """Note whether the order is paid."""
        with unit_of_work() as session:
            service.report_payment(session, number=number, paid=paid)

    def report_final(self, number: str, *, status: str, paid: bool, key: str) -> None:
        """Note the order's final state."""
        with unit_of_work() as session:
            service.report_final(session, number=number, status=status, paid=paid)

    def changes(self, cursor: str) -> Changes:
        """Return nothing: the book announces what happens by itself."""
        return Changes(cursor)
