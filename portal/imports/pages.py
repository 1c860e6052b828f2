"""What the pages of imports show: columns to choose from, one tab of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.imports.columns import Columns, Field
from portal.imports.kinds import KINDS
from portal.imports.plan import Plan
from portal.imports.reading import Sheet
from portal.imports.words import outcome_name
from portal.paging import offset, within
from portal.web.urls import with_query

SIZE = 100
TABS = ("created", "changed", "unchanged", "skipped", "problem", "notice")
_EXAMPLES = 3
_LONGEST_EXAMPLE = 40


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A field and the column that holds it (`#3`, empty for none), with what stands there in the first rows."""

    field: Field
    chosen: str
    examples: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a plan."""

    key: str
    label: str
    count: int
    href: str


def choices(kind: str, columns: Columns, sheet: Sheet) -> list[ColumnChoice]:
    """Return each field with the column that is read for it now."""
    rows = [row for row in sheet.rows if row.number > columns.header.number]
    found = []
    for field in KINDS[kind].fields:
        place = columns.places.get(field.key)
        values = () if place is None else dict.fromkeys(row.cell(place) for row in rows[:50] if row.cell(place))
        examples = " · ".join(value[:_LONGEST_EXAMPLE] for value in list(values)[:_EXAMPLES])
        found.append(ColumnChoice(field, "" if place is None else f"#{place + 1}", examples))
    return found


def column_options(columns: Columns) -> list[tuple[str, str]]:
    """Return the list's columns to choose from: `#3` and what a spreadsheet shows, such as `C 规格型号`."""
    return [(f"#{place + 1}", f"{letters(place)} {cell}".strip()) for place, cell in enumerate(columns.header.cells)]


def letters(place: int) -> str:
    """Return the letters of a column in a spreadsheet: 0 is A, 26 AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def tab_shown(plan: Plan, wanted: str) -> str:
    """Return the tab to show: the one asked for, else the first one with something on it, changes before problems."""
    if wanted in TABS:
        return wanted
    return next((name for name in TABS if plan.counts[name]), "unchanged")


def tabs(plan: Plan, path: str) -> list[Tab]:
    """Return the tabs with how many rows each has."""
    return [Tab(name, outcome_name(name), plan.counts[name], with_query(path, {"show": name})) for name in TABS]


def page_of(plan: Plan, tab: str, number: int, path: str) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """Return the rows or findings of one page of a tab, and what the pager shows."""
    rows: Sequence[Any] = plan.of_kind(tab) if tab in ("skipped", "problem", "notice") else plan.of_outcome(tab)
    last = max(1, -(-len(rows) // SIZE))
    number = min(within(number), last)
    first = offset(number, SIZE)
    shown = rows[first : first + SIZE]
    link = {page: with_query(path, {"show": tab, "page": page}) for page in (number - 1, number + 1)}
    pages = {
        "total": len(rows), "first": first + 1 if shown else 0, "last": first + len(shown),
        "previous": link[number - 1] if number > 1 else None, "next": link[number + 1] if number < last else None,
    }  # fmt: skip
    return shown, pages
