from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import service
from portal.accounts.actor import SYSTEM, Actor, Role
from portal.accounts.models import AuditEntry, User
from portal.errors import NotFound
from tests.factories.accounts import PASSWORD, a_user_with_password
from tests.factories.customers import a_contact

LIST = "/desk/users"


@pytest.fixture
def administrator(session: Session) -> User:
    user = a_user_with_password(session, Role.ADMINISTRATOR, phone="+8613900000001", name="陈立军")
    session.commit()
    return user


@pytest.fixture
def salesperson(session: Session) -> User:
    user = a_user_with_password(session, Role.SALESPERSON, phone="+8613900000002", name="李敏", team="华东")
    session.commit()
    return user


def person(**fields: Any) -> dict[str, Any]:
    return {"name": "赵会计", "phone": "13700000001", "roles": ["finance"], "password": PASSWORD} | fields


@pytest.mark.parametrize("path", [LIST, f"{LIST}/new", f"{LIST}/1"])
def test_only_administrators_find_the_users(
    session: Session, client_for: Any, administrator: User, salesperson: User, path: str
) -> None:
    contact = a_contact(session)
    session.commit()
    assert client_for().get(path).status_code == 303
    assert client_for(contact).get(path).status_code == 404
    assert client_for(salesperson).get(path).status_code == 404
    assert client_for(administrator).get(path).status_code == 200


@pytest.mark.parametrize("path", [LIST, f"{LIST}/1", f"{LIST}/1/password"])
def test_only_administrators_change_users(
    client_for: Any, administrator: User, salesperson: User, session: Session, path: str
) -> None:
    assert client_for().post(path, person()).status_code == 303
    assert client_for(salesperson).post(path, person()).status_code == 404
    assert session.scalar(select(User).where(User.name == "赵会计")) is None


@pytest.mark.parametrize("change", ["create_user", "edit_user", "reset_password"])
def test_the_services_refuse_whoever_calls_them(session: Session, salesperson: User, change: str) -> None:
    actor = Actor(user_id=salesperson.id, name="李敏", roles=frozenset({"salesperson"}))
    arguments: dict[str, dict[str, Any]] = {
        "create_user": {"name": "x", "phone": "13700000001", "roles": ["administrator"]},
        "edit_user": {
            "user_id": salesperson.id,
            "version": 1,
            "name": "x",
            "phone": "13700000001",
            "roles": ["administrator"],
        },
        "reset_password": {"user_id": salesperson.id, "password": PASSWORD},
    }
    with pytest.raises(NotFound):
        getattr(service, change)(session, actor=actor, **arguments[change])


def test_the_list_is_searched_and_filtered(
    client_for: Any, administrator: User, salesperson: User, session: Session
) -> None:
    a_contact(session, name="外人")
    session.commit()
    browser = client_for(administrator)
    everybody = browser.get(LIST).text
    assert "李敏" in everybody
    assert "外人" not in everybody
    assert "李敏" in browser.get(f"{LIST}?q=华东").text
    assert "李敏" in browser.get(f"{LIST}?q=0000 0002").text
    assert "没有找到" in browser.get(f"{LIST}?q=%25").text
    assert f'href="{LIST}/{salesperson.id}' not in browser.get(f"{LIST}?role=administrator").text
    assert browser.get(f"{LIST}?page=99999999999&role=nonsense&q={'x' * 5000}").status_code == 200


def test_somebody_new_can_log_in_at_once(client_for: Any, administrator: User, session: Session) -> None:
    answer = client_for(administrator).post(LIST, person(roles=["finance", "warehouse"], team="总部"))
    created = session.scalars(select(User).where(User.name == "赵会计")).one()
    assert answer.headers["Location"] == f"{LIST}/{created.id}"
    assert (created.phone, created.roles, created.team) == ("+8613700000001", ["warehouse", "finance"], "总部")
    assert (
        client_for().post("/login", {"phone": "13700000001", "password": PASSWORD}).headers["Location"] == "/desk/inbox"
    )
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.created")).one()
    assert entry.actor_id == administrator.id


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"phone": "123"}, "phone"),
        ({"phone": "139 0000 0001"}, "phone"),
        ({"roles": []}, "roles"),
        ({"roles": ["contact"]}, "roles"),
        ({"roles": ["finance", "owner"]}, "roles"),
        ({"password": "short"}, "password"),
        ({"email": "nonsense"}, "email"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    client_for: Any, administrator: User, session: Session, fields: dict[str, Any], field: str
) -> None:
    answer = client_for(administrator).post(LIST, person(title="会计主管") | fields)
    assert answer.status_code == 422
    assert f'id="f-{field}-err"' in answer.text
    assert "会计主管" in answer.text
    assert PASSWORD not in answer.text
    assert session.scalar(select(User).where(User.title == "会计主管")) is None


def edited(user: User, **fields: Any) -> dict[str, Any]:
    return {
        "version": user.version,
        "name": user.name,
        "phone": user.phone,
        "roles": user.roles,
        "team": user.team or "",
        "active": "1",
    } | fields


def test_roles_change_at_the_next_click(
    client_for: Any, administrator: User, salesperson: User, session: Session
) -> None:
    theirs = client_for(salesperson)
    assert theirs.get(LIST).status_code == 404
    answer = client_for(administrator).post(
        f"{LIST}/{salesperson.id}", edited(salesperson, roles=["salesperson", "administrator"])
    )
    assert answer.status_code == 303
    assert theirs.get(LIST).status_code == 200


def test_shutting_somebody_out_ends_their_sessions(
    client_for: Any, administrator: User, salesperson: User, session: Session
) -> None:
    theirs = client_for(salesperson)
    client_for(administrator).post(f"{LIST}/{salesperson.id}", edited(salesperson, active=""))
    assert theirs.get("/account").status_code == 303
    assert client_for().post("/login", {"phone": salesperson.phone, "password": PASSWORD}).status_code == 422


def test_a_stale_page_overwrites_nothing(
    client_for: Any, administrator: User, salesperson: User, session: Session
) -> None:
    browser = client_for(administrator)
    stale = edited(salesperson, name="第二个人改的")
    assert browser.post(f"{LIST}/{salesperson.id}", edited(salesperson, name="第一个人改的")).status_code == 303
    answer = browser.post(f"{LIST}/{salesperson.id}", stale)
    assert answer.status_code == 422
    assert "刚才有人改过" in answer.text
    assert "第二个人改的" in answer.text
    session.expire_all()
    assert session.get_one(User, salesperson.id).name == "第一个人改的"


def test_an_administrator_cannot_shut_out_themselves(client_for: Any, administrator: User, session: Session) -> None:
    browser = client_for(administrator)
    for fields in ({"active": ""}, {"roles": ["finance"]}):
        answer = browser.post(f"{LIST}/{administrator.id}", edited(administrator, **fields))
        assert (answer.status_code, "不能取消自己的管理员身份" in answer.text) == (422, True)


def test_the_last_administrator_stays(session: Session, administrator: User) -> None:
    with pytest.raises(service.WouldLockOut):
        service.edit_user(
            session,
            actor=SYSTEM,
            user_id=administrator.id,
            version=administrator.version,
            name="x",
            phone=administrator.phone,
            roles=["finance"],
        )


def test_a_reset_password_works_and_the_old_one_does_not(
    client_for: Any, administrator: User, salesperson: User, session: Session
) -> None:
    theirs = client_for(salesperson)
    answer = client_for(administrator).post(f"{LIST}/{salesperson.id}/password", {"password": "another sentence 8"})
    assert answer.headers["Location"] == f"{LIST}/{salesperson.id}"
    assert theirs.get("/account").status_code == 303
    assert client_for().post("/login", {"phone": salesperson.phone, "password": PASSWORD}).status_code == 422
    assert (
        client_for().post("/login", {"phone": salesperson.phone, "password": "another sentence 8"}).status_code == 303
    )
    weak = client_for(administrator).post(f"{LIST}/{salesperson.id}/password", {"password": "12345678"})
    assert (weak.status_code, 'id="f-reset-err"' in weak.text) == (422, True)


def test_contacts_are_not_administered_here(client_for: Any, administrator: User, session: Session) -> None:
    contact = a_contact(session)
    session.commit()
    browser = client_for(administrator)
    assert browser.get(f"{LIST}/{contact.id}").status_code == 404
    assert browser.post(f"{LIST}/{contact.id}", edited(contact, roles=["administrator"])).status_code == 404
    assert browser.post(f"{LIST}/{contact.id}/password", {"password": PASSWORD}).status_code == 404
    assert browser.get(f"{LIST}/999999").status_code == 404
