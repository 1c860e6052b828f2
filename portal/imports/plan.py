"""What an import is going to do, row by row, as a person confirms it; made by `product_plan` and `customer_plan`."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from portal.errors import Conflict, InvalidInput, PortalError
from portal.imports.columns import Columns, Field
from portal.imports.findings import Finding
from portal.web.i18n import lazy_gettext as _

Advance = Callable[[int], object]
"""Told how many more rows are written."""
Outcome = Literal["created", "changed", "unchanged"]
OUTCOMES: tuple[Outcome, ...] = ("created", "changed", "unchanged")
KINDS_OF_FINDING = ("skipped", "problem", "notice")


class RowRefused(Conflict):
    """A row could not be written although it was planned; nothing of the list was."""

    def __init__(self, row: int, refusal: PortalError) -> None:
        told = list(refusal.fields.values()) if isinstance(refusal, InvalidInput) else []
        why = told[0] if told else refusal.message
        super().__init__(
            _("Row %(row)d could not be written: %(why)s Nothing was imported.", row=row, why=why), row=row
        )


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a row, before (empty for a new one) and after; texts, perhaps lazy."""

    field: Field
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A row that is taken over: `key` is the article or customer number, `remarks` say what else to know."""

    row: int
    outcome: Outcome
    key: str
    name: str
    changes: tuple[FieldChange, ...] = ()
    remarks: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All rows of a list with what becomes of each. Problems are rows that stay out; the others are all written or none."""

    kind: str
    columns: Columns
    rows: tuple[PlannedRow, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[Any, ...] = ()

    def of_outcome(self, outcome: str) -> tuple[PlannedRow, ...]:
        """Return the rows that are created, changed or unchanged."""
        return tuple(row for row in self.rows if row.outcome == outcome)

    def of_kind(self, kind: str) -> tuple[Finding, ...]:
        """Return the findings that are problems, skipped or notices."""
        return tuple(finding for finding in self.findings if finding.kind == kind)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are created, changed, unchanged, skipped and problems, and how many notices there are."""
        counted = Counter[str](row.outcome for row in self.rows)
        for kind in KINDS_OF_FINDING:
            counted[kind] = len(self.of_kind(kind))
        counted["problem"] = len({finding.row for finding in self.of_kind("problem")})
        return {name: counted[name] for name in (*OUTCOMES, *KINDS_OF_FINDING)}

    @property
    def writes(self) -> bool:
        """Whether applying it changes anything."""
        return any(row.outcome != "unchanged" for row in self.rows)

    def seen(self) -> dict[str, list[str]]:
        """Return what a person has seen of it, row number → outcome and a print of its details, to compare with a later plan."""
        marks = {str(row.row): [str(row.outcome), _print(row)] for row in self.rows}
        return marks | {str(finding.row): ["problem", ""] for finding in self.of_kind("problem")}


@dataclass(frozen=True, slots=True)
class Difference:
    """A row whose outcome is another one than a person has seen; empty when it was or is not among the rows."""

    row: int
    before: str
    after: str


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> tuple[Difference, ...]:
    """Return the rows in which two plans (see `Plan.seen`) differ."""
    rows = sorted(int(row) for row in before.keys() | after.keys() if before.get(row) != after.get(row))
    nothing = ["", ""]
    return tuple(Difference(row, before.get(str(row), nothing)[0], after.get(str(row), nothing)[0]) for row in rows)


def refusals(error: InvalidInput, *, row: int, columns: Columns, keys: Mapping[str, str]) -> list[Finding]:
    """Say of each field that an entry may not hold why not, under its column; `keys` are fields of lists by fields of entries."""
    return [
        Finding(
            "problem", row, columns.heading(keys.get(name, name)), "not_possible", message, _("Correct the cell."),
        )
        for name, message in error.fields.items()
    ]  # fmt: skip


def _print(row: PlannedRow) -> str:
    told = [(change.field.key, repr(change.before), repr(change.after)) for change in row.changes]
    return hashlib.sha256(repr((row.key, told)).encode()).hexdigest()[:16]
