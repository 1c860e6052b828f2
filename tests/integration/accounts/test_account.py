from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import passwords
from portal.accounts.actor import Role
from portal.accounts.entries import Entry, _readers, account_entries
from portal.accounts.models import AuditEntry, LoginSession, User
from tests.factories.accounts import PASSWORD, a_user_with_password
from tests.factories.customers import a_customer

PAGES = ["/account", "/account/profile", "/account/password"]


@pytest.fixture
def contact(session: Session) -> User:
    user = a_user_with_password(
        session, "contact", phone="+8613800001234", name="陈志强", customer_id=a_customer(session).id
    )
    session.commit()
    return user


@pytest.fixture
def salesperson(session: Session) -> User:
    user = a_user_with_password(session, Role.SALESPERSON, phone="+8613900005678", name="李敏", team="华东")
    session.commit()
    return user


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_is_asked_to_log_in(client_for: Any, path: str) -> None:
    assert client_for().get(path).headers["Location"].startswith("/login?next=")
    assert client_for().post(path).status_code in {303, 405}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_sides_have_these_pages_in_both_languages(
    contact: User, salesperson: User, client_for: Any, path: str, language: str
) -> None:
    phone, desk = client_for(contact, language=language).get(path), client_for(salesperson, language=language).get(path)
    assert (phone.status_code, desk.status_code) == (200, 200)
    assert "tabbar" in phone.text
    assert "is-desk" in desk.text


def test_my_account_hides_my_number_from_whoever_looks_over_my_shoulder(contact: User, client_for: Any) -> None:
    page = client_for(contact).get("/account").text
    assert "138****1234" in page
    assert "13800001234" not in page


def test_rows_of_other_capabilities_stand_on_my_account(contact: User, client_for: Any) -> None:
    @account_entries(0)
    def company(_session: Session, *, actor: Any) -> list[Entry]:
        return [Entry("building", f"公司 {actor.customer_id}", note="月结 30 天", href="/company")]

    try:
        page = client_for(contact).get("/account").text
    finally:
        del _readers[0]
    assert f"公司 {contact.customer_id}" in page
    assert 'href="/company"' in page


def test_i_change_my_name_and_it_is_recorded(contact: User, client_for: Any, session: Session) -> None:
    answer = client_for(contact).post("/account/profile", {"name": "陈志强 😀", "title": "采购", "email": "c@x.cn"})
    assert answer.headers["Location"] == "/account"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.edited")).one()
    assert entry.changes == {"name": ["陈志强", "陈志强 😀"], "title": [None, "采购"], "email": [None, "c@x.cn"]}


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "字" * 81}, {"name": "x", "email": "no"}, {"name": "x", "email": "a b@c.d"}, {}]
)
def test_a_refused_profile_keeps_what_was_typed(
    contact: User, client_for: Any, session: Session, fields: dict[str, str]
) -> None:
    answer = client_for(contact).post("/account/profile", {"title": "采购部"} | fields)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "采购部" in answer.text
    session.expire_all()
    assert session.get_one(User, contact.id).title is None


def test_a_new_password_works_and_ends_my_other_sessions(contact: User, client_for: Any, session: Session) -> None:
    here, there = client_for(contact), client_for(contact)
    new = "a much longer sentence"
    answer = here.post("/account/password", {"current_password": PASSWORD, "new_password": new, "repeat_password": new})
    assert answer.headers["Location"] == "/account"
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    session.expire_all()
    assert passwords.matches(session.get_one(User, contact.id).password_hash, new)


@pytest.mark.parametrize(
    ("current", "new", "repeat", "field"),
    [
        ("wrong wrong", "a longer sentence", "a longer sentence", "current_password"),
        (PASSWORD, "a longer sentence", "another sentence", "repeat_password"),
        (PASSWORD, "short", "short", "new_password"),
        (PASSWORD, "13800001234", "13800001234", "new_password"),
        ("", "", "", "current_password"),
    ],
)
def test_a_refused_password_changes_nothing(
    contact: User, client_for: Any, session: Session, current: str, new: str, repeat: str, field: str
) -> None:
    here, there = client_for(contact), client_for(contact)
    answer = here.post(
        "/account/password", {"current_password": current, "new_password": new, "repeat_password": repeat}
    )
    assert answer.status_code == 422
    assert f'id="f-{field}-err"' in answer.text
    assert new == "" or new not in answer.text
    assert there.get("/account").status_code == 200
    session.expire_all()
    assert passwords.matches(session.get_one(User, contact.id).password_hash, PASSWORD)


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_look_is_remembered(contact: User, client_for: Any, session: Session, theme: str) -> None:
    browser = client_for(contact)
    assert browser.post("/account/theme", {"theme": theme}).status_code == 303
    assert f'data-bs-theme="{theme}"' in browser.get("/account").text
    session.expire_all()
    assert session.get_one(User, contact.id).theme == theme
    assert browser.post("/account/theme", {"theme": "neon"}).status_code == 422


def test_one_of_my_devices_is_logged_out(contact: User, client_for: Any, session: Session) -> None:
    here, there = client_for(contact), client_for(contact)
    first, second = session.scalars(select(LoginSession.id).order_by(LoginSession.id)).all()
    assert here.get("/account").text.count("/end") == 2
    here.post(f"/account/sessions/{second}/end")
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
    assert here.post(f"/account/sessions/{first}/end").headers["Location"] == "/login"


def test_nobody_ends_somebody_elses_session(
    contact: User, salesperson: User, client_for: Any, session: Session
) -> None:
    theirs, mine = client_for(salesperson), client_for(contact)
    their_id = session.scalars(select(LoginSession.id).where(LoginSession.user_id == salesperson.id)).one()
    mine.post(f"/account/sessions/{their_id}/end")
    assert theirs.get("/account").status_code == 200


def test_i_log_out_everywhere(contact: User, client_for: Any) -> None:
    here, there = client_for(contact), client_for(contact)
    assert here.post("/account/sessions/end").headers["Location"] == "/login"
    assert [browser.get("/account").status_code for browser in (here, there)] == [303, 303]
