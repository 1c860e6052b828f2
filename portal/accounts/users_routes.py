"""Users: who works here and may do what, for administrators. The list stands left, the person right."""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

from portal import paging
from portal.accounts import queries, service
from portal.accounts.actor import Role
from portal.accounts.guards import current_actor, roles
from portal.accounts.permissions import STAFF_ROLES
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import REFUSALS, Form
from portal.web.i18n import gettext as _
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import int_of, with_query

LIST = "/desk/users"


class NewPerson(msgspec.Struct, kw_only=True):
    """What is asked about somebody who begins to work here."""

    name: Annotated[str, msgspec.Meta(max_length=80)]
    phone: Annotated[str, msgspec.Meta(max_length=40)]
    roles: list[str] = []
    team: Annotated[str, msgspec.Meta(max_length=40)] = ""
    title: Annotated[str, msgspec.Meta(max_length=80)] = ""
    email: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Person(NewPerson, kw_only=True):
    """What may be changed about somebody who works here."""

    version: int
    active: bool = False


@get(LIST, sync_to_thread=True)
def users_page(request: PortalRequest) -> Page:
    """List who works here."""
    return _list(request, "accounts/users.html")


@get(f"{LIST}/new", sync_to_thread=True)
def new_user_page(request: PortalRequest) -> Page:
    """Show the form for somebody new."""
    return _list(request, "accounts/user_new.html", form=Form())


@post(LIST, sync_to_thread=True)
def create_user(request: PortalRequest) -> Response[Any]:
    """Create somebody who may log in from now on."""
    form = Form.of(request)
    try:
        entered = form.parse(NewPerson)
        with unit_of_work() as session:
            user = service.create_user(
                session,
                actor=current_actor(request),
                password=form.value("password"),
                **msgspec.structs.asdict(entered),
            )
    except InvalidInput as error:
        return _list(request, "accounts/user_new.html", form=form.refused(error))
    text = _("%(name)s can log in now.", name=user.name)
    return see_other(request, f"{LIST}/{user.id}", toast=toast(text))


@get(f"{LIST}/{{user_id:int}}", sync_to_thread=True)
def user_page(request: PortalRequest, user_id: FromPath[int]) -> Page:
    """Show one person beside the list."""
    return _person(request, user_id)


@post(f"{LIST}/{{user_id:int}}", sync_to_thread=True)
def save_user(request: PortalRequest, user_id: FromPath[int]) -> Response[Any]:
    """Change a person's roles, team, number, and whether they may log in."""
    form = Form.of(request)
    try:
        entered = form.parse(Person)
        with unit_of_work() as session:
            service.edit_user(session, actor=current_actor(request), user_id=user_id, **msgspec.structs.asdict(entered))
    except REFUSALS as error:
        return _person(request, user_id, form=form.refused(error))
    return see_other(request, f"{LIST}/{user_id}", toast=toast(_("Saved.")))


@post(f"{LIST}/{{user_id:int}}/password", sync_to_thread=True)
def reset_password(request: PortalRequest, user_id: FromPath[int]) -> Response[Any]:
    """Give a person a new password; they are logged out everywhere."""
    form = Form.of(request)
    try:
        with unit_of_work() as session:
            service.reset_password(
                session, actor=current_actor(request), user_id=user_id, password=form.value("password")
            )
    except InvalidInput as error:
        return _person(request, user_id, password_form=form.refused(error))
    return see_other(request, f"{LIST}/{user_id}", toast=toast(_("New password set. Tell it to them in person.")))


def _person(
    request: PortalRequest, user_id: int, *, form: Form | None = None, password_form: Form | None = None
) -> Page:
    with unit_of_work() as session:
        person = queries.user_view(session, actor=current_actor(request), user_id=user_id)
    shown = form or Form.filled(
        name=person.name, phone=person.phone.removeprefix("+86"), roles=person.roles, team=person.team,
        title=person.title, email=person.email, active=person.active, version=person.version,
    )  # fmt: skip
    failed = password_form is not None
    return _list(
        request, "accounts/user.html", person=person, form=shown, password_form=password_form or Form(),
        status=422 if failed else None,
    )  # fmt: skip


def _list(request: PortalRequest, template: str, *, status: int | None = None, **values: Any) -> Page:
    search, role = request.query_params.get("q", "")[:80], request.query_params.get("role", "")
    number = int_of(request.query_params.get("page"), 1)
    with unit_of_work() as session:
        people = queries.staff_page(
            session, actor=current_actor(request), search=search, role=role, page=paging.within(number)
        )
        teams = queries.teams(session)
    return Page(
        template, status=status, people=people, teams=teams, search=search, role=role, role_values=[str(r) for r in STAFF_ROLES],
        pages=_pager(people, search=search, role=role), filters=with_query("", {"q": search, "role": role}), **values,
    )  # fmt: skip


def _pager(people: paging.Paged[queries.UserView], **filters: str) -> dict[str, Any]:
    def link(number: int | None) -> str | None:
        return with_query(LIST, {**filters, "page": number}) if number else None

    first = paging.offset(people.number, people.size)
    return {
        "first": first + 1, "last": first + len(people.rows), "total": people.total,
        "previous": link(people.previous), "next": link(people.next),
    }  # fmt: skip


router = Router(
    path="/",
    guards=[roles(Role.ADMINISTRATOR)],
    route_handlers=[users_page, new_user_page, create_user, user_page, save_user, reset_password],
)
