"""Read an uploaded list into rows of text: a workbook (xlsx), or text with separators in any usual encoding."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_UNPACKED = 300 * 1024 * 1024
MOST_PARTS = 2_000
LONGEST_CELL = 2_000

_BLANK_ROWS_AT_THE_END = 1_000
_SNIFFED_ROWS = 60
_DELIMITERS = ",\t;|"
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class UnreadableFile(InvalidInput):
    """The file is no list that can be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank: its number as a spreadsheet shows it, and its cells without surrounding space."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """Return a cell; a row that ends earlier is empty there."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a list, blank ones left out. `kind` is `xlsx` or the encoding of a text."""

    kind: str
    rows: tuple[Row, ...]


def read_sheet(content: bytes, filename: str) -> Sheet:
    """Read a list; raises UnreadableFile when it is too large, of another kind, damaged or empty. What counts is the content."""
    if len(content) > MOST_BYTES:
        raise UnreadableFile(_("This file is larger than 20 MB. Split the list."))
    if content.startswith(b"PK"):
        sheet = Sheet("xlsx", _workbook_rows(content))
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(
            _("This is an old or protected Excel file. Save it as xlsx without a password, or as csv.")
        )
    else:
        text, encoding = _decoded(content)
        sheet = Sheet(encoding, _text_rows(text))
    if not sheet.rows:
        raise UnreadableFile(_("There is nothing in %(file)s.", file=filename[:100]))
    return sheet


def _workbook_rows(content: bytes) -> tuple[Row, ...]:
    _refuse_bomb(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            values = sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
            rows = _kept(tuple(_text(value) for value in row) for row in values)
            if len(rows) > 1:
                return rows
    except UnreadableFile:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise on a damaged file
        raise UnreadableFile(
            _("This workbook is damaged. Open it, save it again as xlsx and try once more.")
        ) from error
    return ()


def _refuse_bomb(content: bytes) -> None:
    """Refuse an archive that unpacks to more than any list needs, or whose XML declares entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise UnreadableFile(_("This workbook unpacks to too much. Copy the list into a new one."))
            if "xl/workbook.xml" not in archive.namelist():
                raise UnreadableFile(_("This is not a workbook. Upload xlsx or csv."))
            for part in parts:
                with archive.open(part) as file:
                    if b"<!DOCTYPE" in file.read(65_536):
                        raise UnreadableFile(
                            _("This workbook is damaged. Open it, save it again as xlsx and try once more.")
                        )
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise UnreadableFile(
            _("This workbook is damaged. Open it, save it again as xlsx and try once more.")
        ) from error


def _text(value: Any) -> str:
    """Write a cell's value as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _checked(content, encoding), encoding.removesuffix("-sig")
    low, high = content[0:4000:2].count(0), content[1:4000:2].count(0)
    if low or high:  # ASCII signs in UTF-16 have a zero byte
        return _checked(content, "utf-16-le" if high > low else "utf-16-be"), "utf-16"
    try:
        return _checked(content, "utf-8"), "utf-8"
    except UnreadableFile:
        return _checked(content, "gb18030"), "gb18030"


def _checked(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            _("The characters of this file cannot be read. Save it as xlsx, or as csv in UTF-8.")
        ) from error
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise UnreadableFile(_("This is not a list. Upload xlsx or csv."))
    return text


def _text_rows(text: str) -> tuple[Row, ...]:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        return _kept(tuple(row) for row in reader)
    except csv.Error as error:
        raise UnreadableFile(_("The columns of this file cannot be told apart. Save it as xlsx.")) from error


def _delimiter(text: str) -> str:
    """Choose the sign that cuts most rows into the same number of columns, more columns before fewer."""

    def regularity(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in _first_rows(text, delimiter) if len(row) > 1)
        return max(((count * width, width) for width, count in widths.items()), default=(0, 0))

    return max(_DELIMITERS, key=regularity)


def _first_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter)
    for _place, row in zip(range(_SNIFFED_ROWS), reader, strict=False):
        yield row


def _kept(rows: Iterable[tuple[str, ...]]) -> tuple[Row, ...]:
    """Number the rows, leave out blank ones, and refuse what is too long or too wide for a list.

    A thousand blank rows end it: a sheet with one formatted cell at its very bottom is common, and slow to walk through.
    """
    kept: list[Row] = []
    for number, cells in enumerate(rows, start=1):
        if number - (kept[-1].number if kept else 0) > _BLANK_ROWS_AT_THE_END:
            break
        trimmed = tuple(_trimmed(cell) for cell in cells)
        while trimmed and not trimmed[-1]:
            trimmed = trimmed[:-1]
        if len(trimmed) > MOST_COLUMNS:
            raise UnreadableFile(_("This list has more than %(most)d columns.", most=MOST_COLUMNS))
        if trimmed:
            kept.append(Row(number, trimmed))
        if len(kept) > MOST_ROWS:
            raise UnreadableFile(_("This list has more than %(most)d rows. Split it.", most=MOST_ROWS))
    return tuple(kept)


def _trimmed(cell: str) -> str:
    """Without signs that no list means and no database takes: byte order marks, control characters, halves of characters."""
    return " ".join(_NOT_TEXT.sub(" ", cell[:LONGEST_CELL].replace("\ufeff", "")).split())
