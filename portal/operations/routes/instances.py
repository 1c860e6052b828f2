"""The list of instances: found by number, customer, process, version, node, status and age; chosen ones go to a batch or a migration."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, get, post
from sqlalchemy.orm import Session

from portal.database import unit_of_work
from portal.operations.board import PATH
from portal.operations.instance_page import look_of
from portal.operations.operate_page import told_apart
from portal.operations.queries import instances as queries
from portal.operations.queries import overview
from portal.operations.queries.finding import CHOICES, InstanceFilter, filter_of
from portal.operations.queries.places import places
from portal.web.context import PortalRequest
from portal.web.forms import Form
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import with_query

LIST = PATH + "/instances"
MOVES = frozenset({"userTask", "serviceTask", "receiveTask", "businessRuleTask", "intermediateCatchEvent"})
"""Nodes a token may be found at, which the list can be narrowed to."""


@get(LIST, sync_to_thread=True)
def instances(request: PortalRequest) -> Page:
    """List instances, a page at a time."""
    asked = dict(request.query_params)
    filters = filter_of(asked)
    with unit_of_work() as session:
        page = queries.instances_page(session, filters=filters, after=asked.get("after", ""))
        count = queries.count(session, filters=filters)
        choices = _choices(session, filters)
    return Page(
        "operations/instances.html", page=page, count=min(count, queries.COUNTED), more=count > queries.COUNTED, filters=filters,
        narrowed=any(filters.query.values()), later=bool(asked.get("after")), look_of=look_of, statuses=_statuses(),
        first=with_query(LIST, filters.query), next=with_query(LIST, filters.query | {"after": page.after}) if page.after else "",
        filter_query=with_query("", filters.query).removeprefix("?") or "q=", **choices,
    )  # fmt: skip


def _statuses() -> list[tuple[str, str]]:
    looks = {"open": _("Not over"), "suspended": look_of("running", suspended=True).label}
    return [(one, looks.get(one) or look_of(one).label) for one in CHOICES]


def _choices(session: Session, filters: InstanceFilter) -> dict[str, Any]:
    processes = overview.processes(session)
    process = filters.process or (processes[0].key if len(processes) == 1 else "")
    versions = overview.versions(session, process) if process else ()
    chosen = next((one for one in versions if one.version == filters.version), versions[0] if versions else None)
    return {
        "processes": processes, "process": process, "versions": versions,
        "nodes": _nodes(session, chosen.id, filters.node) if chosen else (),
    }  # fmt: skip


def _nodes(session: Session, definition_id: int, chosen: str) -> Sequence[tuple[str, str]]:
    where = places(session, definition_id)
    steps = [node for node in where.nodes.values() if (node.kind in MOVES or node.called) and pick(*node.name)]
    often = Counter(node.name for node in steps)
    found = [(node.id, told_apart(where.drawn, node) if often[node.name] > 1 else pick(*node.name)) for node in steps]
    return found if not chosen or chosen in dict(found) else [*found, (chosen, pick(*where.name(chosen)))]


@post(LIST + "/migration", sync_to_thread=True)
def migrate_chosen(request: PortalRequest) -> Response[Any]:
    """Take the chosen instances, or the filter that all of them match, to the planning of a migration."""
    form = Form.of(request)
    values: Mapping[str, Any] = {"ids": ",".join(one for one in form.values("ids") if one.isdecimal())}
    if form.has("query"):
        asked = dict(parse_qsl(form.value("query")))
        return see_other(request, with_query(f"{PATH}/migrations/new", filter_of(asked).query))
    return see_other(request, with_query(f"{PATH}/migrations/new", values))


HANDLERS = [instances, migrate_chosen]
