import re
from pathlib import Path
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.orm import Session

from portal.accounts.actor import Role
from portal.accounts.permissions import STAFF_ROLES
from portal.app import create_app
from portal.settings import Settings
from portal.web.live import live
from tests.factories.customers import a_contact, a_user

LEAVING = ("/logout", "/account/sessions/end", "/live")
"""Addresses that end the session, or do not end."""


@pytest.fixture
def handlers(tmp_path: Path) -> dict[str, HTTPRouteHandler]:
    app = create_app(Settings(data_dir=tmp_path, secret_key="x" * 40))
    return {
        f"{'|'.join(sorted(handler.http_methods))} {route.path}": handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler) and "OPTIONS" not in handler.http_methods
    }


def test_every_handler_runs_in_a_thread_and_not_on_the_event_loop(handlers: dict[str, HTTPRouteHandler]) -> None:
    asynchronous = [
        name
        for name, handler in handlers.items()
        if not handler.sync_to_thread and getattr(handler.fn, "__wrapped__", handler.fn) is not live.fn
    ]
    assert asynchronous == []
    assert len(handlers) > 20


def test_only_what_must_be_is_open_to_visitors(handlers: dict[str, HTTPRouteHandler]) -> None:
    assert sorted(name for name, handler in handlers.items() if handler.opt.get("public")) == [
        "GET /favicon.ico",
        "GET /healthz",
        "GET /login",
        "GET /metrics",
        "GET /readyz",
        "GET /static/{digest:str}/{name:str}",
        "POST /language",
        "POST /login",
    ]


def an_address_of(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", re.sub(r"\{[^}]*:uuid\}", "00000000-0000-4000-8000-000000000000", path))


def test_no_visitor_gets_past_the_door_anywhere(handlers: dict[str, HTTPRouteHandler], client_for: Any) -> None:
    browser = client_for()
    token = {"x-csrftoken": browser.csrf_token()}
    let_in = []
    for name, handler in handlers.items():
        method, _, path = name.partition(" ")
        if handler.opt.get("public"):
            continue
        answer = browser.client.request(method.split("|")[0], an_address_of(path), headers=token)
        if answer.status_code != 401 and not answer.headers.get("Location", "").startswith("/login"):
            let_in.append((name, answer.status_code))
    assert let_in == []


def test_no_contact_finds_anything_on_the_desk(
    handlers: dict[str, HTTPRouteHandler], client_for: Any, session: Session
) -> None:
    contact = a_contact(session)
    session.commit()
    browser = client_for(contact)
    token = {"x-csrftoken": browser.csrf_token()}
    found = []
    for name in handlers:
        method, _, path = name.partition(" ")
        if path.startswith("/desk"):
            answer = browser.client.request(method.split("|")[0], an_address_of(path), headers=token)
            found += [(name, answer.status_code)] if answer.status_code != 404 else []
    assert found == []


def test_a_form_without_the_token_is_refused_everywhere(
    handlers: dict[str, HTTPRouteHandler], client_for: Any, session: Session
) -> None:
    administrator = a_user(session, Role.ADMINISTRATOR)
    session.commit()
    browser = client_for(administrator)
    browser.get("/account")
    taken = []
    for name, handler in handlers.items():
        method, _, path = name.partition(" ")
        if "GET" in method or handler.opt.get("exclude_from_csrf"):
            continue
        answer = browser.client.request(method.split("|")[0], an_address_of(path))
        taken += [(name, answer.status_code)] if answer.status_code != 403 else []
    assert taken == []


ODD = ("a%00b", "9" * 25, "%ff", "%EF%BC%91", "http://[x")
PARAMETERS = (
    "q", "search", "page", "size", "status", "tab", "due", "process", "customer", "salesperson", "payment", "type", "sort", "category",
    "kind", "role", "level", "shape", "abrasive", "grit", "custom", "code", "sku", "order", "text", "quantity", "variant", "view", "show",
    "only", "late", "do", "marking", "build", "m_diameter", "next", "task",
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_address_breaks_anything(
    odd: str, handlers: dict[str, HTTPRouteHandler], client_for: Any, session: Session
) -> None:
    staff, contact = a_user(session, *STAFF_ROLES), a_contact(session)
    session.commit()
    broken, desk, buyer = [], client_for(staff), client_for(contact)
    for browser in (desk, buyer):
        headers = {"x-csrftoken": browser.csrf_token(), "Content-Type": "application/x-www-form-urlencoded"}
        for name in handlers:
            method, _, path = name.partition(" ")
            if path in LEAVING or (browser is buyer and path.startswith("/desk")):
                continue
            addresses = [re.sub(r"\{[^}]*\}", odd, path)] if "{" in path else []
            if method.startswith("GET"):
                addresses.append(an_address_of(path) + "?" + "&".join(f"{one}={odd}" for one in PARAMETERS))
            for address in addresses:
                answer = browser.client.request(method.split("|")[0], address, headers=headers)
                broken += [(method, address)] if answer.status_code >= 500 else []
    assert broken == []


def test_what_is_exempt_from_the_token_is_known(handlers: dict[str, HTTPRouteHandler]) -> None:
    assert [name for name, handler in handlers.items() if handler.opt.get("exclude_from_csrf")] == []
