"""When a timer is due: an ISO duration from now, an ISO moment, or what an expression gives; a naive moment is the shop's."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from portal import clock
from portal.workflow.calendar import parse_duration, shop_zone
from portal.workflow.expressions import compile_expression, shown


def moment_of(text: str, facts: Mapping[str, Any]) -> datetime:
    """Return a timer's moment in UTC; ExpressionFailed, ValueError or TypeError when it cannot be told."""
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
