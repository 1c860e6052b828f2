"""What an operator does to one instance: a page that says what will happen and asks why, and the doing of it."""

import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.errors import InvalidInput, NotFound
from portal.operations import instance_page, operate_page
from portal.operations.operate_page import WHATS, What
from portal.operations.queries import instance as queries
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import lazy_gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page, partial_or_page
from portal.web.urls import int_of
from portal.workflow import operating

PATH = "/desk/operations/instances/{instance_id:int}/actions/{what:str}"


@get(PATH, sync_to_thread=True)
def confirmation(request: PortalRequest, instance_id: FromPath[int], what: FromPath[str]) -> Page:
    """Say what an action would do, and ask why it is done."""
    return _page(request, instance_id, _what(what), Form.filled(dict(request.query_params)))


@post(PATH, sync_to_thread=True)
def operate(request: PortalRequest, instance_id: FromPath[int], what: FromPath[str]) -> Response[Any]:
    """Do it."""
    deed, form = _what(what), Form.of(request)
    try:
        with unit_of_work() as session:
            _DO[what](session, actor=current_actor(request), instance_id=instance_id, form=form)
    except REFUSALS as error:
        return _page(request, instance_id, deed, form.refused(error))
    return see_other(request, f"/desk/operations/instances/{instance_id}", toast=toast(str(deed.done)))


def _what(key: str) -> What:
    if key not in WHATS:
        raise NotFound
    return WHATS[key]


def _page(request: PortalRequest, instance_id: int, what: What, form: Form) -> Page:
    with unit_of_work() as session:
        found = queries.instance_view(session, instance_id=instance_id)
        shown = operate_page.view(session, actor=current_actor(request), instance_id=instance_id, what=what, form=form)
        chip, address = instance_page.status_chip(found), instance_page.address(found)
    template = "operations/operate.html"
    if not form.failed and request.query_params.get("part"):
        template = partial_or_page(request, template, "choices")
    return Page(
        template, instance=found, chip=chip, address=address, what=what, shown=shown, form=form, key=str(uuid.uuid4())
    )


def _task(form: Form) -> uuid.UUID:
    try:
        return uuid.UUID(form.value("task"))
    except ValueError as error:
        raise InvalidInput(_("This step is no longer open: the process has moved on")) from error


def _move(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
    if not form.value("to_node"):
        raise InvalidInput(fields={"to_node": _("Choose a step")})
    operating.move_token(
        session, actor=actor, instance_id=instance_id, task_id=_task(form), to_node=form.value("to_node"),
        reason=form.value("reason"),
    )  # fmt: skip


def _message(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
    operating.send_message(
        session, actor=actor, instance_id=instance_id, name=form.value("name"), payload=payload_of(form.value("payload")),
        reason=form.value("reason"), message_id=form.value("key")[:80] or None,
    )  # fmt: skip


def payload_of(text: str) -> Mapping[str, Any]:
    """Read a message's content, a JSON object; InvalidInput (field `payload`)."""
    try:
        payload = json.loads(text.strip() or "{}", parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, too
        line = getattr(error, "lineno", 1)
        raise InvalidInput(fields={"payload": _("This is no JSON: look at line %(line)d", line=line)}) from error
    if not isinstance(payload, dict):
        raise InvalidInput(fields={"payload": _("Enter an object as JSON")})
    return payload


def _timer(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
    operating.fire_timer(
        session, actor=actor, instance_id=instance_id, task_id=_task(form), reason=form.value("reason")
    )


def _fact(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
    operating.edit_fact(
        session, actor=actor, instance_id=instance_id, path=form.value("path"), value=form.value("value"),
        reason=form.value("reason"), seen=form.value("seen") or None,
    )  # fmt: skip
    if form.checked("retry"):
        _retry(session, actor=actor, instance_id=instance_id, form=form)


def _retry(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
    operating.retry_incident(
        session, actor=actor, instance_id=instance_id, incident_id=int_of(form.value("incident"), 0), reason=form.value("reason"),
    )  # fmt: skip


def _skip(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
    operating.skip_incident(
        session, actor=actor, instance_id=instance_id, incident_id=int_of(form.value("incident"), 0), reason=form.value("reason"),
    )  # fmt: skip


def _simply(function: Callable[..., None]) -> Callable[..., None]:
    def do(session: Session, *, actor: Actor, instance_id: int, form: Form) -> None:
        function(session, actor=actor, instance_id=instance_id, reason=form.value("reason"))

    return do


_DO: dict[str, Callable[..., None]] = {
    "suspend": _simply(operating.suspend_instance),
    "resume": _simply(operating.resume_instance),
    "cancel": _simply(operating.cancel_instance),
    "move": _move,
    "message": _message,
    "timer": _timer,
    "fact": _fact,
    "retry": _retry,
    "skip": _skip,
}

HANDLERS = [confirmation, operate]
