"""Time in node: how long tokens were at each node of a version, from the newest visits, and how two versions differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock
from portal.operations.queries.places import Places
from portal.workflow.vocabulary import Text

DAYS = 90
NEWEST = 1000
"""Visits of each node that are looked at, of the last `DAYS`."""
ENOUGH = 5
"""Fewer visits than this say nothing of a change."""
NOTABLE = 10
"""Percent from which a change has a colour."""

_TIMES = text("""
select node.id, count(*), percentile_cont(array[0.5, 0.9]) within group (order by extract(epoch from visit.left_at - visit.entered_at))
from unnest(cast(:nodes as text[])) as node(id)
cross join lateral (
    (select created_at as entered_at, completed_at as left_at from user_tasks
     where definition_id = :definition and node_id = node.id and status = 'completed' and completed_at >= :since
     order by completed_at desc limit :newest)
    union all
    (select entered_at, left_at from node_visits
     where definition_id = :definition and node_id = node.id and left_at >= :since
     order by left_at desc limit :newest)
) as visit
group by node.id
""")


@dataclass(frozen=True, slots=True)
class NodeTime:
    """How long tokens were at a node: half of them at most `median`, nine in ten at most `p90`; of `count` visits."""

    node_id: str
    count: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class Change:
    """A node in two versions; a side is None where it has no such node, or where no visit of it is known."""

    node_id: str
    name: Text
    before: NodeTime | None
    after: NodeTime | None
    only: str
    """a or b: the version that alone has the node; empty: both have it."""

    @property
    def percent(self) -> int | None:
        """By how much the median changed, in percent of before; None when too few visits say so."""
        sides = (self.before, self.after)
        if any(side is None or side.count < ENOUGH for side in sides) or not (self.before and self.after):
            return None
        was, became = self.before.median.total_seconds(), self.after.median.total_seconds()
        return round((became - was) / was * 100) if was else None

    @property
    def tone(self) -> str:
        """good: quicker; wait: slower; empty: about the same."""
        if self.percent is None or abs(self.percent) < NOTABLE:
            return ""
        return "good" if self.percent < 0 else "wait"

    @property
    def said(self) -> str:
        """The change as written: +35 %, −20 %."""
        sign = "+" if (self.percent or 0) > 0 else "−" if (self.percent or 0) < 0 else "±"
        return f"{sign}{abs(self.percent or 0)} %"


def node_times(session: Session, where: Places) -> dict[str, NodeTime]:
    """Return the time in each node of a definition where tokens wait, in the order of the drawing; the waits of boundary events are none."""
    nodes = _waiting(where)
    given: dict[str, Any] = {
        "definition": where.definition_id, "nodes": nodes, "newest": NEWEST, "since": clock.now() - timedelta(days=DAYS),
    }  # fmt: skip
    found = {
        row[0]: NodeTime(row[0], row[1], timedelta(seconds=row[2][0]), timedelta(seconds=row[2][1]))
        for row in session.execute(_TIMES, given)
    }
    return {node_id: found[node_id] for node_id in nodes if node_id in found}


def _waiting(where: Places) -> list[str]:
    beside = set(where.beside)
    return [node_id for node_id in where.drawn.nodes if node_id not in beside]


def compare(
    where_a: Places, times_a: Mapping[str, NodeTime], where_b: Places, times_b: Mapping[str, NodeTime]
) -> tuple[Change, ...]:
    """Hold the times of two versions against each other: nodes in the order of b's drawing, then those that only a has."""
    ours, theirs = _waiting(where_b), _waiting(where_a)
    known = [one for one in [*ours, *(one for one in theirs if one not in ours)] if one in times_a or one in times_b]
    return tuple(
        Change(one, (where_b if one in ours else where_a).name(one), times_a.get(one), times_b.get(one), _only(one, theirs, ours))
        for one in known
    )  # fmt: skip


def _only(node_id: str, in_a: list[str], in_b: list[str]) -> str:
    if node_id not in in_b:
        return "a"
    return "" if node_id in in_a else "b"
