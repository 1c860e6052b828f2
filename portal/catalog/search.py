"""What a search means: parts of a marking become conditions on columns, other words become tokens of the search column.

The search column holds own tokens (see `search_tokens`), so words of one or two Chinese characters are found by the index,
which trigrams and the database's own parsers do not do.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, false, func, or_
from sqlalchemy.dialects.postgresql import TSQUERY

from portal.catalog.marking import MarkingError, parse_marking, print_marking
from portal.catalog.marking_query import MarkingQuery, parse_query
from portal.catalog.models import Variant
from portal.catalog.search_tokens import as_tsquery, query_tokens

LONGEST = 100
"""Characters of a search that are looked at."""

_PARTS = ("shape", "diameter", "thickness", "bore", "abrasive", "grit", "grade", "structure", "bond", "speed")
_NEAR = Decimal("0.35")
"""A size is close when each dimension that was asked for is within this share of it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search as it was understood; `text` is how it is shown again (`400*50` reads `400×50`)."""

    typed: str
    parsed: MarkingQuery | None
    marking: str | None

    @property
    def text(self) -> str:
        """How the search is shown: as parsed when it names parts of a marking, else as typed."""
        return self.marking or (self.parsed.text if self.parsed else self.typed)

    @property
    def names_a_size(self) -> bool:
        """Whether there is something to be close to."""
        return self.parsed is not None and (self.parsed.diameter or self.parsed.thickness) is not None

    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """Return what an item must hold to be found; nothing for an empty search."""
        if not self.typed:
            return ()
        ways = [Variant.sku == self.typed, Variant.sku.istartswith(self.typed, autoescape=True)]
        if self.parsed is not None:
            ways.append(and_(*_parts(self.parsed), *(_holds(word) for word in self.parsed.words)))
        else:
            ways.append(_holds(self.typed))
        return (or_(*ways),)

    def order(self) -> tuple[Any, ...]:
        """Return what comes first: the article number, the whole marking, the parts of one, then mere words."""
        if not self.typed:
            return ()
        ranks = [(Variant.sku == self.typed, 0), (func.lower(Variant.sku) == self.typed.lower(), 1)]
        if self.marking is not None:
            ranks.append((Variant.marking == self.marking, 2))
        if self.parsed is not None:
            ranks.append((and_(*_parts(self.parsed)), 3))
        return (case(*ranks, else_=4),)

    def near(self) -> tuple[ColumnElement[bool], ...]:
        """Return what an item of about the same size must hold."""
        return tuple(
            column.between(asked * (1 - _NEAR), asked * (1 + _NEAR)) for column, asked in self._sizes()
        )  # fmt: skip

    def distance(self) -> ColumnElement[float]:
        """Return how far an item's sizes are from the ones asked for, each in shares of what was asked; other codes weigh little."""
        parsed = self.parsed or MarkingQuery()
        same = [Variant.shape == parsed.shape, Variant.abrasive == parsed.abrasive, Variant.grit == parsed.grit]
        far: Any = sum((case((one, 0.0), else_=0.01) for one in same), cast(0, Float))
        for column, asked in self._sizes():
            far = far + func.abs(cast(column, Float) - float(asked)) / float(asked)
        return far  # type: ignore[no-any-return]  # an arithmetic expression of columns

    def _sizes(self) -> list[tuple[Any, Decimal]]:
        if self.parsed is None:
            return []
        asked = (
            (Variant.diameter, self.parsed.diameter),
            (Variant.thickness, self.parsed.thickness),
            (Variant.bore, self.parsed.bore),
        )
        return [(column, value) for column, value in asked if value]


def understand(text: str) -> Query:
    """Read a search as people type it; never raises. Only the first `LONGEST` characters count."""
    typed = " ".join(text.replace("\x00", " ").split())[:LONGEST].strip()
    return Query(typed, parse_query(typed) if typed else None, _whole_marking(typed))


def _whole_marking(text: str) -> str | None:
    try:
        return print_marking(parse_marking(text))
    except MarkingError:
        return None


def _parts(parsed: MarkingQuery) -> list[ColumnElement[bool]]:
    asked = {name: getattr(parsed, name) for name in _PARTS}
    return [getattr(Variant, name) == value for name, value in asked.items() if value is not None]


def _holds(text: str) -> ColumnElement[bool]:
    """Return the condition that the search column holds every token of a text; a text without any is found nowhere."""
    tokens = query_tokens(text)
    if not tokens:
        return false()
    query = cast(as_tsquery(tokens, prefix=tokens[-1].isascii()), TSQUERY)
    found: ColumnElement[bool] = Variant.search.bool_op("@@")(query)
    return found
