"""Draw wheels as SVG from their marking: to one scale, coloured as the abrasive is, styled by classes only (assets/css/wheel.css)."""

from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from portal.catalog.marking_form import SUPERABRASIVES, Marking, abrasive_family, print_marking, print_number
from portal.catalog.wheel_codes import SHAPES
from portal.catalog.wheel_forms import Form, Piece, Point, form_of
from portal.catalog.wheel_svg import (
    axis,
    circle,
    dimension_above,
    dimension_beside,
    hatch,
    n,
    outline,
    ring,
    rotation,
    svg,
)
from portal.web.i18n import pick

__all__ = ["Drawable", "dimensioned", "profile", "thumbnail"]


class Drawable(Protocol):
    """What a drawing is made from: a Marking, a MarkingQuery, an item of the catalogue."""

    @property
    def shape(self) -> str | None: ...
    @property
    def diameter(self) -> Decimal | None: ...
    @property
    def thickness(self) -> Decimal | None: ...
    @property
    def bore(self) -> Decimal | None: ...
    @property
    def abrasive(self) -> str | None: ...


def thumbnail(wheel: Drawable, *, label: str = "", ghost: bool = False) -> str | None:
    """Draw front view and half section for a square of 52 to 96 px; None when a dimension is missing.

    `ghost` draws dashed outlines only: a wheel that was asked for and does not exist. `label` is what is read aloud
    (default: the marking or its sizes).
    """
    form = _form(wheel)
    if form is None:
        return None
    scale = min(_THUMB_FACE / (2 * form.radius), (_THUMB_WIDE - _THUMB_GAP) / (2 * form.radius + form.width))
    radius, width = form.radius * scale, max(form.width * scale, 0.8)
    left = (_THUMB - (2 * radius + _THUMB_GAP + width)) / 2
    middle = _THUMB / 2
    fill = _Fill(wheel, ghost=ghost)
    front = _front(form, (left + radius, middle), scale, fill)
    section = _section(form, (left + 2 * radius + _THUMB_GAP, middle), (width / form.width, scale), fill)
    return svg(f"0 0 {_THUMB} {_THUMB}", [front, section], label or _label(wheel))


def dimensioned(wheel: Drawable, *, label: str = "") -> str | None:
    """Draw the half section with its dimensions beside the front view with the sense of rotation; None as above."""
    form = _form(wheel)
    if form is None or wheel.diameter is None or wheel.thickness is None or wheel.bore is None:
        return None
    scale = min(150 / (2 * form.radius), 200 / (2 * form.radius + form.width))
    radius, width = form.radius * scale, max(form.width * scale, 1.5)
    fill = _Fill(wheel)
    middle = 128.0
    left = max(84.0, (_WIDE - (width + 2 * radius + 76)) / 2 + 22)
    center = left + width + 68 + radius
    parts = [
        _hatched_section(form, (left, middle), (width / form.width, scale), fill),
        _bore_edges(form, (left, middle), (width / form.width, scale)),
        axis((left - 14, middle), (left + width + 14, middle)),
        dimension_above(
            left + form.set_back * width / form.width, left + width, middle - radius, "T", print_number(wheel.thickness)
        ),
        dimension_beside(left - 34, left, middle, radius, "D", "Ø" + print_number(wheel.diameter)),
        dimension_beside(
            left + width + 26, left + width, middle, form.bore * scale, "H", "Ø" + print_number(wheel.bore)
        ),
        _front(form, (center, middle), scale, fill),
        axis((center - radius - 9, middle), (center + radius + 9, middle)),
        axis((center, middle - radius - 9), (center, middle + radius + 9)),
        rotation((center, middle), _clear_radius(form) * scale),
    ]
    right = center + radius + 12
    return svg(f"0 0 {n(max(_WIDE, right))} 222", parts, label or _label(wheel))


def profile(shape: str, *, label: str = "") -> str:
    """Draw a shape's section for a menu: the wheel lies with its axis upright, both halves are seen."""
    stated = {"X": 8.0} if shape[-1:].isdigit() and len(shape) > 2 else {}
    diameter, thickness, bore = _MENU_SIZES.get(shape, (100, 30, 24))
    form = form_of(shape, diameter=diameter, thickness=thickness, bore=bore, stated=stated)
    scale = 64 / (2 * form.radius)
    low = 22 + form.width * scale / 2
    paths = []
    for piece in form.pieces:
        kind = "w-D" if form.layer is not None and not piece.body else "w-body"
        halves = [[(36 + side * radius * scale, low - x * scale) for x, radius in piece.points] for side in (1, -1)]
        paths.append(f'<path class="w-edge {kind}" d="{"".join(outline(half) for half in halves)}"/>')
    known = SHAPES.get(shape)
    return svg("0 0 72 44", [*paths, axis((36, 2), (36, 42))], label or (pick(known.zh, known.en) if known else shape))


_THUMB, _THUMB_FACE, _THUMB_WIDE, _THUMB_GAP = 56, 37.0, 49.0, 4.0
_WIDE = 350.0
_MENU_SIZES = {
    "6": (100, 52, 20), "9": (100, 56, 20), "11": (100, 48, 20), "12": (100, 22, 20), "13": (100, 18, 20), "41": (100, 4, 14),
    "42": (100, 4, 14), "27": (100, 8, 16), "28": (100, 8, 16), "1A1R": (100, 4, 20), "6A2": (100, 34, 24), "11A2": (100, 34, 24),
    "12A2": (100, 20, 24), "4A2": (100, 12, 24), "2": (100, 40, 76),
}  # fmt: skip


class _Fill:
    """Which classes an area carries."""

    def __init__(self, wheel: Drawable, *, ghost: bool = False) -> None:
        family = abrasive_family(wheel.abrasive or "")
        self.ghost = ghost
        self.abrasive = _COLOURS.get(family, "w-body")
        self.super = family in SUPERABRASIVES

    def of(self, piece: Piece) -> str:
        if self.ghost:
            return "w-ghost"
        return f"w-edge {'w-body' if piece.body else self.abrasive}"


_COLOURS = {
    "A": "w-A", "AS": "w-A", "ZA": "w-A", "BA": "w-C", "WA": "w-WA", "SA": "w-WA", "MA": "w-WA", "SG": "w-WA", "FA": "w-A", "AA": "w-A",
    "NA": "w-PA", "PA": "w-PA", "C": "w-C", "BC": "w-C", "GC": "w-GC", "SC": "w-GC",
} | dict.fromkeys(SUPERABRASIVES, "w-D")  # fmt: skip


def _form(wheel: Drawable) -> Form | None:
    if not wheel.diameter or not wheel.thickness or not wheel.bore or wheel.bore >= wheel.diameter:
        return None
    stated = {letter: float(size) for letter, size in getattr(wheel, "details", ())}
    for letter, size in (("X", getattr(wheel, "layer", None)), ("W", getattr(wheel, "rim", None))):
        if size:
            stated[letter] = float(size)
    return form_of(
        wheel.shape or "",
        diameter=float(wheel.diameter),
        thickness=float(wheel.thickness),
        bore=float(wheel.bore),
        stated=stated,
    )


def _label(wheel: Drawable) -> str:
    if isinstance(wheel, Marking):
        return print_marking(wheel)
    printed = getattr(wheel, "marking", "")
    sizes = (wheel.diameter, wheel.thickness, wheel.bore)
    return str(printed) or "×".join(print_number(size) for size in sizes if size)


def _front(form: Form, center: Point, scale: float, fill: _Fill) -> str:
    outer, bore = form.radius * scale, form.bore * scale
    if fill.ghost or form.layer is None:
        rings = [ring(center, outer, bore, fill.of(Piece(())))]
    else:
        layer = form.layer * scale
        rings = [
            ring(center, outer, layer, fill.of(Piece(()))),
            ring(center, layer, bore, fill.of(Piece((), body=True))),
        ]
    thin = "w-ghost" if fill.ghost else "w-thin"
    edges = [circle(center, edge * scale) for edge in form.edges if edge * scale > bore + 0.5]
    return "".join(rings) + (f'<path class="{thin}" d="{"".join(edges)}"/>' if edges else "")


def _clear_radius(form: Form) -> float:
    """The middle of the widest band that no edge crosses."""
    circles = sorted({form.bore, form.radius, *form.edges, *([form.layer] if form.layer else [])})
    inner, outer = max(pairwise(circles), key=lambda band: band[1] - band[0])
    return (inner + outer) / 2


def _halves(piece: Piece, origin: Point, scale: tuple[float, float]) -> list[list[Point]]:
    return [
        [(origin[0] + x * scale[0], origin[1] + side * radius * scale[1]) for x, radius in piece.points]
        for side in (-1, 1)
    ]


def _section(form: Form, origin: Point, scale: tuple[float, float], fill: _Fill) -> str:
    return "".join(
        f'<path class="{fill.of(piece)}" d="{"".join(outline(half) for half in _halves(piece, origin, scale))}"/>'
        for piece in form.pieces
    )


def _hatched_section(form: Form, origin: Point, scale: tuple[float, float], fill: _Fill) -> str:
    lines = [hatch(half) for piece in form.pieces for half in _halves(piece, origin, scale)]
    return f'{_section(form, origin, scale, fill)}<path class="w-hatch" d="{"".join(lines)}"/>'


def _bore_edges(form: Form, origin: Point, scale: tuple[float, float]) -> str:
    """The far rim of the bore, seen behind the cut."""
    at_bore = [x for piece in form.pieces for x, radius in piece.points if radius <= form.bore]
    half = form.bore * scale[1]
    lines = [
        f"M{n(origin[0] + x * scale[0])} {n(origin[1] - half)}v{n(2 * half)}" for x in (min(at_bore), max(at_bore))
    ]
    return f'<path class="w-thin" d="{"".join(lines)}"/>'
