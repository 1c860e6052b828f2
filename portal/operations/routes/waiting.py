"""What is waited for: timers that are due next or late, and messages that nobody waits for, each with what it says."""

import orjson
from litestar import get

from portal import clock
from portal.database import unit_of_work
from portal.operations.board import PATH
from portal.operations.queries import waiting as queries
from portal.web.context import PortalRequest
from portal.web.templates import Page
from portal.web.urls import int_of

LIST = PATH + "/waiting"


@get(LIST, sync_to_thread=True)
def waiting(request: PortalRequest) -> Page:
    """Show what is waited for, and one message's content when it is asked for."""
    chosen = int_of(request.query_params.get("message"), 0)
    with unit_of_work() as session:
        timers, by_node = queries.timers(session), queries.timers_by_node(session)
        pending, total = queries.undelivered(session)
        expired = queries.expired(session)
        message = queries.message(session, chosen) if chosen else None
    content = orjson.dumps(message.payload, option=orjson.OPT_INDENT_2).decode() if message else ""
    return Page(
        "operations/waiting.html", timers=timers, by_node=by_node, pending=pending, pending_total=total, expired=expired,
        message=message, content=content, now=clock.now(),
    )  # fmt: skip


HANDLERS = [waiting]
