"""What the shop knows already of the companies in a customer list; read before planning, so that the plan itself needs no database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.customers import queries
from portal.customers.models import Address, Customer
from portal.customers.queries import LevelRow, SalespersonRow
from portal.imports.customers_list import same_company

STANDARD_LEVEL = "standard"
"""The level of a shop that has none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCustomer:
    """A company of the shop; its contacts' mobiles in E.164, its addresses as they are compared (see `plain_address`)."""

    customer_id: int
    code: str
    name: str
    name_en: str
    type: str
    level: str
    salesperson_id: int | None
    terms: str
    phone: str
    note: str
    mobiles: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a telephone number is: a customer's, or (None) a colleague's."""

    customer_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class CustomerShop:
    """Companies by number in capitals and by name, holders of telephone numbers, levels in their order, salespeople."""

    by_code: Mapping[str, KnownCustomer] = field(default_factory=dict)
    by_name: Mapping[str, KnownCustomer] = field(default_factory=dict)
    phones: Mapping[str, Holder] = field(default_factory=dict)
    levels: Sequence[LevelRow] = ()
    salespeople: Sequence[SalespersonRow] = ()

    @property
    def usual_level(self) -> str:
        """The level of a company of which the list says none: the last one."""
        return self.levels[-1].code if self.levels else STANDARD_LEVEL

    def level_called(self, text: str) -> str:
        """Return the code of the level with this code or name (B, B 级); empty when there is none."""
        wanted = _plain_level(text)
        called = (
            (one.code, {_plain_level(name) for name in (one.code, one.name_zh, one.name_en)}) for one in self.levels
        )
        return next((code for code, names in called if wanted and wanted in names), "")

    def salespeople_called(self, text: str) -> list[SalespersonRow]:
        """Return the salespeople of this name, else those of the team of this name."""
        named = [one for one in self.salespeople if one.name == text]
        return named or [one for one in self.salespeople if one.team == text]


def read_shop(session: Session) -> CustomerShop:
    """Return every company with what identifies it."""
    people, places = _people(session), _addresses(session)
    customers = [
        KnownCustomer(
            mobiles=frozenset(people.get(row.customer_id, ())),
            addresses=frozenset(places.get(row.customer_id, ())),
            **row._mapping,
        )
        for row in session.execute(_select_customers())
    ]
    return CustomerShop(
        by_code={one.code.upper(): one for one in customers},
        by_name={same_company(one.name): one for one in reversed(customers)},
        phones=_landlines(customers) | _holders(session),
        levels=queries.levels(session),
        salespeople=queries.salespeople(session),
    )


def _plain_level(text: str) -> str:
    return text.strip().removesuffix("级").strip().upper()


def plain_address(text: str) -> str:
    """Return an address as it is compared: without spaces and signs."""
    return re.sub(r"[\s,，。.·、-]", "", text)


def _select_customers() -> Select[*tuple[Any, ...]]:
    return select(
        Customer.id.label("customer_id"), Customer.code, Customer.name, Customer.name_en, Customer.type, Customer.level,
        Customer.salesperson_id, Customer.terms, Customer.phone, Customer.note,
    ).order_by(Customer.id)  # fmt: skip


def _people(session: Session) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for customer_id, phone in session.execute(select(User.customer_id, User.phone)):
        if customer_id is not None:
            found.setdefault(customer_id, []).append(phone)
    return found


def _addresses(session: Session) -> dict[int, list[str]]:
    """Archived ones too: what a colleague has taken out of use does not come back with the next list."""
    found: dict[int, list[str]] = {}
    for customer_id, region, detail in session.execute(select(Address.customer_id, Address.region, Address.detail)):
        found.setdefault(customer_id, []).append(plain_address(region + detail))
    return found


def _holders(session: Session) -> dict[str, Holder]:
    rows = session.execute(
        select(User.phone, User.customer_id, User.name, Customer.name).outerjoin(
            Customer, Customer.id == User.customer_id
        )
    )
    return {phone: Holder(customer_id, company or name) for phone, customer_id, name, company in rows}


def _landlines(customers: Sequence[KnownCustomer]) -> dict[str, Holder]:
    """Return whose the telephones of companies are; a mobile as contacts' are kept."""
    found = {}
    for one in customers:
        for part in filter(None, map(str.strip, one.phone.split("/"))):
            found["+86" + part if re.fullmatch(r"1[3-9]\d{9}", part) else part] = Holder(one.customer_id, one.name)
    return found
