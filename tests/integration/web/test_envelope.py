import asyncio
import re
from typing import Any

import pytest
import structlog

from portal.web import envelope
from tests.factories.accounts import Browser


@pytest.fixture
def browser(client_for: Any) -> Browser:
    opened: Browser = client_for()
    return opened


@pytest.mark.parametrize("path", ["/login", "/account", "/nothing", "/healthz", "/static/x/nothing.css"])
def test_every_answer_carries_the_security_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_pages_have_neither_inline_scripts_nor_inline_styles(browser: Browser) -> None:
    page = browser.get("/login").text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_caches_are_told_what_a_page_depends_on(browser: Browser) -> None:
    vary = {part.strip() for part in browser.get("/login").headers["Vary"].split(",")}
    assert {"HX-Request", "Cookie", "Accept-Language"} <= vary
    assert "no-store" in browser.get("/login").headers["Cache-Control"]


@pytest.mark.parametrize("given", ["abcdef12", "trace-0.1_X" * 3])
def test_a_request_id_comes_back(browser: Browser, given: str) -> None:
    assert browser.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 41, "a b c d e f", "<script>alert(1)</script>", 'x"y:z;12345'])
def test_an_odd_request_id_is_replaced(browser: Browser, given: str) -> None:
    answered = browser.get("/nothing", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{16}", answered.headers["X-Request-ID"])
    assert answered.headers["X-Request-ID"] in answered.text


def test_each_request_is_one_line_of_the_log(browser: Browser) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = browser.get("/account?secret=1")
        browser.get("/healthz")
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"], line["user"]) == ("GET", "/account", 303, None)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert "secret" not in str(line)


@pytest.mark.parametrize("path", ["/login", "/healthz", "/nothing"])
def test_head_says_what_get_would_without_the_body(browser: Browser, path: str) -> None:
    head, get = browser.client.head(path), browser.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_the_language_comes_from_the_browser_until_it_is_chosen(client_for: Any) -> None:
    assert "手机号" in client_for(language="zh-CN,zh;q=0.9").get("/login").text
    assert "Mobile number" in client_for(language="en-GB").get("/login").text
    chosen = client_for(language="en-GB")
    chosen.client.cookies.set("locale", "zh")
    assert "手机号" in chosen.get("/login").text
    chosen.client.cookies.set("locale", "<script>")
    assert "Mobile number" in chosen.get("/login").text


def test_pages_are_compressed(browser: Browser) -> None:
    assert browser.get("/login", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"


def test_there_is_no_description_of_the_api_to_browse(browser: Browser) -> None:
    assert browser.get("/schema").status_code == 404
    assert browser.get("/schema/openapi.json").status_code == 404


def scope_of(method: str) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": "/login", "raw_path": b"/login", "query_string": b"", "http_version": "1.1",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"shop")], "scheme": "http",
        "client": ("10.0.0.1", 1), "server": ("shop", 80), "root_path": "", "extensions": {}, "asgi": {"version": "3.0"},
    }  # fmt: skip


def test_a_body_that_does_not_arrive_is_given_up(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "BODY_SECONDS", 0.1)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(30)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(browser.client.app(scope_of("POST"), receive, send))
    assert sent[0]["status"] == 408


def test_the_server_still_sees_that_it_answers_head(browser: Browser) -> None:
    """It counts the bytes of an answer by its own scope, and takes an empty body for a broken one when that says GET."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    scope = scope_of("HEAD")
    asyncio.run(browser.client.app(scope, receive, send))
    assert scope["method"] == "HEAD"
