"""What the diagram's viewer paints for many instances (pure): heat, numbers, thickness of flows, changes between versions."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import sqrt
from typing import Any

from portal.operations.queries.overview import Flow, NodeCount
from portal.operations.queries.places import Places
from portal.operations.queries.times import Change, NodeTime
from portal.web import formats
from portal.web.i18n import gettext as _
from portal.web.i18n import pick

LEVELS, THICKNESSES = 3, 4
MANY = 2 / 3
"""From this share of the most a number stands on solid ground."""
TOLD = timedelta(seconds=1)
"""A shorter stay is not painted: nothing waits there."""


def levels(values: Mapping[str, float], steps: int = LEVELS) -> dict[str, int]:
    """Return a level from 1 to `steps` for each value above nothing, by its root: one outlier does not make all others look alike."""
    most = max(values.values(), default=0)
    return {
        key: max(1, min(steps, int(sqrt(value / most) * steps + 0.999))) for key, value in values.items() if value > 0
    }


def stay(span: timedelta) -> str:
    """Write how long tokens stayed: as a span, in seconds below a minute."""
    seconds = round(span.total_seconds())
    return formats.span(span) if seconds >= 60 else _("%(num)d s", num=seconds)


def names(where: Places) -> dict[str, str]:
    """Return what nodes and flows are called in the reader's language; those without a name are left out."""
    nodes = {node.id: pick(*node.name) for node in where.nodes.values() if node.name[0] != node.id}
    return nodes | {flow.id: pick(*flow.name) for flow in where.flows if flow.name[0] and flow.name[0] != flow.id}


def now(where: Places, counts: Iterable[NodeCount], *, selected: str) -> dict[str, Any]:
    """Paint where tokens are: numbers and heat; failed ones red, overdue ones amber."""
    found = [one for one in counts if one.node_id in where.nodes]
    most = max((one.count for one in found), default=0)
    called = names(where)
    return {
        "names": called,
        "heat": levels({one.node_id: one.count for one in found if not one.failed}),
        "incidents": [one.node_id for one in found if one.failed],
        "badges": [_number(one, most) for one in found],
        "choices": {one.node_id: f"{called.get(one.node_id, one.node_id)}: {_said(one)}" for one in found},
        "selected": selected,
        "focus": selected or max(found, key=lambda one: (one.failed, one.count)).node_id if found else selected,
    }


def _number(one: NodeCount, most: int) -> dict[str, str]:
    if one.failed:
        others = f"{one.count - one.failed} + " if one.count > one.failed else ""
        return {"node": one.node_id, "text": others + _("%(count)d failed", count=one.failed), "tone": "stop"}
    tone = "wait" if one.overdue else "strong" if one.count >= most * MANY else "count"
    return {"node": one.node_id, "text": formats.number(one.count), "tone": tone}


def _said(one: NodeCount) -> str:
    parts = [formats.number(one.count)]
    parts += [_("%(count)d failed", count=one.failed)] if one.failed else []
    parts += [_("%(count)d overdue", count=one.overdue)] if one.overdue else []
    return ", ".join(parts)


def times(where: Places, found: Mapping[str, NodeTime], *, selected: str) -> dict[str, Any]:
    """Paint how long tokens are at nodes: the median as heat and in words."""
    drawn = {key: one for key, one in found.items() if key in where.nodes and one.median >= TOLD}
    called = names(where)
    heat = levels({key: one.median.total_seconds() for key, one in drawn.items()})
    tones = {1: "count", 2: "count", 3: "strong"}
    return {
        "names": called,
        "heat": heat,
        "badges": [
            {"node": key, "text": stay(one.median), "tone": tones[heat.get(key, 1)]} for key, one in drawn.items()
        ],
        "choices": {key: f"{called.get(key, key)}: {stay(one.median)}" for key, one in drawn.items()},
        "selected": selected,
        "focus": selected or max(drawn, key=lambda key: drawn[key].median, default=""),
    }


def flows(where: Places, flow: Flow) -> dict[str, Any]:
    """Paint what flowed: flows as thick as they were frequent, with numbers where ways part."""
    taken = {one.id: flow.taken.get(one.id, 0) for one in where.flows}
    parting = [one.id for one in where.flows if len(where.drawn.outgoing[one.source]) > 1]
    return {
        "names": names(where),
        "flows": levels(taken, THICKNESSES),
        "badges": [{"node": key, "text": formats.number(taken[key]), "tone": ""} for key in parting if taken[key]],
    }


def changes(where: Places, found: Iterable[Change]) -> dict[str, Any]:
    """Paint a version's diagram by how its times differ from another's."""
    drawn = [one for one in found if one.node_id in where.nodes]
    told = [one for one in drawn if one.percent is not None]
    return {
        "names": names(where),
        "changes": {one.node_id: one.tone for one in told if one.tone},
        "badges": [{"node": one.node_id, "text": one.said, "tone": one.tone or "count"} for one in told],
        "focus": max(told, key=lambda one: abs(one.percent or 0)).node_id if told else "",
    }
