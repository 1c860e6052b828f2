"""Read a grinding wheel's marking as labels and lists write it (see `marking_form` for what it says and how it is printed)."""

import re
from decimal import Decimal
from typing import TypedDict

from portal.catalog import marking_scan as patterns
from portal.catalog.marking_form import DETAIL_LETTERS, Marking, MarkingError
from portal.catalog.marking_scan import Scan, normalise, read_grit, read_number

MAX_LENGTH = 160
"""Characters; a longer text is not a marking."""


def parse_marking(text: str) -> Marking:
    """Read a marking, however it is spelt; raises MarkingError, and nothing else.

    Besides the printed form: x X * for ×, full-width characters, any dash, spaces or nothing for a hyphen, `N` before the
    shape, old shape letters (`P250×25×32` is shape 1), Ø, mm, `60#`, bare microgrit numbers, a missing structure or
    speed, a speed without its unit.
    """
    if len(text) > MAX_LENGTH:
        raise MarkingError("too_long", text=text, position=MAX_LENGTH)
    plain, origins = normalise(text)
    scan = Scan(plain, raw=text)
    try:
        marking = _read(scan)
        if plain[scan.position :].strip(" .,;"):
            raise scan.error("trailing")
    except MarkingError as error:
        error.position = origins[error.position] if error.position < len(origins) else len(text)
        raise
    return marking


def find_marking(text: str) -> Marking | None:
    """Return the first marking inside a longer text, such as an old label's, or None."""
    plain, _origins = normalise(text[: 4 * MAX_LENGTH])
    for start in patterns.START.finditer(plain):
        try:
            return _read(Scan(plain, raw=text.strip(), position=start.start(), alone=False))
        except MarkingError:
            continue
    return None


class _Codes(TypedDict):
    abrasive: str
    grit: str
    grade: str | None
    structure: str | None
    bond: str
    concentration: str | None
    speed: str | None


def _read(scan: Scan) -> Marking:
    if not scan.text.strip():
        raise scan.error("empty")
    starts = {"shape": scan.position}
    shape = _read_shape(scan)
    starts |= dict.fromkeys(("size", "bore", "dimensions"), scan.position)
    sizes, details = _read_sizes(scan, shape)
    starts |= dict.fromkeys(("abrasive", "grit", "grade", "structure", "bond", "concentration", "speed"), scan.position)
    codes = _read_specification(scan)
    try:
        return Marking(
            shape=shape, diameter=sizes[0], thickness=sizes[1], bore=sizes[2],
            rim=sizes[3] if len(sizes) == 5 else None, layer=sizes[-1] if len(sizes) > 3 else None,
            details=details, raw=scan.raw, **codes,
        )  # fmt: skip
    except MarkingError as error:
        error.position = starts[error.reason]
        raise


def _read_shape(scan: Scan) -> str:
    match = scan.need(patterns.SHAPE, "shape")
    return patterns.OLD_SHAPES[match["old"]] if match["old"] else match["shape"].lstrip("0") or "0"


def _read_sizes(scan: Scan, shape: str) -> tuple[list[Decimal], tuple[tuple[str, Decimal], ...]]:
    sizes: list[Decimal] = []
    details: dict[str, Decimal] = {}
    while not sizes or scan.take(patterns.BETWEEN_SIZES):
        match = scan.need(patterns.SIZE, "dimensions")
        sizes.append(read_number(match["number"]))
        if match["second"]:
            if len(sizes) > 2:
                raise scan.error("dimensions")
            details["JU"[len(sizes) - 1]] = read_number(match["second"])
    if not 3 <= len(sizes) <= 5:
        raise scan.error("dimensions")
    details |= _read_details(scan, shape)
    return sizes, tuple((letter, details[letter]) for letter in DETAIL_LETTERS if letter in details)


_PLAIN_DETAIL_LETTERS = {"5": "PF", "7": "PFG", "6": "WE", "9": "WE", "11": "WEK", "12": "WEK"}


def _read_details(scan: Scan, shape: str) -> dict[str, Decimal]:
    if match := scan.take(patterns.PLAIN_DETAILS):
        letters = _PLAIN_DETAIL_LETTERS.get(re.sub("[A-Z].*", "", shape), "")
        numbers = [number for number in match.groups() if number]
        if len(numbers) > len(letters):
            raise scan.error("dimensions")
        return {letter: read_number(number) for letter, number in zip(letters, numbers, strict=False)}
    details: dict[str, Decimal] = {}
    while match := scan.take(patterns.DETAIL):
        if match["letter"] in details:
            raise scan.error("dimensions")
        details[match["letter"]] = read_number(match["number"])
    return details


def _read_specification(scan: Scan) -> _Codes:
    grain = scan.take(patterns.GRAIN)
    if grain is None:
        raise scan.error("grit" if scan.take(patterns.ABRASIVE) else "abrasive")
    codes = _read_superabrasive(scan, grain) if grain["super"] else _read_ordinary(scan, grain)
    speed = scan.take(patterns.SPEED) or (scan.take(patterns.SPEED_ALONE) if scan.alone else None)
    codes["speed"] = speed["speed"].removesuffix(".0").lstrip("0") if speed else None
    return codes


def _read_ordinary(scan: Scan, grain: re.Match[str]) -> _Codes:
    grade = scan.need(patterns.GRADE, "grade")
    structure = scan.take(patterns.STRUCTURE)
    bond = scan.need(patterns.ORDINARY_BOND, "bond")
    return _Codes(
        abrasive=grain["ordinary"],
        grit=read_grit(grain["grit"]),
        grade=grade["grade"],
        structure=str(int(structure["structure"])) if structure else None,
        bond=bond["bond"],
        concentration=None,
        speed=None,
    )


def _read_superabrasive(scan: Scan, grain: re.Match[str]) -> _Codes:
    """Take the reading that goes furthest: `D126V-B` is grade V with bond B, `D126-V-B…` may be either."""
    tails = [tail for pattern in patterns.SUPER_TAILS if (tail := pattern.match(scan.text, scan.position))]
    if not tails:
        raise scan.error("bond")
    tail = max(tails, key=lambda match: match.end())
    scan.position = tail.end()
    codes = tail.groupdict()
    concentration = codes.get("concentration")
    structure = codes.get("structure")
    return _Codes(
        abrasive="CBN" if grain["super"] == "B" else grain["super"],
        grit=grain["mesh"],
        grade=codes.get("grade"),
        structure=str(int(structure)) if structure else None,
        bond=tail["bond"],
        concentration=f"C{concentration}" if concentration and concentration.isdigit() else concentration,
        speed=None,
    )
