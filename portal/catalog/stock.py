"""The stock hint on customers' pages: a port that whoever knows the stock registers itself at.

The catalogue lies below the factory and may not ask it; without a reader nothing is known, and nothing is guessed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

Reader = Callable[[Session, Collection[int]], Mapping[int, int | None]]
"""Variant ids → what could be sold at this moment, in base units; None or missing: cannot be read."""

State = Literal["in_stock", "low", "to_order", "unknown"]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a customer is told about stock: `left` only when it is low, `days` only when it must be made."""

    state: State
    left: int | None = None
    days: int | None = None


_reader: Reader | None = None


def register_reader(reader: Reader | None) -> None:
    """Let `reader` answer from now on; None takes the present one away."""
    global _reader
    _reader = reader


def available(session: Session, variant_ids: Collection[int]) -> dict[int, int | None]:
    """Return what is free of each variant, in base units; None where it cannot be read."""
    known = _reader(session, variant_ids) if _reader is not None and variant_ids else {}
    return {variant_id: known.get(variant_id) for variant_id in variant_ids}


def hint(free: int | None, *, min_quantity: int, pack_size: int, lead_days: int) -> Hint:
    """Say whether an order can be filled: low is less than three of the larger of pack and smallest order."""
    if free is None:
        return Hint("unknown")
    if free < min_quantity:
        return Hint("to_order", days=lead_days)
    if free < 3 * max(min_quantity, pack_size):
        return Hint("low", left=free)
    return Hint("in_stock")
