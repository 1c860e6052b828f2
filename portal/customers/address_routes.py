"""Addresses: of a customer for staff, of the own company for contacts. One set of handlers, two places."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal.accounts.actor import Actor
from portal.accounts.entries import Entry, account_entries
from portal.accounts.guards import contacts_only, current_actor, roles
from portal.customers import permissions, queries, service
from portal.customers.entries import AddressEntry
from portal.customers.queries import AddressRow, CustomerView
from portal.customers.service import AddressNotFound
from portal.database import unit_of_work
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page


@dataclass(frozen=True, slots=True)
class Place:
    """Whose addresses, and where their pages are."""

    customer_id: int
    path: str
    back: str


@get("/", sync_to_thread=True)
def own_addresses(request: PortalRequest) -> Page:
    """List the own company's addresses."""
    actor = current_actor(request)
    with unit_of_work() as session:
        rows = queries.addresses(session, actor=actor, customer_id=actor.customer_id or 0)
    return Page("customers/addresses.html", addresses=rows)


@get("/new", sync_to_thread=True)
def new_page(request: PortalRequest) -> Page:
    """Show the form for a new address."""
    return _form_page(request, Form())


@post("/new", sync_to_thread=True)
def add(request: PortalRequest) -> Response[Any]:
    """Keep an address."""
    form, place = Form.of(request), _place(request)
    try:
        with unit_of_work() as session:
            entry = form.parse(AddressEntry)
            service.add_address(session, actor=current_actor(request), customer_id=place.customer_id, entry=entry)
    except REFUSALS as error:
        return _form_page(request, form.refused(error))
    return see_other(request, place.back, toast=toast(_("Address kept")))


@get("/{address_id:int}", sync_to_thread=True)
def edit_page(request: PortalRequest, address_id: FromPath[int]) -> Page:
    """Show the form of an address."""
    row = _address(request, address_id)
    names = ("recipient", "phone", "region", "detail", "is_default")
    return _form_page(request, Form.filled({name: getattr(row, name) for name in names}), row)


@post("/{address_id:int}", sync_to_thread=True)
def edit(request: PortalRequest, address_id: FromPath[int]) -> Response[Any]:
    """Change an address."""
    form, row = Form.of(request), _address(request, address_id)
    try:
        with unit_of_work() as session:
            entry = form.parse(AddressEntry)
            service.edit_address(session, actor=current_actor(request), address_id=row.id, entry=entry)
    except REFUSALS as error:
        return _form_page(request, form.refused(error), row)
    return see_other(request, _place(request).back, toast=toast(_("Saved")))


@post("/{address_id:int}/removal", sync_to_thread=True)
def archive(request: PortalRequest, address_id: FromPath[int]) -> Response[Any]:
    """Take an address out of use."""
    row = _address(request, address_id)
    with unit_of_work() as session:
        service.archive_address(session, actor=current_actor(request), address_id=row.id)
    return see_other(request, _place(request).back, toast=toast(_("Address removed")))


@account_entries(20)
def account_rows(session: Any, *, actor: Actor) -> list[Entry]:
    """Show the company, the salesperson and the addresses on a contact's own account."""
    if not actor.is_contact:
        return []
    company = queries.customer(session, actor=actor, customer_id=actor.customer_id or 0)
    addresses = queries.addresses(session, actor=actor, customer_id=company.id)
    person = company.salesperson or _("not assigned yet")
    return [
        Entry("building", company.name, note=company.terms),
        Entry("headset", _("My salesperson"), value=person, href="/contact"),
        Entry("map-pin", _("Addresses"), value=str(len(addresses)), href="/account/addresses"),
    ]


def _place(request: PortalRequest) -> Place:
    given = request.path_params.get("customer_id")
    if given is None:
        return Place(current_actor(request).customer_id or 0, "/account/addresses", "/account/addresses")
    return Place(
        given, f"/desk/customers/{given}/addresses", f"/desk/customers/{given}"
    )  # fmt: skip


def _address(request: PortalRequest, address_id: int) -> AddressRow:
    place = _place(request)
    with unit_of_work() as session:
        rows = queries.addresses(session, actor=current_actor(request), customer_id=place.customer_id)
    found = next((row for row in rows if row.id == address_id), None)
    if found is None:
        raise AddressNotFound
    return found


def _customer(request: PortalRequest, place: Place) -> CustomerView:
    with unit_of_work() as session:
        return queries.customer(session, actor=current_actor(request), customer_id=place.customer_id)


def _form_page(request: PortalRequest, form: Form, address: AddressRow | None = None) -> Page:
    place = _place(request)
    actor = current_actor(request)
    if not actor.is_contact:
        permissions.require_editor(actor)
    context = {"form": form, "address": address, "place": place, "customer": _customer(request, place)}
    return Page("customers/address.html" if actor.is_contact else "customers/address_desk.html", context)


EACH = [new_page, add, edit_page, edit, archive]

routers = [
    Router(path="/account/addresses", route_handlers=[own_addresses, *EACH], guards=[contacts_only]),
    Router(
        path="/desk/customers/{customer_id:int}/addresses", route_handlers=EACH, guards=[roles(*permissions.EDITORS)]
    ),
]
