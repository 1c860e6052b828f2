"""Customer lists go into a shop: companies, contacts who can be given a password, addresses; all or nothing; again without doubling."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor, Role
from portal.accounts.models import AuditEntry, User
from portal.customers import queries
from portal.customers import service as customers
from portal.customers.models import Address, Customer, CustomerLevel
from portal.imports import customer_apply, service
from portal.imports.kinds import read_list
from portal.imports.plan import Plan, RowRefused
from portal.imports.reading import read_sheet
from tests.factories.customers import a_contact, a_customer, a_level, a_salesperson, a_user, actor_of
from tests.unit.imports.lists import CUSTOMER_HEADINGS, csv_file, customer_row


def bring_in(session: Session, *rows: Sequence[Any], actor: Actor = SYSTEM) -> Plan:
    content = csv_file([CUSTOMER_HEADINGS, *rows], encoding="gb18030")
    listed = read_list("customers", read_sheet(content, "客户.csv"))
    seen = service.plan_list(session, actor=actor, listed=listed).plan.seen()
    source = service.Source("客户.csv", "1" * 64)
    plan = service.apply_list(session, actor=actor, listed=listed, source=source, seen=seen)
    session.commit()
    return plan


def counts(session: Session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Customer, User, Address)]


def test_a_company_comes_with_contact_address_and_salesperson(session: Session) -> None:
    a_level(session, "A")
    a_level(session, "C", position=3)
    seller = a_salesperson(session, team="外贸部")
    bring_in(
        session, customer_row(1, 客户类型="款到发货", 电话="199-0000-0001/0512-55550001", 收货地址="苏州市开发区43号")
    )

    company = queries.customer_by_code(session, actor=SYSTEM, code="K0001")
    assert company is not None
    contact = queries.contacts(session, actor=SYSTEM, customer_id=company.id)[0]
    address = queries.addresses(session, actor=SYSTEM, customer_id=company.id)[0]
    assert (company.type, company.terms, company.level, company.status) == ("two", "款到发货", "C", "active")
    assert (company.salesperson_id, company.phone) == (seller.id, "0512-55550001")
    assert (contact.name, contact.phone) == ("赵总", "+8619900000001")
    assert (address.region, address.detail, address.is_default) == ("苏州市", "开发区43号", True)


def test_a_contact_cannot_log_in_before_somebody_gives_a_password(session: Session) -> None:
    bring_in(session, customer_row(1))
    user = session.scalars(select(User)).one()
    assert user.password_hash is None

    given = customers.reset_contact_password(session, actor=SYSTEM, contact_id=user.id)
    assert given.password
    assert user.password_hash is not None


def test_a_shop_without_levels_gets_one(session: Session) -> None:
    bring_in(session, customer_row(1))
    assert session.execute(select(CustomerLevel.code, CustomerLevel.name_zh)).one() == ("standard", "标准")


def test_the_second_run_changes_nothing(session: Session) -> None:
    rows = [
        customer_row(1, 客户类型="月结30天", 电话="17001867482/17001867489"),
        customer_row(2, 客户编号="", 客户名称="某市第2轴承厂(新)", 备注="新客户"),
        customer_row(3, 电话="0512-55550001"),
        customer_row(1, 客户编号="K200", 客户类型="月结30天", 电话="17001867482/17001867489"),
    ]
    first = bring_in(session, *rows)
    before = counts(session)
    second = bring_in(session, *rows)

    assert (first.counts["created"], first.counts["skipped"]) == (3, 1)
    assert (second.counts["unchanged"], second.counts["changed"], second.counts["created"]) == (3, 0, 0)
    assert counts(session) == before == [3, 2, 3]


def test_salespeople_who_come_later_get_their_customers_with_the_next_run(session: Session) -> None:
    bring_in(session, customer_row(1), customer_row(2))
    seller = a_salesperson(session, team="外贸部")
    plan = bring_in(session, customer_row(1), customer_row(2))
    assert plan.counts["changed"] == 2
    assert set(session.scalars(select(Customer.salesperson_id))) == {seller.id}


def test_a_changed_company_is_one_edit_in_its_history(session: Session) -> None:
    bring_in(session, customer_row(1, 客户类型="类型一"))
    bring_in(session, customer_row(1, 客户类型="款到发货"))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.edited")).one()
    assert entry.changes["type"] == ["one", "two"]
    assert entry.changes["terms"] == ["", "款到发货"]


def test_numbers_of_others_keep_a_company_out_and_say_whose_they_are(session: Session) -> None:
    company = a_customer(session, name="宁波恒锐轴承有限公司")
    a_contact(session, company, phone="+8619900000001")
    a_user(session, Role.SALESPERSON, phone="+8619900000002", name="李敏")
    plan = bring_in(session, customer_row(1), customer_row(2), customer_row(3))

    told = {finding.row: str(finding.message) for finding in plan.of_kind("problem")}
    assert set(told) == {2, 3}
    assert "宁波恒锐轴承有限公司" in told[2]
    assert "李敏" in told[3]
    assert plan.counts["created"] == 1


def test_an_address_a_colleague_took_out_of_use_does_not_come_back(session: Session) -> None:
    bring_in(session, customer_row(1))
    address = session.scalars(select(Address)).one()
    customers.archive_address(session, actor=SYSTEM, address_id=address.id)
    assert bring_in(session, customer_row(1)).counts["unchanged"] == 1


def test_a_row_that_fails_in_the_middle_leaves_nothing_behind(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = customers.add_contact

    def add_contact(session: Session, **given: Any) -> Any:
        if given["entry"].phone == "+8619900000003":  # somebody registers this number at this very moment
            a_user(session, Role.SALESPERSON, phone="+8619900000003")
        return taken(session, **given)

    monkeypatch.setattr(customer_apply.customers, "add_contact", add_contact)
    with pytest.raises(RowRefused) as refused:
        bring_in(session, *(customer_row(number) for number in range(1, 7)))
    session.rollback()

    assert refused.value.data["row"] == 4
    assert "第 4 行" in str(refused.value)
    assert counts(session) == [0, 0, 0]


def test_the_import_is_done_in_the_administrators_name(session: Session) -> None:
    head = actor_of(a_user(session, Role.ADMINISTRATOR, name="周管理"))
    bring_in(session, customer_row(1), actor=head)
    assert set(session.scalars(select(AuditEntry.actor_name))) == {"周管理"}


def test_a_number_drawn_for_a_company_is_one_that_no_list_has(session: Session) -> None:
    numbered = [customer_row(number, 客户编号=f"C{number:05d}") for number in range(1, 6)]
    plan = bring_in(session, *numbered, customer_row(9, 客户编号=""))
    assert plan.counts["created"] == 6
