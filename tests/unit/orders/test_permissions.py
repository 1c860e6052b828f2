"""How far an order is decides who may still stop it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.accounts.actor import Actor
from portal.orders.permissions import Stage, cancels_freely, may_cancel, sees_amounts

NOW = datetime(2026, 7, 15, tzinfo=UTC)
FRESH = Stage(shipped=0, cancelled=0, released_at=None, cancelling_at=None, completed_at=None, running=True)


def test_before_release_cancelling_is_free() -> None:
    assert cancels_freely(FRESH)


def test_after_release_cancelling_needs_a_decision() -> None:
    released = replace(FRESH, released_at=NOW)
    assert may_cancel(released)
    assert not cancels_freely(released)


@pytest.mark.parametrize(
    "change", [{"shipped": 1}, {"cancelled": 1}, {"cancelling_at": NOW}, {"completed_at": NOW}, {"running": False}]
)
def test_what_is_shipped_cancelled_or_over_cannot_be_cancelled(change: dict[str, object]) -> None:
    assert not may_cancel(replace(FRESH, **change))  # type: ignore[arg-type]  # each names a field with a value of its type


@pytest.mark.parametrize(
    ("roles", "sees"), [({"warehouse"}, False), ({"warehouse", "finance"}, True), ({"salesperson"}, True)]
)
def test_only_the_warehouse_sees_no_amounts(roles: set[str], sees: bool) -> None:
    assert sees_amounts(Actor(1, "何建国", frozenset(roles))) is sees
