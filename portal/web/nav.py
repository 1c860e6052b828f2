"""Counts on the navigation (open tasks, cart lines, unread messages): each capability registers how its own is counted.

Counted when a page's base asks for one, at most once a page, in the thread that renders.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

Counter = Callable[..., int]
_counters: dict[str, Counter] = {}


def badge(name: str) -> Callable[[Counter], Counter]:
    """Register `counter(session, *, actor) -> int` under the name that navigation asks for (`inbox`, `cart`, …)."""

    def register(counter: Counter) -> Counter:
        _counters[name] = counter
        return counter

    return register


def counts(session: Session, *, actor: Any) -> dict[str, int]:
    """Count everything registered for an actor."""
    return {name: counter(session, actor=actor) for name, counter in _counters.items()}
