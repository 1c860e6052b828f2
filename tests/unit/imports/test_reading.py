"""Lists are read from any usual file, and what is no list is refused with what to do."""

import io
import time
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.imports import reading
from portal.imports.reading import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Row, UnreadableFile, read_sheet
from portal.web.i18n import using_locale
from tests.unit.imports.lists import csv_file, workbook

ROWS = [["产品价格表", "", ""], ["货号", "规格", "单价"], [], ["A-1", "1-400×50×203, 粗", "¥1,088.00"]]
CELLS = [(1, ("产品价格表",)), (2, ("货号", "规格", "单价")), (4, ("A-1", "1-400×50×203, 粗", "¥1,088.00"))]


def refusal(content: bytes, name: str = "list.csv") -> str:
    with pytest.raises(UnreadableFile) as refused, using_locale("en"):
        read_sheet(content, name)
    with using_locale("en"):
        return str(refused.value.message)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_text_is_read_in_every_encoding_with_every_separator(encoding: str, delimiter: str) -> None:
    sheet = read_sheet(csv_file(ROWS, encoding=encoding, delimiter=delimiter), "价格表.csv")
    assert [(row.number, row.cells) for row in sheet.rows] == CELLS


def test_a_workbook_is_read_with_the_same_row_numbers() -> None:
    sheet = read_sheet(workbook(ROWS), "价格表.xlsx")
    assert sheet.kind == "xlsx"
    assert [(row.number, row.cells) for row in sheet.rows] == CELLS


def test_a_list_ends_where_a_thousand_blank_rows_follow() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(ROWS))) as zipped:
        parts = {name: zipped.read(name) for name in zipped.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="0"/></row></sheetData>')
    started = time.perf_counter()
    assert [(row.number, row.cells) for row in read_sheet(archive(parts), "x.xlsx").rows] == CELLS
    assert time.perf_counter() - started < 5


def test_the_first_sheet_that_holds_something_counts() -> None:
    assert read_sheet(workbook(ROWS, sheets_before=2), "x.xlsx").rows[-1].cells[0] == "A-1"


def test_numbers_and_dates_of_a_workbook_read_as_people_typed_them() -> None:
    values = [
        13766947258,
        84.8,
        248.0,
        0.1 + 0.2,
        True,
        None,
        date(2026, 7, 25),
        datetime.fromisoformat("2026-07-25"),
        6901230000020,
        "#REF!",
    ]
    row = read_sheet(workbook([["a", "b"], values]), "x.xlsx").rows[1]
    assert row.cells == (
        "13766947258",
        "84.8",
        "248",
        "0.3",
        "yes",
        "",
        "2026-07-25",
        "2026-07-25",
        "6901230000020",
        "#REF!",
    )


def test_cells_lose_surrounding_and_repeated_space() -> None:
    assert read_sheet(csv_file([["  a\u3000 b\n c ", "x"], ["d", ""]]), "x.csv").rows[0].cells == ("a b c", "x")


def test_a_row_that_ends_early_is_empty_there() -> None:
    assert Row(1, ("a",)).cell(5) == ""


def test_a_list_of_one_column_is_a_list() -> None:
    assert next(row.cells for row in read_sheet(b"a\nb, c\n", "x.csv").rows) == ("a",)


def test_what_is_too_large_is_refused() -> None:
    assert "20 MB" in refusal(b"a" * (MOST_BYTES + 1))
    assert str(MOST_ROWS) in refusal(b"a,b\n" * (MOST_ROWS + 1))
    assert str(MOST_COLUMNS) in refusal(b",".join([b"x"] * (MOST_COLUMNS + 1)) + b"\na,b\n")
    assert str(MOST_COLUMNS) in refusal(workbook([["x"] * (MOST_COLUMNS + 1), ["y", "z"]]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "nothing"),
        (b"\n\n ,, \n", "nothing"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or protected"),
        (b"PK\x03\x04 not really", "damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "cannot be read|not a list"),
        (b"%PDF-1.7\n\x01\x02\x03", "not a list"),
        (b"\xff" * 50, "cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(content: bytes, message: str) -> None:
    assert any(part in refusal(content) for part in message.split("|"))


def archive(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return file.getvalue()


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    assert "not a workbook" in refusal(archive({"word/document.xml": b"<x/>"}))


def test_a_workbook_that_unpacks_to_too_much_is_refused_without_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_UNPACKED", 30 * 1024 * 1024)
    bomb = archive({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * (40 * 1024 * 1024)})
    started = time.perf_counter()
    assert "unpacks to too much" in refusal(bomb)
    assert time.perf_counter() - started < 1


def test_a_workbook_that_declares_entities_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(ROWS))) as zipped:
        parts = {name: zipped.read(name) for name in zipped.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert read_sheet(archive(parts), "x.xlsx").rows
    assert "damaged" in refusal(archive(parts | {sheet: b'<!DOCTYPE x [<!ENTITY a "aa">]>' + parts[sheet]}))


def test_a_workbook_whose_inside_is_broken_is_refused() -> None:
    assert "damaged" in refusal(archive({"xl/workbook.xml": b"<x/>"}))


@settings(max_examples=60)
@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda content: b"PK\x03\x04" + content))
def test_any_content_is_a_list_or_refused(content: bytes) -> None:
    try:
        kept = read_sheet(content, "x").rows
    except UnreadableFile:
        kept = ()
    assert all(any(row.cells) for row in kept)
