"""`portal import products FILE`, `portal import customers FILE`: say what would happen, ask, do it.

Exit status: 0 when the list is in the shop, was there already, or was looked at only (rows with problems stay out and are
listed); 1 when nothing was written: the file or its columns cannot be read, nobody said yes, or the shop changed meanwhile.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.errors import InvalidInput, PortalError
from portal.imports import service, uploads
from portal.imports.columns import Columns
from portal.imports.customers_list import CustomerList
from portal.imports.findings import Finding
from portal.imports.kinds import KINDS, read_list
from portal.imports.plan import Plan, PlannedRow
from portal.imports.products_list import ProductList
from portal.imports.reading import MOST_BYTES, Sheet, UnreadableFile, read_sheet
from portal.imports.words import SHORT, headline, outcome_name
from portal.progress import Progress
from portal.web.i18n import gettext as _
from portal.web.i18n import using_locale

_WIDTH = 150
_MOST_SHOWN = 30


def run_import(kind: str, path: Path, *, dry_run: bool, assume_yes: bool, mapping: Mapping[str, str]) -> int:
    """Import a list from a file; `mapping` is heading (or column letter) → field. Returns the exit status."""
    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=_WIDTH)
    with using_locale(terminal_locale(os.environ)):
        try:
            return _Import(console, kind, path, mapping).run(dry_run=dry_run, assume_yes=assume_yes)
        except PortalError as error:
            console.print(Text(_explained(error), style="red"))
            return 1


def terminal_locale(environment: Mapping[str, str]) -> str:
    """Return the language of a terminal: Chinese where the locale says so, else English."""
    said = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh" if said.lower().startswith("zh") else "en"


class _Import:
    def __init__(self, console: Console, kind: str, path: Path, mapping: Mapping[str, str]) -> None:
        self.console = console
        self.kind = kind
        self.path = path
        self.mapping = _by_field(kind, mapping)
        self.progress = Progress()

    def run(self, *, dry_run: bool, assume_yes: bool) -> int:
        content = self.content()
        with self.progress.phase(_("Reading %(file)s", file=self.path.name)):
            sheet = read_sheet(content, self.path.name)
            listed = read_list(self.kind, sheet, self.mapping)
        with self.progress.phase(_("Comparing with the shop")), unit_of_work() as session:
            plan = service.plan_list(session, actor=SYSTEM, listed=listed).plan
        self.show(sheet, plan)
        if dry_run or not plan.writes:
            self.console.print(_("Nothing was written.") if dry_run else _("There is nothing to import."))
            return 0
        if not (assume_yes or self.confirmed()):
            self.console.print(_("Nothing was written."))
            return 1
        self.write(content, listed, plan)
        return 0

    def content(self) -> bytes:
        if self.path.stat().st_size > MOST_BYTES:
            raise UnreadableFile(_("This file is larger than 20 MB. Split the list."))
        return self.path.read_bytes()

    def write(self, content: bytes, listed: ProductList | CustomerList, plan: Plan) -> None:
        source = service.Source(self.path.name, uploads.digest_of(content))
        total = len(plan.of_outcome("created")) + len(plan.of_outcome("changed"))
        with self.progress.phase(_("Importing"), total=total) as phase, unit_of_work() as session:
            service.apply_list(
                session, actor=SYSTEM, listed=listed, source=source, seen=plan.seen(), advance=phase.advance
            )
        counts = plan.counts
        self.console.print(
            _(
                "Imported: %(created)d created, %(changed)d changed.",
                created=counts["created"],
                changed=counts["changed"],
            )
        )

    def confirmed(self) -> bool:
        if not sys.stdin.isatty():
            self.console.print(_("Nobody can be asked here. Add --yes to import."))
            return False
        return self.console.input(_("Import this? [y/N] ")).strip().lower() in {"y", "yes", "是", "好"}

    def show(self, sheet: Sheet, plan: Plan) -> None:
        self.console.print(Text(headline(self.kind, self.path.name, sheet), style="bold"))
        self.show_columns(plan.columns)
        self.show_counts(plan)
        for remark in plan.remarks:
            self.console.print(f"  {remark}", markup=False)
        self.show_rows(_("Changes"), plan.of_outcome("changed"))
        for kind, title in (("problem", _("Problems")), ("notice", _("Notices")), ("skipped", _("Skipped"))):
            self.show_findings(title, plan.of_kind(kind))

    def show_columns(self, columns: Columns) -> None:
        table = _table("", "", _("Column"), _("Holds"))
        for one in KINDS[self.kind].fields:
            if one.key in columns.places:
                table.add_row("", Text(columns.heading(one.key)), f"{one.label} ({one.key})")
        self.console.print(table)
        if columns.unknown:
            self.console.print(_("Not used: %(names)s", names=", ".join(columns.unknown)), markup=False)

    def show_counts(self, plan: Plan) -> None:
        table = _table("", "", *(outcome_name(name) for name in plan.counts))
        table.add_row("", *(str(number) for number in plan.counts.values()))
        self.console.print(table)

    def show_rows(self, title: str, rows: tuple[PlannedRow, ...]) -> None:
        if not rows:
            return
        table = _table(title, _("Row"), _("Item or customer number"), _("Name"), _("Changes"))
        for row in rows[:_MOST_SHOWN]:
            told = "; ".join(f"{one.field.label}: {one.before or '–'} → {one.after or '–'}" for one in row.changes)
            table.add_row(str(row.row), Text(row.key), Text(row.name), Text(told))
        self.console.print(table)
        self.show_rest(len(rows))

    def show_findings(self, title: str, findings: tuple[Finding, ...]) -> None:
        if not findings:
            return
        table = _table(title, _("Row"), _("Column"), _("Cell"), _("What is said"), _("Suggestion"))
        shown = findings if findings[0].kind == "problem" else findings[:_MOST_SHOWN]
        for one in shown:
            cells = (one.column, one.value[:SHORT], str(one.message), str(one.suggestion))
            table.add_row(str(one.row), *(Text(cell) for cell in cells))
        self.console.print(table)
        self.show_rest(len(findings) if len(shown) < len(findings) else 0)

    def show_rest(self, count: int) -> None:
        if count > _MOST_SHOWN:
            self.console.print(_("… and %(count)d more", count=count - _MOST_SHOWN))


def _by_field(kind: str, mapping: Mapping[str, str]) -> dict[str, str]:
    """Turn heading → field around; a field may be named by its key or by what it is called in either language."""
    names = {name: one.key for one in KINDS[kind].fields for name in (one.key, one.label_zh, one.label_en.lower())}
    unknown = [field for field in mapping.values() if field.strip().lower() not in names]
    if unknown:
        known = ", ".join(f"{one.key} ({one.label})" for one in KINDS[kind].fields)
        raise InvalidInput(_("There is no field %(key)s. There are: %(known)s.", key=unknown[0], known=known))
    return {names[field.strip().lower()]: heading for heading, field in mapping.items()}


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False, box=None)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _explained(error: PortalError) -> str:
    fields = error.fields.values() if isinstance(error, InvalidInput) else ()
    return " ".join(dict.fromkeys(str(text) for text in (error.message, *fields)))
