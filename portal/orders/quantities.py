"""The account of an order line: ordered, cancelled, reserved, in production, shipped, received, returned (pure).

Rules (product.md, "Line quantities keep their own account"): cancelled + shipped ≤ ordered; returned ≤ received ≤ shipped; what is
reserved or in production is part of what is still open.
"""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Account:
    """The pieces of one line, in base units."""

    ordered: int
    cancelled: int = 0
    reserved: int = 0
    in_production: int = 0
    shipped: int = 0
    received: int = 0
    returned: int = 0

    @property
    def open(self) -> int:
        """What is still to be shipped."""
        return self.ordered - self.cancelled - self.shipped

    @property
    def short(self) -> int:
        """What is open and neither reserved nor being made."""
        return max(self.open - self.reserved - self.in_production, 0)

    def reserve(self, quantity: int) -> Self:
        """Set what is promised from stock; never more than is open. What it covers need not be made any more."""
        reserved = min(max(quantity, 0), self.open)
        return replace(self, reserved=reserved, in_production=min(self.in_production, self.open - reserved))

    def produce(self, quantity: int) -> Self:
        """Set what the factory makes; never more than is open and not reserved."""
        return replace(self, in_production=min(max(quantity, 0), self.open - self.reserved))

    def finish(self, quantity: int) -> Self:
        """Move finished pieces from production to the reservation."""
        made = min(max(quantity, 0), self.in_production)
        return replace(self, in_production=self.in_production - made, reserved=self.reserved + made)

    def ship(self, quantity: int) -> Self:
        """Send pieces: reserved ones first, then ones thought to be in production; ValueError for more than is open."""
        if not 0 < quantity <= self.open:
            raise ValueError(quantity)
        reserved = max(self.reserved - quantity, 0)
        making = min(self.in_production, self.open - quantity - reserved)
        return replace(self, shipped=self.shipped + quantity, reserved=reserved, in_production=making)

    def receive(self) -> Self:
        """The customer has all that was shipped."""
        return replace(self, received=self.shipped)

    def cancel(self) -> Self:
        """Give up what is still open."""
        return replace(self, cancelled=self.cancelled + self.open, reserved=0, in_production=0)
