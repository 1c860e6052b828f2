from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import throttle
from portal.accounts.models import AuditEntry, LoginSession, LoginThrottle, User
from portal.accounts.sessions import digest
from portal.accounts.throttle import PER_ADDRESS, PER_PHONE
from portal.database import unit_of_work
from portal.settings import Settings
from tests.factories.accounts import PASSWORD, Browser, a_user_with_password
from tests.factories.customers import a_customer

PHONE = "+8613800001234"


@pytest.fixture
def contact(session: Session) -> User:
    user = a_user_with_password(session, "contact", phone=PHONE, name="陈志强", customer_id=a_customer(session).id)
    session.commit()
    return user


@pytest.fixture
def administrator(session: Session) -> User:
    user = a_user_with_password(session, "administrator", phone="+8613900005678", name="陈立军")
    session.commit()
    return user


def log_in(browser: Browser, phone: str = PHONE, password: str = PASSWORD, **fields: str) -> Any:
    return browser.post("/login", {"phone": phone, "password": password} | fields)


@pytest.mark.parametrize("phone", ["13800001234", "+86 138 0000 1234", "１３８００００１２３４", "138-0000-1234"])
def test_a_contact_logs_in_with_any_spelling_of_the_number(contact: User, client_for: Any, phone: str) -> None:
    browser = client_for()
    answer = log_in(browser, phone)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "陈志强" in browser.get("/account").text


def test_staff_come_to_their_inbox(administrator: User, client_for: Any) -> None:
    browser = client_for()
    assert log_in(browser, administrator.phone).headers["Location"] == "/desk/inbox"
    assert browser.get("/").headers["Location"] == "/desk/inbox"


def test_the_way_leads_back_to_the_page_that_was_wanted(contact: User, client_for: Any) -> None:
    browser = client_for()
    refused = browser.get("/account?tab=2")
    assert (refused.status_code, refused.headers["Location"]) == (303, "/login?next=%2Faccount%3Ftab%3D2")
    assert log_in(browser, next="/account?tab=2").headers["Location"] == "/account?tab=2"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: a=b", "javascript:1"]
)
def test_the_way_never_leads_to_another_site(contact: User, client_for: Any, target: str) -> None:
    answer = log_in(client_for(), next=target)
    assert answer.headers["Location"] == "/"
    assert "a" not in answer.cookies


def test_the_token_in_the_browser_is_new_and_only_its_digest_is_stored(
    contact: User, client_for: Any, session: Session
) -> None:
    browser = client_for()
    browser.client.cookies.set("session", "planted-by-an-attacker")
    answer = log_in(browser)
    token = answer.cookies["session"]
    assert token != "planted-by-an-attacker"
    assert session.scalars(select(LoginSession.token_hash)).all() == [digest(token)]
    stranger = client_for()
    stranger.client.cookies.set("session", "planted-by-an-attacker")
    assert stranger.get("/account").status_code == 303


def test_logging_in_again_ends_the_session_the_browser_held(contact: User, client_for: Any) -> None:
    browser, thief = client_for(), client_for()
    first = log_in(browser).cookies["session"]
    log_in(browser)
    thief.client.cookies.set("session", first)
    assert thief.get("/account").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(contact: User, client_for: Any) -> None:
    cookies = log_in(client_for()).headers.get_list("set-cookie")
    session_cookie = next(cookie for cookie in cookies if cookie.startswith("session="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in session_cookie.split(";")}


def test_over_https_the_cookie_is_bound_to_host_and_transport(contact: User, settings: Settings) -> None:
    from dataclasses import replace

    from litestar.testing import TestClient

    from portal.app import create_app

    app = create_app(replace(settings, public_url="https://shop.example"))
    with TestClient(app, base_url="https://shop.example") as client:
        answer = log_in(Browser(client))
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-session="))
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("phone", "password"), [("13800001234", "wrong wrong"), ("13899999999", PASSWORD), ("13800001234", "x" * 500)]
)
def test_a_wrong_login_never_says_what_is_wrong(contact: User, client_for: Any, phone: str, password: str) -> None:
    answer = log_in(client_for(), phone, password)
    assert answer.status_code == 422
    assert "手机号或密码不对" in answer.text
    assert phone in answer.text
    assert password not in answer.text
    assert "session" not in answer.cookies


def test_somebody_without_a_password_or_shut_out_gets_the_same_answer(session: Session, client_for: Any) -> None:
    a_user_with_password(session, phone="+8613811110001", active=False)
    a_user_with_password(session, phone="+8613811110002").password_hash = None
    session.commit()
    for phone in ("13811110001", "13811110002"):
        answer = log_in(client_for(), phone)
        assert (answer.status_code, "手机号或密码不对" in answer.text) == (422, True)


def test_what_is_no_number_is_said_beside_the_field_in_both_languages(client_for: Any) -> None:
    assert "手机号要 11 位，现在是 7 位。" in log_in(client_for(), "1380000").text
    assert "A mobile number has 11 digits, this one has 7." in log_in(client_for(language="en"), "1380000").text


def test_an_empty_form_names_both_fields(client_for: Any) -> None:
    assert client_for().post("/login", {}).text.count("必填。") == 2


def test_too_many_attempts_wait_whatever_the_spelling_of_the_number(contact: User, client_for: Any, clock: Any) -> None:
    spellings = ["13800001234", "+8613800001234", "138 0000 1234", "１３８００００１２３４", "0086 13800001234"]
    assert len(spellings) == PER_PHONE
    for spelling in spellings:
        assert log_in(client_for(), spelling, "wrong wrong").status_code == 422
    blocked = log_in(client_for(), "138-0000-1234")
    assert blocked.status_code == 429
    assert 0 < int(blocked.headers["Retry-After"]) <= 31
    assert "尝试次数太多" in blocked.text
    assert "13" in blocked.text
    clock.travel(seconds=31)
    assert log_in(client_for()).status_code == 303


def test_a_number_nobody_has_is_blocked_just_the_same(client_for: Any, clock: Any) -> None:
    answers = [log_in(client_for(), "13877776666", "wrong wrong").status_code for _ in range(PER_PHONE + 1)]
    assert answers == [422] * PER_PHONE + [429]


def test_blocks_grow_and_a_success_forgets_them(contact: User, client_for: Any, clock: Any, session: Session) -> None:
    browser, waits = client_for(), []
    for _ in range(PER_PHONE):
        log_in(browser, password="wrong wrong")
    for _ in range(6):
        waits.append(int(log_in(browser, password="wrong wrong").headers["Retry-After"]))
        clock.travel(seconds=waits[-1])
        log_in(browser, password="wrong wrong")
    assert waits == sorted(waits)
    assert waits[1] > waits[0]
    assert waits[-1] <= 15 * 60 + 1
    clock.travel(minutes=16)
    assert log_in(browser).status_code == 303
    assert session.get(LoginThrottle, f"phone:{PHONE}") is None


def test_attempts_at_the_same_moment_do_not_slip_through(contact: User, client_for: Any, clock: Any) -> None:
    browsers = [client_for() for _ in range(12)]
    for browser in browsers:
        browser.csrf_token()
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda browser: log_in(browser, password="wrong wrong").status_code, browsers))
    assert answers.count(422) == PER_PHONE
    assert answers.count(429) == 12 - PER_PHONE


def test_one_address_trying_many_numbers_is_blocked(client_for: Any, clock: Any) -> None:
    browser = client_for()
    answers = [log_in(browser, f"138000{number:05d}", "wrong wrong").status_code for number in range(PER_ADDRESS + 1)]
    assert answers == [422] * PER_ADDRESS + [429]


def test_colleagues_behind_one_address_do_not_block_each_other_by_logging_in(
    contact: User, client_for: Any, clock: Any
) -> None:
    for _ in range(PER_ADDRESS + 5):
        assert log_in(client_for()).status_code == 303


def test_a_log_in_is_recorded_and_a_failure_leaves_no_session(contact: User, client_for: Any, session: Session) -> None:
    browser = client_for()
    log_in(browser, password="wrong wrong")
    assert session.scalars(select(LoginSession)).all() == []
    answer = log_in(browser)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.logged_in")).one()
    assert (entry.actor_id, entry.request_id) == (contact.id, answer.headers["X-Request-ID"])


def test_logging_out_ends_the_session_itself_not_only_the_cookie(
    contact: User, client_for: Any, settings: Settings
) -> None:
    browser = client_for(contact)
    token = browser.client.cookies["session"]
    answer = browser.post("/logout")
    assert answer.headers["Location"] == "/login"
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    browser.client.cookies.set("session", token)
    assert browser.get("/account").status_code == 303


def test_a_session_slides_while_it_is_used_and_ends_when_it_is_not(
    contact: User, client_for: Any, settings: Settings, clock: Any
) -> None:
    browser = client_for(contact)
    for _ in range(3):
        clock.travel(days=settings.session_days - 1)
        answer = browser.get("/account")
        assert answer.status_code == 200
        assert "session" in answer.cookies
    assert "session" not in browser.get("/account").cookies
    clock.travel(days=settings.session_days + 1)
    assert browser.get("/account").status_code == 303


def test_shutting_somebody_out_ends_their_visit_at_once(contact: User, client_for: Any, session: Session) -> None:
    browser = client_for(contact)
    assert browser.get("/account").status_code == 200
    session.get_one(User, contact.id).active = False
    session.commit()
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize("token", [b"", b"x", "é".encode(), b"a" * 5000, b"' or 1=1 --", b"\x00\xff"])
def test_a_token_we_never_gave_is_a_visitor(client_for: Any, contact: User, token: bytes) -> None:
    browser = client_for()
    assert browser.client.get("/account", headers={b"Cookie": b"session=" + token}).status_code == 303


def test_htmx_and_programs_are_told_in_their_own_way(client_for: Any) -> None:
    browser: Browser = client_for()
    fragment = browser.get(
        "/desk/users",
        htmx=True,
        headers={"HX-Current-URL": "http://testserver.local/desk/users?q=x", "Accept": "text/html, text/event-stream"},
    )
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, "/login?next=%2Fdesk%2Fusers%3Fq%3Dx")
    elsewhere = browser.get("/desk/users", htmx=True, headers={"HX-Current-URL": "https://evil.example//evil.example/"})
    assert elsewhere.headers["HX-Redirect"] == "/login"
    program = browser.get("/account", headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["error"]) == (401, "log_in_required")
    stream = browser.get("/live?topic=tasks", htmx=True, headers={"Accept": "text/html, text/event-stream"})
    assert (stream.status_code, "HX-Redirect" in stream.headers) == (401, False)


def test_who_is_in_needs_no_door(contact: User, client_for: Any) -> None:
    assert client_for(contact).get("/login?next=/account").headers["Location"] == "/account"


def test_the_language_is_remembered_for_the_user_and_for_a_visitor(
    contact: User, client_for: Any, session: Session
) -> None:
    visitor = client_for()
    assert visitor.post("/language", {"locale": "en", "next": "/login"}).headers["Location"] == "/login"
    assert "Mobile number" in visitor.get("/login").text
    browser = client_for(contact)
    browser.post("/language", {"locale": "en", "next": "/account"})
    assert "My account" in browser.get("/account").text
    assert "My account" in client_for(contact).get("/account").text
    assert visitor.post("/language", {"locale": "../x"}).status_code == 422


def test_nothing_is_stored_for_a_visitor(client_for: Any, session: Session) -> None:
    browser = client_for()
    for path in ("/login", "/account", "/nothing"):
        browser.get(path)
    assert session.scalars(select(LoginSession)).all() == []


def test_signing_in_works_under_load_of_sixteen(contact: User, client_for: Callable[..., Browser]) -> None:
    browser = client_for(contact)
    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(lambda _number: browser.get("/account").status_code, range(48)))
    assert answers == {200}
    with unit_of_work() as session:
        assert len(session.scalars(select(LoginSession)).all()) == 1


def test_the_way_back_may_be_written_in_chinese(client_for: Any, contact: Any) -> None:
    browser = client_for(contact)
    answer = browser.post("/language", {"locale": "zh", "next": "/products?q=砂轮"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/products?q=%E7%A0%82%E8%BD%AE")


@pytest.mark.parametrize("header", ["HX-Current-URL", "Referer"])
def test_a_page_that_is_no_address_is_no_way_back(client_for: Any, header: str) -> None:
    headers = {header: "http://[x"} | ({"HX-Request": "true"} if header.startswith("HX") else {})
    answer = client_for().post("/logout", {"a": "b"}, headers=headers)
    assert answer.status_code in (303, 401)


def test_two_who_log_in_with_one_number_from_one_address_do_not_throw_each_other_out(database: str) -> None:
    who = {"phone": PHONE, "address": "10.0.0.1"}
    with unit_of_work() as session:
        throttle.admit(session, **who)
    with ThreadPoolExecutor(1) as pool, unit_of_work() as first:
        first.execute(select(LoginThrottle).where(LoginThrottle.key == "address:10.0.0.1").with_for_update())
        other = pool.submit(_succeed, who)
        with pytest.raises(TimeoutError):
            other.result(0.3)
        throttle.admit(first, **who)
        first.commit()
        other.result(10)


def _succeed(who: dict[str, str]) -> None:
    with unit_of_work() as session:
        throttle.succeeded(session, **who)
