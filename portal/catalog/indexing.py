"""What is stored beside an item so that it is found: the columns its marking is read into, and its search tokens."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, column, func, select, table, update
from sqlalchemy.orm import Session

from portal.catalog import wheels
from portal.catalog.marking import MarkingError, parse_marking, print_marking
from portal.catalog.models import Category, Product, Variant
from portal.catalog.search_tokens import index_tokens

_READ = ("shape", "diameter", "thickness", "bore", "abrasive", "grit", "grade", "structure", "bond", "speed")
_BATCH = 500


def marking_columns(text: str) -> dict[str, Any]:
    """Return the columns of a variant whose marking is given in any spelling: printed strictly, and read part by part.

    A text that is no marking is kept as it is, and nothing is guessed about sizes.
    """
    try:
        marking = parse_marking(text)
    except MarkingError:
        return {"marking": text.strip(), **dict.fromkeys(_READ)}
    return {"marking": print_marking(marking), **{name: getattr(marking, name) for name in _READ}}


def index_products(session: Session, product_ids: Collection[int]) -> None:
    """Write the search tokens of every item of these products; whoever changes names or markings calls it."""
    session.flush()
    wanted = sorted(product_ids)
    for start in range(0, len(wanted), _BATCH):
        _index(session, wanted[start : start + _BATCH])


def _index(session: Session, product_ids: list[int]) -> None:
    rows = session.execute(
        select(
            Variant.id, Variant.sku, Variant.marking, Variant.marking_raw, Variant.shape, Variant.abrasive, Variant.bond,
            Product.code, Product.name_zh, Product.name_en, Category.name_zh, Category.name_en,
        )
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(Product.id.in_(product_ids))
    ).all()  # fmt: skip
    if rows:
        indexed = [{"variant_id": row[0], "tokens": index_tokens(*_texts(row))} for row in rows]
        session.connection().execute(_WRITE, indexed)


_WRITE = (
    # The table, not the entity: searching better is no edit and leaves the row's version alone.
    update(table("variants", column("id"), column("search")))
    .where(column("id") == bindparam("variant_id"))
    .values(search=func.array_to_tsvector(bindparam("tokens", type_=ARRAY(Text))))
)


def _texts(row: Any) -> Iterable[str]:
    _id, sku, marking, raw, shape, abrasive, bond, *names = row
    return [text for text in (sku, marking, raw, *names, *_meanings(shape, abrasive, bond)) if text]


def _meanings(shape: str | None, abrasive: str | None, bond: str | None) -> Iterable[str]:
    """Return what people call the codes, so that 白刚玉 and 树脂 find what is marked WA and B."""
    found = (
        wheels.shape_of(shape),
        wheels.abrasive_meaning(abrasive) if abrasive else None,
        wheels.bond_meaning(bond) if bond else None,
    )
    return [text for meaning in found if meaning for text in (meaning.zh, meaning.en)]
