"""Tabs over a list of orders: the statuses the diagram declares, with counts (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.orders.tracker import is_over
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.urls import with_query
from portal.workflow.vocabulary import StatusLook

SUBMITTED = "submitted"
"""What an order is before its process has said anything."""


@dataclass(frozen=True)
class Tab:
    """One tab; `statuses` None shows everything."""

    key: str
    label: str
    count: int
    href: str
    on: bool
    statuses: tuple[str, ...] | None


def draw(
    looks: Mapping[str, StatusLook],
    counts: Mapping[str, int],
    *,
    chosen: str,
    path: str,
    search: str = "",
    more: Mapping[str, object] | None = None,
) -> list[Tab]:
    """Return: in progress, each status that is not the end, all; an unknown choice means the first."""
    going = [key for key, look in looks.items() if not is_over(look)]
    groups: list[tuple[str, str, tuple[str, ...] | None]] = [("", _("In progress"), (*going, SUBMITTED))]
    groups += [(key, pick(looks[key].zh, looks[key].en), (key,)) for key in going]
    groups += [("all", _("All"), None)]
    known = {key for key, _label, _statuses in groups} | set(looks)
    current = chosen if chosen in known else ""
    if current not in {key for key, _label, _statuses in groups}:
        groups.insert(-1, (current, pick(looks[current].zh, looks[current].en), (current,)))
    return [
        Tab(
            key, label, _count(counts, statuses), with_query(path, {"status": key, "q": search, **(more or {})}), key == current, statuses
        )
        for key, label, statuses in groups
    ]  # fmt: skip


def _count(counts: Mapping[str, int], statuses: tuple[str, ...] | None) -> int:
    return sum(counts.values()) if statuses is None else sum(counts.get(key, 0) for key in statuses)
