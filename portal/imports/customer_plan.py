"""Plan the import of a customer list: which companies are new, changed or as they were. Pure: the shop comes in as values.

A company is known by its number, else by its name. The list decides names, type, terms and level; a telephone, a note and a salesperson
are filled in where the shop has none, since colleagues keep those up to date. The first mobile number is a contact who can be given a
password; addresses and contacts are added, never taken away.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.customers.entries import (
    AddressEntry,
    ContactEntry,
    CustomerEntry,
    check_address,
    check_contact,
    check_customer,
)
from portal.customers.queries import SalespersonRow
from portal.errors import InvalidInput
from portal.imports.columns import Columns, Field
from portal.imports.customer_parts import (
    CustomerEdit,
    NewCustomer,
    address_of,
    contact_of,
    email_of,
    telephones_of,
    told_address,
    told_contact,
)
from portal.imports.customer_shop import CustomerShop, KnownCustomer, plain_address
from portal.imports.customers_list import FIELDS, CustomerList, ListedCustomer, same_company
from portal.imports.findings import Finding
from portal.imports.plan import FieldChange, Plan, PlannedRow, refusals
from portal.web.i18n import lazy_gettext as _

_FIELD: Mapping[str, Field] = {one.key: one for one in FIELDS}
_TERMS = Field("terms", "付款条件", "Payment terms", ())
_KEYS = {
    "terms": "type",
    "salesperson_id": "salesperson",
    "recipient": "contact",
    "detail": "address",
    "region": "address",
}
_TYPES = {"one": _("Type one"), "two": _("Type two")}


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """The plan, and the values to write."""

    plan: Plan
    new: tuple[NewCustomer, ...]
    edits: tuple[CustomerEdit, ...]


def plan_customers(listed: CustomerList, shop: CustomerShop) -> CustomerPlan:
    """Compare a customer list with the shop."""
    planner = _Planner(listed.columns, shop)
    for customer in listed.customers:
        planner.take(customer)
    planner.notice_salespeople()
    findings = tuple(sorted([*listed.findings, *planner.findings], key=lambda finding: finding.row))
    plan = Plan(
        kind="customers", columns=listed.columns, rows=tuple(planner.rows), findings=findings, remarks=planner.remarks()
    )
    return CustomerPlan(plan, tuple(planner.new), tuple(planner.edits))


@dataclass
class _Planner:
    columns: Columns
    shop: CustomerShop
    rows: list[PlannedRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    new: list[NewCustomer] = field(default_factory=list)
    edits: list[CustomerEdit] = field(default_factory=list)
    met: dict[int, int] = field(default_factory=dict)
    unmatched: dict[str, list[int]] = field(default_factory=dict)

    def take(self, listed: ListedCustomer) -> None:
        known = self.known(listed)
        problems = self.problems(listed, known)
        if problems:
            self.findings += problems
        elif known is None:
            self.create(listed)
        else:
            self.met[known.customer_id] = listed.row
            self.compare(listed, known)

    def known(self, listed: ListedCustomer) -> KnownCustomer | None:
        coded = self.shop.by_code.get(listed.code.upper()) if listed.code else None
        return coded or self.shop.by_name.get(same_company(listed.name))

    def problems(self, listed: ListedCustomer, known: KnownCustomer | None) -> list[Finding]:
        namesake = self.shop.by_name.get(same_company(listed.name))
        if known and namesake and known.customer_id != namesake.customer_id:
            text = _(
                "In the shop, %(code)s is %(name)s, and this name has %(other)s.",
                code=known.code,
                name=known.name,
                other=namesake.code,
            )
            return [
                self.finding("problem", listed, "code", "other_company", text, _("Correct the number or the name."))
            ]
        if known and known.customer_id in self.met:
            text = _("Row %(row)d is this company already.", row=self.met[known.customer_id])
            return [self.finding("problem", listed, "name", "company_twice", text, _("Put both into one row."))]
        taken = self.phone_taken(listed) if known is None else None
        return [taken] if taken else self.impossible(listed)

    def phone_taken(self, listed: ListedCustomer) -> Finding | None:
        for phone in listed.phones:
            holder = self.shop.phones.get(phone.number)
            if holder:
                text = _("In the shop, %(phone)s belongs to %(name)s.", phone=phone.number, name=holder.name)
                suggestion = _("If it is the same company, use its number or name; else correct the telephone.")
                return self.finding("problem", listed, "phone", "phone_taken", text, suggestion)
        return None

    def impossible(self, listed: ListedCustomer) -> list[Finding]:
        """What no entry may hold, such as a name too long; asked now, so that applying cannot fail half way."""
        try:
            check_customer(self.entry(listed, None), levels=frozenset({self.level(listed)}))
            if contact := contact_of(listed):
                check_contact(contact)
            if address := address_of(listed):
                check_address(address)
        except InvalidInput as error:
            return refusals(error, row=listed.row, columns=self.columns, keys=_KEYS)
        return []

    def create(self, listed: ListedCustomer) -> None:
        seller = self.salesperson(listed, None)
        entry, contact, address = self.entry(listed, seller), contact_of(listed), address_of(listed)
        self.notice_what_is_left_out(listed, address)
        self.new.append(NewCustomer(row=listed.row, entry=entry, contact=contact, address=address))
        facts = {
            "type": _TYPES[entry.type], "terms": entry.terms, "level": entry.level, "contact": told_contact(contact),
            "phone": entry.phone, "email": contact.email if contact else "", "address": told_address(address),
            "salesperson": seller.name if seller else "", "note": listed.note,
        }  # fmt: skip
        changes = tuple(FieldChange(_FIELD.get(key, _TERMS), "", value) for key, value in facts.items() if value != "")
        self.rows.append(
            PlannedRow(row=listed.row, outcome="created", key=listed.code, name=listed.name, changes=changes)
        )

    def compare(self, listed: ListedCustomer, known: KnownCustomer) -> None:
        fields = self.changed_fields(listed, known)
        changes = [self.told(name, getattr(known, name), value) for name, value in fields.items()]
        contact, address = self.new_contact(listed, known), self.new_address(listed, known)
        if contact:
            changes.append(FieldChange(_FIELD["contact"], "", told_contact(contact)))
        if address:
            changes.append(FieldChange(_FIELD["address"], "", told_address(address)))
        if changes:
            self.edits.append(
                CustomerEdit(
                    row=listed.row, customer_id=known.customer_id, fields=fields, contact=contact, address=address
                )
            )
        self.notice_other_identity(listed, known)
        self.rows.append(
            PlannedRow(
                row=listed.row, outcome="changed" if changes else "unchanged", key=known.code, name=listed.name,
                changes=tuple(changes),
            )
        )  # fmt: skip

    def changed_fields(self, listed: ListedCustomer, known: KnownCustomer) -> dict[str, Any]:
        level, seller = self.shop.level_called(listed.level), self.salesperson(listed, known)
        decided = {
            "name": listed.name, "name_en": listed.name_en, "type": listed.type, "terms": listed.terms, "level": level,
        }  # fmt: skip
        filled = {
            "phone": telephones_of(listed), "note": listed.note, "salesperson_id": seller.id if seller else None,
        }  # fmt: skip
        fields = {name: value for name, value in decided.items() if value and value != getattr(known, name)}
        return fields | {name: value for name, value in filled.items() if value and not getattr(known, name)}

    def new_contact(self, listed: ListedCustomer, known: KnownCustomer) -> ContactEntry | None:
        contact = contact_of(listed)
        if contact is None or contact.phone in known.mobiles:
            return None
        holder = self.shop.phones.get(contact.phone)
        if holder is None or holder.customer_id == known.customer_id:
            return contact
        text = _("In the shop, %(phone)s belongs to %(name)s.", phone=contact.phone, name=holder.name)
        suggestion = _("It does not become a contact here. Correct it where it is wrong.")
        self.findings.append(self.finding("notice", listed, "phone", "phone_taken", text, suggestion))
        return None

    def new_address(self, listed: ListedCustomer, known: KnownCustomer) -> AddressEntry | None:
        if not listed.address or plain_address(listed.address) in known.addresses:
            return None
        address = address_of(listed)
        self.notice_what_is_left_out(listed, address)
        return address

    def entry(self, listed: ListedCustomer, seller: SalespersonRow | None) -> CustomerEntry:
        return CustomerEntry(
            name=listed.name, type=listed.type, level=self.level(listed), code=listed.code, name_en=listed.name_en,
            salesperson_id=seller.id if seller else None, terms=listed.terms, phone=telephones_of(listed), note=listed.note,
        )  # fmt: skip

    def level(self, listed: ListedCustomer) -> str:
        return self.shop.level_called(listed.level) or self.shop.usual_level

    def salesperson(self, listed: ListedCustomer, known: KnownCustomer | None) -> SalespersonRow | None:
        """Return who the list's name or team stands for; nobody when it may be several."""
        text = listed.salesperson.strip()
        if not text or (known and known.salesperson_id):
            return None
        matching = self.shop.salespeople_called(text)
        if len(matching) == 1:
            return matching[0]
        self.unmatched.setdefault(text, []).append(listed.row)
        return None

    def notice_salespeople(self) -> None:
        """Say once for each name or team that it stands for nobody, or for several."""
        for text, rows in self.unmatched.items():
            several = len(self.shop.salespeople_called(text))
            told = (
                _("%(count)d salespeople are called or belong to %(name)s. The customers of %(rows)d rows stay without one.", count=several, name=text, rows=len(rows))
                if several
                else _("No salesperson is called or belongs to %(name)s. The customers of %(rows)d rows stay without one.", name=text, rows=len(rows))
            )  # fmt: skip
            suggestion = _(
                "Create the salespeople with this team and import again, or choose them on the customers' pages."
            )
            heading = self.columns.heading("salesperson")
            self.findings.append(Finding("notice", rows[0], heading, "salesperson", told, suggestion, text))

    def notice_what_is_left_out(self, listed: ListedCustomer, address: AddressEntry | None) -> None:
        if listed.address and address is None:
            text = _("An address needs a telephone number. It is not taken over.")
            self.findings.append(
                self.finding(
                    "notice", listed, "address", "address_without_phone", text, _("Add the number to the row.")
                )
            )
        if listed.email and not email_of(listed):
            text = _("The e-mail address %(text)s is not taken over.", text=listed.email)
            suggestion = _("Correct it, or add a mobile number to the row.")
            self.findings.append(self.finding("notice", listed, "email", "email", text, suggestion))
        if listed.level and not self.shop.level_called(listed.level):
            text = _("The shop has no level %(text)s.", text=listed.level)
            suggestion = _("The company gets the usual level; change it on its page.")
            self.findings.append(self.finding("notice", listed, "level", "level", text, suggestion))

    def notice_other_identity(self, listed: ListedCustomer, known: KnownCustomer) -> None:
        if listed.code and listed.code.upper() != known.code.upper():
            text = _("This company has the number %(code)s in the shop and keeps it.", code=known.code)
            self.findings.append(
                self.finding("notice", listed, "code", "code_differs", text, _("Use one number in both."))
            )
        if same_company(listed.name) != same_company(known.name):
            text = _("In the shop, %(code)s is called %(name)s.", code=known.code, name=known.name)
            suggestion = _("Check that it is the same company: it takes the list's name.")
            self.findings.append(self.finding("notice", listed, "name", "name_differs", text, suggestion))

    def told(self, name: str, before: Any, after: Any) -> FieldChange:
        if name == "type":
            return FieldChange(_FIELD["type"], _TYPES.get(before, before), _TYPES[after])
        if name == "salesperson_id":
            seller = next((one.name for one in self.shop.salespeople if one.id == after), "")
            return FieldChange(_FIELD["salesperson"], "", seller)
        return FieldChange(_FIELD.get(name, _TERMS), before, after)

    def finding(self, kind: Any, listed: ListedCustomer, key: str, reason: str, text: Any, suggestion: Any) -> Finding:
        value = {"phone": " / ".join(one.number for one in listed.phones)}.get(key) or str(getattr(listed, key))
        return Finding(kind, listed.row, self.columns.heading(key), reason, text, suggestion, value)

    def remarks(self) -> tuple[Any, ...]:
        """What is true of many rows at once: contacts without passwords, the level that is made, types."""
        contacts = sum(one.contact is not None for one in self.new) + sum(one.contact is not None for one in self.edits)
        types = Counter(one.entry.type for one in self.new)
        found: list[Any] = []
        if types:
            found.append(
                _("Of the new companies %(one)d are type one and %(two)d type two.", one=types["one"], two=types["two"])
            )
        if contacts:
            found.append(
                _("%(count)d contacts are created without a password: a salesperson gives them one on the customer's page.", count=contacts)
            )  # fmt: skip
        if self.new and not self.shop.levels:
            found.append(_("The shop has no customer levels yet; a standard level is created."))
        return tuple(found)
