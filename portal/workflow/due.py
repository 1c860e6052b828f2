"""When a timer is due: an ISO duration from now, an ISO moment, or what an expression gives; a naive moment is the shop's.

A cycle (`R/PT1H`, `R3/P1D`) is due again and again, on a grid that begins one period after the token arrived. What a timer remembers
is a dict of texts and numbers: `due`, and for a cycle `grid` (its first moment) and `left` (how often it is due, this time included).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from portal import clock
from portal.workflow.calendar import parse_duration, shop_zone
from portal.workflow.expressions import compile_expression, shown
from portal.workflow.vocabulary import Node

SHORTEST_CYCLE = timedelta(minutes=1)
_CYCLE = re.compile(r"R(\d{0,6})/(P.+)")


@dataclass(frozen=True)
class Cycle:
    """A repetition: `times` is None when it has no end."""

    times: int | None
    period: timedelta


def parse_cycle(text: str) -> Cycle:
    """Read `R/PT1H` or `R3/PT1H`; ValueError for anything else, for no repetition, and for less than a minute."""
    match = _CYCLE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    cycle = Cycle(int(match[1]) if match[1] else None, parse_duration(match[2]))
    if cycle.times == 0 or cycle.period < SHORTEST_CYCLE:
        raise ValueError(text)
    return cycle


def begin(node: Node, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Fix when a timer is due; what it remembers. Raises as `moment_of`."""
    if node.timer_kind != "timeCycle":
        return {"due": moment_of(node.timer or "", facts).isoformat()}
    cycle = parse_cycle(node.timer or "")
    first = (clock.now() + cycle.period).isoformat()
    return {"due": first, "grid": first} | ({"left": cycle.times} if cycle.times else {})


def go_on(node: Node, fired: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what an event remembers that waits again after it fired; None when it fires no more.

    A message waits again for ever, a plain timer fires once. What a cycle missed while nothing ran is one tick, not many: the next
    moment is the first one of its grid that is still to come, and a clock that was put back does not bring a past one again.
    """
    if node.event != "timer":
        return {}
    if node.timer_kind != "timeCycle":
        return None
    cycle = parse_cycle(node.timer or "")
    left = fired.get("left", cycle.times)
    if left == 1:
        return None
    first = fired.get("grid", fired["due"])  # a plain timer before a new version of the diagram made it a cycle
    grid, past = datetime.fromisoformat(first), max(clock.now(), datetime.fromisoformat(fired["due"]))
    following = grid + ((past - grid) // cycle.period + 1) * cycle.period
    return {"due": following.isoformat(), "grid": first} | ({"left": left - 1} if left else {})


def moment_of(text: str, facts: Mapping[str, Any]) -> datetime:
    """Return a timer's moment in UTC; ExpressionFailed, ValueError, TypeError or OverflowError when it cannot be told."""
    value: Any = text if timer_expression(text) is None else compile_expression(text).evaluate(facts)
    if isinstance(value, str) and value.startswith("P"):
        return clock.now() + parse_duration(value)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if not isinstance(moment, datetime):
        raise TypeError(f"{shown(value)} is no moment")
    return (moment if moment.tzinfo else moment.replace(tzinfo=shop_zone())).astimezone(UTC)


def timer_expression(text: str) -> str | None:
    """Return a timer's text when it is an expression, None when it is meant literally: an ISO duration or moment."""
    for literal in (parse_duration, datetime.fromisoformat):
        try:
            literal(text)
        except ValueError:
            continue
        return None
    return text
