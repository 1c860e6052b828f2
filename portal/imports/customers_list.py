"""Turn the rows of a factory's customer list into companies that can be created, and say of every other row why not."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.imports.columns import Columns, Field, find_columns
from portal.imports.findings import Finding
from portal.imports.reading import Row, Sheet
from portal.imports.values import Phone, Terms, Unreadable, parse_customer_type, parse_phones
from portal.web.i18n import lazy_gettext as _

FIELDS = (
    Field("name", "客户名称", "Company", ("客户名称", "公司名称", "单位名称", "客户", "公司", "企业名称", "company", "customer", "customer name", "company name", "name"), required=True),
    Field("code", "客户编号", "Customer number", ("客户编号", "客户代码", "客户编码", "编号", "customer no", "customer number", "customer code", "code")),
    Field("name_en", "英文名称", "English name", ("英文名称", "英文名", "english name")),
    Field("contact", "联系人", "Contact", ("联系人", "收货人", "采购联系人", "contact", "contact person", "contact name")),
    Field("phone", "电话", "Telephone", ("电话", "联系电话", "手机", "手机号", "手机号码", "电话号码", "phone", "tel", "telephone", "mobile")),
    Field("email", "邮箱", "E-mail", ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail", "mail")),
    Field("address", "收货地址", "Delivery address", ("收货地址", "地址", "送货地址", "详细地址", "address", "delivery address", "ship to")),
    Field("type", "客户类型", "Customer type", ("客户类型", "类型", "结算方式", "付款方式", "付款条件", "customer type", "type", "terms", "payment terms"), required=True),
    Field("level", "客户等级", "Customer level", ("客户等级", "等级", "级别", "level", "grade")),
    Field("salesperson", "业务员", "Salesperson", ("业务员", "业务", "销售员", "销售", "负责人", "部门", "salesperson", "sales", "owner", "department")),
    Field("note", "备注", "Note", ("备注", "说明", "附注", "remark", "remarks", "note", "notes", "comment")),
    Field("number", "序号", "Row number", ("序号", "行号", "no", "#")),
)  # fmt: skip

_NEW = re.compile(r"\s*[(（【\[]\s*(新|新客户|new)\s*[)）】\]]\s*$", re.IGNORECASE)
_TOTALS = re.compile(r"(合\s*计|总\s*计|共\s*计|total)\s*[:：]?.{0,12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCustomer:
    """A company that can be created, with its contact. `mobile` (E.164) is the contact's log-in, None when the list has only landlines.

    `type` is one or two, `terms` what the list says of payment; `salesperson` is the list's text, to be matched by a person.
    """

    row: int
    name: str
    code: str
    name_en: str
    contact: str
    mobile: str | None
    phones: tuple[Phone, ...]
    email: str
    address: str
    type: str
    terms: str
    level: str
    salesperson: str
    new: bool
    note: str

    @property
    def other_phones(self) -> tuple[str, ...]:
        """Every number but the one that logs in."""
        return tuple(phone.number for phone in self.phones if phone.number != self.mobile)


@dataclass(frozen=True, slots=True)
class CustomerList:
    """What a customer list holds: usable rows in its order, what is to be said about rows, and how its columns were read."""

    columns: Columns
    customers: tuple[ListedCustomer, ...]
    findings: tuple[Finding, ...]

    def of_kind(self, kind: str) -> tuple[Finding, ...]:
        """Return the findings that are problems, skipped or notices."""
        return tuple(finding for finding in self.findings if finding.kind == kind)


def read_customers(sheet: Sheet, mapping: Mapping[str, str] | None = None) -> CustomerList:
    """Read a customer list; raises ColumnsUnclear. `mapping` overrules the columns that were found (see find_columns)."""
    columns = find_columns(sheet.rows, FIELDS, mapping)
    customers: list[ListedCustomer] = []
    findings: list[Finding] = []
    earlier = _Earlier(columns)
    for row in sheet.rows:
        if row.number <= columns.header.number:
            continue
        found = list(_not_a_customer(row, columns))
        customer = None
        if not found:
            customer, found = _customer(row, columns)
        if customer:
            found = earlier.compare(customer) or found
        findings += found
        if customer and all(finding.kind == "notice" for finding in found):
            earlier.add(customer)
            customers.append(customer)
    return CustomerList(columns, tuple(customers), tuple(findings))


def same_company(name: str) -> str:
    """Return a company's name as it is compared: without (新), spaces, letter case and the width of signs."""
    return re.sub(r"[\s().·,-]", "", unicodedata.normalize("NFKC", _NEW.sub("", name))).lower()


def _not_a_customer(row: Row, columns: Columns) -> Iterator[Finding]:
    first = next((cell for cell in row.cells if cell), "")
    if columns.is_heading(row):
        yield Finding("skipped", row.number, "", "heading", _("The headings once more."))
    elif _TOTALS.fullmatch(first):
        yield Finding("skipped", row.number, "", "total", _("A line of totals."), value=first)
    elif sum(1 for cell in row.cells if cell) == 1:
        yield Finding("skipped", row.number, "", "text", _("A line of text."), value=first)
    elif not columns.value(row, "name"):
        text, suggestion = _("There is no company name."), _("Add the name, or delete the row.")
        yield Finding("problem", row.number, columns.heading("name"), "name_missing", text, suggestion)


def _customer(row: Row, columns: Columns) -> tuple[ListedCustomer | None, list[Finding]]:
    findings: list[Finding] = []

    def refuse(key: str, refused: Unreadable) -> None:
        place, value = columns.heading(key), columns.value(row, key)
        findings.append(
            Finding("problem", row.number, place, refused.reason, refused.message, refused.suggestion, value)
        )

    terms = Terms("")
    phones: tuple[Phone, ...] = ()
    try:
        terms = parse_customer_type(columns.value(row, "type"))
    except Unreadable as refused:
        refuse("type", refused)
    try:
        phones = parse_phones(columns.value(row, "phone"))
    except Unreadable as refused:
        refuse("phone", refused)
    if findings:
        return None, findings
    customer = _built(row, columns, terms, phones)
    if customer.mobile is None:
        text = _("There is no mobile number, so nobody of this company can log in yet.")
        suggestion = _("Add a contact with a mobile number later.")
        findings.append(
            Finding(
                "notice",
                row.number,
                columns.heading("phone"),
                "no_mobile",
                text,
                suggestion,
                columns.value(row, "phone"),
            )
        )
    return customer, findings


def _built(row: Row, columns: Columns, terms: Terms, phones: tuple[Phone, ...]) -> ListedCustomer:
    listed = columns.value(row, "name")
    return ListedCustomer(
        row=row.number,
        name=_NEW.sub("", listed).strip(),
        code=columns.value(row, "code"),
        name_en=columns.value(row, "name_en"),
        contact=columns.value(row, "contact"),
        mobile=next((phone.number for phone in phones if phone.mobile), None),
        phones=phones,
        email=columns.value(row, "email"),
        address=columns.value(row, "address"),
        type=terms.type,
        terms=terms.terms,
        level=columns.value(row, "level"),
        salesperson=columns.value(row, "salesperson"),
        new=bool(_NEW.search(listed)),
        note=columns.value(row, "note"),
    )


class _Earlier:
    """The companies of the rows before: a company is known by its name, its number and every telephone number."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.by_name: dict[str, ListedCustomer] = {}
        self.by_code: dict[str, ListedCustomer] = {}
        self.by_phone: dict[str, ListedCustomer] = {}

    def add(self, customer: ListedCustomer) -> None:
        self.by_name[same_company(customer.name)] = customer
        if customer.code:
            self.by_code[customer.code.upper()] = customer
        for phone in customer.phones:
            self.by_phone.setdefault(phone.number, customer)

    def compare(self, customer: ListedCustomer) -> list[Finding]:
        """Say how a company collides with an earlier one; nothing when it does not."""
        namesake = self.by_name.get(same_company(customer.name))
        if namesake:
            return [self._namesake(customer, namesake)]
        coded = self.by_code.get(customer.code.upper()) if customer.code else None
        if coded:
            text = _("Row %(row)d, %(name)s, has this customer number.", row=coded.row, name=coded.name)
            return [
                self._problem(
                    customer, "code", "code_twice", text, _("Give one of the two another number."), customer.code
                )
            ]
        for phone in customer.phones:
            other = self.by_phone.get(phone.number)
            if other:
                text = _(
                    "Row %(row)d, %(name)s, has the number %(phone)s.",
                    row=other.row,
                    name=other.name,
                    phone=phone.number,
                )
                suggestion = _("A number belongs to one person of one company. Correct one of the two rows.")
                return [self._problem(customer, "phone", "phone_twice", text, suggestion, phone.number)]
        return []

    def _namesake(self, customer: ListedCustomer, earlier: ListedCustomer) -> Finding:
        heading = self.columns.heading("name")
        if set(customer.phones) <= set(earlier.phones) and _rest(customer) == _rest(earlier):
            text = _("The same company as row %(row)d (%(code)s).", row=earlier.row, code=earlier.code or "—")
            return Finding("skipped", customer.row, heading, "duplicate", text, value=customer.name)
        text = _("Row %(row)d is a company of this name with other contents.", row=earlier.row)
        suggestion = _("Put both into one row, or tell the names apart, as by the town.")
        return self._problem(customer, "name", "name_twice", text, suggestion, customer.name)

    def _problem(
        self, customer: ListedCustomer, key: str, reason: str, message: object, suggestion: object, value: str
    ) -> Finding:
        return Finding("problem", customer.row, self.columns.heading(key), reason, message, suggestion, value)


def _rest(customer: ListedCustomer) -> tuple[str, ...]:
    return customer.contact, customer.address, customer.type, customer.email
