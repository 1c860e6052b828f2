"""What an operator does to many instances: a page that says how many, what will happen, and asks why; then a batch."""

import uuid
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, post
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.guards import current_actor
from portal.database import unit_of_work
from portal.errors import InvalidInput, NotFound
from portal.operations import batches, kinds
from portal.operations.operate_many_page import MANY, Many, choices
from portal.operations.queries import instances
from portal.operations.queries.finding import filter_of
from portal.operations.routes.operate import payload_of
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of
from portal.workflow import operating
from portal.workflow.models import Incident, ProcessInstance

PATH = "/desk/operations/batches/new"
Subjects = list[tuple[int, str]]


@post(PATH, sync_to_thread=True)
def new_batch(request: PortalRequest) -> Response[Any]:
    """Say what a batch would do to the chosen instances, or begin it once a reason is given."""
    form = Form.of(request)
    many = MANY.get(form.value("what"))
    if many is None:
        raise NotFound
    with unit_of_work() as session:
        subjects = _subjects(session, form, many)
    if not subjects:
        return see_other(request, "/desk/operations/instances", toast=toast(_nothing(form, many), tone="stop"))
    if not form.has("confirmed"):
        return _page(form, many, subjects)
    try:
        with unit_of_work() as session:
            batch_id = batches.start_batch(
                session, actor=current_actor(request), kind=many.kind, subjects=subjects, parameters=_parameters(form, many),
                reason=form.value("reason"), canaries=batches.canaries_of(form.value("canaries")),
            )  # fmt: skip
    except REFUSALS as error:
        return _page(form.refused(error), many, subjects)
    return see_other(request, f"/desk/operations/batches/{batch_id}")


def _page(form: Form, many: Many, subjects: Subjects) -> Page:
    with unit_of_work() as session:
        offered = choices(session, many, [number for number, _key in subjects])
    return Page(
        "operations/operate_many.html", form=form, many=many, count=len(subjects), first=[key for _id, key in subjects[:8]],
        offered=offered, key=form.value("key") or str(uuid.uuid4()),
    )  # fmt: skip


def _subjects(session: Session, form: Form, many: Many) -> Subjects:
    """What was chosen: failed steps by their ids, or instances by theirs or by a filter; of instances their failed steps where asked."""
    of_incidents = many.kind in kinds.OF_INCIDENTS
    named = [int_of(one, 0) for one in form.values("incident")][: batches.MOST]
    if of_incidents and named:
        return _incidents(session, Incident.id.in_(named))
    if form.has("query"):
        chosen = instances.matching(session, filters=filter_of(dict(parse_qsl(form.value("query")))), most=batches.MOST)
    else:
        chosen = instances.chosen(session, ids=[int_of(one, 0) for one in form.values("ids")][: batches.MOST])
    if not of_incidents:
        return chosen
    return _incidents(session, Incident.instance_id.in_([number for number, _key in chosen]))


def _incidents(session: Session, where: Any) -> Subjects:
    rows = session.execute(
        select(Incident.id, ProcessInstance.business_key)
        .join(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .where(where, Incident.status == "open")
        .order_by(Incident.id)
        .limit(batches.MOST + 1)
    )
    return [(row.id, row.business_key) for row in rows]


def _nothing(form: Form, many: Many) -> str:
    if many.kind in kinds.OF_INCIDENTS and (form.values("ids") or form.has("query")):
        return _("None of the chosen ones has a failed step")
    return _("Choose at least one")


def _parameters(form: Form, many: Many) -> dict[str, Any]:
    if many.kind == "send_message":
        if not form.value("name"):
            raise InvalidInput(fields={"name": _("Choose a message")})
        payload = operating.written_payload(payload_of(form.value("payload")))
        return {"name": form.value("name"), "payload": payload, "key": form.value("key")[:80] or str(uuid.uuid4())}
    if many.kind == "fire_timer":
        if not form.value("node"):
            raise InvalidInput(fields={"node": _("Choose a timer")})
        return {"node": form.value("node")}
    return {}


HANDLERS = [new_batch]
