"""The only clock: everything that asks the time asks here, so a test (or a demo) can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta()
_frozen_at: datetime | None = None


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return (_frozen_at if _frozen_at is not None else datetime.now(UTC)) + _offset


def travel(by: timedelta) -> None:
    """Move this process's clock by a span (tests and the demo's history; never in service)."""
    global _offset
    _offset += by


@contextmanager
def frozen(at: datetime | None = None) -> Iterator[None]:
    """Hold the clock at a moment; `travel` still moves it. Restores clock and offset afterwards."""
    global _frozen_at, _offset
    before = (_frozen_at, _offset)
    _frozen_at, _offset = at or now(), timedelta()
    try:
        yield
    finally:
        _frozen_at, _offset = before
