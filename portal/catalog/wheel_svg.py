"""The strokes of which drawings of wheels are made: SVG text with classes of assets/css/wheel.css, nothing inline."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from portal.catalog.wheel_forms import Point


def svg(box: str, parts: Iterable[str], label: str) -> str:
    """Wrap parts as a picture with a spoken label."""
    return f'<svg class="wheel" viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def n(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def outline(points: Sequence[Point]) -> str:
    """Close a path through points."""
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points) + "z"


def circle(center: Point, radius: float, *, back: bool = False) -> str:
    """Draw a circle; two that turn against each other enclose a ring."""
    across = n(2 * radius)
    sweep = 0 if back else 1
    arcs = f"a{n(radius)} {n(radius)} 0 1 {sweep} {across} 0a{n(radius)} {n(radius)} 0 1 {sweep} -{across} 0z"
    return f"M{n(center[0] - radius)} {n(center[1])}{arcs}"


def ring(center: Point, outer: float, inner: float, classes: str) -> str:
    """Fill between two circles."""
    return f'<path class="{classes}" d="{circle(center, outer)}{circle(center, inner, back=True)}"/>'


def hatch(points: Sequence[Point], step: float = 7) -> str:
    """Fill an outline with lines that rise at 45 degrees."""
    turned = [(x + y, x - y) for x, y in points]
    lines = []
    level = step * (min(v for v, _w in turned) // step + 1)
    while level < max(v for v, _w in turned):
        crossings = sorted(
            first[1] + (second[1] - first[1]) * (level - first[0]) / (second[0] - first[0])
            for first, second in zip(turned, [*turned[1:], turned[0]], strict=True)
            if (first[0] <= level) != (second[0] <= level)
        )
        for start, end in zip(crossings[::2], crossings[1::2], strict=False):
            ends = [((level + w) / 2, (level - w) / 2) for w in (start, end)]
            lines.append(f"M{n(ends[0][0])} {n(ends[0][1])}L{n(ends[1][0])} {n(ends[1][1])}")
        level += step
    return "".join(lines)


def axis(start: Point, end: Point) -> str:
    """Draw a centre line."""
    return f'<path class="w-axis" d="M{n(start[0])} {n(start[1])}L{n(end[0])} {n(end[1])}"/>'


def arrow(tip: Point, along: Point) -> str:
    """An arrow head at `tip` that points along a unit vector."""
    (x, y), (dx, dy) = tip, along
    return outline(
        [tip, (x - 7 * dx - 2.2 * dy, y - 7 * dy + 2.2 * dx), (x - 7 * dx + 2.2 * dy, y - 7 * dy - 2.2 * dx)]
    )


def arrows(*heads: tuple[Point, Point]) -> str:
    """Fill arrow heads, each at a tip along a unit vector."""
    return f'<path class="w-arrow" d="{"".join(arrow(tip, along) for tip, along in heads)}"/>'


def dimension_above(left: float, right: float, top: float, letter: str, number: str) -> str:
    """A width between two faces, its arrows from outside, its number to the right."""
    line, start, end = top - 18, left - 22, right + 22
    lines = f"M{n(left)} {n(top - 4)}V{n(line - 5)}M{n(right)} {n(top - 4)}V{n(line - 5)}M{n(start)} {n(line)}H{n(end)}"
    heads = arrows(((left, line), (1, 0)), ((right, line), (-1, 0)))
    return f'<path class="w-dim" d="{lines}"/>{heads}{text(end + 5, line + 4.5, letter, number)}'


def dimension_beside(line: float, face: float, middle: float, half: float, letter: str, number: str) -> str:
    """A diameter between two edges, on the left or the right of a face, its number upright beside the line."""
    away = 1 if line > face else -1
    out = 16 if 2 * half < 24 else 0  # too small for arrows between the edges: they come from outside
    marks = "".join(f"M{n(face + 4 * away)} {n(middle + side * half)}H{n(line + 5 * away)}" for side in (-1, 1))
    lines = f"{marks}M{n(line)} {n(middle - half - out)}V{n(middle + half + out)}"
    up, down = (1, -1) if out else (-1, 1)
    heads = arrows(((line, middle - half), (0, up)), ((line, middle + half), (0, down)))
    beside = line + (18 if away > 0 else -7)
    return f'<path class="w-dim" d="{lines}"/>{heads}{text(beside, middle, letter, number, upright=True)}'


def text(x: float, y: float, letter: str, number: str, *, upright: bool = False) -> str:
    """Write a dimension's letter and number."""
    turn = f' transform="rotate(-90 {n(x)} {n(y)})" text-anchor="middle"' if upright else ""
    return f'<text x="{n(x)}" y="{n(y)}"{turn}><tspan>{escape(letter)}</tspan> {escape(number)}</text>'


def rotation(center: Point, radius: float) -> str:
    """An arrow along an arc: the wheel turns clockwise as drawn."""
    start, end = (math.radians(-60), math.radians(-15))
    (x, y), (u, v) = ((center[0] + radius * math.cos(at), center[1] + radius * math.sin(at)) for at in (start, end))
    head = arrows(((u, v), (-math.sin(end), math.cos(end))))
    return f'<path class="w-thin" d="M{n(x)} {n(y)}A{n(radius)} {n(radius)} 0 0 1 {n(u)} {n(v)}"/>{head}'
