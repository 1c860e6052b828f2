"""A factory's customer list becomes companies that can be created; every other row is explained."""

from collections.abc import Sequence
from typing import Any

import pytest

from portal.imports.customers_list import CustomerList, read_customers, same_company
from portal.imports.reading import read_sheet
from portal.web.i18n import using_locale
from tests.unit.imports.lists import CUSTOMER_HEADINGS, csv_file, customer_row, workbook


def read(*rows: Sequence[Any]) -> CustomerList:
    return read_customers(read_sheet(csv_file([CUSTOMER_HEADINGS, *rows], encoding="gb18030"), "客户.csv"))


def said(result: CustomerList) -> list[tuple[str, int, str]]:
    return [(finding.kind, finding.row, finding.reason) for finding in result.findings]


def test_a_row_becomes_a_company_with_its_contact_type_and_hints() -> None:
    customer = read(customer_row(1, 客户类型="月结30天", 备注="VIP", 业务员="业务二部")).customers[0]

    assert (customer.code, customer.name, customer.contact) == ("K0001", "某市第1轴承厂", "赵总")
    assert (customer.mobile, customer.address) == ("+8619900000001", "某市开发区1号")
    assert (customer.type, customer.terms, customer.note, customer.salesperson) == (
        "one",
        "月结30天",
        "VIP",
        "业务二部",
    )


def test_a_new_company_is_known_without_the_mark_behind_its_name() -> None:
    customer = read(customer_row(1, 客户名称="常州恒源铸造有限责任公司(新)")).customers[0]
    assert (customer.name, customer.new) == ("常州恒源铸造有限责任公司", True)


def test_the_first_mobile_logs_in_and_the_other_numbers_are_kept() -> None:
    customer = read(customer_row(1, 电话="0512-65001234/19900001111/2222")).customers[0]
    assert customer.mobile == "+8619900001111"
    assert customer.other_phones == ("0512-65001234", "+8619900002222")


def test_a_company_with_a_landline_only_is_taken_with_a_notice() -> None:
    result = read(customer_row(1, 电话="0512-15886423"))
    assert result.customers[0].mobile is None
    assert said(result) == [("notice", 2, "no_mobile")]


def test_types_and_telephones_that_cannot_be_read_are_both_explained() -> None:
    result = read(customer_row(1, 客户类型="老客户", 电话="12345"))
    assert result.customers == ()
    assert [(finding.kind, finding.column) for finding in result.findings] == [
        ("problem", "客户类型"),
        ("problem", "电话"),
    ]
    for finding in result.findings:
        with using_locale("en"):
            english = f"{finding.message} {finding.suggestion}"
        with using_locale("zh"):
            assert f"{finding.message} {finding.suggestion}" != english


def test_a_company_listed_twice_alike_is_taken_once_whatever_its_number() -> None:
    result = read(
        customer_row(1),
        customer_row(1, 客户编号="K200"),
        customer_row(1, 客户编号="K201", 客户名称="某市第1轴承厂（新）"),
    )
    assert len(result.customers) == 1
    assert said(result) == [("skipped", 3, "duplicate"), ("skipped", 4, "duplicate")]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"客户编号": "K9", "电话": "19900009999"}, "name_twice"),
        ({"客户编号": "K9", "收货地址": "别处"}, "name_twice"),
        ({"客户编号": "K9", "客户名称": "另一家"}, "phone_twice"),
        ({"客户名称": "另一家", "电话": "19900009999"}, "code_twice"),
    ],
)
def test_companies_that_collide_are_left_to_a_person(second: dict[str, str], reason: str) -> None:
    result = read(customer_row(1), customer_row(1, **second))
    assert len(result.customers) == 1
    assert said(result) == [("problem", 3, reason)]


def test_a_second_number_of_one_company_cannot_belong_to_another() -> None:
    result = read(customer_row(1, 电话="19900000001/19900000007"), customer_row(2, 电话="19900000007"))
    assert said(result) == [("problem", 3, "phone_twice")]


def test_the_same_company_is_recognised_across_spellings() -> None:
    assert same_company("苏州华亚（集团）公司 (新)") == same_company("苏州华亚(集团)公司")
    assert same_company("苏州华亚") != same_company("苏州华信")


def test_totals_texts_headings_and_nameless_rows_are_told_apart() -> None:
    result = read(
        ["合计", "", "3"], ["说明：内部资料"], CUSTOMER_HEADINGS, customer_row(1, 客户名称=""), customer_row(2)
    )
    assert said(result) == [
        ("skipped", 2, "total"),
        ("skipped", 3, "text"),
        ("skipped", 4, "heading"),
        ("problem", 5, "name_missing"),
    ]
    assert len(result.customers) == 1


def test_a_workbook_with_numbers_for_telephones_reads_the_same() -> None:
    row = customer_row(1)
    typed: list[Any] = [*row[:3], int(row[3]), *row[4:]]
    content = workbook([["客户名单"], CUSTOMER_HEADINGS, typed])
    assert read_customers(read_sheet(content, "x.xlsx")).customers[0].mobile == "+8619900000001"


def test_english_headings_and_types_are_read() -> None:
    rows = [
        ["Company", "Contact", "Mobile", "Address", "Type"],
        ["Some Works", "Ms Li", "+86 199 0000 0001", "Road 1", "Type two"],
    ]
    customer = read_customers(read_sheet(csv_file(rows), "customers.csv")).customers[0]
    assert (customer.name, customer.mobile, customer.type, customer.code) == ("Some Works", "+8619900000001", "two", "")
