"""What the order process asks of the factory, whichever system the factory runs.

Every call carries an idempotency key and is safe to repeat: the receiver answers a repeated call with what the first one did.
What happens in the factory afterwards comes back as messages (`production_started`, `production_finished`, `parcel_shipped`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True)
class FactoryCustomer:
    """A customer as the factory needs to know it."""

    code: str
    name: str


@dataclass(frozen=True)
class FactoryLineIn:
    """A line to deliver; `quantity` in the variant's base unit."""

    position: int
    variant_id: int
    quantity: int


@dataclass(frozen=True)
class FactoryOrderIn:
    """An order as it is pushed to the factory."""

    number: str
    customer: FactoryCustomer
    recipient: str
    phone: str
    address: str
    note: str
    wanted_on: date | None
    lines: tuple[FactoryLineIn, ...]


@dataclass(frozen=True)
class LineAccount:
    """How a line stands in the factory, in pieces. `short` is what is neither reserved nor shipped."""

    position: int
    quantity: int
    reserved: int = 0
    shipped: int = 0
    in_production: int = 0
    released: int = 0

    @property
    def short(self) -> int:
        """What is still to be had from somewhere."""
        return self.quantity - self.reserved - self.shipped


@dataclass(frozen=True)
class OrderAccount:
    """How an order stands in the factory after a call: its open lines by position."""

    number: str
    lines: tuple[LineAccount, ...] = ()

    @property
    def short(self) -> int:
        """Pieces that neither are reserved nor have been shipped."""
        return sum(line.short for line in self.lines)

    @property
    def reserved(self) -> int:
        """Pieces promised to the order and not shipped yet."""
        return sum(line.reserved for line in self.lines)

    @property
    def shipped(self) -> int:
        """Pieces that have left."""
        return sum(line.shipped for line in self.lines)

    @property
    def in_production(self) -> int:
        """Pieces being made, or waiting to be made, for the order."""
        return sum(line.in_production for line in self.lines)

    @property
    def released(self) -> int:
        """Pieces the warehouse may ship or has shipped."""
        return sum(line.released for line in self.lines)


@dataclass(frozen=True)
class FactoryEvent:
    """Something that happened in the factory, as a message for an order's process."""

    message_id: str
    name: str
    number: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Changes:
    """Events since a cursor, and the cursor to ask with next time."""

    cursor: str
    events: tuple[FactoryEvent, ...] = field(default=())


class ProductionSystem(Protocol):
    """A factory's own system: the built-in production book, or an adapter to another program."""

    def available(self, variant_ids: Sequence[int]) -> Mapping[int, int | None]:
        """Return how many pieces of each variant may still be promised; None where it is not known."""

    def push_customer(self, customer: FactoryCustomer, *, key: str) -> None:
        """Make the customer known, or bring what is known up to date."""

    def push_order(self, order: FactoryOrderIn, *, key: str) -> OrderAccount:
        """Make the order known; nothing is reserved or made by it."""

    def reserve(self, number: str, *, key: str) -> OrderAccount:
        """Promise to the order what is in stock for it, as much as there is, never more."""

    def request_production(self, number: str, *, key: str) -> OrderAccount:
        """Have what is short made."""

    def release(self, number: str, *, whole: bool, key: str) -> OrderAccount:
        """Let the warehouse ship what is reserved, a later release what has been reserved since; `whole`: also what comes after it."""

    def cancel(self, number: str, *, key: str) -> OrderAccount:
        """Give up what has not been shipped: reservations, production not yet started, parcels being picked."""

    def report_payment(self, number: str, *, paid: bool, key: str) -> None:
        """Tell whether the order is paid; payment is confirmed in the portal and nowhere else (product.md, "Public statuses")."""

    def report_final(self, number: str, *, status: str, paid: bool, key: str) -> None:
        """Tell the final state of the order."""

    def changes(self, cursor: str) -> Changes:
        """Return what happened since the cursor, for a system that is polled; empty for one that announces by itself."""
