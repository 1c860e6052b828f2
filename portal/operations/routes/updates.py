"""Delivered updates that wait because a published version is an administrator's: look, take or put aside."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.operations import updates
from portal.operations.board import PATH
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of

UPDATES = PATH + "/updates"


@get(UPDATES, sync_to_thread=True)
def offered() -> Page:
    """List what was delivered and waits, with what it would change."""
    return _page(Form())


@post(UPDATES + "/{kind:str}/{key:str}/taking", sync_to_thread=True)
def take(request: PortalRequest, kind: FromPath[str], key: FromPath[str]) -> Response[Any] | Page:
    """Publish a delivered edition."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            version = updates.take(
                session, actor=current_actor(request), kind=kind, key=key, digest=form.value("digest"),
                version=int_of(form.value("version"), 0), reason=form.value("reason"),
            )  # fmt: skip
    except REFUSALS as error:
        return _page(form.refused(error), asked=key)
    return see_other(request, UPDATES, toast=toast(_("Published as v%(version)d", version=version), tone="good"))


@post(UPDATES + "/{kind:str}/{key:str}/keeping", sync_to_thread=True)
def keep(request: PortalRequest, kind: FromPath[str], key: FromPath[str]) -> Response[Any]:
    """Put a delivered edition aside until the next one."""
    with unit_of_work() as session:
        updates.keep_ours(
            session, actor=current_actor(request), kind=kind, key=key, digest=Form.of(request).value("digest")
        )
    return see_other(request, UPDATES, toast=toast(_("Yours stays; the next delivered change is offered again")))


def _page(form: Form, *, asked: str = "") -> Page:
    with unit_of_work() as session:
        found = updates.offers(session)
    return Page("operations/updates.html", offers=found, form=form, asked=asked, path=UPDATES)


HANDLERS = [offered, take, keep]
