"""What is written of a row of a customer list: a company with a contact, an address, telephones. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.customers.entries import AddressEntry, ContactEntry, CustomerEntry
from portal.imports.customers_list import ListedCustomer

_PHONE_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A company to create with its contact and address, as far as the list has them."""

    row: int
    entry: CustomerEntry
    contact: ContactEntry | None
    address: AddressEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEdit:
    """What is written of a company that exists: fields of its entry, and a contact or address that it did not have."""

    row: int
    customer_id: int
    fields: Mapping[str, Any]
    contact: ContactEntry | None
    address: AddressEntry | None


def split_address(text: str) -> tuple[str, str]:
    """Split an address into region (province, city, district) and the rest; an industrial zone is no district."""
    rest = text.strip()
    for pattern in _REGIONS:
        match = re.match(pattern, rest)
        if match and not _ZONE.search(match[0]):
            rest = rest[match.end() :]
    region = text.strip()[: len(text.strip()) - len(rest)]
    return (region, rest.strip()) if rest.strip() else ("", text.strip())


_HAN = r"[\u4e00-\u9fff]"
_REGIONS = (rf"{_HAN}{{2,6}}?(?:省|自治区)", rf"{_HAN}{{2,7}}?(?:市|自治州)", rf"{_HAN}{{1,6}}?(?:区|县|旗|市)")
_ZONE = re.compile(r"(开发|高新|工业|产业|园|保税|示范|试验|小|社|厂|校|景|矿|库|街)区$")


def contact_of(listed: ListedCustomer) -> ContactEntry | None:
    """Return who logs in: the first mobile number, under the contact's name; None without a mobile."""
    if listed.mobile is None:
        return None
    return ContactEntry(name=listed.contact or listed.name[:80], phone=listed.mobile, email=email_of(listed))


def email_of(listed: ListedCustomer) -> str:
    """Return the contact's e-mail address, empty for one that accounts would refuse or that nobody carries."""
    text = listed.email.strip()
    local, at, domain = text.rpartition("@")
    usable = local and at and "." in domain and not re.search(r"\s", text) and len(text) <= 200
    return text if usable and listed.mobile else ""


def address_of(listed: ListedCustomer) -> AddressEntry | None:
    """Return where goods go; None without an address, or without a number that the courier can call."""
    if not listed.address or not listed.phones:
        return None
    region, detail = split_address(listed.address)
    phone = listed.mobile or listed.phones[0].number
    return AddressEntry(recipient=listed.contact or listed.name[:80], phone=_local(phone), detail=detail, region=region)


def telephones_of(listed: ListedCustomer) -> str:
    """Return the company's telephone: every number that logs nobody in, landlines first, as many as the column takes."""
    others = [phone for phone in listed.phones if phone.number != listed.mobile]
    text = ""
    for phone in sorted(others, key=lambda one: one.mobile):
        longer = f"{text} / {_local(phone.number)}" if text else _local(phone.number)
        text = longer if len(longer) <= _PHONE_LENGTH else text
    return text


def _local(number: str) -> str:
    return number.removeprefix("+86")


def told_contact(contact: ContactEntry | None) -> str:
    """Return a contact as the plan shows it."""
    return f"{contact.name} {_local(contact.phone)}" if contact else ""


def told_address(address: AddressEntry | None) -> str:
    """Return an address as the plan shows it."""
    return f"{address.region} {address.detail}".strip() if address else ""
