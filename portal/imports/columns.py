"""Find the row of headings in a list and say which column holds what, from Chinese or English headings; for confirmation."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.errors import InvalidInput
from portal.imports.reading import Row
from portal.web.i18n import lazy_gettext as _
from portal.web.i18n import pick

_ROWS_LOOKED_AT = 30


class ColumnsUnclear(InvalidInput):
    """The headings cannot be found, or a needed column is missing; `fields` names it."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something a list may hold: its key, what people call it, and headings under which lists have it."""

    key: str
    label_zh: str
    label_en: str
    headings: tuple[str, ...]
    required: bool = False

    @property
    def label(self) -> str:
        """What the reader calls it."""
        return pick(self.label_zh, self.label_en)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds which field. `unknown` are headings that no field wants; their columns are ignored.

    `missing` are the required fields that no column holds.
    """

    header: Row
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    missing: tuple[Field, ...] = ()

    def heading(self, key: str) -> str:
        """Return the heading over a field's column, empty when the list has none."""
        place = self.places.get(key)
        return "" if place is None else self.header.cell(place)

    def value(self, row: Row, key: str) -> str:
        """Return a row's cell for a field, empty when the list has no such column."""
        place = self.places.get(key)
        return "" if place is None else row.cell(place)

    def is_heading(self, row: Row) -> bool:
        """Whether a row repeats the headings, as on every printed page."""
        return row.cells == self.header.cells


def find_columns(rows: Sequence[Row], fields: Sequence[Field], mapping: Mapping[str, str] | None = None) -> Columns:
    """Find the headings and map the columns. `mapping` (field → heading, column letter, `#3`, or "" for none) overrules.

    Raises ColumnsUnclear when nothing looks like headings or a required field has no column.
    """
    columns = propose_columns(rows, fields, mapping)
    if columns.missing:
        names = ", ".join(field.label for field in columns.missing)
        missing = {field.key: _("No column holds this.") for field in columns.missing}
        raise ColumnsUnclear(_("A column is missing: %(names)s. Say which one it is.", names=names), fields=missing)
    return columns


def propose_columns(rows: Sequence[Row], fields: Sequence[Field], mapping: Mapping[str, str] | None = None) -> Columns:
    """Do as find_columns, but leave it to a person to say where required fields are; raises ColumnsUnclear without headings."""
    wanted = dict(mapping or {})
    header = max(rows[:_ROWS_LOOKED_AT], key=lambda row: _score(row, fields, wanted), default=None)
    if header is None or _score(header, fields, wanted) < 2:
        raise ColumnsUnclear(
            _("No row of headings was found. The list needs one, such as 货号, 规格型号, 单价 or 客户名称, 电话.")
        )
    chosen = _chosen(header, wanted, fields)
    found = {key: place for key, place in _places(header, fields).items() if place not in chosen.values()}
    places = {key: place for key, place in (found | chosen).items() if place >= 0}
    missing = tuple(field for field in fields if field.required and field.key not in places)
    taken = set(places.values())
    unknown = tuple(cell for place, cell in enumerate(header.cells) if cell and place not in taken)
    return Columns(header, places, unknown, missing)


def _score(row: Row, fields: Sequence[Field], wanted: Mapping[str, str]) -> int:
    cells = {_plain(cell) for cell in row.cells}
    return len(_places(row, fields)) + sum(2 for heading in wanted.values() if heading and _plain(heading) in cells)


def _places(row: Row, fields: Sequence[Field]) -> dict[str, int]:
    """Give each field the column that fits it best, and each column to one field only."""
    fits = [
        (fit, -place, field.key)
        for field in fields
        for place, cell in enumerate(row.cells)
        if (fit := _fit(cell, field)) > 0
    ]
    places: dict[str, int] = {}
    for _fit_value, negative, key in sorted(fits, reverse=True):
        if key not in places and -negative not in places.values():
            places[key] = -negative
    return places


def _fit(heading: str, field: Field) -> int:
    """3 for the very words, 2 for them with a unit in brackets, 1 when they are a part of a short heading."""
    plain, bare = _plain(heading), _plain(re.sub(r"[(（\[【].*?[)）\]】]", "", heading))
    names = [_plain(name) for name in field.headings]
    if plain in names:
        return 3
    if bare in names:
        return 2
    return int(0 < len(plain) <= 16 and any(name in plain for name in names if len(name) > 1))


def _plain(heading: str) -> str:
    return re.sub(r"[\s_:：*.]", "", unicodedata.normalize("NFKC", heading)).lower()


def _chosen(header: Row, wanted: Mapping[str, str], fields: Sequence[Field]) -> dict[str, int]:
    known = {field.key for field in fields}
    chosen: dict[str, int] = {}
    for key, heading in wanted.items():
        if key not in known:
            raise ColumnsUnclear(_("There is no field %(key)s.", key=key))
        chosen[key] = _place_of(header, heading) if heading else -1
    return chosen


def _place_of(header: Row, heading: str) -> int:
    if re.fullmatch(r"#[0-9]{1,3}", heading) and 1 <= int(heading[1:]) <= len(header.cells):
        return int(heading[1:]) - 1
    for place, cell in enumerate(header.cells):
        if cell and _plain(cell) == _plain(heading):
            return place
    letters = heading.strip().upper()
    if re.fullmatch(r"[A-Z]{1,2}", letters):
        place = -1
        for letter in letters:
            place = (place + 1) * 26 + ord(letter) - ord("A")
        if place < len(header.cells):
            return place
    raise ColumnsUnclear(_("There is no column %(heading)s.", heading=heading))
