"""The marking builder: a marking from its fields, and what a typed one is understood as; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from portal.catalog import look, wheels
from portal.catalog.marking import MarkingError, parse_marking, print_marking
from portal.catalog.marking_form import Marking
from portal.catalog.wheels import PlateCell

FIELDS = ("shape", "diameter", "thickness", "bore", "abrasive", "grit", "grade", "structure", "bond", "speed")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text is understood as: printed, explained and drawn; or why it is no marking."""

    text: str
    printed: str
    plate: tuple[PlateCell, ...]
    drawing: Markup | None
    fields: Mapping[str, str]
    problem: str

    @property
    def understood(self) -> bool:
        """Whether the text is a marking."""
        return bool(self.printed)


def preview(text: str) -> Preview:
    """Read a text back; never raises."""
    try:
        marking = parse_marking(text)
    except MarkingError as error:
        problem = str(error.message) if text.strip() else ""
        return Preview(text, "", (), None, dict.fromkeys(FIELDS, ""), problem)
    printed = print_marking(marking)
    return Preview(text, printed, wheels.plate(marking), look.dimensioned(printed), _fields(marking), "")


def compose(fields: Mapping[str, str]) -> str:
    """Write a marking from its fields in their order; what is missing is left out, so that the preview can say what is."""
    sizes = "×".join(fields.get(name, "") for name in ("diameter", "thickness", "bore")).strip("×")
    grain = "".join(fields.get(name, "") for name in ("abrasive", "grit", "grade", "structure", "bond"))
    speed = fields.get("speed", "")
    parts = (fields.get("shape", ""), sizes, grain.upper(), f"{speed}m/s" if speed else "")
    return "-".join(part for part in parts if part)


def _fields(marking: Marking) -> dict[str, str]:
    values = {name: getattr(marking, name) for name in FIELDS}
    return {
        name: f"{value.normalize():f}" if hasattr(value, "normalize") else str(value or "")
        for name, value in values.items()
    }
