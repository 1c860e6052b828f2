"""A customer list against what the shop has: companies by number or name, contacts, addresses, salespeople, duplicates."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from portal.customers.queries import LevelRow, SalespersonRow
from portal.imports.customer_parts import split_address
from portal.imports.customer_plan import CustomerPlan, plan_customers
from portal.imports.customer_shop import CustomerShop, Holder, KnownCustomer, plain_address
from portal.imports.customers_list import read_customers, same_company
from portal.imports.reading import read_sheet
from portal.web.i18n import using_locale
from tests.unit.imports.lists import CUSTOMER_HEADINGS, csv_file, customer_row

LEVELS = (LevelRow("A", "A 级", "Level A"), LevelRow("C", "C 级", "Level C"))
SELLERS = (
    SalespersonRow(1, "李敏", "+8613900000001", "外贸部"),
    SalespersonRow(2, "陈立军", "+8613900000002", "业务一部"),
    SalespersonRow(3, "孙丽", "+8613900000003", "业务一部"),
)
KNOWN = KnownCustomer(
    customer_id=5, code="K0001", name="某市第1轴承厂", name_en="", type="one", level="A", salesperson_id=1, terms="",
    phone="", note="", mobiles=frozenset({"+8619900000001"}), addresses=frozenset({plain_address("某市开发区1号")}),
)  # fmt: skip


def shop(*customers: KnownCustomer, phones: dict[str, Holder] | None = None, **more: Any) -> CustomerShop:
    theirs = {phone: Holder(one.customer_id, one.name) for one in customers for phone in one.mobiles}
    return CustomerShop(
        by_code={one.code.upper(): one for one in customers},
        by_name={same_company(one.name): one for one in customers},
        phones=theirs | (phones or {}),
        **({"levels": LEVELS, "salespeople": SELLERS} | more),
    )


def plan(
    *rows: Sequence[Any], within: CustomerShop | None = None, headings: Sequence[str] = CUSTOMER_HEADINGS
) -> CustomerPlan:
    listed = read_customers(read_sheet(csv_file([headings, *rows]), "客户.csv"))
    return plan_customers(listed, within or shop())


def told(planned: CustomerPlan) -> list[tuple[str, str, str]]:
    with using_locale("en"):
        return [
            (change.field.key, str(change.before), str(change.after))
            for row in planned.plan.of_outcome("changed")
            for change in row.changes
        ]


def noticed(planned: CustomerPlan) -> list[tuple[str, int, str]]:
    return [(finding.kind, finding.row, finding.reason) for finding in planned.plan.findings]


@pytest.mark.parametrize(
    ("terms", "type", "kept"),
    [("类型一", "one", ""), ("2", "two", ""), ("月结30天", "one", "月结30天"), ("款到发货", "two", "款到发货")],
)
def test_a_company_is_created_with_type_and_terms(terms: str, type: str, kept: str) -> None:
    new = plan(customer_row(1, 客户类型=terms)).new[0]
    assert (new.entry.code, new.entry.name, new.entry.type, new.entry.terms) == ("K0001", "某市第1轴承厂", type, kept)
    assert (new.entry.level, new.entry.salesperson_id) == ("C", 1)


def test_of_several_numbers_the_first_mobile_is_the_contact_and_the_others_are_the_companys_telephone() -> None:
    new = plan(customer_row(1, 电话="17001867482/17001867489、0512-55550001")).new[0]
    assert new.contact is not None
    assert (new.contact.name, new.contact.phone) == ("赵总", "+8617001867482")
    assert new.entry.phone == "0512-55550001 / 17001867489"


def test_a_company_with_a_landline_only_has_no_contact_but_an_address_to_call_at() -> None:
    new = plan(customer_row(1, 电话="0512-55550001")).new[0]
    assert (new.contact, new.entry.phone) == (None, "0512-55550001")
    assert new.address is not None
    assert (new.address.region, new.address.detail, new.address.phone) == ("某市", "开发区1号", "0512-55550001")


@pytest.mark.parametrize(
    ("text", "region", "detail"),
    [
        ("无锡市开发区43号", "无锡市", "开发区43号"),
        ("浙江省宁波市北仑区大碶街道2号", "浙江省宁波市北仑区", "大碶街道2号"),
        ("上海市浦东新区张江路1号", "上海市浦东新区", "张江路1号"),
        ("昆山市高新区阳光小区3栋", "昆山市", "高新区阳光小区3栋"),
        ("江苏省昆山市", "", "江苏省昆山市"),
        ("Industrial Road 5", "", "Industrial Road 5"),
    ],
)
def test_an_address_is_split_into_region_and_detail(text: str, region: str, detail: str) -> None:
    assert split_address(text) == (region, detail)


def test_a_team_of_one_is_that_salesperson_and_names_that_fit_nobody_or_several_are_told_once() -> None:
    planned = plan(
        customer_row(1, 业务员="陈立军"), customer_row(2, 业务员="外贸部"), customer_row(3, 业务员="业务一部"),
        customer_row(4, 业务员="业务一部"), customer_row(5, 业务员="网络部"), customer_row(6, 业务员=""),
    )  # fmt: skip
    assert [new.entry.salesperson_id for new in planned.new] == [2, 1, None, None, None, None]
    with using_locale("en"):
        assert [str(finding.message) for finding in planned.plan.findings] == [
            "2 salespeople are called or belong to 业务一部. The customers of 2 rows stay without one.",
            "No salesperson is called or belongs to 网络部. The customers of 1 rows stay without one.",
        ]


def test_a_level_is_matched_by_code_or_name_and_else_the_last_one() -> None:
    headings = (*CUSTOMER_HEADINGS, "客户等级")
    rows = [[*customer_row(number), level] for number, level in enumerate(("A", "a级", "Level A", "", "S"), start=1)]
    planned = plan(*rows, headings=headings)
    assert [new.entry.level for new in planned.new] == ["A", "A", "A", "C", "C"]
    assert noticed(planned) == [("notice", 6, "level")]


def test_a_shop_without_levels_gets_a_standard_one() -> None:
    planned = plan(customer_row(1), within=shop(levels=()))
    assert planned.new[0].entry.level == "standard"
    with using_locale("en"):
        assert any("standard level" in str(remark) for remark in planned.plan.remarks)


@pytest.mark.parametrize("cells", [{}, {"客户编号": ""}, {"客户编号": "k0001"}, {"客户名称": "某市第1轴承厂(新)"}])
def test_a_company_that_is_there_is_known_by_its_number_or_name_and_stays_as_it_was(cells: dict[str, str]) -> None:
    planned = plan(customer_row(1, **cells), within=shop(KNOWN))
    assert (planned.plan.counts["unchanged"], planned.plan.writes, noticed(planned)) == (1, False, [])


def test_the_list_decides_type_and_terms_and_fills_in_what_is_empty() -> None:
    bare = replace(KNOWN, salesperson_id=None)
    row = customer_row(1, 客户类型="款到发货", 备注="VIP", 电话="19900000001/0512-55550001")
    assert told(plan(row, within=shop(bare))) == [
        ("type", "Type one", "Type two"),
        ("terms", "", "款到发货"),
        ("phone", "", "0512-55550001"),
        ("note", "", "VIP"),
        ("salesperson", "", "李敏"),
    ]


def test_what_colleagues_wrote_is_kept() -> None:
    kept = replace(KNOWN, note="年底对账", phone="0512-55559999", salesperson_id=2)
    row = customer_row(1, 备注="VIP", 电话="19900000001/0512-55550001")
    assert plan(row, within=shop(kept)).plan.writes is False


def test_a_new_number_and_address_are_added_to_a_company_that_is_there() -> None:
    planned = plan(customer_row(1, 电话="19900000077", 收货地址="某市工业园9号"), within=shop(KNOWN))
    edit = planned.edits[0]
    assert edit.contact is not None
    assert edit.address is not None
    assert (edit.contact.phone, edit.address.detail, dict(edit.fields)) == ("+8619900000077", "工业园9号", {})


def test_a_number_that_belongs_to_another_company_or_a_colleague_keeps_a_new_company_out() -> None:
    within = shop(KNOWN, phones={"+8619900000002": Holder(5, "某市第1轴承厂"), "0512-55550001": Holder(None, "李敏")})
    planned = plan(customer_row(2), customer_row(3, 电话="0512-55550001"), within=within)
    assert [(one.row, one.reason) for one in planned.plan.of_kind("problem")] == [
        (2, "phone_taken"),
        (3, "phone_taken"),
    ]
    assert planned.new == ()


def test_a_number_that_belongs_to_another_company_is_not_added_to_one_that_is_there() -> None:
    within = shop(KNOWN, phones={"+8619900000077": Holder(9, "另一家")})
    planned = plan(customer_row(1, 电话="19900000077"), within=within)
    assert (planned.edits, noticed(planned)) == ((), [("notice", 2, "phone_taken")])


def test_a_number_and_a_name_of_two_companies_are_a_problem() -> None:
    other = replace(KNOWN, customer_id=6, code="K0002", name="某市第2轴承厂", mobiles=frozenset())
    planned = plan(customer_row(2, 客户名称="某市第1轴承厂"), within=shop(KNOWN, other))
    assert noticed(planned) == [("problem", 2, "other_company")]


def test_another_number_or_name_of_a_known_company_is_told() -> None:
    numbered = plan(customer_row(1, 客户编号="K200"), within=shop(KNOWN))
    assert (numbered.plan.writes, noticed(numbered)) == (False, [("notice", 2, "code_differs")])
    renamed = plan(customer_row(1, 客户名称="某市恒信精工"), within=shop(KNOWN))
    assert told(renamed) == [("name", "某市第1轴承厂", "某市恒信精工")]
    assert noticed(renamed) == [("notice", 2, "name_differs")]


def test_two_rows_of_one_known_company_are_not_both_taken() -> None:
    planned = plan(
        customer_row(1), customer_row(2, 客户编号="", 客户名称="某市第1轴承厂", 电话="19900000001"), within=shop(KNOWN)
    )
    assert {finding.row for finding in planned.plan.of_kind("problem")} == {3}


def test_an_e_mail_nobody_could_use_is_left_out_with_a_notice() -> None:
    planned = plan([*customer_row(1), "王总"], headings=(*CUSTOMER_HEADINGS, "邮箱"))
    assert planned.new[0].contact is not None
    assert (planned.new[0].contact.email, noticed(planned)) == ("", [("notice", 2, "email")])


def test_a_name_too_long_is_a_problem_of_its_column() -> None:
    planned = plan(customer_row(1, 客户名称="厂" * 201))
    assert [(finding.kind, finding.column) for finding in planned.plan.findings] == [("problem", "客户名称")]
