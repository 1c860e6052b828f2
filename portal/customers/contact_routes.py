"""The contacts of a customer, for whoever edits it. A new password is on the page that answers, once, and nowhere else."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal.accounts.guards import current_actor, roles
from portal.customers import contacts, permissions, queries, words
from portal.customers.contacts import ContactNotFound, NewContact
from portal.customers.entries import ContactEntry
from portal.customers.queries import ContactRow
from portal.customers.revisions import Stale
from portal.database import unit_of_work
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of


@get("/desk/customers/{customer_id:int}/contacts/new", sync_to_thread=True)
def new_page(request: PortalRequest, customer_id: FromPath[int]) -> Page:
    """Show the form for a new contact."""
    return _form_page(request, customer_id, Form())


@post("/desk/customers/{customer_id:int}/contacts/new", sync_to_thread=True)
def add(request: PortalRequest, customer_id: FromPath[int]) -> Page:
    """Add a contact and show the one-time password."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            entry = form.parse(ContactEntry)
            new = contacts.add_contact(session, actor=current_actor(request), customer_id=customer_id, entry=entry)
    except REFUSALS as error:
        return _form_page(request, customer_id, form.refused(error))
    return _password_page(request, customer_id, new)


@get("/desk/customers/{customer_id:int}/contacts/{contact_id:int}", sync_to_thread=True)
def edit_page(request: PortalRequest, customer_id: FromPath[int], contact_id: FromPath[int]) -> Page:
    """Show the form of a contact."""
    row = _contact(request, customer_id, contact_id)
    form = Form.filled(name=row.name, phone=row.phone, email=row.email, title=row.title, version=row.version)
    return _form_page(request, customer_id, form, row)


@post("/desk/customers/{customer_id:int}/contacts/{contact_id:int}", sync_to_thread=True)
def edit(request: PortalRequest, customer_id: FromPath[int], contact_id: FromPath[int]) -> Response[Any]:
    """Change a contact."""
    form, row = Form.of(request), _contact(request, customer_id, contact_id)
    try:
        with unit_of_work() as session:
            entry, version = form.parse(ContactEntry), int_of(form.value("version"), 0)
            contacts.edit_contact(
                session, actor=current_actor(request), contact_id=row.id, version=version, entry=entry
            )
    except REFUSALS as error:
        return _form_page(
            request, customer_id, form.refused(error), row, stale=error if isinstance(error, Stale) else None
        )
    return see_other(request, f"/desk/customers/{customer_id}", toast=toast(_("Saved")))


@post("/desk/customers/{customer_id:int}/contacts/{contact_id:int}/removal", sync_to_thread=True)
def remove(request: PortalRequest, customer_id: FromPath[int], contact_id: FromPath[int]) -> Response[Any]:
    """Shut a contact out."""
    row = _contact(request, customer_id, contact_id)
    with unit_of_work() as session:
        contacts.remove_contact(session, actor=current_actor(request), contact_id=row.id)
    told = toast(_("%(name)s can no longer log in.", name=row.name))
    return see_other(request, f"/desk/customers/{customer_id}", toast=told)


@post("/desk/customers/{customer_id:int}/contacts/{contact_id:int}/restoration", sync_to_thread=True)
def restore(request: PortalRequest, customer_id: FromPath[int], contact_id: FromPath[int]) -> Response[Any]:
    """Let a contact in again."""
    row = _contact(request, customer_id, contact_id)
    with unit_of_work() as session:
        contacts.restore_contact(session, actor=current_actor(request), contact_id=row.id)
    told = toast(_("%(name)s can log in again.", name=row.name))
    return see_other(request, f"/desk/customers/{customer_id}", toast=told)


@post("/desk/customers/{customer_id:int}/contacts/{contact_id:int}/password", sync_to_thread=True)
def reset_password(request: PortalRequest, customer_id: FromPath[int], contact_id: FromPath[int]) -> Page:
    """Give a contact a new password and show it."""
    row = _contact(request, customer_id, contact_id)
    with unit_of_work() as session:
        new = contacts.reset_contact_password(session, actor=current_actor(request), contact_id=row.id)
    return _password_page(request, customer_id, new)


def _contact(request: PortalRequest, customer_id: int, contact_id: int) -> ContactRow:
    with unit_of_work() as session:
        rows = queries.contacts(session, actor=current_actor(request), customer_id=customer_id)
    found = next((row for row in rows if row.id == contact_id), None)
    if found is None:
        raise ContactNotFound
    return found


def _form_page(
    request: PortalRequest,
    customer_id: int,
    form: Form,
    contact: ContactRow | None = None,
    *,
    stale: Stale | None = None,
) -> Page:
    actor = current_actor(request)
    permissions.require_editor(actor)
    with unit_of_work() as session:
        customer = queries.customer(session, actor=actor, customer_id=customer_id)
    changes = [(words.tell_change(change), change) for change in stale.changes] if stale else []
    version = stale.version if stale else form.value("version")
    context = {"customer": customer, "form": form, "contact": contact, "changes": changes, "version": version}
    return Page("customers/contact.html", context, status=409 if stale else None)


def _password_page(request: PortalRequest, customer_id: int, new: NewContact) -> Page:
    with unit_of_work() as session:
        customer = queries.customer(session, actor=current_actor(request), customer_id=customer_id)
    return Page("customers/password.html", customer=customer, new=new)


routers = [
    Router(
        path="/",
        route_handlers=[new_page, add, edit_page, edit, remove, restore, reset_password],
        guards=[roles(*permissions.EDITORS)],
    )
]
