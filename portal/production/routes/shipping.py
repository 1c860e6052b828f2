"""Picking and shipping, made for a phone in one hand and a scanner."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal.accounts.guards import current_actor, roles
from portal.catalog.codes import resolve_code
from portal.database import unit_of_work
from portal.orders.couriers import COURIERS
from portal.orders.look import status_chip
from portal.orders.queries.process import looks
from portal.production import service
from portal.production.errors import NotInParcel
from portal.production.permissions import WORKERS
from portal.production.queries import shipping as queries
from portal.production.routes.following import following
from portal.production.routes.forms import MissingForm, PickedForm, ScanForm, ShipForm
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.responses import see_other
from portal.web.templates import Page, partial_or_page

PATH = "/desk/shipping"
TABS = ("pick", "ship", "sent")
FIRST_COURIERS = 3


@get("/", sync_to_thread=True)
def list_page(request: PortalRequest) -> Page:
    """List what is to be picked, what is packed, and what left today."""
    tab, search = request.query_params.get("tab", "pick"), request.query_params.get("q", "")
    with unit_of_work() as session:
        actor = current_actor(request)
        ready = queries.to_ship(session, actor=actor, search=search)
        sent = queries.sent_today(session, actor=actor, search=search)
    values: dict[str, Any] = {
        "to_pick": [row for row in ready if not row.is_packed], "packed": [row for row in ready if row.is_packed],
        "sent": sent, "tab": tab if tab in TABS else "pick", "q": search, "me": actor.name,
        "courier_names": _courier_names(), "live_url": following(actor, "shipping"),
    }  # fmt: skip
    return Page(partial_or_page(request, "production/shipping.html", "rows"), **values)


@post("/orders/{number:str}", sync_to_thread=True)
def start(request: PortalRequest, number: FromPath[str]) -> Response[Any]:
    """Begin to pick an order, or go on with the parcel a colleague began."""
    with unit_of_work() as session:
        parcel = service.start_picking(session, actor=current_actor(request), number=number).number
    return see_other(request, f"{PATH}/{parcel}")


@get("/{parcel:str}", sync_to_thread=True)
def pick_page(request: PortalRequest, parcel: FromPath[str]) -> Page:
    """Show a parcel: what to pick, or, once it left, what went where."""
    return _parcel(request, parcel)


@post("/{parcel:str}/lines/{line_id:int}", sync_to_thread=True)
def set_picked(request: PortalRequest, parcel: FromPath[str], line_id: FromPath[int]) -> Response[Any]:
    """Say how many pieces of a line lie in the parcel."""
    form = Form.of(request)
    try:
        values = form.parse(PickedForm)
        with unit_of_work() as session:
            service.set_picked(
                session, actor=current_actor(request), parcel_number=parcel, line_id=line_id, quantity=values.quantity
            )
    except REFUSALS as error:
        return _parcel(request, parcel, form.refused(error), line_id)
    return _parcel(request, parcel)


@post("/{parcel:str}/all", sync_to_thread=True)
def pick_all(request: PortalRequest, parcel: FromPath[str]) -> Response[Any]:
    """Put everything that may leave into the parcel."""
    with unit_of_work() as session:
        service.pick_all(session, actor=current_actor(request), parcel_number=parcel)
    return _parcel(request, parcel)


@post("/{parcel:str}/scan", sync_to_thread=True)
def scan(request: PortalRequest, parcel: FromPath[str]) -> Response[Any]:
    """Put the scanned package into the parcel and say so, with a way back."""
    form = Form.of(request)
    try:
        values = form.parse(ScanForm)
        with unit_of_work() as session:
            actor = current_actor(request)
            found = resolve_code(session, actor=actor, text=values.code)
            if found is None:
                raise NotInParcel
            added = service.add_picked(
                session, actor=actor, parcel_number=parcel, variant_id=found.item.variant_id, pieces=found.item.pack_size
            )  # fmt: skip
    except REFUSALS as error:
        return _parcel(request, parcel, form.refused(error))
    said = {"added": added, "marking": found.item.marking, "unit": pick(found.item.unit_zh, found.item.unit_en)}
    return _parcel(request, parcel, scanned=said)


@get("/{parcel:str}/lines/{line_id:int}/missing", sync_to_thread=True)
def missing_page(request: PortalRequest, parcel: FromPath[str], line_id: FromPath[int]) -> Page:
    """Ask how many were found."""
    return _missing(request, parcel, line_id, None)


@post("/{parcel:str}/lines/{line_id:int}/missing", sync_to_thread=True)
def report_missing(request: PortalRequest, parcel: FromPath[str], line_id: FromPath[int]) -> Response[Any]:
    """Note that goods are not where they should be."""
    form = Form.of(request)
    try:
        values = form.parse(MissingForm)
        with unit_of_work() as session:
            missing = service.report_missing(
                session, actor=current_actor(request), parcel_number=parcel, line_id=line_id, found=values.found,
                reason=values.reason,
            )  # fmt: skip
    except REFUSALS as error:
        return _missing(request, parcel, line_id, form.refused(error))
    text = _("%(count)s missing taken off the ledger. The order waits for them again.", count=missing)
    return see_other(request, f"{PATH}/{parcel}", toast=toast(text, tone="wait"))


@get("/{parcel:str}/ship", sync_to_thread=True)
def ship_page(request: PortalRequest, parcel: FromPath[str]) -> Page:
    """Ask for courier and tracking number, and say what sending will do."""
    return _ship(request, parcel, Form.filled(courier=next(iter(COURIERS))))


@post("/{parcel:str}/ship", sync_to_thread=True)
def ship(request: PortalRequest, parcel: FromPath[str]) -> Response[Any]:
    """Send the parcel."""
    form = Form.of(request)
    try:
        values = form.parse(ShipForm)
        with unit_of_work() as session:
            service.ship_parcel(
                session, actor=current_actor(request), parcel_number=parcel, courier=values.courier,
                tracking_number=values.tracking_number,
            )  # fmt: skip
    except REFUSALS as error:
        return _ship(request, parcel, form.refused(error))
    return see_other(request, PATH, toast=toast(_("%(parcel)s has left. The customer is told.", parcel=parcel)))


@post("/{parcel:str}/cancellation", sync_to_thread=True)
def cancel(request: PortalRequest, parcel: FromPath[str]) -> Response[Any]:
    """Give the parcel up; its goods wait to be picked again."""
    with unit_of_work() as session:
        service.cancel_picking(session, actor=current_actor(request), parcel_number=parcel)
    return see_other(request, PATH, toast=toast(_("Picking of %(parcel)s was given up.", parcel=parcel)))


def _courier_names() -> dict[str, str]:
    return {courier.key: pick(courier.name_zh, courier.name_en) for courier in COURIERS.values()}


def _view(request: PortalRequest, parcel: str) -> queries.ParcelView:
    with unit_of_work() as session:
        return queries.parcel_view(session, actor=current_actor(request), number=parcel)


def _parcel(
    request: PortalRequest,
    parcel: str,
    form: Form | None = None,
    line_id: int | None = None,
    scanned: dict[str, Any] | None = None,
) -> Page:
    name = partial_or_page(request, "production/pick.html", "parcel")
    return Page(
        name,
        view=_view(request, parcel),
        form=form or Form(),
        wrong_line=line_id,
        scanned=scanned,
        courier_names=_courier_names(),
    )


def _missing(request: PortalRequest, parcel: str, line_id: int, form: Form | None) -> Page:
    view = _view(request, parcel)
    line = next((line for line in view.lines if line.line_id == line_id), None)
    if line is None:
        return _parcel(request, parcel)
    return Page("production/missing.html", view=view, line=line, form=form or Form.filled(found=line.picked))


def _ship(request: PortalRequest, parcel: str, form: Form) -> Page:
    couriers = list(_courier_names().items())
    with unit_of_work() as session:
        view = queries.parcel_view(session, actor=current_actor(request), number=parcel)
        becomes = status_chip("partly_shipped" if view.left else "shipped", looks(session))
    return Page(
        "production/ship.html", view=view, form=form, becomes=becomes, couriers=couriers[:FIRST_COURIERS],
        more_couriers=couriers[FIRST_COURIERS:],
    )  # fmt: skip


router = Router(
    path=PATH,
    route_handlers=[
        list_page, start, pick_page, set_picked, pick_all, scan, missing_page, report_missing, ship_page, ship, cancel,
    ],
    guards=[roles(*WORKERS)],
)  # fmt: skip
