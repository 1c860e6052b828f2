"""Logging in and out, the language of visitors, and going on with a form that a log-in interrupted."""

from typing import Annotated, Any

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from portal.accounts import service, sessions, throttle
from portal.accounts.authentication import cookie_name, ended_cookie, session_cookie
from portal.accounts.guards import HOME_OF_CONTACTS, HOME_OF_STAFF, current_actor
from portal.accounts.interrupted import find_kept, is_waiting
from portal.accounts.phones import parse_phone
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.web import csrf
from portal.web.context import PortalRequest
from portal.web.envelope import LOCALE_COOKIE
from portal.web.flash import toast
from portal.web.forms import Form
from portal.web.i18n import LOCALES, gettext
from portal.web.responses import see_other
from portal.web.templates import Page
from portal.web.urls import local_path

YEAR = 365 * 86400
CONTINUE = "/continue/"


class Credentials(msgspec.Struct):
    """What is asked for at the door."""

    phone: Annotated[str, msgspec.Meta(max_length=40)]
    password: Annotated[str, msgspec.Meta(max_length=500)]


@get("/login", sync_to_thread=True, opt={"public": True})
def login_page(request: PortalRequest) -> Response[Any]:
    """Show the door; who is in already goes on."""
    wanted = local_path(request.query_params.get("next")) or ""
    if request.user is not None:
        return see_other(request, wanted or _home(is_contact=request.user.is_contact))
    return _door(Form.filled(next=wanted))


@post("/login", sync_to_thread=True, opt={"public": True})
def log_in(request: PortalRequest) -> Response[Any]:
    """Let somebody in and send them where they wanted to go."""
    form = Form.of(request)
    try:
        entered = form.parse(Credentials)
        phone = parse_phone(entered.phone)
        admitted = _admit(request, phone)
        inside = _enter(request, phone, admitted, form.value("password"))
    except InvalidInput as error:
        return _door(form.refused(error))
    except throttle.LoginBlocked as error:
        return _door(form.refused(error), status=429, headers={"Retry-After": str(error.retry_after)})
    response = see_other(request, local_path(form.value("next")) or _home(is_contact=inside.is_contact))
    return _remembering(request, response, inside)


@post("/logout", sync_to_thread=True)
def log_out(request: PortalRequest) -> Response[Any]:
    """End this session, and leave nothing of it in the browser."""
    with unit_of_work() as session:
        service.log_out(session, actor=current_actor(request), session_id=request.auth)
    return leaving(request)


@post("/language", sync_to_thread=True, opt={"public": True})
def choose_language(request: PortalRequest) -> Response[Any]:
    """Speak another language: remembered for the user, and in a cookie for a visitor."""
    form = Form.of(request)
    locale = form.value("locale")
    if locale not in LOCALES:
        raise InvalidInput
    if request.user is not None:
        with unit_of_work() as session:
            service.choose_locale(session, actor=current_actor(request), locale=locale)
    response = see_other(request, local_path(form.value("next")) or "/")
    response.set_cookie(_lasting(request, LOCALE_COOKIE, locale))
    return response


@get("/continue/{token:str}", sync_to_thread=True)
def continue_form(request: PortalRequest, token: FromPath[str]) -> Response[Any]:
    """Offer to send a form that the end of a session interrupted; only to whom it belongs."""
    actor = current_actor(request)
    with unit_of_work() as session:
        kept = find_kept(session, user_id=actor.user_id, token=token)
    if kept is None:
        home = _home(is_contact=actor.is_contact)
        return see_other(request, home, toast=toast(gettext("There is nothing left to send."), tone="wait"))
    return Page("accounts/continue_desk.html" if actor.is_staff else "accounts/continue.html", kept=kept)


def leaving(request: PortalRequest) -> Response[Any]:
    """Return the answer to somebody who has logged out."""
    response = see_other(request, "/login", toast=toast(gettext("You are logged out.")))
    response.set_cookie(ended_cookie(request.app.state.settings))
    response.set_cookie(Cookie(key=csrf.COOKIE, value="", max_age=0, httponly=True, path="/"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _door(form: Form, **more: Any) -> Page:
    wanted = local_path(form.value("next")) or ""
    waiting = False
    if wanted.startswith(CONTINUE):
        with unit_of_work() as session:
            waiting = is_waiting(session, token=wanted.removeprefix(CONTINUE))
    return Page("accounts/login.html", form=form, next=wanted, form_is_waiting=waiting, **more)


def _admit(request: PortalRequest, phone: str) -> sessions.Device:
    """Count the attempt for good, whatever becomes of it."""
    device = sessions.Device(request.headers.get("User-Agent", ""), request.client.host if request.client else "")
    with unit_of_work() as session:
        throttle.admit(session, phone=phone, address=device.address)
    return device


def _enter(request: PortalRequest, phone: str, device: sessions.Device, password: str) -> service.LoggedIn:
    settings = request.app.state.settings
    with unit_of_work() as session:
        return service.log_in(
            session, phone=phone, password=password, device=device, days=settings.session_days,
            old_token=request.cookies.get(cookie_name(settings), "")[:100],
        )  # fmt: skip


def _remembering(request: PortalRequest, response: Response[Any], inside: service.LoggedIn) -> Response[Any]:
    response.set_cookie(session_cookie(request.app.state.settings, inside.token))
    if inside.locale is not None:
        response.set_cookie(_lasting(request, LOCALE_COOKIE, inside.locale))
    response.set_cookie(_lasting(request, "theme", inside.theme))
    return response


def _lasting(request: PortalRequest, name: str, value: str) -> Cookie:
    return Cookie(
        key=name, value=value, max_age=YEAR, secure=request.app.state.settings.secure, samesite="lax", path="/"
    )


def _home(*, is_contact: bool) -> str:
    return HOME_OF_CONTACTS if is_contact else HOME_OF_STAFF


router = Router(path="/", route_handlers=[login_page, log_in, log_out, choose_language, continue_form])
