"""What a list of items can be narrowed to: the values that occur among what is visible, with their counts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import look
from portal.catalog.models import Category, Product, Variant
from portal.catalog.queries import Filters, conditions
from portal.catalog.search import understand
from portal.catalog.visibility import visible_items


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet with its words and how many items would be left."""

    value: str
    text_zh: str
    text_en: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow a list; `name` is the query's parameter."""

    name: str
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """The values that the list is narrowed to."""
        return tuple(choice for choice in self.choices if choice.chosen)


Words = Callable[[str], tuple[str, str]]
_FACETS: tuple[tuple[str, str, Any, Words], ...] = (
    ("shape", "shapes", Variant.shape, look.shape_words),
    ("abrasive", "abrasives", Variant.abrasive, look.abrasive_words),
    ("grit", "grits", Variant.grit, lambda grit: (grit, grit)),
)


def facets(session: Session, *, actor: Actor, filters: Filters) -> tuple[Facet, ...]:
    """Return the facets of a list; each counts what the other filters leave. One statement a facet."""
    return tuple(_facet(session, actor, filters, *definition) for definition in _FACETS)


def _facet(session: Session, actor: Actor, filters: Filters, name: str, field: str, column: Any, words: Words) -> Facet:
    narrowed: dict[str, Any] = {field: ()}
    others = conditions(replace(filters, **narrowed))
    found = session.execute(
        select(column, func.count())
        .select_from(Variant)
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(and_(visible_items(actor), column.is_not(None), *others, *understand(filters.search).conditions()))
        .group_by(column)
    )
    counts = {value: count for value, count in found}  # noqa: C416  a row is no pair for the type checker
    chosen = getattr(filters, field)
    values = {**dict.fromkeys(chosen, 0), **counts}
    ordered = (
        sorted(values, key=look.grit_order) if name == "grit" else sorted(values, key=lambda one: (-values[one], one))
    )
    return Facet(name, tuple(Choice(value, *words(value), values[value], value in chosen) for value in ordered[:60]))
