from pathlib import Path

import pytest
from litestar.handlers import HTTPRouteHandler

from portal.app import create_app
from portal.settings import Settings
from portal.web.live import live


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
        "GET /readyz",
        "GET /static/{digest:str}/{name:str}",
        "POST /language",
        "POST /login",
    ]
