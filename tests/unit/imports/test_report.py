"""What is said of rows can be downloaded, and opening it runs nothing."""

import csv
import io

import pytest
from openpyxl import load_workbook

from portal.imports import report
from portal.imports.columns import Columns
from portal.imports.findings import Finding
from portal.imports.plan import Plan
from portal.imports.reading import Row
from portal.web.i18n import using_locale

EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://x.example","a")']


def plan(*values: str) -> Plan:
    findings = tuple(Finding("problem", row, "规格", "x", "读不懂", "", value) for row, value in enumerate(values, 1))
    skipped = Finding("skipped", 90, "", "total", "合计")
    return Plan(kind="products", columns=Columns(Row(1, ()), {}, ()), rows=(), findings=(skipped, *findings))


def test_a_csv_opens_in_a_spreadsheet_and_holds_problems_first() -> None:
    with using_locale("en"):
        content = report.as_csv(plan("见图纸"))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == ["Row", "Kind", "Column", "Cell", "What is said", "Suggestion"]
    assert rows[1:] == [["1", "Problem", "规格", "见图纸", "读不懂", ""], ["90", "Skipped", "", "", "合计", ""]]


@pytest.mark.parametrize("value", EVIL)
def test_no_cell_of_the_csv_is_a_formula(value: str) -> None:
    rows = list(csv.reader(io.StringIO(report.as_csv(plan(value)).decode("utf-8-sig"))))
    assert rows[1][3] == f"'{value}"


@pytest.mark.parametrize("value", EVIL)
def test_no_cell_of_the_workbook_is_a_formula(value: str) -> None:
    sheet = load_workbook(io.BytesIO(report.as_xlsx(plan(value)))).active
    assert sheet is not None
    assert (sheet["D2"].value, sheet["D2"].data_type) == (value, "s")
