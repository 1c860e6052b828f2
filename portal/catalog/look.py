"""How an item looks on a page: its drawing, its marking with what was searched for, what a quantity is in packs; pure."""

from decimal import Decimal
from functools import lru_cache

from markupsafe import Markup, escape

from portal.catalog import drawing, wheels
from portal.catalog.items import Item
from portal.catalog.marking import Marking, MarkingError, MarkingQuery, match_spans, parse_marking
from portal.catalog.wheels import PlateCell
from portal.web.i18n import current_locale


@lru_cache(maxsize=4096)
def thumb(marking: str) -> Markup | None:
    """Draw a wheel for a list by its stored marking; None when it is no wheel."""
    wheel = read(marking)
    return _svg(drawing.thumbnail(wheel)) if wheel else None


@lru_cache(maxsize=512)
def dimensioned(marking: str) -> Markup | None:
    """Draw a wheel with its dimensions by its stored marking; None when it is no wheel."""
    wheel = read(marking)
    return _svg(drawing.dimensioned(wheel)) if wheel else None


def ghost(query: MarkingQuery | None) -> Markup | None:
    """Draw what was asked for and does not exist, dashed; None when its sizes are not known."""
    return _svg(drawing.thumbnail(query, ghost=True)) if query else None


def profile(shape: str) -> Markup | None:
    """Draw a shape's section for a menu, named in the reader's language."""
    return _profile(shape, current_locale())


@lru_cache(maxsize=400)
def _profile(shape: str, _locale: str) -> Markup | None:
    return _svg(drawing.profile(shape))


@lru_cache(maxsize=8192)
def read(marking: str) -> Marking | None:
    """Read a stored marking again; None for an item that has none."""
    try:
        return parse_marking(marking)
    except MarkingError:
        return None


def plate(item: Item) -> tuple[PlateCell, ...]:
    """Explain an item's marking part by part; empty for an item without one."""
    marking = read(item.marking)
    return wheels.plate(marking) if marking else ()


def marked(text: str, search: str = "") -> Markup:
    """Write a marking so that it breaks only between sizes and specification, with what was searched for marked."""
    spans = match_spans(text, search) if search else ()
    split = text.find("-", text.find("×")) + 1 if "×" in text else 0
    if not split:
        return _stretch(text, 0, len(text), spans)
    parts = (_stretch(text, 0, split, spans), _stretch(text, split, len(text), spans))
    return Markup('<span class="nowrap">{}</span><wbr><span class="nowrap">{}</span>').format(*parts)


def size_of(item: Item) -> str:
    """Return the sizes as printed (`400×50×203`), or nothing."""
    marking = read(item.marking)
    return marking.size if marking else ""


def shape_words(code: str) -> tuple[str, str]:
    """Return what a shape is called in a filter, in both languages."""
    known = wheels.shape_of(code)
    return (f"{code} {known.zh}", f"{code} {known.en}") if known else (code, code)


def abrasive_words(code: str) -> tuple[str, str]:
    """Return what an abrasive is called in a filter, in both languages."""
    known = wheels.abrasive_meaning(code)
    return (f"{code} {known.zh}", f"{code} {known.en}") if known else (code, code)


def grit_order(grit: str) -> tuple[int, Decimal]:
    """Sort grits from coarse to fine: numbers first, then microgrits F, then the old ones W from large to small."""
    letter, number = (grit[0], grit[1:]) if grit[:1] in "FW" else ("", grit)
    value = Decimal(number.partition("/")[0] or 0) if number[:1].isdigit() else Decimal(0)
    return ("", "F", "W").index(letter), -value if letter == "W" else value


def _svg(drawn: str | None) -> Markup | None:
    return None if drawn is None else Markup(drawn)  # noqa: S704  drawing escapes the one text in it


def _stretch(text: str, start: int, end: int, spans: tuple[tuple[int, int], ...]) -> Markup:
    written, at = Markup(""), start
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first < last:
            written += escape(text[at:first]) + Markup("<mark>{}</mark>").format(text[first:last])
            at = last
    return written + escape(text[at:end])
