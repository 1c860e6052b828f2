"""Plan the import of a price list: what of each row is new, changed or as it was. Pure: the shop comes in as values.

An empty cell changes nothing, and neither does a column the list has not: whole packs are asked for by nobody but the shop itself
(`order_multiple` stays 1), lead times stay the usual ones. Stock is taken into the book once, when an item is created; afterwards
the book's ledger counts, and a list that differs is only told of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.catalog.entries import VariantEntry, check_variant
from portal.catalog.wheels import shape_of
from portal.errors import InvalidInput
from portal.imports.columns import Columns, Field
from portal.imports.findings import Finding
from portal.imports.plan import FieldChange, Plan, PlannedRow, refusals
from portal.imports.product_shop import Family, KnownItem, ProductShop, family_of
from portal.imports.products_list import FIELDS, ListedProduct, ProductList
from portal.production.quantities import LARGEST as MOST_ON_HAND
from portal.web.i18n import lazy_gettext as _
from portal.web.i18n import pick

_FIELD: Mapping[str, Field] = {one.key: one for one in FIELDS}
_KEYS = {"unit_zh": "unit", "unit_en": "unit", "list_price": "price", "pack_size": "pack"}
_COMPARED = ("unit", "price", "pack", "min_quantity", "lead_days", "note")
_ENTRY_FIELDS = {
    "unit": ("unit_zh", "unit_en"), "price": ("list_price",), "pack": ("pack_size",), "min_quantity": ("min_quantity",),
    "lead_days": ("lead_days",), "note": ("note",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to create: in a product that exists (`product_id`), in a new one of its family, or, a custom one, in one of its own."""

    row: int
    entry: VariantEntry
    family: Family
    product_id: int | None
    custom: bool
    name: str
    code: str | None
    stock: int | None
    location: str


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """The plan, and the values to write: new items, changed fields and new package codes by variant id."""

    plan: Plan
    new: tuple[NewItem, ...]
    edits: Mapping[int, Mapping[str, Any]]
    codes: Mapping[str, int]
    shelves: Mapping[str, str]


def plan_products(listed: ProductList, shop: ProductShop) -> ProductPlan:
    """Compare a price list with the shop."""
    planner = _Planner(listed.columns, shop, {product.sku.upper() for product in listed.products})
    for product in listed.products:
        planner.take(product)
    findings = tuple(sorted([*listed.findings, *planner.findings], key=lambda finding: finding.row))
    plan = Plan(
        kind="products", columns=listed.columns, rows=tuple(planner.rows), findings=findings, remarks=planner.remarks()
    )
    return ProductPlan(plan, tuple(planner.new), planner.edits, planner.codes, shop.shelves)


@dataclass
class _Planner:
    columns: Columns
    shop: ProductShop
    listed_skus: set[str]
    rows: list[PlannedRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    new: list[NewItem] = field(default_factory=list)
    edits: dict[int, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)

    def take(self, product: ListedProduct) -> None:
        known = self.shop.items.get(product.sku.upper())
        problems = self.problems(product, known)
        if problems:
            self.findings += problems
        elif known is None:
            self.create(product)
        else:
            self.compare(product, known)

    def problems(self, product: ListedProduct, known: KnownItem | None) -> list[Finding]:
        if known and known.family and known.family != family_of(product.marking):
            text = _("This item number is %(marking)s in the shop.", marking=known.marking)
            suggestion = _("Give another wheel a number of its own; correct a wrong one on its page.")
            return [self.finding("problem", product, "marking", "other_wheel", text, suggestion, product.printed)]
        if (product.stock or 0) > MOST_ON_HAND:
            text = _("Enter at most %(most)s pieces at a time.", most=f"{MOST_ON_HAND:,}")
            return [
                self.finding("problem", product, "stock", "quantity", text, _("Correct the cell."), str(product.stock))
            ]
        try:
            check_variant(_entry(product))
        except InvalidInput as error:
            return refusals(error, row=product.row, columns=self.columns, keys=_KEYS)
        return []

    def create(self, product: ListedProduct) -> None:
        family = family_of(product.marking)
        item = NewItem(
            row=product.row, entry=_entry(product), family=family, custom=product.custom, name=product.name,
            product_id=None if product.custom else self.shop.families.get(family), code=self.new_code(product),
            stock=product.stock, location=product.location,
        )  # fmt: skip
        self.new.append(item)
        self.rows.append(
            PlannedRow(
                row=product.row, outcome="created", key=product.sku, name=product.printed, changes=_facts(product, item),
                remarks=(_("Custom: nobody sees it until it is granted to a customer."),) if product.custom else (),
            )
        )  # fmt: skip

    def compare(self, product: ListedProduct, known: KnownItem) -> None:
        edits, changes = _edits(product, known)
        code = self.new_code(product)
        if code:
            self.codes[code] = known.variant_id
            changes.append(FieldChange(_FIELD["code"], "", code))
        if edits:
            self.edits[known.variant_id] = edits
        self.notice_differences(product, known)
        self.rows.append(
            PlannedRow(
                row=product.row, outcome="changed" if changes else "unchanged", key=known.sku, name=product.printed,
                changes=tuple(changes),
            )
        )  # fmt: skip

    def new_code(self, product: ListedProduct) -> str | None:
        """Return the package code to keep; a code that leads elsewhere already is told of and left out.

        The lot that a label names is one package's, not the item's, so it is not kept.
        """
        code = product.code.code if product.code else None
        if code is None or code.upper() == product.sku.upper():
            return None
        holder = self.holder(code)
        self.claimed.setdefault(code, product.sku)
        if holder is None:
            return code
        if holder.upper() != product.sku.upper():
            text = _("The package code %(code)s leads to %(sku)s already. It is not kept.", code=code, sku=holder)
            suggestion = _("Check which item carries it.")
            self.findings.append(self.finding("notice", product, "code", "code_taken", text, suggestion, code))
        return None

    def holder(self, code: str) -> str | None:
        """Return the article number that a package code leads to: by the shop's codes, by an earlier row, or by being one."""
        if code.upper() in self.listed_skus or code.upper() in self.shop.items:
            return code
        return self.shop.codes.get(code) or self.claimed.get(code)

    def notice_differences(self, product: ListedProduct, known: KnownItem) -> None:
        present = known.on_hand or 0
        if product.stock is not None and product.stock != present:
            text = _(
                "The list says %(listed)d, the book %(present)d. The book counts.",
                listed=product.stock,
                present=present,
            )
            suggestion = _("Count it on the stock page if the list is right.")
            self.notice(product, "stock", "stock_differs", text, suggestion)
        if product.custom and not known.custom:
            text = _("The list says it is custom; in the shop every customer sees it.")
            self.notice(product, "note", "custom_differs", text, _("Make the product a custom one on its page."))
        if "note" in product.given and known.status == "discontinued" and product.status == "active":
            text = _("The shop no longer sells it, the list does not say so.")
            self.notice(product, "note", "status_differs", text, _("Sell it again on its page if that is wanted."))

    def notice(self, product: ListedProduct, key: str, reason: str, text: Any, suggestion: Any) -> None:
        value = self.columns.heading(key) and str(getattr(product, key, ""))
        self.findings.append(self.finding("notice", product, key, reason, text, suggestion, value))

    def finding(
        self, kind: Any, product: ListedProduct, key: str, reason: str, text: Any, suggestion: Any, value: str
    ) -> Finding:
        return Finding(kind, product.row, self.columns.heading(key), reason, text, suggestion, value)

    def remarks(self) -> tuple[Any, ...]:
        """What is true of many rows at once: new products and shelves, custom ones, stock."""
        families = {item.family for item in self.new if item.product_id is None and not item.custom}
        shelves = {item.family.shape for item in self.new} - self.shop.shelves.keys()
        custom = sum(item.custom for item in self.new)
        stocked = sum(bool(item.stock) for item in self.new)
        found: list[Any] = []
        if families:
            found.append(_("%(count)d new products, by shape and size.", count=len(families)))
        if shelves:
            found.append(_("New categories: %(names)s.", names=_Shapes(sorted(shelves))))
        if custom:
            text = _(
                "%(count)d new custom products, seen by nobody until they are granted to a customer.", count=custom
            )
            found.append(text)
        if stocked:
            found.append(_("The stock of %(count)d new items enters the production book as counted.", count=stocked))
        return tuple(found)


class _Shapes:
    """Names of shapes, in the reader's language."""

    def __init__(self, codes: list[str]) -> None:
        self.codes = codes

    def __str__(self) -> str:
        known = [(code, shape_of(code)) for code in self.codes]
        return pick("、", ", ").join(pick(shape.zh, shape.en) if shape else code for code, shape in known)


def _entry(product: ListedProduct) -> VariantEntry:
    usual = VariantEntry(sku="", marking="")
    return VariantEntry(
        sku=product.sku, marking=product.marking.raw or product.printed, list_price=product.list_price,
        min_quantity=product.min_quantity or usual.min_quantity, pack_size=product.pack_size,
        lead_days=usual.lead_days if product.lead_days is None else product.lead_days, unit_zh=product.unit_zh,
        unit_en=product.unit_en, status=product.status, note=product.note,
    )  # fmt: skip


def _edits(product: ListedProduct, known: KnownItem) -> tuple[dict[str, Any], list[FieldChange]]:
    entry, edits, changes = _entry(product), dict[str, Any](), list[FieldChange]()
    if product.printed != known.marking:
        edits["marking"] = entry.marking
        changes.append(FieldChange(_FIELD["marking"], known.marking, product.printed))
    for key in _COMPARED:
        names = _ENTRY_FIELDS[key]
        before, after = getattr(known, names[0]), getattr(entry, names[0])
        if key in product.given and before != after:
            edits |= {name: getattr(entry, name) for name in names}
            changes.append(FieldChange(_FIELD[key], _told(key, before), _told(key, after)))
    if product.status == "discontinued" != known.status:
        edits["status"] = "discontinued"
        changes.append(FieldChange(STATUS, _STATUS["active"], _STATUS["discontinued"]))
    return edits, changes


def _facts(product: ListedProduct, item: NewItem) -> tuple[FieldChange, ...]:
    values = {
        "price": _told("price", product.list_price), "unit": product.unit_zh,
        "pack": str(product.pack_size) if product.pack_size > 1 else "", "min_quantity": str(product.min_quantity or ""),
        "stock": "" if product.stock is None else str(product.stock), "location": product.location,
        "code": item.code or "", "note": product.note,
    }  # fmt: skip
    facts = [FieldChange(_FIELD[key], "", value) for key, value in values.items() if value != ""]
    if product.status == "discontinued":
        facts.append(FieldChange(STATUS, "", _STATUS["discontinued"]))
    return tuple(facts)


STATUS = Field("status", "状态", "Status", ())
_STATUS = {"active": _("Sold"), "discontinued": _("Discontinued")}


def _told(key: str, value: Any) -> Any:
    return _("Ask") if key == "price" and value is None else str(value)
