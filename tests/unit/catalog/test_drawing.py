"""Drawings are data: to one scale, in the abrasive's colour, without anything a content policy refuses."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from portal.catalog import look
from portal.catalog.drawing import dimensioned, profile, thumbnail
from portal.catalog.marking import Marking, parse_marking, parse_query
from portal.catalog.wheel_codes import SHAPES
from portal.web.i18n import using_locale
from tests.unit.catalog.markings import markings

FLAT = parse_marking("1-400×50×203-WA60K5V-35m/s")


def box(svg: str) -> tuple[float, float]:
    _x, _y, width, height = map(float, ET.fromstring(svg).attrib["viewBox"].split())
    return width, height


def diameters(svg: str) -> list[float]:
    return [float(across) for across in re.findall(r"a[\d.]+ [\d.]+ 0 1 1 ([\d.]+) 0", svg)]


def test_a_thumbnail_shows_diameter_and_bore_to_one_scale() -> None:
    svg = thumbnail(FLAT) or ""
    outer, bore = diameters(svg)[0], next(float(w) for w in re.findall(r"0 1 0 ([\d.]+) 0", svg))
    section = [float(x) for x in re.findall(r"[ML]([\d.]+) [\d.]+", svg.split("<path")[-1])]

    assert bore / outer == pytest.approx(203 / 400, abs=0.01)
    assert (max(section) - min(section)) / outer == pytest.approx(50 / 400, abs=0.01)


@pytest.mark.parametrize(
    ("abrasive", "colour"),
    [("WA", "w-WA"), ("A", "w-A"), ("38A", "w-A"), ("PA", "w-PA"), ("GC", "w-GC"), ("C", "w-C"), ("SA", "w-WA")],
)
def test_a_wheel_has_the_colour_of_its_abrasive(abrasive: str, colour: str) -> None:
    svg = thumbnail(replace(FLAT, abrasive=abrasive)) or ""
    assert set(re.findall(r"w-(?:WA|A|PA|GC|C|D|body)\b", svg)) == {colour}


def test_a_superabrasive_wheel_is_a_grey_body_with_a_dark_rim() -> None:
    svg = thumbnail(parse_marking("1A1-125×10×32×5-D126-B-C100")) or ""
    assert {"w-D", "w-body"} <= set(re.findall(r"w-\w+", svg))
    assert diameters(svg)[1] / diameters(svg)[0] == pytest.approx(115 / 125, abs=0.01)


def test_a_wheel_that_does_not_exist_is_dashed_and_uncoloured() -> None:
    query = parse_query("400*55*203")
    assert query is not None
    svg = thumbnail(query, ghost=True) or ""
    assert set(re.findall(r'class="(w-[^"]*)"', svg)) == {"w-ghost"}
    assert 'aria-label="400×55×203"' in svg


@pytest.mark.parametrize("typed", ["400*50", "400×", "WA60"])
def test_without_all_dimensions_nothing_is_drawn(typed: str) -> None:
    query = parse_query(typed)
    assert query is not None
    assert thumbnail(query) is None
    assert dimensioned(query) is None


def test_an_unknown_shape_is_a_plain_ring() -> None:
    unknown, flat = thumbnail(replace(FLAT, shape="99"), label="x"), thumbnail(FLAT, label="x")
    assert unknown == flat


@pytest.mark.parametrize("shape", ["5", "6", "7", "11", "12", "27", "3", "9", "20", "38"])
def test_a_known_shape_is_not_a_plain_ring(shape: str) -> None:
    assert thumbnail(replace(FLAT, shape=shape), label="x") != thumbnail(FLAT, label="x")


def test_stated_recesses_and_walls_are_drawn_as_stated() -> None:
    usual, stated = (parse_marking(f"6-150×80×32{walls}-GC80J6V") for walls in ("", "-W10E13"))
    assert thumbnail(usual, label="x") != thumbnail(stated, label="x")


def test_the_dimensioned_drawing_names_diameter_thickness_and_bore() -> None:
    svg = dimensioned(parse_marking("41-350×3.2×25.4-A30RBF-80m/s")) or ""
    texts = ["".join(text.itertext()) for text in ET.fromstring(svg).iter("text")]
    assert texts == ["T 3.2", "D Ø350", "H Ø25.4"]
    assert "w-hatch" in svg
    assert "w-arrow" in svg


@pytest.mark.parametrize("shape", list(SHAPES))
def test_every_shape_of_the_menu_has_a_profile_with_a_name_in_the_readers_language(shape: str) -> None:
    with using_locale("zh"):
        assert ET.fromstring(profile(shape)).attrib["aria-label"] == SHAPES[shape].zh
    with using_locale("en"):
        assert ET.fromstring(profile(shape)).attrib["aria-label"] == SHAPES[shape].en


@given(markings)
def test_every_wheel_is_drawn_inside_its_box_by_classes_only(marking: Marking) -> None:
    for svg, limit in ((thumbnail(marking), 2000), (dimensioned(marking), 8000)):
        assert svg is not None
        width, height = box(svg)
        points = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", svg)
        assert all(-0.5 <= float(x) <= width + 0.5 and -0.5 <= float(y) <= height + 0.5 for x, y in points)
        assert not re.search(r"style|<script|href|\bon\w+=|\bid=|url\(|nan|inf", svg)
        assert len(svg) < limit


@dataclass
class Labelled:
    marking: str
    shape: str = "1"
    abrasive: str = "WA"
    diameter: Decimal = Decimal(400)
    thickness: Decimal = Decimal(50)
    bore: Decimal = Decimal(203)


def test_what_is_read_aloud_is_escaped() -> None:
    svg = thumbnail(Labelled('"><script>alert(1)</script>')) or ""
    assert "<script" not in svg
    assert ET.fromstring(svg).attrib["aria-label"] == '"><script>alert(1)</script>'


def test_a_drawing_is_named_in_the_language_of_whoever_looks() -> None:
    names = []
    for locale in ("zh", "en", "zh"):
        with using_locale(locale):
            names.append(re.findall(r'aria-label="([^"]*)"', str(look.profile("1"))))
    assert names == [["平形"], ["Straight"], ["平形"]]
