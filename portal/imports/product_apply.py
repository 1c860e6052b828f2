"""Write a planned price list through the catalogue's and the production book's own functions."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import bulk, indexing
from portal.catalog import service as catalog
from portal.catalog.entries import ProductEntry
from portal.catalog.wheels import shape_of
from portal.errors import PortalError
from portal.imports.plan import Advance, RowRefused
from portal.imports.product_plan import NewItem, ProductPlan
from portal.imports.product_shop import Family
from portal.production.service import Opening, open_stock
from portal.web.i18n import gettext as _
from portal.web.i18n import using_locale

_BATCH = 200
Thing = TypeVar("Thing")


def apply_products(session: Session, *, actor: Actor, plan: ProductPlan, source: str, advance: Advance) -> None:
    """Write new categories, products, items, changes, package codes and opening stock; `source` names the file in the ledger.

    Raises RowRefused at the first row whose product cannot be made.
    """
    shelves, products, touched = dict(plan.shelves), dict[Family, int](), set[int]()
    with using_locale("zh"):  # the ledger is read by everybody, not by who imports
        reason = _("Opening stock from %(file)s", file=source)[:300]
    for batch in _batches(plan.new):
        placed = [(_product(session, actor, item, shelves, products), item) for item in batch]
        _create(session, actor, placed, reason)
        touched |= {product_id for product_id, _item in placed}
        advance(len(batch))
    for ids in _batches(sorted(plan.edits)):
        edits = {variant_id: plan.edits[variant_id] for variant_id in ids}
        touched |= bulk.edit_variants(session, actor=actor, changes=edits)
        advance(len(edits))
    bulk.add_package_codes(session, actor=actor, codes=plan.codes)
    indexing.index_products(session, touched)


def _create(session: Session, actor: Actor, placed: Sequence[tuple[int, NewItem]], reason: str) -> None:
    """Add items to their products, with their package codes and what lies on the shelf."""
    entries = [(product_id, item.entry) for product_id, item in placed]
    ids = bulk.create_variants(session, actor=actor, entries=entries)
    created = [(variant_id, item) for variant_id, (_product_id, item) in zip(ids, placed, strict=True)]
    codes = {item.code: variant_id for variant_id, item in created if item.code}
    bulk.add_package_codes(session, actor=actor, codes=codes)
    openings = {
        variant_id: Opening(item.stock, item.location) for variant_id, item in created if item.stock is not None
    }
    open_stock(session, actor=actor, openings=openings, reason=reason)


def _batches(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    yield from (things[start : start + _BATCH] for start in range(0, len(things), _BATCH))


def _product(
    session: Session, actor: Actor, item: NewItem, shelves: dict[str, str], products: dict[Family, int]
) -> int:
    """Return the product of an item, made when there is none: one of its own for a custom item, since grants are a product's."""
    found = item.product_id or (None if item.custom else products.get(item.family))
    if found:
        return found
    try:
        category = _shelf(session, actor, item.family.shape, shelves)
        row = catalog.create_product(session, actor=actor, entry=_entry(item, category))
    except PortalError as error:
        raise RowRefused(item.row, error) from error
    if not item.custom:
        products[item.family] = row.id
    return row.id


def _entry(item: NewItem, category: str) -> ProductEntry:
    shape = shape_of(item.family.shape)
    name_zh, name_en = item.name or (shape.name_zh if shape else "砂轮"), shape.name_en if shape else "Wheel"
    return ProductEntry(
        name_zh=f"{name_zh[:150]} {item.family.size}", name_en=f"{name_en} {item.family.size}", category=category,
        kind="custom" if item.custom else "standard",
    )  # fmt: skip


def _shelf(session: Session, actor: Actor, shape: str, shelves: dict[str, str]) -> str:
    if shape not in shelves:
        known = shape_of(shape)
        row = catalog.create_category(
            session, actor=actor, code=f"shape-{shape.lower()}", name_zh=known.zh if known else shape,
            name_en=known.en if known else shape, shape=shape, position=len(shelves) + 1,
        )  # fmt: skip
        shelves[shape] = row.code
    return shelves[shape]
