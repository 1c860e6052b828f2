"""Read the marking cell of a price list, and explain the ones that hold none."""

import re

from portal.catalog.marking import Marking, MarkingError, find_marking, parse_marking, parse_query, print_marking
from portal.catalog.wheel_codes import ABRASIVES
from portal.imports.values import Unreadable
from portal.web.i18n import lazy_gettext as _
from portal.web.i18n import pick

_EXAMPLE = "1-400×50×203-WA60K5V-35m/s"
_DRAWING = re.compile(r".*(图纸|见图|按图|图样|drawing).*", re.IGNORECASE)
_BROKEN = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!).*", re.IGNORECASE)
_PARTS = (
    ("shape", "形状", "shape"),
    ("diameter", "外径", "diameter"),
    ("thickness", "厚度", "thickness"),
    ("bore", "孔径", "bore"),
    ("abrasive", "磨料", "abrasive"),
    ("grit", "粒度", "grit"),
    ("grade", "硬度", "grade"),
    ("bond", "结合剂", "bond"),
)


def read_marking(text: str, *, beside: str = "") -> Marking:
    """Read a marking; Unreadable explains. `beside` is the package code of the row, which may hold the marking."""
    try:
        return parse_marking(text)
    except MarkingError as error:
        hint = find_marking(beside)
        raise _explained(text, error, print_marking(hint) if hint else "") from error


def abrasive_of_name(name: str) -> str | None:
    """Return the code of an abrasive named in words or by code (白刚玉 → WA); None for an unknown or empty name."""
    plain = name.strip().upper()
    if plain in ABRASIVES:
        return plain
    return next(
        (code for code, meaning in ABRASIVES.items() if plain and plain in (meaning.zh, meaning.en.upper())), None
    )


def _explained(text: str, error: MarkingError, hint: str) -> Unreadable:
    plain = text.strip()
    suggestion = _("The package code says %(marking)s. Type it here if that is right.", marking=hint) if hint else None
    if not plain:
        return Unreadable(
            "marking_missing",
            _("There is no marking."),
            suggestion or _("Type it, such as %(example)s.", example=_EXAMPLE),
        )
    if _BROKEN.fullmatch(plain):
        message = _("The cell holds the spreadsheet error %(text)s.", text=plain)
        return Unreadable(
            "marking_broken",
            message,
            suggestion or _("Repair the formula, or type the marking, such as %(example)s.", example=_EXAMPLE),
        )
    if _DRAWING.fullmatch(plain):
        message = _("The cell refers to a drawing (%(text)s) and holds no marking.", text=plain)
        return Unreadable(
            "marking_drawing",
            message,
            suggestion or _("Type the marking from the drawing, or create it as a custom product."),
        )
    if incomplete := _incomplete(plain):
        return Unreadable(
            "marking_incomplete", incomplete, suggestion or _("Complete it, such as %(example)s.", example=_EXAMPLE)
        )
    place = plain[max(error.position - (len(text) - len(text.lstrip())), 0) :][:12]
    message = (
        _("%(reason)s Reading stopped at “%(place)s”.", reason=error.message, place=place) if place else error.message
    )
    return Unreadable("marking_unreadable", message, suggestion or _("Write it like %(example)s.", example=_EXAMPLE))


def _incomplete(text: str) -> object:
    query = parse_query(text)
    if query is None or query.words:
        return None
    missing = [(zh, en) for key, zh, en in _PARTS if not getattr(query, key)]
    if not missing:
        return None
    return _(
        "Only %(understood)s is given; what is missing: %(missing)s.", understood=query.text, missing=_Words(missing)
    )


class _Words:
    """Words in two languages, joined for whoever reads them."""

    def __init__(self, words: list[tuple[str, str]]) -> None:
        self.words = words

    def __str__(self) -> str:
        return pick("、".join(zh for zh, _en in self.words), ", ".join(en for _zh, en in self.words))
