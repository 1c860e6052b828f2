from typing import Any

import pytest

from portal.web.csrf import csrf_config
from tests.factories.accounts import Browser

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def browser(client_for: Any) -> Browser:
    opened: Browser = client_for()
    opened.csrf_token()
    return opened


def change(browser: Browser, data: Any = None, **more: Any) -> Any:
    return browser.client.post("/language", data=data or {"locale": "en"}, **more)


def test_a_form_without_the_token_changes_nothing(browser: Browser) -> None:
    answer = change(browser)
    assert answer.status_code == 403
    assert "locale" not in answer.cookies
    assert "页面打开太久了" in answer.text


def test_the_token_may_come_in_header_form_or_multipart(browser: Browser) -> None:
    token = browser.csrf_token()
    assert change(browser, headers={"x-csrftoken": token}).status_code == 303
    assert change(browser, {"locale": "en", "_csrf_token": token}).status_code == 303
    assert change(browser, {"locale": "en", "_csrf_token": token}, files={"photo": ("a.png", b"x")}).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "é" * 80, "0" * 128, "\u0000", "字" * 200])
def test_odd_tokens_are_refused_and_break_nothing(browser: Browser, token: str) -> None:
    assert change(browser, {"locale": "en", "_csrf_token": token}).status_code == 403


def test_a_file_is_no_token(browser: Browser) -> None:
    assert change(browser, files={"_csrf_token": ("t.txt", browser.csrf_token().encode())}).status_code == 403


def test_the_token_of_another_browser_does_not_help(browser: Browser, client_for: Any) -> None:
    assert change(browser, {"locale": "en", "_csrf_token": client_for().csrf_token()}).status_code == 403


def test_a_token_somebody_made_up_does_not_help_even_when_planted_as_a_cookie(browser: Browser) -> None:
    from litestar.middleware.csrf import generate_csrf_token

    forged = generate_csrf_token("not our secret")
    browser.client.cookies.clear()
    browser.client.cookies.set("csrf", forged)
    assert change(browser, {"locale": "en", "_csrf_token": forged}).status_code == 403


def test_a_cookie_that_is_not_ours_any_more_is_replaced(client_for: Any) -> None:
    stale = client_for()
    answer = stale.client.get("/login", headers={"Cookie": "csrf=from-before-the-secret-changed"})
    token = answer.cookies["csrf"]
    assert f'name="_csrf_token" value="{token}"' in answer.text
    assert change(stale, {"locale": "en", "_csrf_token": token}).status_code == 303


def test_htmx_is_told_by_a_toast(browser: Browser) -> None:
    answer = change(browser, headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert answer.headers["HX-Reswap"] == "none"
    assert "toast" in answer.headers["HX-Trigger"]


def test_scripts_cannot_read_the_cookie(browser: Browser, client_for: Any) -> None:
    assert "httponly" in client_for().client.get("/login").headers["set-cookie"].lower()
    assert csrf_config("x", secure=True).cookie_secure


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_every_changing_method_is_covered(browser: Browser, method: str) -> None:
    assert browser.client.request(method, "/language").status_code in {403, 405}
