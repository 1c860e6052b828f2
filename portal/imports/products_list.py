"""Turn the rows of a factory's price list into wheels that can be created, and say of every other row why not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from portal.catalog.marking import Marking, print_marking
from portal.catalog.package_codes import read_code, stored_code
from portal.imports.columns import Columns, Field, find_columns
from portal.imports.findings import Finding
from portal.imports.markings import abrasive_of_name, read_marking
from portal.imports.reading import Row, Sheet
from portal.imports.values import Pack, Unreadable, parse_pack, parse_price, parse_quantity, parse_unit, says_nothing
from portal.web.i18n import lazy_gettext as _

FIELDS = (
    Field("sku", "货号", "Item number", ("货号", "商品编码", "产品编码", "物料编码", "物料号", "编码", "产品编号", "item no", "item number", "article", "article no", "sku", "code", "part no"), required=True),
    Field("name", "品名", "Name", ("品名", "名称", "产品名称", "商品名称", "货品名称", "name", "product", "product name", "description")),
    Field("marking", "规格型号", "Marking", ("规格型号", "规格", "型号", "标记", "规格标记", "产品规格", "marking", "specification", "spec", "size", "designation"), required=True),
    Field("abrasive", "磨料", "Abrasive", ("磨料", "材质", "abrasive", "material", "grain")),
    Field("unit", "单位", "Unit", ("单位", "计量单位", "unit", "uom")),
    Field("price", "单价", "List price", ("含税单价", "单价", "价格", "含税价", "售价", "销售价", "列表价", "列价", "价格含税", "price", "unit price", "list price")),
    Field("stock", "库存", "Stock", ("现有库存", "库存", "库存数量", "库存量", "在库", "现存量", "stock", "on hand", "quantity", "qty")),
    Field("pack", "包装数量", "Packing", ("包装数量", "包装", "装箱数", "装箱量", "每箱数量", "包装规格", "pack", "packing", "pack size", "pcs/box")),
    Field("min_quantity", "起订量", "Minimum quantity", ("起订量", "最小起订量", "最小订量", "moq", "minimum", "min quantity", "minimum quantity")),
    Field("lead_days", "交期（天）", "Lead time in days", ("交期", "交货期", "生产周期", "交期天", "lead time", "lead days")),
    Field("location", "库位", "Location", ("库位", "货位", "仓位", "location", "bin", "shelf")),
    Field("code", "包装二维码", "Package code", ("二维码内容", "二维码", "条码", "条形码", "包装码", "qr code", "qr", "barcode", "gtin", "ean")),
    Field("note", "备注", "Note", ("备注", "说明", "附注", "remark", "remarks", "note", "notes", "comment")),
    Field("number", "序号", "Row number", ("序号", "行号", "no", "#")),
)  # fmt: skip

_TOTALS = re.compile(
    r"(合\s*计|总\s*计|小\s*计|共\s*计|grand total|sub-?total|total|sum)\s*[:：]?.{0,12}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ListedCode:
    """What the package says: the code as kept in the table of package codes, and the lot when it names one."""

    code: str
    lot: str | None
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProduct:
    """A wheel that can be created. Price in CNY a unit, None: ask; quantities in units; `stock` None: the list does not say.

    `given` are the fields whose cell says something: an empty cell changes nothing of an item that is there already.
    """

    row: int
    sku: str
    name: str
    marking: Marking
    unit_zh: str
    unit_en: str
    list_price: Decimal | None
    pack_size: int
    min_quantity: int | None
    lead_days: int | None
    stock: int | None
    location: str
    code: ListedCode | None
    status: str
    custom: bool
    note: str
    given: frozenset[str]

    @property
    def printed(self) -> str:
        """The marking as the portal prints it."""
        return print_marking(self.marking)


@dataclass(frozen=True, slots=True)
class ProductList:
    """What a price list holds: usable rows in its order, what is to be said about rows, and how its columns were read."""

    columns: Columns
    products: tuple[ListedProduct, ...]
    findings: tuple[Finding, ...]

    def of_kind(self, kind: str) -> tuple[Finding, ...]:
        """Return the findings that are problems, skipped or notices."""
        return tuple(finding for finding in self.findings if finding.kind == kind)


def read_products(sheet: Sheet, mapping: Mapping[str, str] | None = None) -> ProductList:
    """Read a price list; raises ColumnsUnclear. `mapping` overrules the columns that were found (see find_columns)."""
    columns = find_columns(sheet.rows, FIELDS, mapping)
    products: list[ListedProduct] = []
    findings: list[Finding] = []
    seen: dict[str, Row] = {}
    for row in sheet.rows:
        if row.number <= columns.header.number:
            continue
        left_out = _left_out(row, columns, seen)
        if left_out:
            findings.append(left_out)
            continue
        seen[columns.value(row, "sku").upper()] = row
        reading = _Reading(row, columns)
        product = reading.product()
        findings += reading.findings
        if product:
            products.append(product)
    findings += _twins(products, columns)
    findings += _check_digits(products, columns)
    return ProductList(columns, tuple(products), tuple(sorted(findings, key=lambda finding: finding.row)))


def _left_out(row: Row, columns: Columns, seen: Mapping[str, Row]) -> Finding | None:
    first = next((cell for cell in row.cells if cell), "")
    sku = columns.value(row, "sku")
    if _TOTALS.fullmatch(first) and not sku:
        return Finding("skipped", row.number, "", "total", _("A line of totals."), value=first)
    if columns.is_heading(row):
        return Finding("skipped", row.number, "", "heading", _("The headings once more."))
    if sum(1 for cell in row.cells if cell) == 1:
        return Finding("skipped", row.number, "", "text", _("A line of text."), value=first)
    heading = columns.heading("sku")
    if not sku:
        text = _("There is no item number.")
        return Finding("problem", row.number, heading, "sku_missing", text, _("Give every item a number of its own."))
    earlier = seen.get(sku.upper())
    if earlier is None:
        return None
    if _content(earlier, columns) == _content(row, columns):
        text = _("The same as row %(row)d.", row=earlier.number)
        return Finding("skipped", row.number, heading, "duplicate", text, value=sku)
    text = _("Row %(row)d has this item number with other contents.", row=earlier.number)
    suggestion = _("Keep one of the two rows, or give this one a number of its own.")
    return Finding("problem", row.number, heading, "sku_twice", text, suggestion, sku)


def _content(row: Row, columns: Columns) -> tuple[str, ...]:
    return tuple(columns.value(row, key) for key in columns.places if key != "number")


class _Reading:
    """One row on its way to a product: every cell is read, so that all that is wrong is said at once."""

    def __init__(self, row: Row, columns: Columns) -> None:
        self.row = row
        self.columns = columns
        self.findings: list[Finding] = []

    def product(self) -> ListedProduct | None:
        note = self.value("note")
        marking = self.marking()
        unit_zh, unit_en = self.unit()
        pack = self.pack(unit_zh)
        price = self.price()
        stock, min_quantity, lead_days = (self.quantity(key) for key in ("stock", "min_quantity", "lead_days"))
        if marking is None or any(finding.kind == "problem" for finding in self.findings):
            return None
        return ListedProduct(
            row=self.row.number,
            sku=self.value("sku"),
            name=self.value("name"),
            marking=marking,
            unit_zh=unit_zh,
            unit_en=unit_en,
            list_price=price,
            pack_size=pack.size,
            min_quantity=min_quantity or None,
            lead_days=lead_days,
            stock=stock,
            location=self.value("location"),
            code=self.code(marking),
            status="discontinued" if "停产" in note or "discontinued" in note.lower() else "active",
            custom="定制" in note or "custom" in note.lower(),
            note=note,
            given=frozenset(key for key in self.columns.places if self.is_given(key)),
        )

    def is_given(self, key: str) -> bool:
        """A dash in the price column says that one has to ask; elsewhere it says nothing."""
        text = self.value(key)
        return bool(text) and (key == "price" or not says_nothing(text))

    def value(self, key: str) -> str:
        return self.columns.value(self.row, key)

    def marking(self) -> Marking | None:
        try:
            marking = read_marking(self.value("marking"), beside=self.value("code"))
        except Unreadable as refused:
            self.refuse("marking", refused)
            return None
        named = abrasive_of_name(self.value("abrasive"))
        if named and named != marking.abrasive.lstrip("0123456789"):
            text = _(
                "The marking says %(code)s, this column %(name)s. The marking counts.",
                code=marking.abrasive,
                name=self.value("abrasive"),
            )
            self.notice("abrasive", "abrasive_differs", text, _("Correct the one that is wrong."))
        return marking

    def price(self) -> Decimal | None:
        try:
            return parse_price(self.value("price"))
        except Unreadable as refused:
            self.refuse("price", refused)
            return None

    def unit(self) -> tuple[str, str]:
        try:
            return parse_unit(self.value("unit"))
        except Unreadable as refused:
            self.refuse("unit", refused)
            return "", ""

    def pack(self, unit: str) -> Pack:
        try:
            pack = parse_pack(self.value("pack"))
        except Unreadable as refused:
            self.refuse("pack", refused)
            return Pack(1)
        if unit in ("盒", "箱", "包") and pack.unit:
            text = _("The price is for one %(unit)s, the packing counts %(counted)s.", unit=unit, counted=pack.unit)
            self.notice(
                "pack",
                "pack_unit_differs",
                text,
                _("Check that %(size)d of the priced unit make a pack.", size=pack.size),
            )
        return pack

    def quantity(self, key: str) -> int | None:
        try:
            return parse_quantity(self.value(key))
        except Unreadable as refused:
            self.refuse(key, refused)
            return None

    def code(self, marking: Marking) -> ListedCode | None:
        text = self.value("code")
        if not text:
            return None
        read = read_code(text)
        if read.marking and read.marking != print_marking(marking):
            message = _("The code on the package says %(marking)s.", marking=read.marking)
            self.notice("code", "code_differs", message, _("Check which of the two is printed on the wheel."))
        return ListedCode(stored_code(text), read.lot, text)

    def refuse(self, key: str, refused: Unreadable) -> None:
        heading, value = self.columns.heading(key), self.value(key)
        self.findings.append(
            Finding("problem", self.row.number, heading, refused.reason, refused.message, refused.suggestion, value)
        )

    def notice(self, key: str, reason: str, message: object, suggestion: object) -> None:
        self.findings.append(
            Finding("notice", self.row.number, self.columns.heading(key), reason, message, suggestion, self.value(key))
        )


def _twins(products: list[ListedProduct], columns: Columns) -> Iterator[Finding]:
    """Two items of one marking: possible (another packing), but more often a mistake."""
    first: dict[str, ListedProduct] = {}
    for product in products:
        earlier = first.setdefault(product.printed, product)
        if earlier is not product:
            text = _("Row %(row)d, %(sku)s, has the same marking.", row=earlier.row, sku=earlier.sku)
            heading = columns.heading("marking")
            yield Finding(
                "notice", product.row, heading, "marking_twice", text, _("Check that both are wanted."), product.printed
            )


def _check_digits(products: list[ListedProduct], columns: Columns) -> Iterator[Finding]:
    wrong = [product for product in products if product.code and _is_wrong_gtin(product.code.code)]
    if wrong:
        text = _(
            "%(count)d GTINs have a wrong check digit. They are kept, since packages carry them.", count=len(wrong)
        )
        suggestion = _("Ask whoever prints the labels.")
        yield Finding(
            "notice",
            wrong[0].row,
            columns.heading("code"),
            "check_digit",
            text,
            suggestion,
            wrong[0].code.code if wrong[0].code else "",
        )


def _is_wrong_gtin(code: str) -> bool:
    if not re.fullmatch(r"[0-9]{14}", code):
        return False
    return sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(code)) % 10 != 0
