"""What a plan says of rows, as a file to work through: csv or xlsx, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from portal.imports.findings import Finding
from portal.imports.plan import Plan
from portal.web.i18n import gettext as _

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WIDTHS = (8, 10, 16, 28, 50, 50)


def findings_in_order(plan: Plan) -> tuple[Finding, ...]:
    """Return what is said of rows: problems first, then notices, then what was skipped."""
    return tuple(finding for kind in ("problem", "notice", "skipped") for finding in plan.of_kind(kind))


def as_csv(plan: Plan) -> bytes:
    """Return the findings as csv (UTF-8 with the mark that spreadsheets ask for); no cell is read as a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in _rows(plan))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(plan: Plan) -> bytes:
    """Return the findings as a workbook; every cell is a text, none a formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(_rows(plan), start=1):
        for place, value in enumerate(row, start=1):
            cell = sheet.cell(number, place)
            cell.value = value
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=place > 3, vertical="top")
            cell.font = Font(bold=number == 1)
    for letter, width in zip("ABCDEF", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def named(kind: str) -> str:
    """Return what a kind of finding is called."""
    return {"problem": _("Problem"), "notice": _("Notice"), "skipped": _("Skipped")}[kind]


def _rows(plan: Plan) -> Iterable[Sequence[str]]:
    yield _("Row"), _("Kind"), _("Column"), _("Cell"), _("What is said"), _("Suggestion")
    for finding in findings_in_order(plan):
        yield (
            str(finding.row), named(finding.kind), finding.column, finding.value, str(finding.message),
            str(finding.suggestion),
        )  # fmt: skip


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
