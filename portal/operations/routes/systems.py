"""The systems outside: how each answers, what is owed, what was given up and can be tried again, and which workers live."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from portal import clock, outbox
from portal.accounts import audit
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.errors import Conflict
from portal.operations.board import PATH
from portal.operations.instance_page import topic_name
from portal.operations.queries import systems as queries
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page

LIST = PATH + "/systems"


@get(LIST, sync_to_thread=True)
def systems() -> Page:
    """Show the systems outside."""
    with unit_of_work() as session:
        found, living = queries.systems(session), queries.workers(session)
        dead, dead_total = queries.given_up(session)
    return Page(
        "operations/systems.html",
        systems=found,
        workers=living,
        dead=dead,
        dead_total=dead_total,
        now=clock.now(),
        topic_name=topic_name,
    )


@post(LIST + "/{name:str}/trial", sync_to_thread=True)
def try_now(request: PortalRequest, name: FromPath[str]) -> Response[Any]:
    """Let an effect try a system that nothing is sent to, without waiting for its time."""
    with unit_of_work() as session:
        if not outbox.try_now(session, target=name):
            raise Conflict(_("Nothing is held back from this system now"))
        audit.record(session, actor=current_actor(request), action="target.tried", subject=("target", name))
    return see_other(request, LIST, toast=toast(_("One effect tries it now")))


@post(PATH + "/effects/retry", sync_to_thread=True)
def retry_effect(request: PortalRequest) -> Response[Any]:
    """Owe an effect again that was given up."""
    key = Form.of(request).value("key")
    with unit_of_work() as session:
        if not outbox.retry(session, key=key):
            raise Conflict(_("This effect is not given up, or has been tried again already"))
        audit.record(session, actor=current_actor(request), action="effect.retried", subject=("effect", key[:80]))
    return see_other(request, LIST, toast=toast(_("Tried again")))


HANDLERS = [systems, try_now, retry_effect]
