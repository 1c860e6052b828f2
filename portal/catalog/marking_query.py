"""What can be understood of a search such as `400*50 WA60`: the parts of a marking in it, and the words that are left."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from portal.catalog import marking_scan as patterns
from portal.catalog.marking_form import (
    CONVENTIONAL,
    MICROGRITS,
    OLD_MICROGRITS,
    SUPERABRASIVES,
    Marking,
    MarkingError,
    print_number,
)
from portal.catalog.marking_parser import parse_marking
from portal.catalog.marking_scan import BOND, GAP, NUMBER, ORDINARY, SUPER, TIMES, normalise, read_grit, read_number
from portal.catalog.wheel_codes import MACROGRITS, SHAPES

MAX_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingQuery:
    """The parts of a marking that a search names; None where it says nothing. `words` is the rest, as typed."""

    shape: str | None = None
    diameter: Decimal | None = None
    thickness: Decimal | None = None
    bore: Decimal | None = None
    rim: Decimal | None = None
    layer: Decimal | None = None
    abrasive: str | None = None
    grit: str | None = None
    grade: str | None = None
    structure: str | None = None
    bond: str | None = None
    concentration: str | None = None
    speed: str | None = None
    words: tuple[str, ...] = ()

    @property
    def size(self) -> str:
        """The sizes as printed, such as `400×50`; `×50` when only the thickness was said; empty without any."""
        numbers = [self.diameter, self.thickness, self.bore, self.rim, self.layer]
        return "×".join("" if number is None else print_number(number) for number in numbers).rstrip("×")

    @property
    def specification(self) -> str:
        """The codes as printed, such as `WA60` or `60K5V`."""
        grain = (self.abrasive, self.grit, self.grade, self.structure)
        joined = "".join(code for code in grain if code)
        if self.abrasive in SUPERABRASIVES:
            return "-".join(code for code in (joined, self.bond, self.concentration) if code)
        return joined + (self.bond or "")

    @property
    def text(self) -> str:
        """What was understood, spelt as markings are printed, then the other words."""
        speed = f"{self.speed}m/s" if self.speed else ""
        marking = "-".join(part for part in (self.shape, self.size, self.specification, speed) if part)
        return " ".join(part for part in (marking, *self.words) if part)


def parse_query(text: str) -> MarkingQuery | None:
    """Understand what parts of a marking a search names; None when it names none. Never raises."""
    try:
        return _of_marking(parse_marking(text))
    except MarkingError:
        query = _read(text[:MAX_LENGTH])
    return None if query == MarkingQuery(words=query.words) else query


def match_spans(text: str, query: str) -> tuple[tuple[int, int], ...]:
    """Return the places (start, end) in a name or printed marking that a search asked for, to be shown as found."""
    understood = parse_query(query)
    wanted = (understood.size, understood.specification, *understood.words) if understood else tuple(query.split())
    spans: list[tuple[int, int]] = []
    for part in wanted[:8]:
        fence = r"(?<![0-9.])" if part[:1].isdigit() else ""
        stop = r"(?![0-9])" if part[-1:].isdigit() else ""
        found = re.search(fence + re.escape(part) + stop, text, re.IGNORECASE) if part else None
        if found and all(found.end() <= start or end <= found.start() for start, end in spans):
            spans.append(found.span())
    return tuple(sorted(spans))


def _of_marking(marking: Marking) -> MarkingQuery:
    return MarkingQuery(
        shape=marking.shape,
        diameter=marking.diameter,
        thickness=marking.thickness,
        bore=marking.bore,
        rim=marking.rim,
        layer=marking.layer,
        abrasive=marking.abrasive,
        grit=marking.grit,
        grade=marking.grade,
        structure=marking.structure,
        bond=marking.bond,
        concentration=marking.concentration,
        speed=marking.speed,
    )


_BOUNDARY = r"(?![A-Z0-9])"
_NO_SIZE = rf"(?!{TIMES}[0-9.])"
_GAP = re.compile(rf"[ \-,;:]{{1,{MAX_LENGTH}}}")
_ARTICLE = re.compile(r"[A-Z]{1,6}[0-9]{0,3}-[0-9]{3,8}(?![0-9.]| ?[×X*])[^ ,;]*")
_SHAPE_AND_SIZES = re.compile(rf"[NP]?(?P<shape>{patterns.SHAPE_CODE})[ \-]{{1,6}}(?=Ø? ?{NUMBER}{TIMES}[0-9Ø])")
_SIZES = re.compile(rf"Ø? ?{NUMBER} ?(?:MM)?(?:{TIMES}Ø? ?{NUMBER} ?(?:MM)?){{1,4}}(?:{TIMES}(?![0-9A-Z]))?")
_DIAMETER = re.compile(rf"Ø ?(?P<round>{NUMBER})|(?P<open>{NUMBER}) ?[×X*](?![0-9A-Z])")
_THICKNESS = re.compile(rf"[×X*] ?(?P<thickness>{NUMBER})")
_SHAPE = re.compile(rf"(?P<shape>{patterns.SHAPE_CODE}){_BOUNDARY}")
_SPEED = re.compile(rf"(?P<speed>{patterns.SPEED_NUMBER}){patterns.PER_SECOND}(?![A-Z])")
_SUPERABRASIVE = re.compile(
    rf"(?P<abrasive>{SUPER}) ?(?P<grit>[0-9]{{2,4}}(?:/[0-9]{{2,4}})?){_NO_SIZE}"
    rf"(?:{GAP}(?P<bond>{BOND}){_BOUNDARY})?(?:{GAP}(?P<concentration>[CV][0-9]{{2,3}}))?{_BOUNDARY}"
)
_MORE = rf"(?: ?(?P<grade>[A-Z])(?: ?(?P<structure>[0-9]{{1,2}}))?(?: ?(?P<bond>{BOND}))?)"
_ORDINARY = re.compile(
    rf"(?P<abrasive>{ORDINARY})[ \-/]{{0,3}}(?P<grit>F?[0-9]{{1,4}}|W[0-9]{{1,2}}(?:\.5)?)#?{_NO_SIZE}{_MORE}?{_BOUNDARY}"
)
_FROM_GRIT = re.compile(rf"(?P<grit>F[0-9]{{3,4}}|[0-9]{{1,4}}(?=[#A-Z]))#?{_MORE}?{_BOUNDARY}")
_ABRASIVE = re.compile(r"(?P<abrasive>[A-Z]{2,3})(?![A-Z0-9])")
_WORD = re.compile(r"[^ ,;]+")
_ORDINARY_GRITS = {*MACROGRITS, *(f"F{grit}" for grit in MICROGRITS), *(f"W{grit}" for grit in OLD_MICROGRITS)}


def _read(text: str) -> MarkingQuery:
    plain, origins = normalise(text)
    found = MarkingQuery()
    position = 0
    while position < len(plain):
        if gap := _GAP.match(plain, position):
            position = gap.end()
            continue
        end, parts = _understand(plain, position)
        if parts:
            found = replace(found, **parts)
        else:
            found = replace(found, words=(*found.words, text[origins[position] : origins[end - 1] + 1]))
        position = end
    return found


def _understand(plain: str, position: int) -> tuple[int, dict[str, Any]]:
    """Return where the next part ends and what it says; nothing for a word that is no part of a marking."""
    if not _ARTICLE.match(plain, position):
        for pattern, read in _READERS:
            match = pattern.match(plain, position)
            parts = read(match) if match else None
            if match and parts:
                return match.end(), parts
    word = _WORD.match(plain, position)
    return word.end() if word else position + 1, {}


def _shape_of(match: re.Match[str]) -> dict[str, Any]:
    return {"shape": match["shape"].lstrip("0")}


def _superabrasive_shape_of(match: re.Match[str]) -> dict[str, Any]:
    """A number alone may be anything; `1A1` is a shape."""
    return {} if match["shape"].isdigit() or match["shape"] not in SHAPES else {"shape": match["shape"]}


def _sizes_of(match: re.Match[str]) -> dict[str, Any]:
    sizes = [read_number(number) for number in re.findall(NUMBER, match[0])]
    names = ("diameter", "thickness", "bore", *(("rim", "layer") if len(sizes) == 5 else ("layer",)))
    return dict(zip(names, sizes, strict=False))


def _diameter_of(match: re.Match[str]) -> dict[str, Any]:
    return {"diameter": read_number(match["round"] or match["open"])}


def _thickness_of(match: re.Match[str]) -> dict[str, Any]:
    return {"thickness": read_number(match["thickness"])}


def _speed_of(match: re.Match[str]) -> dict[str, Any]:
    return {"speed": match["speed"].removesuffix(".0").lstrip("0")}


def _superabrasive_of(match: re.Match[str]) -> dict[str, Any]:
    codes = {name: code for name, code in match.groupdict().items() if code}
    return codes | {"abrasive": "CBN" if codes["abrasive"] == "B" else codes["abrasive"]}


def _ordinary_of(match: re.Match[str]) -> dict[str, Any]:
    codes = {name: code for name, code in match.groupdict().items() if code}
    grit = read_grit(codes["grit"])
    return codes | {"grit": grit} if grit in _ORDINARY_GRITS else {}


def _abrasive_of(match: re.Match[str]) -> dict[str, Any]:
    return {"abrasive": match["abrasive"]} if match["abrasive"] in (*CONVENTIONAL, *SUPERABRASIVES) else {}


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (_SHAPE_AND_SIZES, _shape_of),
    (_SIZES, _sizes_of),
    (_DIAMETER, _diameter_of),
    (_THICKNESS, _thickness_of),
    (_SHAPE, _superabrasive_shape_of),
    (_SPEED, _speed_of),
    (_SUPERABRASIVE, _superabrasive_of),
    (_ORDINARY, _ordinary_of),
    (_FROM_GRIT, _ordinary_of),
    (_ABRASIVE, _abrasive_of),
)
