"""Changing customers, contacts and addresses."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import passwords, sessions
from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import AuditEntry, User
from portal.customers import queries, service
from portal.customers.contacts import ContactNotFound
from portal.customers.entries import AddressEntry, ContactEntry, CustomerEntry
from portal.customers.models import Address
from portal.customers.queries import CustomerNotFound
from portal.customers.revisions import Stale
from portal.errors import InvalidInput, NotPermitted
from tests.factories.customers import a_contact, a_customer, a_level, a_salesperson, a_user, actor_of, an_address


def an_entry(**fields: Any) -> CustomerEntry:
    return CustomerEntry(**({"name": "无锡曲轴集团", "type": "one", "level": "A"} | fields))


@pytest.fixture
def admin(session: Session) -> Actor:
    a_level(session)
    return actor_of(a_user(session, "administrator", name="周敏"))


def test_a_customer_gets_the_next_number_and_is_written_down(session: Session, admin: Actor) -> None:
    first = service.create_customer(session, actor=admin, entry=an_entry(credit_limit=Decimal("100.00")))
    second = service.create_customer(session, actor=admin, entry=an_entry())
    assert first.code != second.code
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.created")).first()
    assert entry is not None
    assert entry.changes["credit_limit"] == [None, "100.00"]


def test_a_salespersons_customer_is_their_own_and_its_limits_start_at_nothing(session: Session) -> None:
    a_level(session)
    person = a_salesperson(session)
    wanted = an_entry(salesperson_id=a_salesperson(session).id, credit_limit=Decimal(10**6), overdue_amount=Decimal(5))
    made = service.create_customer(session, actor=actor_of(person), entry=wanted)
    assert (made.salesperson_id, made.credit_limit, made.overdue_amount) == (person.id, 0, 0)


@pytest.mark.parametrize(("before", "wanted", "after"), [
    ("blocked", "active", "blocked"), ("active", "blocked", "active"), ("unreviewed", "active", "active"),
])  # fmt: skip
def test_a_salesperson_reviews_customers_but_neither_blocks_nor_frees_them(
    session: Session, before: str, wanted: str, after: str
) -> None:
    person = a_salesperson(session)
    own = a_customer(session, salesperson_id=person.id, status=before)
    entry = an_entry(status=wanted, level=own.level)
    service.edit_customer(session, actor=actor_of(person), customer_id=own.id, version=own.version, entry=entry)
    assert own.status == after


def test_a_salesperson_edits_only_the_own_customers_and_neither_owner_nor_limits(session: Session) -> None:
    person = a_salesperson(session)
    own = a_customer(session, salesperson_id=person.id, credit_limit=Decimal("50.00"))
    other = a_customer(session, salesperson_id=a_salesperson(session).id)
    entry = an_entry(name="新名字", credit_limit=Decimal(10**6), salesperson_id=None)
    edited = service.edit_customer(
        session, actor=actor_of(person), customer_id=own.id, version=own.version, entry=entry
    )
    assert (edited.name, edited.credit_limit, edited.salesperson_id) == ("新名字", Decimal("50.00"), person.id)
    with pytest.raises(CustomerNotFound):
        service.edit_customer(session, actor=actor_of(person), customer_id=other.id, version=1, entry=entry)


@pytest.mark.parametrize("role", ["warehouse", "finance"])
def test_others_do_not_edit_customers(session: Session, role: str) -> None:
    company = a_customer(session)
    actor = actor_of(a_user(session, role))
    with pytest.raises(NotPermitted):
        service.create_customer(session, actor=actor, entry=an_entry())
    with pytest.raises(NotPermitted):
        service.edit_customer(session, actor=actor, customer_id=company.id, version=1, entry=an_entry())


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"type": "three"}, "type"),
        ({"level": "Z"}, "level"),
        ({"status": "gone"}, "status"),
        ({"credit_limit": Decimal("-0.01")}, "credit_limit"),
        ({"note": "🛞" * 10_000}, "note"),
        ({"name": "a\x00b"}, "name"),
        ({"salesperson_id": 999_999}, "salesperson_id"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    session: Session, admin: Actor, fields: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        service.create_customer(session, actor=admin, entry=an_entry(**fields))
    assert set(refusal.value.fields) == {wrong}
    assert queries.customers_page(session, actor=admin).total == 0


def test_a_number_belongs_to_one_customer(session: Session, admin: Actor) -> None:
    taken = a_customer(session, code="K0001")
    other = a_customer(session)
    with pytest.raises(service.CodeTaken):
        service.create_customer(session, actor=admin, entry=an_entry(code="K0001"))
    with pytest.raises(service.CodeTaken):
        service.edit_customer(
            session, actor=admin, customer_id=other.id, version=other.version, entry=an_entry(code=taken.code)
        )


def test_an_edit_of_a_stale_page_is_refused_with_what_changed(session: Session, admin: Actor) -> None:
    company = a_customer(session, name="旧名字", terms="月结")
    seen = company.version
    colleague = actor_of(a_user(session, "administrator", name="何建国"))
    entry = an_entry(name="新名字", terms="款到发货")
    service.edit_customer(session, actor=colleague, customer_id=company.id, version=seen, entry=entry)
    with pytest.raises(Stale) as refusal:
        service.edit_customer(session, actor=admin, customer_id=company.id, version=seen, entry=an_entry(name="第三个"))
    told = {change.field: (change.before, change.after, change.by) for change in refusal.value.changes}
    assert told["name"] == ("旧名字", "新名字", "何建国")
    assert told["terms"] == ("月结", "款到发货", "何建国")
    assert "phone" not in told
    version = refusal.value.version
    assert service.edit_customer(
        session, actor=admin, customer_id=company.id, version=version, entry=an_entry(name="第三个")
    ).name == "第三个"  # fmt: skip


def test_saving_without_a_change_changes_nothing(session: Session, admin: Actor) -> None:
    made = service.create_customer(session, actor=admin, entry=an_entry())
    service.edit_customer(session, actor=admin, customer_id=made.id, version=made.version, entry=an_entry())
    assert made.version == 1
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.edited")).all() == []


def test_a_new_contact_logs_in_with_the_one_time_password(session: Session, admin: Actor) -> None:
    company = a_customer(session)
    entry = ContactEntry(name=" 王芳 ", phone="138 0574 1234", title="采购")
    new = service.add_contact(session, actor=admin, customer_id=company.id, entry=entry)
    user = session.get_one(User, new.user_id)
    assert (user.name, user.phone, user.roles, user.customer_id) == ("王芳", "+8613805741234", ["contact"], company.id)
    assert passwords.matches(user.password_hash, new.password)
    assert new.password not in str([entry.changes for entry in session.scalars(select(AuditEntry))])


@pytest.mark.parametrize("phone", ["", "123", "999999999999999999999", "电话"])
def test_a_contact_needs_a_phone_that_exists(session: Session, admin: Actor, phone: str) -> None:
    company = a_customer(session)
    with pytest.raises(InvalidInput) as refusal:
        service.add_contact(session, actor=admin, customer_id=company.id, entry=ContactEntry(name="王芳", phone=phone))
    assert set(refusal.value.fields) == {"phone"}


@pytest.mark.parametrize("email", ["nobody", "a@b.cn\nBcc: c@d.cn"])
def test_a_contacts_address_for_mail_is_checked_when_it_changes_too(session: Session, admin: Actor, email: str) -> None:
    contact = a_contact(session)
    entry = ContactEntry(name="王芳", phone=contact.phone, email=email)
    with pytest.raises(InvalidInput) as refusal:
        service.edit_contact(session, actor=admin, contact_id=contact.id, version=contact.version, entry=entry)
    assert set(refusal.value.fields) == {"email"}


def test_one_phone_is_one_person(session: Session, admin: Actor) -> None:
    contact = a_contact(session)
    other = a_contact(session)
    entry = ContactEntry(name="王芳", phone=contact.phone)
    with pytest.raises(InvalidInput):
        service.add_contact(session, actor=admin, customer_id=a_customer(session).id, entry=entry)
    with pytest.raises(InvalidInput):
        service.edit_contact(session, actor=admin, contact_id=other.id, version=other.version, entry=entry)


def test_a_removed_contact_is_logged_out_and_may_be_let_in_again(session: Session, admin: Actor) -> None:
    contact = a_contact(session)
    token = sessions.open_session(session, user_id=contact.id, device=sessions.Device(), days=30)
    service.remove_contact(session, actor=admin, contact_id=contact.id)
    session.flush()
    known = sessions.recognise(session, token=token, days=30)
    assert known is None or known.actor is None
    assert not contact.active
    service.restore_contact(session, actor=admin, contact_id=contact.id)
    assert contact.active


def test_contacts_of_others_and_staff_are_not_there(session: Session) -> None:
    person = a_salesperson(session)
    stranger = a_contact(session, a_customer(session, salesperson_id=a_salesperson(session).id))
    for user in (stranger, a_user(session, "warehouse")):
        with pytest.raises(ContactNotFound):
            service.remove_contact(session, actor=actor_of(person), contact_id=user.id)
        with pytest.raises(ContactNotFound):
            service.reset_contact_password(session, actor=actor_of(person), contact_id=user.id)


def an_address_entry(**fields: Any) -> AddressEntry:
    return AddressEntry(**({"recipient": "王磊", "phone": "13805741234", "detail": "大碶街道 2 号仓"} | fields))


def test_the_first_address_is_the_default_and_a_new_default_takes_over(session: Session) -> None:
    company = a_customer(session)
    actor = actor_of(a_contact(session, company))
    first = service.add_address(session, actor=actor, customer_id=company.id, entry=an_address_entry())
    second = service.add_address(session, actor=actor, customer_id=company.id, entry=an_address_entry(is_default=True))
    session.expire_all()
    assert (first.is_default, second.is_default) == (False, True)
    service.archive_address(session, actor=actor, address_id=second.id)
    session.expire_all()
    assert [row.is_default for row in queries.addresses(session, actor=actor, customer_id=company.id)] == [True]
    assert session.get_one(Address, second.id).archived


def test_another_companys_address_is_not_there(session: Session) -> None:
    mine, other = a_customer(session), a_customer(session)
    address = an_address(session, other)
    actor = actor_of(a_contact(session, mine))
    assert queries.address(session, actor=actor, address_id=address.id) is None
    for change in (service.archive_address, service.set_default_address):
        with pytest.raises(service.AddressNotFound):
            change(session, actor=actor, address_id=address.id)
    with pytest.raises(service.AddressNotFound):
        service.edit_address(session, actor=actor, address_id=address.id, entry=an_address_entry())
    with pytest.raises(CustomerNotFound):
        service.add_address(session, actor=actor, customer_id=other.id, entry=an_address_entry())


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"recipient": ""}, "recipient"), ({"phone": "12"}, "phone"), ({"detail": "仓" * 301}, "detail")],
)
def test_an_address_no_courier_can_use_is_refused(session: Session, fields: dict[str, str], wrong: str) -> None:
    company = a_customer(session)
    with pytest.raises(InvalidInput) as refusal:
        service.add_address(session, actor=SYSTEM, customer_id=company.id, entry=an_address_entry(**fields))
    assert set(refusal.value.fields) == {wrong}
