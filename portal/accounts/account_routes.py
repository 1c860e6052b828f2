"""My account: who I am, my language and look, my password, where I am logged in."""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from portal.accounts import queries, service
from portal.accounts.entries import entries_for
from portal.accounts.guards import current_actor
from portal.accounts.login_routes import YEAR, leaving
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.web.context import PortalRequest
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.htmx import is_from_htmx
from portal.web.i18n import gettext as _
from portal.web.i18n import lazy_gettext
from portal.web.responses import no_content, see_other
from portal.web.templates import Page


class Profile(msgspec.Struct):
    """What a person may change about themselves."""

    name: Annotated[str, msgspec.Meta(max_length=80)]
    title: Annotated[str, msgspec.Meta(max_length=80)] = ""
    email: Annotated[str, msgspec.Meta(max_length=200)] = ""


@get("/account", sync_to_thread=True)
def account_page(request: PortalRequest) -> Page:
    """Show my account."""
    return _account(request)


@get("/account/profile", sync_to_thread=True)
def profile_page(request: PortalRequest) -> Page:
    """Show what I may change about myself."""
    actor = current_actor(request)
    with unit_of_work() as session:
        me = queries.user_view(session, actor=actor, user_id=actor.user_id or 0)
    return _page(request, "profile", form=Form.filled(name=me.name, title=me.title, email=me.email))


@post("/account/profile", sync_to_thread=True)
def save_profile(request: PortalRequest) -> Response[Any]:
    """Change my name, title, e-mail."""
    form = Form.of(request)
    try:
        entered = form.parse(Profile)
        with unit_of_work() as session:
            service.edit_profile(session, actor=current_actor(request), **msgspec.structs.asdict(entered))
    except InvalidInput as error:
        return _page(request, "profile", form=form.refused(error))
    return see_other(request, "/account", toast=toast(_("Saved.")))


@get("/account/password", sync_to_thread=True)
def password_page(request: PortalRequest) -> Page:
    """Show the form for a new password."""
    return _page(request, "password", form=Form())


@post("/account/password", sync_to_thread=True)
def save_password(request: PortalRequest) -> Response[Any]:
    """Change my password; my other devices are logged out."""
    form = Form.of(request)
    try:
        if form.value("new_password") != form.value("repeat_password"):
            raise InvalidInput(fields={"repeat_password": lazy_gettext("The two passwords differ.")})
        with unit_of_work() as session:
            service.change_password(
                session, actor=current_actor(request), current=form.value("current_password"),
                new=form.value("new_password"), session_id=request.auth,
            )  # fmt: skip
    except InvalidInput as error:
        return _page(request, "password", form=form.refused(error))
    return see_other(request, "/account", toast=toast(_("Password changed. Other devices are logged out.")))


@post("/account/theme", sync_to_thread=True)
def choose_theme(request: PortalRequest) -> Response[Any]:
    """Remember light, dark, or as the device has it."""
    theme = Form.of(request).value("theme")
    with unit_of_work() as session:
        service.choose_theme(session, actor=current_actor(request), theme=theme)
    response = no_content() if is_from_htmx(request) else see_other(request, "/account")
    secure = request.app.state.settings.secure
    response.set_cookie(Cookie(key="theme", value=theme, max_age=YEAR, secure=secure, samesite="lax", path="/"))
    return response


@post("/account/sessions/{session_id:int}/end", sync_to_thread=True)
def end_session(request: PortalRequest, session_id: FromPath[int]) -> Response[Any]:
    """Log one of my devices out; this one too, if it is the one."""
    with unit_of_work() as session:
        service.log_out(session, actor=current_actor(request), session_id=session_id)
    if session_id == request.auth:
        return leaving(request)
    return see_other(request, "/account", toast=toast(_("That device is logged out.")))


@post("/account/sessions/end", sync_to_thread=True)
def end_all_sessions(request: PortalRequest) -> Response[Any]:
    """Log all my devices out, this one included."""
    with unit_of_work() as session:
        service.log_out_everywhere(session, actor=current_actor(request))
    return leaving(request)


def _account(request: PortalRequest) -> Page:
    actor = current_actor(request)
    with unit_of_work() as session:
        me = queries.user_view(session, actor=actor, user_id=actor.user_id or 0)
        devices = queries.my_sessions(session, actor=actor, current_id=request.auth)
        entries = entries_for(session, actor=actor)
    return _page(request, "account", me=me, devices=devices, entries=entries)


def _page(request: PortalRequest, name: str, **values: Any) -> Page:
    side = "_desk" if current_actor(request).is_staff else ""
    return Page(f"accounts/{name}{side}.html", **values)


router = Router(
    path="/",
    route_handlers=[
        account_page, profile_page, save_profile, password_page, save_password, choose_theme, end_session, end_all_sessions,
    ],
)  # fmt: skip
