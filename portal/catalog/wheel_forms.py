"""The geometry of wheel shapes: the half section above the axis, and the edges that the front view shows. Millimetres.

A point is (along the axis from the left face, distance from the axis). What a marking does not state (recesses, walls, a
layer's depth) takes proportions usual in the trade: the drawing tells shapes apart, it is not for manufacture.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """An area of the half section, of abrasive or (in superabrasive wheels) of the body that carries it."""

    points: tuple[Point, ...]
    body: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A wheel as drawn: `radius`, `bore` (radius), `width` over all, the section's pieces, radii of further visible edges.

    `layer` is where the front view's ring of abrasive ends inwards, when a body carries it; `set_back` how far the left face
    of the thickness lies inside the width over all.
    """

    radius: float
    bore: float
    width: float
    pieces: tuple[Piece, ...]
    edges: tuple[float, ...] = ()
    layer: float | None = None
    set_back: float = 0.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """What shapes are drawn from: radii and lengths, with the stated details or usual proportions for them."""

    radius: float
    width: float
    bore: float
    stated: Mapping[str, float]

    def length(self, letter: str, share: float) -> float:
        """A stated length along the axis, or a share of the width; never more than the width."""
        return min(self.stated.get(letter, self.width * share), self.width * 0.9)

    def radius_of(self, letter: str, share: float) -> float:
        """Half of a stated diameter, or a share of the way from the bore to the rim."""
        reach = self.radius - self.bore
        stated = self.stated.get(letter)
        return self.bore + reach * share if stated is None else min(max(stated / 2, self.bore), self.radius)

    def wall(self, letter: str, share: float) -> float:
        """A stated thickness across the axis, or a share of the way from the bore to the rim."""
        reach = self.radius - self.bore
        return min(self.stated.get(letter, reach * share), reach * 0.9)


def form_of(shape: str, *, diameter: float, thickness: float, bore: float, stated: Mapping[str, float]) -> Form:
    """Return the form of a shape; one that is not known is a plain ring."""
    sizes = Sizes(diameter / 2, thickness, bore / 2, stated)
    build = _FORMS.get(shape) or _FORMS.get(shape.rstrip(_LETTERS), _plain)
    return build(sizes)


Side = Callable[[Sizes], list[Point]]
"""A side's outline from bore to rim: how far inside the over-all width, at which radius."""


def _flat(at: Sizes) -> list[Point]:
    return [(0, at.bore), (0, at.radius)]


def _recess(at: Sizes) -> list[Point]:
    depth, radius = at.length("F", 0.28), at.radius_of("P", 0.42)
    return [(depth, at.bore), (depth, radius), (0, radius), (0, at.radius)]


def _relief(at: Sizes) -> list[Point]:
    return [(at.length("N", 0.2), at.bore), (at.length("N", 0.2), at.radius_of("K", 0.3)), (0, at.radius)]


def _relieved_recess(at: Sizes) -> list[Point]:
    depth, radius = at.length("F", 0.2), at.radius_of("P", 0.4)
    return [
        (depth + at.width * 0.1, at.bore),
        (depth + at.width * 0.1, radius),
        (at.width * 0.1, radius),
        (0, at.radius),
    ]


def _taper(at: Sizes) -> list[Point]:
    return [(0, at.bore), (0, at.radius_of("J", 0.4)), ((at.width - at.length("U", 0.4)) / 2, at.radius)]


def _full_taper(at: Sizes) -> list[Point]:
    return [(0, at.bore), (0, at.radius_of("J", 0.4)), (at.width - at.length("U", 0.4), at.radius)]


def _hub(at: Sizes) -> list[Point]:
    drop, radius = (at.width - at.length("U", 0.5)) / 2, at.radius_of("J", 0.4)
    return [(0, at.bore), (0, radius), (drop, radius), (drop, at.radius)]


def _full_hub(at: Sizes) -> list[Point]:
    drop, radius = at.width - at.length("U", 0.5), at.radius_of("J", 0.4)
    return [(0, at.bore), (0, radius), (drop, radius), (drop, at.radius)]


def _between(left: Side, right: Side) -> Callable[[Sizes], Form]:
    def build(at: Sizes) -> Form:
        first, second = left(at), right(at)
        outline = first + [(at.width - inside, radius) for inside, radius in reversed(second)]
        edges = {radius for _inside, radius in second[1:-1]}
        return Form(at.radius, at.bore, at.width, (Piece(tuple(outline)),), tuple(sorted(edges)))

    return build


_plain = _between(_flat, _flat)


def _cup(at: Sizes) -> Form:
    wall, base = at.radius - at.wall("W", 0.3), at.length("E", 0.28)
    outline = ((0, at.bore), (0, at.radius), (at.width, at.radius), (at.width, wall), (base, wall), (base, at.bore))
    return Form(at.radius, at.bore, at.width, (Piece(outline),), (wall,))


def _double_cup(at: Sizes) -> Form:
    wall, base = at.radius - at.wall("W", 0.3), at.length("E", 0.2)
    left, right = (at.width - base) / 2, (at.width + base) / 2
    upper = ((left, at.bore), (left, wall), (0, wall), (0, at.radius))
    lower = ((at.width, at.radius), (at.width, wall), (right, wall), (right, at.bore))
    return Form(at.radius, at.bore, at.width, (Piece(upper + lower),), (wall,))


def _flaring(share: float, wall_share: float, base_share: float) -> Callable[[Sizes], Form]:
    """A cup whose wall flares from the diameter J at the base to D at the mouth."""

    def build(at: Sizes) -> Form:
        back, wall, base = at.radius_of("J", share), at.wall("W", wall_share), at.length("E", base_share)
        inner = max(at.bore, back + (at.radius - back) * base / at.width - wall)
        mouth = at.radius - wall
        outline = ((0, at.bore), (0, back), (at.width, at.radius), (at.width, mouth), (base, inner), (base, at.bore))
        return Form(at.radius, at.bore, at.width, (Piece(outline),), (mouth, inner))

    return build


def _depressed(at: Sizes) -> Form:
    """The middle is set back; the thickness stays."""
    drop = max(at.width * 0.8, at.radius * 0.05)
    inner, outer = at.bore + (at.radius - at.bore) * 0.3, at.bore + (at.radius - at.bore) * 0.45
    left = ((0, at.bore), (0, inner), (drop, outer), (drop, at.radius))
    right = tuple((x + at.width, radius) for x, radius in reversed(left))
    return Form(at.radius, at.bore, at.width + drop, (Piece(left + right),), (outer, inner), set_back=drop)


def _conical(at: Sizes) -> Form:
    drop = max(at.width * 0.8, at.radius * 0.08)
    inner = at.bore + (at.radius - at.bore) * 0.3
    left = ((0, at.bore), (0, inner), (drop, at.radius))
    right = tuple((x + at.width, radius) for x, radius in reversed(left))
    return Form(at.radius, at.bore, at.width + drop, (Piece(left + right),), (inner,), set_back=drop)


def _rimmed(
    left: Side, right: Side, crown: Callable[[float, float, float, float], list[Point]]
) -> Callable[[Sizes], Form]:
    """A body with a layer round its rim; `crown` draws the layer's face from (left, right, inner, outer)."""

    def build(at: Sizes) -> Form:
        inner = at.radius - at.wall("X", 0.08)
        first, second = left(at), right(at)
        low, high = first[-1][0], at.width - second[-1][0]
        outline = [
            *first[:-1],
            (low, inner),
            (high, inner),
            *((at.width - x, radius) for x, radius in reversed(second[:-1])),
        ]
        layer = ((low, inner), *crown(low, high, inner, at.radius), (high, inner))
        edges = tuple(sorted({radius for _x, radius in second[1:-1]}))
        return Form(at.radius, at.bore, at.width, (Piece(tuple(outline), body=True), Piece(layer)), edges, inner)

    return build


def _square(left: float, right: float, _inner: float, outer: float) -> list[Point]:
    return [(left, outer), (right, outer)]


def _bevel(left: float, right: float, inner: float, outer: float) -> list[Point]:
    return [(left, inner + (outer - inner) * 0.35), (right, outer)]


def _vee(left: float, right: float, inner: float, outer: float) -> list[Point]:
    foot = inner + (outer - inner) * 0.35
    return [(left, foot), ((left + right) / 2, outer), (right, foot)]


def _round(left: float, right: float, inner: float, outer: float) -> list[Point]:
    middle, half, rise = (left + right) / 2, (right - left) / 2, (outer - inner) * 0.65
    angles = [math.pi * step / 6 for step in range(6, -1, -1)]
    return [(middle + half * math.cos(angle), outer - rise + rise * math.sin(angle)) for angle in angles]


def _faced(back_share: float, wall_share: float) -> Callable[[Sizes], Form]:
    """A cup body whose mouth carries the layer: width W, depth X."""

    def build(at: Sizes) -> Form:
        depth, base, wall = at.length("X", 0.16), at.width * 0.35, at.radius - at.wall("W", wall_share)
        back, neck = at.radius_of("J", back_share), at.width - depth
        rise = (at.radius - back) / at.width
        flare = back + rise * neck
        inner = max(at.bore, back + rise * base - (at.radius - wall))
        outline = ((0, at.bore), (0, back), (neck, flare), (neck, wall), (base, inner), (base, at.bore))
        layer = ((neck, wall), (neck, flare), (at.width, at.radius), (at.width, wall))
        return Form(at.radius, at.bore, at.width, (Piece(outline, body=True), Piece(layer)), (), wall)

    return build


def _double_faced(at: Sizes) -> Form:
    depth, wall = at.length("X", 0.16), at.radius - at.wall("W", 0.2)
    web = at.width * 0.3
    body = ((web, at.bore), (web, wall), (depth, wall), (depth, at.radius))
    mirrored = tuple((at.width - x, radius) for x, radius in reversed(body))
    left = ((0, wall), (0, at.radius), (depth, at.radius), (depth, wall))
    right = tuple((at.width - x, radius) for x, radius in left)
    return Form(at.radius, at.bore, at.width, (Piece(body + mirrored, body=True), Piece(left), Piece(right)), (), wall)


_FORMS: dict[str, Callable[[Sizes], Form]] = {
    "3": _between(_flat, _full_taper),
    "4": _between(_taper, _taper),
    "5": _between(_flat, _recess),
    "6": _cup,
    "7": _between(_recess, _recess),
    "9": _double_cup,
    "11": _flaring(0.55, 0.22, 0.28),
    "12": _flaring(0.4, 0.12, 0.5),
    "13": _flaring(0.4, 0.12, 0.5),
    "20": _between(_flat, _relief),
    "21": _between(_relief, _relief),
    "22": _between(_relief, _recess),
    "23": _between(_flat, _relieved_recess),
    "24": _between(_recess, _relieved_recess),
    "26": _between(_relieved_recess, _relieved_recess),
    "27": _depressed,
    "28": _conical,
    "38": _between(_flat, _full_hub),
    "39": _between(_hub, _hub),
    "42": _depressed,
    "1A1": _rimmed(_flat, _flat, _square),
    "1A1R": _rimmed(_flat, _flat, _square),
    "1V1": _rimmed(_flat, _flat, _bevel),
    "1FF1": _rimmed(_flat, _flat, _round),
    "1E6Q": _rimmed(_flat, _flat, _vee),
    "3A1": _rimmed(_flat, _full_hub, _square),
    "14A1": _rimmed(_hub, _hub, _square),
    "4A2": _faced(0.4, 0.2),
    "6A2": _faced(1.0, 0.2),
    "9A3": _double_faced,
    "11A2": _faced(0.6, 0.2),
    "11V9": _faced(0.6, 0.12),
    "12A2": _faced(0.45, 0.2),
    "12V9": _faced(0.45, 0.12),
}
