"""What a grinding wheel's marking says, and its printed form: the order of ISO 525 / GB/T 2484, for superabrasives of ISO 6104."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _

CONVENTIONAL = ("A", "WA", "SA", "PA", "MA", "ZA", "BA", "NA", "FA", "AS", "AA", "SG", "C", "GC", "SC", "BC")
SUPERABRASIVES = ("D", "CBN", "RVD", "MBD", "SCD", "SMD")
BONDS = ("V", "B", "BF", "R", "RF", "M", "G", "E", "MG", "PL")
MICROGRITS = ("230", "240", "280", "320", "360", "400", "500", "600", "800", "1000", "1200", "1500", "2000")
OLD_MICROGRITS = ("63", "50", "40", "28", "20", "14", "10", "7", "5", "3.5", "2.5", "1.5", "1", "0.5")
DETAIL_LETTERS = "JUPFGWEK"

REASONS = {
    "empty": _("There is no marking."),
    "too_long": _("This is too long for a marking."),
    "shape": _("The shape number is missing or cannot be read."),
    "dimensions": _("Diameter, thickness and bore are needed, such as 400×50×203."),
    "size": _("A dimension is zero or too large."),
    "bore": _("The bore must be smaller than the diameter."),
    "abrasive": _("The abrasive is missing or unknown."),
    "grit": _("The grit is missing or unknown."),
    "grade": _("The grade letter is missing."),
    "structure": _("The structure number must be 0 to 14."),
    "bond": _("The bond is missing or unknown."),
    "concentration": _("The concentration must be 10 to 250."),
    "speed": _("The maximum speed must be 1 to 320 m/s."),
    "trailing": _("There is more text after the marking."),
}
"""Why a text is not a marking: key to what a person is told."""

_LARGEST = Decimal(5000)


class MarkingError(InvalidInput, ValueError):
    """The text is not a marking: `reason` is a key of REASONS, `position` an index into `text`."""

    def __init__(self, reason: str, *, text: str = "", position: int = 0) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason
        self.text = text
        self.position = position


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What a wheel's marking says. Dimensions are millimetres; codes are upper-case text as printed; equality ignores `raw`.

    `rim` (W) and `layer` (X) belong to superabrasive wheels. `details` are the lettered dimensions of other shapes: J and U
    (a second diameter and thickness), P F G (recesses), W E K (walls and bottoms). Raises MarkingError on impossible values.
    """

    shape: str
    diameter: Decimal
    thickness: Decimal
    bore: Decimal
    abrasive: str
    grit: str
    bond: str
    grade: str | None = None
    structure: str | None = None
    speed: str | None = None
    """Maximum, m/s."""
    rim: Decimal | None = None
    layer: Decimal | None = None
    concentration: str | None = None
    """`C100`: 100 per cent = 4.4 carat/cm³; `V240`: 24 per cent of the volume."""
    details: tuple[tuple[str, Decimal], ...] = ()
    raw: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for reason, holds in _checks(self):
            if not holds:
                raise MarkingError(reason, text=self.raw)

    @property
    def superabrasive(self) -> bool:
        """Whether the grain is diamond or CBN."""
        return self.abrasive in SUPERABRASIVES

    @property
    def size(self) -> str:
        """The sizes as printed, such as `400×50×203`."""
        return _print_sizes(self)

    @property
    def specification(self) -> str:
        """What the wheel is made of, such as `WA60K5V` or `D126-B-C100`."""
        grain = f"{self.abrasive}{self.grit}{self.grade or ''}{self.structure or ''}"
        if self.superabrasive:
            return "-".join(part for part in (grain, self.bond, self.concentration) if part)
        return f"{grain}{self.bond}"


def print_marking(marking: Marking) -> str:
    """Print a marking strictly: `1-400×50×203-WA60K5V-35m/s`, `1A1-125×10×32×5-D126-B-C100`."""
    speed = f"{marking.speed}m/s" if marking.speed else ""
    return "-".join(part for part in (marking.shape, marking.size, marking.specification, speed) if part)


def print_number(value: Decimal) -> str:
    """Print millimetres without useless zeros: `203`, `22.23`."""
    return f"{value.normalize():f}"


def abrasive_family(abrasive: str) -> str:
    """Return the abrasive without the maker's own number: `38A` is an `A`."""
    return abrasive.lstrip("0123456789")


def _print_sizes(marking: Marking) -> str:
    details = dict(marking.details)
    first = _with_second(marking.diameter, details.pop("J", None))
    second = _with_second(marking.thickness, details.pop("U", None))
    others = (print_number(value) for value in (marking.bore, marking.rim, marking.layer) if value is not None)
    tail = "".join(f"{letter}{print_number(value)}" for letter, value in details.items())
    return "×".join((first, second, *others)) + (f"-{tail}" if tail else "")


def _with_second(value: Decimal, second: Decimal | None) -> str:
    return print_number(value) if second is None else f"{print_number(value)}/{print_number(second)}"


def _checks(marking: Marking) -> Iterator[tuple[str, bool]]:
    sizes = [marking.diameter, marking.thickness, marking.bore, *(value for _letter, value in marking.details)]
    sizes += [value for value in (marking.rim, marking.layer) if value is not None]
    yield "shape", 0 < len(marking.shape) <= 10 and marking.shape.isascii() and marking.shape.isalnum()
    yield "size", all(0 < value < _LARGEST for value in sizes)
    yield "bore", marking.bore < marking.diameter
    yield (
        "abrasive",
        abrasive_family(marking.abrasive) in (*CONVENTIONAL, *SUPERABRASIVES) and len(marking.abrasive) <= 5,
    )
    yield "dimensions", [letter for letter, _value in marking.details] == _in_order(marking.details)
    yield "grit", _is_superabrasive_grit(marking.grit) if marking.superabrasive else _is_grit(marking.grit)
    yield "grade", _is_letter(marking.grade) if marking.grade else marking.superabrasive
    yield "structure", marking.structure is None or _within(marking.structure, 0, 14)
    yield "bond", _is_bond(marking)
    yield "concentration", marking.concentration is None or _within(marking.concentration[1:], 10, 250)
    yield "speed", marking.speed is None or _within(marking.speed, 1, 320)


def _in_order(details: tuple[tuple[str, Decimal], ...]) -> list[str]:
    present = {letter for letter, _value in details}
    return [letter for letter in DETAIL_LETTERS if letter in present]


def _is_bond(marking: Marking) -> bool:
    """A maker's number after the bond (`V23`) could be taken for the speed, so it stands only where a speed follows."""
    code = marking.bond.rstrip("0123456789")
    numbered = code != marking.bond
    return code in BONDS and (
        not numbered or (len(marking.bond) <= 5 and bool(marking.speed) and not marking.superabrasive)
    )


def _is_grit(grit: str) -> bool:
    """4 to 220 by number (F4 to F220), finer ones as F230 and so on or by the old W symbols (GB/T 2481)."""
    if grit.startswith("F"):
        return grit[1:] in MICROGRITS
    if grit.startswith("W"):
        return grit[1:] in OLD_MICROGRITS
    return _within(grit, 4, 220)


def _is_superabrasive_grit(grit: str) -> bool:
    """A FEPA size such as `126` or a mesh range such as `120/140` (ISO 6106, GB/T 6406)."""
    return len(grit) <= 9 and all(_within(part, 1, 2000) for part in grit.split("/", 1))


def _is_letter(grade: str) -> bool:
    return len(grade) == 1 and "A" <= grade <= "Z"


def _within(digits: str, least: int, most: int) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= 4 and least <= int(digits) <= most
