"""Orders for programs: JSON, as the customer's own log-in sees them. Amounts are strings in CNY, moments ISO 8601 in UTC."""

from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, RawBody

from portal.accounts.guards import contacts_only, current_actor
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.orders import queries, service
from portal.orders.entries import ApiOrder
from portal.orders.limits import MAX_SUBMISSION_KEY
from portal.orders.queries import OrderFilter, OrderRow, OrderView
from portal.orders.submission import AddressChoice, Submission, Wanted
from portal.web.context import PortalRequest
from portal.web.forms import clean
from portal.web.i18n import lazy_gettext as _
from portal.web.urls import int_of


@get("/api/orders", sync_to_thread=True)
def orders(request: PortalRequest) -> dict[str, Any]:
    """List orders, newest first; `status`, `q` and `page` narrow."""
    asked = request.query_params
    statuses = tuple(asked.getall("status", [])) or None
    with unit_of_work() as session:
        filters = OrderFilter(statuses=statuses, search=asked.get("q", "")[:80])
        page = queries.orders_page(
            session, actor=current_actor(request), filters=filters, page=int_of(asked.get("page"), 1)
        )
    return {"orders": [_row(row) for row in page.rows], "total": page.total, "page": page.number, "pages": page.last}


@get("/api/orders/{number:str}", sync_to_thread=True)
def order(request: PortalRequest, number: FromPath[str]) -> dict[str, Any]:
    """Return one order with lines and parcels."""
    with unit_of_work() as session:
        return _order(queries.order_view(session, actor=current_actor(request), number=number))


@post("/api/orders", sync_to_thread=True)
def submit(request: PortalRequest, body: RawBody) -> Response[Any]:
    """Hand in an order. The header Idempotency-Key is needed: the same key again returns the same order."""
    key = request.headers.get("Idempotency-Key", "")
    if not 8 <= len(key) <= MAX_SUBMISSION_KEY:
        raise InvalidInput(
            fields={
                "Idempotency-Key": _("Send a key of your own of 8 to %(most)d characters.", most=MAX_SUBMISSION_KEY)
            }
        )
    actor = current_actor(request)
    with unit_of_work() as session:
        number = service.submit_order(session, actor=actor, submission=_submission(key, body)).number
        view = _order(queries.order_view(session, actor=actor, number=number))
    return Response(view, status_code=201, headers={"Location": f"/api/orders/{number}"})


def _submission(key: str, body: bytes) -> Submission:
    try:
        asked = msgspec.json.decode(body, type=ApiOrder)
    except msgspec.DecodeError as error:
        raise InvalidInput(_("The body is not an order: %(problem)s", problem=str(error))) from error
    if asked.total is not None and not asked.total.is_finite():
        raise InvalidInput(fields={"total": _("Enter a number such as 128.50.")})
    given = asked.address
    written = (
        AddressChoice(
            None, clean(given.recipient), clean(given.phone), clean(given.region), clean(given.detail), remember=False
        )
        if given
        else None
    )
    address = AddressChoice(asked.address_id) if asked.address_id is not None else written
    if address is None:
        raise InvalidInput(fields={"address": _("Give address_id, or an address.")})
    return Submission(
        submission_key=key,
        address=address,
        purchase_order=clean(asked.purchase_order),
        wanted_on=asked.wanted_on,
        note=clean(asked.note),
        partial_delivery=asked.partial_delivery,
        expected_total=asked.total,
        lines=tuple(Wanted(line.sku, line.quantity) for line in asked.lines),
    )


def _row(row: OrderRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "status": row.status,
        "payment": row.payment,
        "total": str(row.total),
        "lines": row.lines,
        "pieces": row.pieces,
        "shipped": row.shipped,
        "submitted_at": row.submitted_at.isoformat(),
        "promised_on": row.promised_on.isoformat() if row.promised_on else None,
    }


def _order(view: OrderView) -> dict[str, Any]:
    return {
        "number": view.number,
        "revision": view.revision,
        "status": view.status,
        "status_name": {"zh": view.look.zh, "en": view.look.en} if view.look else None,
        "payment": view.payment,
        "total": str(view.total),
        "received": str(view.received),
        "purchase_order": view.purchase_order,
        "wanted_on": view.wanted_on.isoformat() if view.wanted_on else None,
        "promised_on": view.promised_on.isoformat() if view.promised_on else None,
        "submitted_at": view.submitted_at.isoformat(),
        "address": {"recipient": view.recipient, "phone": view.phone, "address": view.address},
        "permitted": sorted(view.permitted),
        "lines": [
            {
                "position": line.position,
                "sku": line.sku,
                "marking": line.marking,
                "quantity": line.account.ordered,
                "cancelled": line.account.cancelled,
                "reserved": line.account.reserved,
                "in_production": line.account.in_production,
                "shipped": line.account.shipped,
                "received": line.account.received,
                "unit_price": str(line.unit_price),
                "amount": str(line.amount),
            }
            for line in view.lines
        ],
        "parcels": [
            {
                "number": parcel.number,
                "courier": parcel.courier,
                "tracking_number": parcel.tracking_number,
                "shipped_at": parcel.shipped_at.isoformat(),
                "lines": [{"position": content.position, "quantity": content.quantity} for content in parcel.contents],
            }
            for parcel in view.parcels
        ],
    }


router = Router(path="/", route_handlers=[orders, order, submit], guards=[contacts_only])
