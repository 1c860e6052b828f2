"""What imports are called on pages and on the command line."""

from portal.imports.kinds import KINDS
from portal.imports.reading import Sheet
from portal.web.i18n import gettext as _

SHORT = 60
"""Characters of a cell that are shown in a table."""


def outcome_name(outcome: str) -> str:
    """Return what becomes of rows, as the heading of their tab or column."""
    names = {
        "created": _("New"),
        "changed": _("Changed"),
        "unchanged": _("As it was"),
        "skipped": _("Skipped"),
        "problem": _("Problems"),
        "notice": _("Notices"),
        "": _("not in it"),
    }
    return names[outcome]


def headline(kind: str, filename: str, sheet: Sheet) -> str:
    """Name a list in a line: what it is, its file, how it was read."""
    return _(
        "%(kind)s %(file)s: %(rows)d rows, %(encoding)s",
        kind=KINDS[kind].label, file=filename, rows=len(sheet.rows), encoding=sheet.kind,
    )  # fmt: skip
