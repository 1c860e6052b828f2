"""A product's items as the trade thinks of them: sizes down, grits across; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.catalog import look
from portal.catalog.items import Item

MOST_GRITS = 10
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of sizes with the items of each grit; a cell may hold several (another grade, say) or none."""

    grits: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Item, ...], ...]], ...]


def grid_of(items: Sequence[Item]) -> Grid | None:
    """Lay items out as a grid; None when they are too few, too many-sided or no wheels."""
    grits = sorted({item.grit for item in items if item.grit}, key=look.grit_order)
    sizes = list(dict.fromkeys(look.size_of(item) for item in items))
    if len(items) < FEWEST or not 2 <= len(grits) <= MOST_GRITS or "" in sizes or any(not item.grit for item in items):
        return None
    cells: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        cells.setdefault((look.size_of(item), item.grit or ""), []).append(item)
    rows = tuple((size, tuple(tuple(cells.get((size, grit), ())) for grit in grits)) for size in sizes)
    return Grid(tuple(grits), rows)
