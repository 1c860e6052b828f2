"""What the page of failed steps shows, put together from queries in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.operations.instance_page import action_label, skippable
from portal.operations.queries import incidents as queries
from portal.operations.queries.health import Health, health
from portal.operations.queries.incidents import Cause, Group, Resolved
from portal.operations.queries.places import Places, places
from portal.operations.story import node_name, node_of
from portal.outbox import MAX_ATTEMPTS
from portal.paging import Paged
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.urls import with_query
from portal.workflow import registry

PATH = "/desk/operations/incidents"


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group with the name of its step and its address."""

    group: Group
    step: str
    process: str
    href: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One group in full. `outside` is the outside action's label, `most` after how many tries of it one gives up."""

    shown: GroupView
    stuck: Paged[queries.Stuck]
    record: list[queries.Deed]
    outside: str
    skippable: bool
    health: list[Health]
    most: int


def group_views(session: Session, groups: list[Group]) -> list[GroupView]:
    """Return groups with the names of their steps."""
    known = {one: places(session, one) for one in {group.definition_id for group in groups}}
    return [_view(group, known[group.definition_id]) for group in groups]


def _view(group: Group, nodes: Places) -> GroupView:
    return GroupView(group, node_name(nodes, group.cause.node_id), pick(*nodes.drawn.name), address(group.cause))


def address(cause: Cause, **more: object) -> str:
    """Return where a cause is shown."""
    values: Mapping[str, object] = {"cause": cause.cause, "process": cause.process_key, "node": cause.node_id, **more}
    return with_query(PATH, values)


def detail(session: Session, *, cause: Cause, page: int) -> Detail | None:
    """Return one group in full; None when nothing of it is open any more."""
    group = queries.group(session, cause=cause)
    if group is None:
        return None
    nodes = places(session, group.definition_id)
    node = node_of(nodes, cause.node_id)
    action = registry.action((node.action if node else None) or "")
    outside = action if action is not None and action.external else None
    return Detail(
        _view(group, nodes), queries.stuck(session, cause=cause, total=group.count, page=page), queries.record(session, cause=cause),
        action_label(outside.name) if outside else "", skippable(nodes, cause.node_id),
        health(session, targets=[outside.target]) if outside else [], MAX_ATTEMPTS,
    )  # fmt: skip


def resolved_rows(session: Session, found: Paged[Resolved]) -> list[tuple[Resolved, str, str]]:
    """Return resolved incidents with the name of their step and how they were resolved."""
    known = {one: places(session, one) for one in {row.definition_id for row in found.rows}}
    return [(row, node_name(known[row.definition_id], row.node_id), how(row)) for row in found.rows]


def how(row: Resolved) -> str:
    """Say how an incident was resolved."""
    words = {
        "retried": _("tried again"),
        "skipped": _("skipped"),
        "moved": _("moved elsewhere"),
        "cancelled": _("process cancelled"),
        "migrated": _("moved to another version"),
    }
    return words.get(row.how or "", _("the process went on by itself"))
