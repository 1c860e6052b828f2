"""How the overview and the comparison of versions read (pure): segments, rows and what is painted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.operations import painting
from portal.operations.queries.overview import FLOW_DAYS, FLOW_INSTANCES, Flow, NodeCount, ProcessCount, VersionCount
from portal.operations.queries.places import Places
from portal.operations.queries.times import NEWEST, Change, NodeTime
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.urls import with_query

PATH = "/desk/operations"
VIEWS = ("now", "time", "flow")
VERSIONS = 8
"""Versions that are offered: the newest of those that still run, the published one, and the chosen one."""


@dataclass(frozen=True, slots=True)
class Here:
    """What is looked at: a version of a process in a view."""

    process: str
    version: int
    view: str

    def href(self, **others: Any) -> str:
        """Return the address of it, or of what differs in `others`."""
        values = {"process": self.process, "version": self.version, "view": self.view} | others
        return with_query(PATH, values | {"view": "" if values["view"] == "now" else values["view"]})

    def list_of(self, node_id: str = "") -> str:
        """Return the address of the list of its instances, at a node."""
        return with_query(f"{PATH}/instances", {"process": self.process, "version": self.version, "node": node_id})


@dataclass(frozen=True, slots=True)
class Segment:
    """One choice of several; `count` None: it has none."""

    label: str
    href: str
    on: bool
    count: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node in the table beside the diagram: what is there now, and in the view of times what was."""

    node_id: str
    name: str
    href: str
    count: int
    failed: int = 0
    overdue: int = 0
    median: timedelta | None = None
    longest: timedelta | None = None
    p90: timedelta | None = None
    visits: int = 0

    @property
    def more(self) -> bool:
        """Whether there were more visits than are looked at."""
        return self.visits >= NEWEST


@dataclass(frozen=True, slots=True)
class Way:
    """A flow out of a node where ways part: how often it was taken, and which share of all ways that is, in percent."""

    name: str
    count: int
    share: int


@dataclass(frozen=True, slots=True)
class Parting:
    """A node where ways part."""

    node_id: str
    name: str
    count: int
    ways: tuple[Way, ...]


def segments(
    here: Here, processes: Sequence[ProcessCount], versions: Sequence[VersionCount]
) -> dict[str, list[Segment]]:
    """Return the choices of process, version and view, with how many instances are not over."""
    kept = [one for one in versions if one.open or one.published or one.version == here.version]
    shown = [one for index, one in enumerate(kept) if index < VERSIONS or one.version == here.version]
    words = {"now": _("Where they are"), "time": _("Time in node"), "flow": _("Flow of %(days)d days", days=FLOW_DAYS)}
    return {
        "processes": [
            Segment(pick(one.name_zh, one.name_en), with_query(PATH, {"process": one.key}), one.key == here.process, one.open)
            for one in processes
        ],
        "versions": [
            Segment(f"v{one.version}", here.href(version=one.version), one.version == here.version, one.open,
                    _("New ones begin on this version") if one.published else "")
            for one in shown
        ],
        "views": [Segment(words[view], here.href(view=view), view == here.view) for view in VIEWS],
    }  # fmt: skip


def now(where: Places, here: Here, counts: Mapping[str, NodeCount]) -> list[NodeRow]:
    """Return the nodes where tokens are: those where steps failed first, then the fullest."""
    ordered = sorted(counts.values(), key=lambda one: (-one.failed, -one.count, one.node_id))
    return [
        NodeRow(one.node_id, pick(*where.name(one.node_id)), here.href(node=one.node_id), one.count, one.failed, one.overdue,
                one.median, one.longest)
        for one in ordered
    ]  # fmt: skip


def times(where: Places, here: Here, found: Mapping[str, NodeTime], counts: Mapping[str, NodeCount]) -> list[NodeRow]:
    """Return the nodes that tokens waited at, the slowest first."""
    ordered = sorted(found.values(), key=lambda one: -one.median)
    return [
        NodeRow(one.node_id, pick(*where.name(one.node_id)), here.href(node=one.node_id),
                counts[one.node_id].count if one.node_id in counts else 0, median=one.median, p90=one.p90, visits=one.count)
        for one in ordered
    ]  # fmt: skip


def painted(
    where: Places, here: Here, counts: Mapping[str, NodeCount], found: Mapping[str, NodeTime], chosen: str
) -> str:
    """Return what the viewer paints, as JSON."""
    if here.view == "time":
        return json.dumps(painting.times(where, found, selected=chosen))
    return json.dumps(painting.now(where, counts.values(), selected=chosen))


def flow(where: Places, found: Flow) -> dict[str, Any]:
    """Return the view of what flowed: where ways part, and how often each was taken."""
    return {
        "partings": _partings(where, found), "painting": json.dumps(painting.flows(where, found)), "flowed": found.instances,
        "flow_days": FLOW_DAYS, "flow_most": FLOW_INSTANCES,
    }  # fmt: skip


def _partings(where: Places, found: Flow) -> list[Parting]:
    partings = []
    for node in where.nodes.values():
        ways = where.drawn.outgoing.get(node.id, ())
        total = sum(found.taken.get(one.id, 0) for one in ways)
        if len(ways) < 2 or not total:
            continue
        shares = [(one, found.taken.get(one.id, 0)) for one in ways]
        told = tuple(
            Way(_way(where, one.id, one.name, one.target), count, round(count / total * 100)) for one, count in shares
        )
        partings.append(Parting(node.id, pick(*node.name) if node.name[0] != node.id else "", total, told))
    return partings


def _way(where: Places, flow_id: str, name: tuple[str, str], target: str) -> str:
    written = pick(*name)
    towards = pick(*where.name(target))
    named = written and written != flow_id
    return written if named else (f"→ {towards}" if towards != target else "→")


def pair(versions: Sequence[VersionCount], a: str, b: str) -> tuple[VersionCount, VersionCount] | None:
    """Choose the two versions to compare: those asked for, else the newest and the one before; None when there is but one."""
    if len(versions) < 2:
        return None
    by_number = {str(one.version): one for one in versions}
    after = by_number.get(b, versions[0])
    older = [one for one in versions if one.version < after.version] or [one for one in versions if one != after]
    before = by_number.get(a, older[0])
    return (before, after) if before != after else (older[0], after)


def compared(
    processes: Sequence[ProcessCount],
    process: ProcessCount,
    versions: Sequence[VersionCount],
    chosen: tuple[VersionCount, VersionCount],
    where: Places,
    changes: Sequence[Change],
) -> dict[str, Any]:
    """Return the page that holds two versions against each other."""
    return {
        "processes": processes, "versions": versions, "changes": changes,
        "painting": json.dumps(painting.changes(where, changes)), "back": with_query(PATH, {"process": process.key, "version": chosen[1].version, "view": "time"}),
        "diagram": f"{PATH}/definitions/{chosen[1].id}/diagram.xml",
    }  # fmt: skip
