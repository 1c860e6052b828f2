from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.interrupted import KEPT_FOR, MOST_FORMS
from portal.accounts.models import InterruptedForm, User
from tests.factories.accounts import PASSWORD, Browser, a_user_with_password

LOGIN = {"phone": "13800001234", "password": PASSWORD}


@pytest.fixture
def administrator(session: Session) -> User:
    user = a_user_with_password(session, "administrator", phone="+8613800001234", name="陈立军")
    session.commit()
    return user


@pytest.fixture
def browser(administrator: User, client_for: Any, clock: Any, settings: Any) -> Browser:
    """A browser whose session has just ended, with a page still open in it."""
    opened: Browser = client_for(administrator)
    assert opened.get("/account/profile").status_code == 200
    clock.travel(days=settings.session_days + 1)
    return opened


def profile(**fields: str) -> dict[str, str]:
    return {"name": "陈立军", "title": "厂长 <b>", "email": ""} | fields


def continuation(answer: Any) -> str:
    from urllib.parse import parse_qs, urlsplit

    parts = urlsplit(answer.headers.get("HX-Redirect") or answer.headers["Location"])
    assert parts.path == "/login"
    return parse_qs(parts.query)["next"][0]


def test_a_form_survives_the_log_in(browser: Browser, administrator: User, session: Session) -> None:
    interrupted = browser.post("/account/profile", profile(title="厂长\r\n第二行"))
    wanted = continuation(interrupted)
    assert wanted.startswith("/continue/")
    assert "填写的内容都保留着" in browser.get(interrupted.headers["Location"]).text
    assert browser.post("/login", LOGIN | {"next": wanted}).headers["Location"] == wanted

    offered = browser.get(wanted)
    assert offered.status_code == 200
    assert 'action="/account/profile"' in offered.text
    assert "厂长\n第二行" in offered.text
    session.expire_all()
    assert session.get_one(User, administrator.id).title is None


def test_what_was_kept_is_offered_as_it_was_typed(browser: Browser) -> None:
    wanted = continuation(browser.post("/account/profile", profile()))
    browser.post("/login", LOGIN)
    page = browser.get(wanted).text
    assert 'value="厂长 &lt;b&gt;"' in page
    assert browser.post("/account/profile", profile()).headers["Location"] == "/account"


def test_a_fragments_form_leads_back_to_its_page(browser: Browser) -> None:
    answer = browser.post(
        "/account/profile",
        profile(),
        htmx=True,
        headers={"HX-Current-URL": "http://testserver.local/account/profile?x=1"},
    )
    assert answer.status_code == 401
    wanted = continuation(answer)
    browser.post("/login", LOGIN)
    assert 'href="/account/profile?x=1"' in browser.get(wanted).text


def test_nobody_else_gets_it(browser: Browser, session: Session, client_for: Any) -> None:
    other = a_user_with_password(session, "finance")
    session.commit()
    wanted = continuation(browser.post("/account/profile", profile()))
    answer = client_for(other).get(wanted)
    assert (answer.status_code, "厂长" in answer.text) == (303, False)
    assert client_for().get(wanted).status_code == 303


def test_passwords_are_never_kept(browser: Browser, session: Session) -> None:
    answer = browser.post(
        "/account/password", {"current_password": "old", "new_password": "new", "repeat_password": "new"},
        headers={"Referer": "http://testserver.local/account/password"},
    )  # fmt: skip
    assert continuation(answer) == "/account/password"
    assert session.scalars(select(InterruptedForm)).all() == []


def test_nothing_is_kept_for_strangers(client_for: Any, session: Session) -> None:
    answer = client_for().post(
        "/account/profile", profile(), headers={"Referer": "https://evil.example//evil.example/"}
    )
    assert answer.headers["Location"] == "/login"
    assert session.scalars(select(InterruptedForm)).all() == []


def test_what_is_too_large_is_not_kept(browser: Browser, session: Session) -> None:
    browser.post("/account/profile", profile(title="x" * 300_000))
    assert session.scalars(select(InterruptedForm)).all() == []


def test_it_is_kept_for_some_hours_and_not_in_any_number(browser: Browser, session: Session, clock: Any) -> None:
    wanted = [continuation(browser.post("/account/profile", profile())) for _ in range(MOST_FORMS + 3)]
    assert len(session.scalars(select(InterruptedForm)).all()) == MOST_FORMS
    browser.post("/login", LOGIN)
    assert browser.get(wanted[0]).status_code == 303
    assert browser.get(wanted[-1]).status_code == 200
    clock.travel(KEPT_FOR)
    clock.travel(seconds=1)
    assert browser.get(wanted[-1]).headers["Location"] == "/desk/inbox"


def test_logging_out_elsewhere_counts_as_an_end_too(administrator: User, client_for: Any) -> None:
    here, there = client_for(administrator), client_for(administrator)
    there.post("/account/sessions/end")
    assert continuation(here.post("/account/profile", profile())).startswith("/continue/")
