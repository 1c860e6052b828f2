"""Customers for staff: the list, a customer's page with its panels, and the forms; addresses for contacts themselves."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal.accounts.actor import Role
from portal.accounts.guards import current_actor, roles
from portal.customers import address_routes, contact_routes, permissions, queries, revisions, service, words
from portal.customers.entries import CustomerEntry
from portal.customers.panels import panels
from portal.customers.revisions import Stale
from portal.database import unit_of_work
from portal.paging import within
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form, clean
from portal.web.htmx import is_htmx
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of, with_query

READERS = roles(Role.SALESPERSON, Role.SALES_MANAGER, Role.FINANCE, Role.ADMINISTRATOR)
SIZE = 50
FILTERS = ("q", "type", "level", "status", "salesperson")


@get("/desk/customers", sync_to_thread=True)
def list_page(request: PortalRequest) -> Page:
    """List the customers the actor sees."""
    actor, query = current_actor(request), request.query_params
    wanted = {name: clean(query.get(name, "")).strip()[:100] for name in FILTERS}
    with unit_of_work() as session:
        found = queries.customers_page(
            session, actor=actor, search=wanted["q"], type=wanted["type"], level=wanted["level"], status=wanted["status"],
            salesperson_id=int_of(wanted["salesperson"], 0) or None, page=within(int_of(query.get("page"), 1)), size=SIZE,
        )  # fmt: skip
        context: dict[str, Any] = {"levels": queries.levels(session), "salespeople": queries.salespeople(session)}
    context |= {"found": found, "wanted": wanted, "pages": pages_of(found, "/desk/customers", wanted)}
    context |= {"may_edit": permissions.may_edit_customers(actor), "all": permissions.may_choose_salesperson(actor)}
    return Page("customers/list.html@rows" if is_htmx(request) else "customers/list.html", context)


@get("/desk/customers/{customer_id:int}", sync_to_thread=True)
def detail_page(request: PortalRequest, customer_id: FromPath[int]) -> Page:
    """Show a customer."""
    return show_customer(request, customer_id)


@get("/desk/customers/new", sync_to_thread=True)
def new_page(request: PortalRequest) -> Page:
    """Show the form for a new customer."""
    permissions.require_editor(current_actor(request))
    return _form_page(request, Form.filled(type="one", status="active", credit_limit="0"), None)


@post("/desk/customers/new", sync_to_thread=True)
def create(request: PortalRequest) -> Response[Any]:
    """Make a customer."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            entry = form.parse(CustomerEntry)
            row = service.create_customer(session, actor=current_actor(request), entry=entry)
    except REFUSALS as error:
        return _form_page(request, form.refused(error), None)
    return see_other(
        request, f"/desk/customers/{row.id}", toast=toast(_("Customer created. Add the first contact now."))
    )


@get("/desk/customers/{customer_id:int}/edit", sync_to_thread=True)
def edit_page(request: PortalRequest, customer_id: FromPath[int]) -> Page:
    """Show the form of a customer."""
    actor = current_actor(request)
    permissions.require_editor(actor)
    with unit_of_work() as session:
        view = queries.customer(session, actor=actor, customer_id=customer_id)
    names = (*CustomerEntry.__struct_fields__, "version")
    return _form_page(request, Form.filled({name: getattr(view, name) for name in names}), customer_id)


@post("/desk/customers/{customer_id:int}/edit", sync_to_thread=True)
def edit(request: PortalRequest, customer_id: FromPath[int]) -> Response[Any]:
    """Change a customer; a stale page is told what changed meanwhile."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            entry, version = form.parse(CustomerEntry), int_of(form.value("version"), 0)
            service.edit_customer(
                session, actor=current_actor(request), customer_id=customer_id, version=version, entry=entry
            )
    except REFUSALS as error:
        return _form_page(request, form.refused(error), customer_id, stale=error if isinstance(error, Stale) else None)
    return see_other(request, f"/desk/customers/{customer_id}", toast=toast(_("Saved")))


def show_customer(request: PortalRequest, customer_id: int, *, forms: dict[str, Form] | None = None) -> Page:
    """Render a customer's page; `forms` are those of panels that were refused, by the panel's name."""
    actor = current_actor(request)
    with unit_of_work() as session:
        people = {person.id: person.name for person in queries.salespeople(session)}
        recorded = revisions.history(session, subjects=[("customer", customer_id)])
        context = {
            "customer": queries.customer(session, actor=actor, customer_id=customer_id),
            "contacts": queries.contacts(session, actor=actor, customer_id=customer_id),
            "addresses": queries.addresses(session, actor=actor, customer_id=customer_id),
            "panels": panels(session, actor=actor, customer_id=customer_id),
            "history": words.tell_history(recorded, name=_naming(people)),
            "may_edit": permissions.may_edit_customers(actor),
            "forms": forms or {},
        }
    return Page("customers/detail.html", context, status=422 if forms else 200)


def pages_of(found: Any, path: str, query: dict[str, str]) -> dict[str, Any]:
    """Return what the pager macro shows of a page of a list."""
    first = (found.number - 1) * found.size + 1
    return {
        "total": found.total, "first": first if found.rows else 0, "last": first + len(found.rows) - 1 if found.rows else 0,
        "previous": with_query(path, {**query, "page": found.previous}) if found.previous else None,
        "next": with_query(path, {**query, "page": found.next}) if found.next else None,
    }  # fmt: skip


def _form_page(request: PortalRequest, form: Form, customer_id: int | None, *, stale: Stale | None = None) -> Page:
    actor = current_actor(request)
    with unit_of_work() as session:
        people = queries.salespeople(session)
        view = queries.customer(session, actor=actor, customer_id=customer_id) if customer_id else None
        levels = queries.levels(session)
    naming = _naming({person.id: person.name for person in people})
    changes = [(words.tell_change(change, name=naming), change) for change in stale.changes] if stale else []
    context = {
        "form": form, "customer": view, "changes": changes, "person_options": [("", _("nobody yet")), *((one.id, one.name) for one in people)],
        "level_options": [("", ""), *((one.code, pick(one.name_zh, one.name_en)) for one in levels)],
        "version": stale.version if stale else form.value("version"),
        "chooses_salesperson": permissions.may_choose_salesperson(actor),
        "sets_credit": permissions.may_set_credit(actor),
    }  # fmt: skip
    return Page("customers/edit.html", context, status=409 if stale else None)


def _naming(people: dict[int, str]) -> words.Name:
    return lambda field, value: people.get(value) if field == "salesperson_id" else None


routers = [
    Router(path="/", route_handlers=[list_page, detail_page, new_page, create, edit_page, edit], guards=[READERS]),
    *contact_routes.routers,
    *address_routes.routers,
]
