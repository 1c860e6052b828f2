"""A page of a list: what every list query returns."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

SIZE = 20
LAST = 10_000
"""No list is asked for beyond this page."""


@dataclass(frozen=True, slots=True)
class Paged(Generic[Row]):
    """Rows of page `number` (from 1) out of `total`."""

    rows: tuple[Row, ...]
    total: int
    number: int = 1
    size: int = SIZE

    @property
    def last(self) -> int:
        """The number of the last page; 1 for an empty list."""
        return max(1, -(-self.total // self.size))

    @property
    def next(self) -> int | None:
        """The number of the page after this, or None."""
        return self.number + 1 if self.number < self.last else None

    @property
    def previous(self) -> int | None:
        """The number of the page before this, or None."""
        return min(self.number - 1, self.last) if self.number > 1 else None


def offset(number: int, size: int = SIZE) -> int:
    """Return how many rows come before the page; a number out of range is brought into it."""
    return (within(number) - 1) * size


def within(number: int) -> int:
    """Bring a page number into the range that is served."""
    return min(max(number, 1), LAST)
