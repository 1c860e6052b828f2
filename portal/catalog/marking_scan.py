"""The characters and patterns of which markings are made, and a place in a text that steps over them."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from portal.catalog.marking_form import BONDS, CONVENTIONAL, MICROGRITS, SUPERABRASIVES, MarkingError

_KNOWN = (
    dict.fromkeys("‐‑‒–—―−ー_~〜", "-")
    | dict.fromkeys("✕✖╳⨯∗", "×")
    | dict.fromkeys("хХ", "X")  # Cyrillic
    | dict.fromkeys("φϕΦ⌀∅ø", "Ø")
    | dict.fromkeys("∕⁄", "/")
    | dict.fromkeys("\u200b\u200c\u200d\ufeff\u00ad", "")
    | {"、": ",", "毫": "M", "米": "M", "目": "#"}
)


def normalise(text: str) -> tuple[str, list[int]]:
    """Return the text in the characters that the grammar knows, and for each of these its index in the original."""
    characters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        for plain in unicodedata.normalize("NFKC", character):
            known = _KNOWN.get(plain, plain.upper() if plain.isascii() else plain)
            characters.extend(" " if known.isspace() else known)
            origins.extend([index] * len(known))
    return "".join(characters), origins


def _one_of(*codes: str) -> str:
    return "(?:" + "|".join(sorted(codes, key=len, reverse=True)) + ")"


# Every repetition below is bounded: reading takes time in proportion to the text, whatever it is.
GAP = r"[ \-,;:]{0,6}"
SOME_GAP = r"[ \-,;:]{1,6}"
TIMES = r" {0,2}[×X*] {0,2}"
NUMBER = r"[0-9]{1,4}(?:[.,][0-9]{1,3})?"
SIZE_MARK = r"(?:[ØDTH] ?)?"
SHAPE_CODE = r"[0-9]{1,2}(?:[A-Z]{1,2}[0-9]{1,2}[A-Z]{0,2}|[A-Z])?"
OLD_SHAPES = {"P": "1", "PDA": "5", "PSA": "7", "B": "6", "BW": "11", "PB": "41"}
"""Letters for shapes from before the ISO numbers were taken over."""
SPEED_NUMBER = r"[0-9]{1,3}(?:\.0)?"
PER_SECOND = r" ?M(?: ?[/.·] ?)?(?:S(?:EC)?(?:-1)?|秒)"
END = r"(?=[ .,;]{0,6}$)"
BOND = _one_of(*BONDS) + r"(?![A-Z]| ?[/.·])"
"""The look-ahead keeps the m of m/s from being a metal bond."""
SUPER = _one_of(*SUPERABRASIVES, "B")  # FEPA writes CBN of 126 µm as B126
ORDINARY = rf"(?:[0-9]{{1,2}})?{_one_of(*CONVENTIONAL)}"
_SIZES_FOLLOW = rf"(?={SIZE_MARK}{NUMBER} ?(?:MM)?(?: ?/ ?{NUMBER})?{TIMES}{SIZE_MARK}[0-9])"
_OLD_SHAPE = rf"(?P<old>{_one_of(*OLD_SHAPES)}){GAP}"
_CONCENTRATION = r"(?P<concentration>[CV]?[0-9]{2,3}(?![0-9]| ?M))"
_SUPER_TAIL = rf"{GAP}(?P<bond>{BOND})(?:{GAP}{_CONCENTRATION})?"

START = re.compile(rf"(?<![0-9A-Z.])(?:(?:[NP]{GAP})?{SHAPE_CODE}{SOME_GAP}|{_OLD_SHAPE}){_SIZES_FOLLOW}")
SHAPE = re.compile(rf"[ .,;]{{0,6}}(?:(?:[NP]{GAP})?(?P<shape>{SHAPE_CODE}){SOME_GAP}|{_OLD_SHAPE}){_SIZES_FOLLOW}")
SIZE = re.compile(rf"{SIZE_MARK}(?P<number>{NUMBER}) ?(?:MM)?(?: ?/ ?(?P<second>{NUMBER}))?")
BETWEEN_SIZES = re.compile(TIMES)
DETAIL = re.compile(rf"(?:{GAP}|{TIMES})(?P<letter>[PFGWEK]) ?=? ?(?P<number>{NUMBER})")
PLAIN_DETAILS = re.compile(rf"{SOME_GAP}({NUMBER}){TIMES}({NUMBER})(?:{TIMES}({NUMBER}))?")
GRAIN = re.compile(
    rf"{GAP}(?:(?P<super>{SUPER}) ?(?P<mesh>[0-9]{{1,4}}(?:/[0-9]{{1,4}})?)"
    rf"|(?P<ordinary>{ORDINARY})[ \-/]{{0,3}}(?P<grit>F?[0-9]{{1,4}}|W[0-9]{{1,2}}(?:\.5)?))(?: ?#)?"
)
ABRASIVE = re.compile(rf"{GAP}(?:{SUPER}|{ORDINARY})(?![A-Z])")
GRADE = re.compile(rf"{GAP}(?P<grade>[A-Z])")
STRUCTURE = re.compile(rf"{GAP}(?P<structure>[0-9]{{1,2}})(?={GAP}[A-Z])")
ORDINARY_BOND = re.compile(rf"{GAP}(?P<bond>{BOND}(?:[0-9]{{1,3}}(?={SOME_GAP}{SPEED_NUMBER}(?:{PER_SECOND}|{END})))?)")
SUPER_TAILS = (
    re.compile(_SUPER_TAIL),
    re.compile(rf"{GAP}(?P<grade>[A-Z])(?:{GAP}(?P<structure>[0-9]{{1,2}}))?{_SUPER_TAIL}"),
    re.compile(rf"{GAP}(?P<concentration>C[0-9]{{2,3}}){GAP}(?P<bond>{BOND})"),
)
SPEED = re.compile(rf"{GAP}≤?(?P<speed>{SPEED_NUMBER}){PER_SECOND}(?![A-Z])")
SPEED_ALONE = re.compile(rf"{GAP}≤?(?P<speed>{SPEED_NUMBER}){END}")


@dataclass(slots=True)
class Scan:
    """A place in a normalised text; `alone` when the text holds nothing but a marking."""

    text: str
    raw: str
    position: int = 0
    alone: bool = True

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over what the pattern matches here, if it does."""
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return match

    def need(self, pattern: re.Pattern[str], reason: str) -> re.Match[str]:
        """Step over what must come next."""
        match = self.take(pattern)
        if match is None:
            raise self.error(reason)
        return match

    def error(self, reason: str) -> MarkingError:
        """Say what is wrong at this place."""
        return MarkingError(reason, text=self.raw, position=self.position)


def read_number(digits: str) -> Decimal:
    """Read `22.23`, `22,23` and `1,200` (a comma before three digits groups thousands)."""
    whole, comma, part = digits.partition(",")
    if not comma:
        return Decimal(digits)
    return Decimal(whole + part if len(part) == 3 else f"{whole}.{part}")


def read_grit(grit: str) -> str:
    """Name a grit canonically: macrogrits by number, microgrits with their F; `F80` is `80`, a bare `320` is `F320`."""
    if grit.startswith("W"):
        return grit
    number = grit.removeprefix("F").lstrip("0")
    return f"F{number}" if number in MICROGRITS else number
