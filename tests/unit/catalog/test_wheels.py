"""Every code of a marking is explained in both languages."""

from dataclasses import fields
from itertools import pairwise

import pytest
from hypothesis import given

from portal.catalog.marking import Marking, parse_marking
from portal.catalog.marking_form import BONDS as BOND_CODES
from portal.catalog.marking_form import CONVENTIONAL, SUPERABRASIVES
from portal.catalog.wheel_codes import ABRASIVES, BONDS, GRADE_CLASSES, SHAPES
from portal.catalog.wheels import grade_meaning, grit_meaning, plate, shape_of, structure_meaning
from tests.unit.catalog.markings import conventional


def test_the_plate_explains_every_part_in_the_order_of_the_marking() -> None:
    cells = plate(parse_marking("1-400×50×203-WA60K5V-35m/s"))

    assert [cell.code for cell in cells] == ["1", "400×50×203", "WA", "60", "K", "5", "V", "35"]
    assert [cell.label_zh for cell in cells] == [
        "形状",
        "外径 × 厚度 × 孔径",
        "磨料",
        "粒度",
        "硬度",
        "组织",
        "结合剂",
        "最高速度",
    ]
    assert [cell.meaning_zh for cell in cells] == ["平形", "毫米", "白刚玉", "中粒", "中软", "中等", "陶瓷", "m/s"]
    assert [cell.meaning_en for cell in cells[2:5]] == ["White fused alumina", "Medium", "Medium soft"]


def test_a_superabrasive_plate_explains_layer_and_concentration() -> None:
    cells = {cell.field: cell for cell in plate(parse_marking("1A1-125×10×32×5-D126-B-C100"))}

    assert "grade" not in cells
    assert cells["size"].label_zh == "外径 × 厚度 × 孔径 × 层厚"
    assert cells["concentration"].meaning_zh == "25% 体积"


@given(conventional())
def test_no_cell_of_a_known_wheel_is_empty(marking: Marking) -> None:
    for cell in plate(marking):
        if cell.code != "99":
            assert all(getattr(cell, each.name) for each in fields(cell))


def test_every_code_that_can_be_read_is_explained() -> None:
    assert set(ABRASIVES) == {*CONVENTIONAL, *SUPERABRASIVES}
    assert set(BONDS) == set(BOND_CODES)
    assert "".join(letters for letters, _zh, _en in GRADE_CLASSES) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_the_texts_hold_the_language_they_say() -> None:
    for meaning in [*SHAPES.values(), *ABRASIVES.values(), *BONDS.values()]:
        assert meaning.sentence_en.isascii() or "’" in meaning.sentence_en
        assert meaning.en.isascii()
        assert not meaning.sentence_zh.isascii()


@pytest.mark.parametrize(
    ("code", "name"), [("1", "平形"), ("1N", "平形"), ("6A2C", "杯形超硬"), ("99", None), ("", None), (None, None)]
)
def test_a_shape_is_found_with_or_without_its_profile_letter(code: str | None, name: str | None) -> None:
    shape = shape_of(code)
    assert (shape.zh if shape else None) == name


def test_coarse_grits_come_before_fine_ones() -> None:
    classes = [grit_meaning(grit) for grit in ("24", "30", "60", "70", "220", "F230", "W20")]
    assert [meaning.zh if meaning else "" for meaning in classes] == [
        "粗粒",
        "中粒",
        "中粒",
        "细粒",
        "细粒",
        "微粉",
        "微粉",
    ]


def test_grades_go_from_soft_to_hard_and_structures_from_dense_to_open() -> None:
    names = [meaning.en for letter in "AGKMPSZ" if (meaning := grade_meaning(letter))]
    assert names == ["Very soft", "Soft", "Medium soft", "Medium", "Medium hard", "Hard", "Very hard"]
    assert all(one != other for one, other in pairwise([structure_meaning(number) for number in ("3", "5", "9")]))
