import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import get, post
from litestar.testing import TestClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal import app as portal_app
from portal.errors import Conflict, InvalidInput, NotFound, NotPermitted, TooManyRequests
from portal.settings import Settings
from portal.web.context import PortalRequest
from portal.web.forms import Form
from portal.web.i18n import lazy_gettext as _
from tests.factories.accounts import Browser
from tests.factories.customers import a_contact, a_salesperson

ERRORS: dict[str, Exception] = {
    "hidden": NotFound("order SO-1 of 宁波恒锐 exists but is not yours"),
    "forbidden": NotPermitted(_("Please log in.")),
    "conflict": Conflict("SO-1 已被李敏办理"),
    "invalid": InvalidInput("请检查", fields={"quantity": "必须是 12 的倍数"}),
    "often": TooManyRequests("慢一点", retry_after=7),
    "stale": StaleDataError("UPDATE statement on table 'users' expected to update 1 row(s)"),
    "pool": PoolExhausted("QueuePool limit of size 12 overflow 4 reached"),
    "database": OperationalError("select secret from users", {}, Exception("server closed the connection")),
    "bug": KeyError("secret-internal-detail"),
}
STATUS = {
    "hidden": 404,
    "forbidden": 403,
    "conflict": 409,
    "invalid": 422,
    "often": 429,
    "stale": 409,
    "pool": 503,
    "database": 503,
    "bug": 500,
}


@get("/raise/{name:str}", sync_to_thread=True, opt={"public": True})
def raise_error(request: PortalRequest) -> None:
    raise ERRORS[request.path_params["name"]]


@get("/api/raise/{name:str}", sync_to_thread=True, opt={"public": True})
def raise_in_api(request: PortalRequest) -> None:
    raise ERRORS[request.path_params["name"]]


@get("/desk/raise", sync_to_thread=True)
def raise_on_desk() -> None:
    raise NotFound


@post("/echo", sync_to_thread=True, opt={"public": True})
def echo(request: PortalRequest) -> dict[str, Any]:
    form = Form.of(request)
    return {"pairs": form.pairs, "files": {name: len(files[0].file.read()) for name, files in form.files.items()}}


@pytest.fixture
def browser(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    extra = [raise_error, raise_in_api, raise_on_desk, echo]
    monkeypatch.setattr(portal_app, "ROUTES", [*portal_app.ROUTES, *extra])
    monkeypatch.setattr(portal_app, "LARGEST_BODY", 100_000)
    with TestClient(portal_app.create_app(settings), raise_server_exceptions=False) as client:
        yield Browser(client)


@pytest.mark.parametrize("name", list(ERRORS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_error_is_a_page_with_the_requests_number_and_no_secret(browser: Browser, name: str, language: str) -> None:
    browser.client.headers["Accept-Language"] = language
    answer = browser.get(f"/raise/{name}")
    assert answer.status_code == STATUS[name]
    assert answer.headers["X-Request-ID"] in answer.text
    for secret in ("secret", "Traceback", "QueuePool", "UPDATE", "select", "宁波恒锐", "KeyError"):
        assert secret not in answer.text


@pytest.mark.parametrize("name", list(ERRORS))
def test_programs_get_json(browser: Browser, name: str) -> None:
    for path, headers in ((f"/api/raise/{name}", {}), (f"/raise/{name}", {"Accept": "application/json"})):
        answer = browser.get(path, headers=headers)
        assert answer.status_code == STATUS[name]
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
        assert "secret" not in answer.text


def test_the_fields_of_a_refusal_are_told(browser: Browser) -> None:
    assert browser.get("/api/raise/invalid").json()["fields"] == {"quantity": "必须是 12 的倍数"}
    assert "必须是 12 的倍数" in browser.get("/raise/invalid").text


def test_when_to_come_back_is_told(browser: Browser) -> None:
    assert browser.get("/raise/often").headers["Retry-After"] == "7"
    assert browser.get("/raise/pool").headers["Retry-After"] == "5"


@pytest.mark.parametrize("name", list(ERRORS))
def test_htmx_shows_a_toast_and_leaves_the_page_as_it_is(browser: Browser, name: str) -> None:
    answer = browser.get(f"/raise/{name}", htmx=True)
    assert (answer.status_code, answer.headers["HX-Reswap"], answer.text) == (STATUS[name], "none", "")
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert toast["tone"] == "stop"
    assert (answer.headers["X-Request-ID"] in toast["text"]) == (STATUS[name] >= 500)


def test_hidden_and_unknown_read_the_same(browser: Browser) -> None:
    def words(path: str) -> str:
        answer = browser.get(path, headers={"X-Request-ID": "same-for-both"})
        return re.sub(r"[0-9a-f]{128}", "", answer.text)

    assert words("/raise/hidden") == words("/nothing/at/all")


def test_an_error_on_the_desk_stays_on_the_desk(browser: Browser, session: Session, settings: Settings) -> None:
    staff, contact = a_salesperson(session), a_contact(session)
    session.commit()
    browser.log_in(staff, settings)
    assert "is-desk" in browser.get("/desk/raise").text
    browser.log_in(contact, settings)
    assert browser.get("/desk/raise").status_code == 404
    assert "is-desk" not in browser.get("/desk/raise").text


def test_too_much_is_refused(browser: Browser) -> None:
    answer = browser.post("/echo", {"text": "x" * 200_000})
    assert (answer.status_code, "内容太大" in answer.text) == (413, True)
    assert browser.post("/echo", files={"photo": ("a.png", b"x" * 200_000)}).status_code == 413


def test_a_form_arrives_whole(browser: Browser) -> None:
    sent = {"a": ["1", "2"], "text": "字\r\n😀\x00", "_csrf_token": browser.csrf_token()}
    received = browser.post("/echo", sent).json()
    assert (sorted(received["pairs"]), received["files"]) == ([["a", "1"], ["a", "2"], ["text", "字\n😀"]], {})
    uploaded = browser.post("/echo", {"a": "1"}, files={"photo": ("a.png", b"x" * 50_000)}).json()
    assert uploaded == {"pairs": [["a", "1"]], "files": {"photo": 50_000}}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"nonsense"),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--"),
        ("application/x-www-form-urlencoded", b"%ff%fe=%ff&&&="),
        ("application/json", b"{"),
        ("", b"\x00\x01"),
    ],
)
def test_a_broken_body_is_the_senders_fault(browser: Browser, content_type: str, body: bytes) -> None:
    headers = {"Content-Type": content_type, "x-csrftoken": browser.csrf_token()}
    assert browser.client.post("/echo", content=body, headers=headers).status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/orders/%ff",
        "/" + "x" * 8000,
        "/login?next=%00",
        "/login?next[]=a&next=%ff",
        "/desk/users/9999999999999999999999",
    ],
)
def test_an_odd_address_is_the_senders_fault(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code < 500


def test_a_method_that_is_not_there_is_said(browser: Browser) -> None:
    assert browser.post("/healthz").status_code in {403, 405}
    assert browser.client.request("DELETE", "/login", headers={"x-csrftoken": browser.csrf_token()}).status_code == 405
