"""The demonstration customers look real and are not."""

from collections import Counter

import phonenumbers

from portal.demo.companies import COMPANIES, LEVELS, demo_companies, demo_staff

CUSTOMERS = demo_companies()


def test_the_customers_are_the_same_at_every_run() -> None:
    assert demo_companies() == CUSTOMERS


def test_forty_companies_of_both_types_across_the_levels() -> None:
    assert len(CUSTOMERS) == COMPANIES == 40
    assert min(Counter(customer.type for customer in CUSTOMERS).values()) >= 10
    assert {customer.level for customer in CUSTOMERS} == {level.code for level in LEVELS}


def test_names_codes_and_telephones_are_each_their_own() -> None:
    contacts = [contact for customer in CUSTOMERS for contact in customer.contacts]
    phones = [contact.phone for contact in contacts] + [person.phone for person in demo_staff()]
    for values in (
        [c.name for c in CUSTOMERS],
        [c.name_en for c in CUSTOMERS],
        [c.code for c in CUSTOMERS],
        phones,
        [c.email for c in contacts],
    ):
        assert max(Counter(values).values()) == 1


def test_telephones_are_of_a_valid_form_and_visibly_made_up() -> None:
    for customer in CUSTOMERS:
        assert "-5555" in customer.phone
        for phone in (customer.phone, *(contact.phone for contact in customer.contacts)):
            assert phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN"))
        assert all(contact.phone.startswith("1990000") for contact in customer.contacts)


def test_only_type_one_has_credit() -> None:
    for customer in CUSTOMERS:
        assert (customer.credit_limit > 0) == (customer.type == "one")
        assert ("月结" in customer.terms) == (customer.type == "one")
    assert any(customer.overdue_amount for customer in CUSTOMERS)


def test_every_reviewed_company_has_one_of_six_salespeople_in_two_teams() -> None:
    sellers = {person.login: person.team for person in demo_staff() if person.role == "salesperson"}
    assert len(sellers) == 6
    assert len(set(sellers.values())) == 2
    assert {customer.salesperson for customer in CUSTOMERS if customer.status == "active"} == set(sellers)


def test_every_role_of_the_factory_is_filled() -> None:
    roles = {person.role for person in demo_staff()}
    assert roles == {"salesperson", "sales_manager", "warehouse", "finance", "administrator"}


def test_every_company_has_a_contact_and_an_address() -> None:
    for customer in CUSTOMERS:
        assert customer.contacts
        assert customer.addresses
        assert customer.name_en.isascii()
