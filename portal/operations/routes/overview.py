"""The overview: one version of a process on its diagram, with what is at each node now, how long it stays, or what flowed of late."""

from collections.abc import Sequence
from typing import Any

from litestar import MediaType, Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal import clock
from portal.database import unit_of_work
from portal.operations import board
from portal.operations.painting import stay
from portal.operations.queries import overview as queries
from portal.operations.queries.overview import ProcessCount, VersionCount
from portal.operations.queries.places import Places, places
from portal.operations.queries.times import compare, node_times
from portal.operations.words import ROLES
from portal.web import formats
from portal.web.context import PortalRequest
from portal.web.templates import Page
from portal.workflow.queries import definition_xml

PATH = board.PATH
FOREVER = "private, max-age=31536000, immutable"


@get(PATH, sync_to_thread=True)
def overview(request: PortalRequest) -> Page:
    """Show a version of a process with what runs on it."""
    asked = dict(request.query_params)
    with unit_of_work() as session:
        found = _asked(session, asked)
        shown = _shown(session, *found, asked) if found else {}
    now = clock.now()
    return Page(
        "operations/overview.html", empty=not found, refreshed_at=now, refreshed=f"{formats.local(now):%H:%M}",
        role_words=ROLES, stay=stay, **shown,
    )  # fmt: skip


def _asked(
    session: Session, asked: dict[str, str]
) -> tuple[Sequence[ProcessCount], ProcessCount, Sequence[VersionCount], VersionCount] | None:
    processes = queries.processes(session)
    if not processes:
        return None
    busiest = max(processes, key=lambda one: one.open)
    process = next((one for one in processes if one.key == asked.get("process")), busiest)
    versions = queries.versions(session, process.key)
    fullest = max(versions, key=lambda one: (one.open, one.version))
    return (
        processes,
        process,
        versions,
        next((one for one in versions if str(one.version) == asked.get("version")), fullest),
    )


def _shown(
    session: Session,
    processes: Sequence[ProcessCount],
    process: ProcessCount,
    versions: Sequence[VersionCount],
    version: VersionCount,
    asked: dict[str, str],
) -> dict[str, Any]:
    view = asked.get("view", "") if asked.get("view") in board.VIEWS else "now"
    here = board.Here(process.key, version.version, view)
    where = places(session, version.id)
    frame = {
        "process": process, "version": version, "view": view, "here": here, "segments": board.segments(here, processes, versions),
        "diagram": f"{PATH}/definitions/{version.id}/diagram.xml", "others": len(versions) > 1,
    }  # fmt: skip
    if view == "flow":
        return frame | board.flow(where, queries.flow(session, version.id))
    return frame | _nodes(session, where, here, asked.get("node", ""))


def _nodes(session: Session, where: Places, here: board.Here, node: str) -> dict[str, Any]:
    counts = queries.at_nodes(session, where)
    times = node_times(session, where) if here.view == "time" else {}
    rows = board.times(where, here, times, counts) if here.view == "time" else board.now(where, here, counts)
    chosen = node if node in where.drawn.nodes else (rows[0].node_id if rows else "")
    there = queries.there(session, where, chosen) if chosen else ()
    return {
        "rows": rows, "chosen": chosen, "chosen_name": where.name(chosen), "there": there,
        "count": counts[chosen].count if chosen in counts else 0,
        "painting": board.painted(where, here, counts, times, chosen), "list": here.list_of(chosen),
    }  # fmt: skip


@get(PATH + "/definitions/{definition_id:int}/diagram.xml", sync_to_thread=True, media_type=MediaType.XML)
def diagram(definition_id: FromPath[int]) -> Response[str]:
    """Send a definition's diagram, which never changes."""
    with unit_of_work() as session:
        xml = definition_xml(session, definition_id)
    return Response(xml, media_type="application/xml", headers={"Cache-Control": FOREVER})


@get(PATH + "/versions/compare", sync_to_thread=True)
def versions_compared(request: PortalRequest) -> Page:
    """Hold the times in node of two versions of a process against each other."""
    asked = dict(request.query_params)
    with unit_of_work() as session:
        found = _asked(session, asked)
        pair = board.pair(found[2], asked.get("a", ""), asked.get("b", "")) if found else None
        shown: dict[str, Any] = {}
        if found and pair:
            before, after = (places(session, one.id) for one in pair)
            changes = compare(before, node_times(session, before), after, node_times(session, after))
            shown = board.compared(found[0], found[1], found[2], pair, after, changes)
    return Page("operations/compare.html", process=found[1] if found else None, pair=pair, stay=stay, **shown)


HANDLERS = [overview, diagram, versions_compared]
