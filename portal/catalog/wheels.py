"""Explain a marking part by part: the specification plate of a product page."""

from dataclasses import dataclass

from portal.catalog.marking_form import Marking, abrasive_family
from portal.catalog.wheel_codes import (
    ABRASIVES,
    BONDS,
    GRADE_CLASSES,
    GRADE_SENTENCE,
    GRIT_CLASSES,
    SHAPES,
    STRUCTURE_CLASSES,
    SUPERABRASIVE_GRIT,
    Meaning,
    Shape,
)

__all__ = [
    "PlateCell",
    "abrasive_meaning",
    "bond_meaning",
    "grade_meaning",
    "grit_meaning",
    "plate",
    "shape_of",
    "structure_meaning",
]


@dataclass(frozen=True, slots=True)
class PlateCell:
    """One part of a marking: its code, the field's name, what it means, and a sentence for whoever taps it."""

    field: str
    code: str
    label_zh: str
    label_en: str
    meaning_zh: str
    meaning_en: str
    sentence_zh: str
    sentence_en: str


def plate(marking: Marking) -> tuple[PlateCell, ...]:
    """Explain every part that the marking has, in the order in which it is printed."""
    cells = [_shape_cell(marking), _size_cell(marking)]
    cells.append(_cell("abrasive", marking.abrasive, abrasive_meaning(marking.abrasive)))
    cells.append(_cell("grit", marking.grit, grit_meaning(marking.grit, superabrasive=marking.superabrasive)))
    if marking.grade:
        cells.append(_cell("grade", marking.grade, grade_meaning(marking.grade)))
    if marking.structure:
        cells.append(_cell("structure", marking.structure, structure_meaning(marking.structure)))
    cells.append(_cell("bond", marking.bond, bond_meaning(marking.bond)))
    if marking.concentration:
        cells.append(_cell("concentration", marking.concentration, _concentration(marking.concentration)))
    if marking.speed:
        cells.append(_cell("speed", marking.speed, _SPEED))
    return tuple(cells)


def shape_of(code: str | None) -> Shape | None:
    """Find a shape by its code, with or without a face profile (`1N`) and body letters (`6A2C`)."""
    if not code:
        return None
    return SHAPES.get(code) or SHAPES.get(code.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def abrasive_meaning(code: str) -> Meaning | None:
    """Find an abrasive, with or without the maker's own number (`38A`)."""
    return ABRASIVES.get(abrasive_family(code))


def bond_meaning(code: str) -> Meaning | None:
    """Find a bond, with or without the maker's own number (`V23`)."""
    return BONDS.get(code.rstrip("0123456789"))


def grit_meaning(grit: str, *, superabrasive: bool = False) -> Meaning | None:
    """Say how coarse a grit is."""
    if superabrasive:
        return SUPERABRASIVE_GRIT
    number = 9999 if grit.startswith(("F", "W")) else int(grit)
    return next(meaning for most, meaning in GRIT_CLASSES if number <= most)


def grade_meaning(grade: str) -> Meaning | None:
    """Say how hard a grade is."""
    for letters, zh, en in GRADE_CLASSES:
        if grade in letters:
            return Meaning(zh, en, *GRADE_SENTENCE)
    return None


def structure_meaning(structure: str) -> Meaning | None:
    """Say how open a structure is."""
    return next((meaning for most, meaning in STRUCTURE_CLASSES if int(structure) <= most), None)


_LABELS = {
    "shape": ("形状", "Shape"),
    "abrasive": ("磨料", "Abrasive"),
    "grit": ("粒度", "Grit"),
    "grade": ("硬度", "Grade"),
    "structure": ("组织", "Structure"),
    "bond": ("结合剂", "Bond"),
    "concentration": ("浓度", "Concentration"),
    "speed": ("最高速度", "Speed"),
}
_SPEED = Meaning(
    "m/s",
    "m/s",
    "允许的最高工作线速度，装机转速不得使圆周超过它。",
    "The highest permitted speed of the rim; the spindle must never make it turn faster.",
)


def _cell(field: str, code: str, meaning: Meaning | None) -> PlateCell:
    label_zh, label_en = _LABELS[field]
    known = meaning or Meaning("", "", "", "")
    return PlateCell(field, code, label_zh, label_en, known.zh, known.en, known.sentence_zh, known.sentence_en)


def _shape_cell(marking: Marking) -> PlateCell:
    return _cell("shape", marking.shape, shape_of(marking.shape))


def _size_cell(marking: Marking) -> PlateCell:
    names = [("外径", "Diameter", True), ("厚度", "thickness", True), ("孔径", "bore", True)]
    names += [("环宽", "rim", marking.rim is not None), ("层厚", "layer", marking.layer is not None)]
    present = [(zh, en) for zh, en, there in names if there]
    return PlateCell(
        "size",
        marking.size,
        " × ".join(zh for zh, _en in present),
        " × ".join(en for _zh, en in present),
        "毫米",
        "mm",
        "尺寸依次为" + "、".join(zh for zh, _en in present) + "，单位毫米。",
        "The sizes in order: " + ", ".join(en for _zh, en in present).lower() + "; in millimetres.",
    )


def _concentration(code: str) -> Meaning:
    volume = int(code[1:]) / 4 if code.startswith("C") else int(code[1:]) / 10
    return Meaning(
        f"{volume:g}% 体积",
        f"{volume:g}% by volume",
        f"磨料层里超硬磨料的含量，{code} 约占体积的 {volume:g}%；C100 为每立方厘米 4.4 克拉。",
        f"How much superabrasive the layer holds: {code} is about {volume:g}% of its volume; C100 is 4.4 carats a cm³.",
    )
