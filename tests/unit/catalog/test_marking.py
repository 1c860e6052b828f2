"""Markings are read however they are spelt and printed in one way."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.marking import (
    MAX_LENGTH,
    REASONS,
    Marking,
    MarkingError,
    find_marking,
    parse_marking,
    print_marking,
)
from portal.web.i18n import using_locale
from tests.unit.catalog.markings import markings, spellings

FLAT = "1-400×50×203-WA60K5V-35m/s"


def test_every_part_of_a_marking_is_read() -> None:
    marking = parse_marking(FLAT)

    assert marking == Marking(
        shape="1",
        diameter=Decimal(400),
        thickness=Decimal(50),
        bore=Decimal(203),
        abrasive="WA",
        grit="60",
        grade="K",
        structure="5",
        bond="V",
        speed="35",
    )
    assert marking.raw == FLAT


def test_a_superabrasive_wheel_has_a_layer_and_a_concentration() -> None:
    marking = parse_marking("1A1-125×10×32×5-D126-B-C100")

    assert (marking.layer, marking.abrasive, marking.grit, marking.bond) == (Decimal(5), "D", "126", "B")
    assert (marking.concentration, marking.grade, marking.superabrasive) == ("C100", None, True)


@pytest.mark.parametrize(
    ("spelt", "printed"),
    [
        ("1 300X32X75 GC150G8V 35m/s", "1-300×32×75-GC150G8V-35m/s"),
        ("1-2０0×２０×3２-GC１２0M7V-35m/s", "1-200×20×32-GC120M7V-35m/s"),
        (" 1－200×20×32－GC36HV－35m/s  ", "1-200×20×32-GC36HV-35m/s"),
        ("P250×25×32-A36P8V-35m/s", "1-250×25×32-A36P8V-35m/s"),
        ("PSA400*50*203 WA60K5V", "7-400×50×203-WA60K5V"),
        ("N12-100×13×20-WA80M8V-35m/s", "12-100×13×20-WA80M8V-35m/s"),
        ("41-350*3.2*25.4-A30RBF-80M/S", "41-350×3.2×25.4-A30RBF-80m/s"),
        ("1–Φ400×50×Φ203mm–WA60#K5V–35", "1-400×50×203-WA60K5V-35m/s"),
        ("1-400×50×203WA60K5V35m/s", "1-400×50×203-WA60K5V-35m/s"),
        ("1 - 400 × 50 × 203 - WA 60 K 5 V - 35 m / s", "1-400×50×203-WA60K5V-35m/s"),
        ("1-400×50×203-WA320KV", "1-400×50×203-WAF320KV"),
        ("1-400×50×203-WAF80KV", "1-400×50×203-WA80KV"),
        ("1-125×10×22,23-A60KV", "1-125×10×22.23-A60KV"),
        ("1-1,200×80×305-A60KV", "1-1200×80×305-A60KV"),
        ("11-125/98×45×32-10×13-GC80J6V-30m/s", "11-125/98×45×32-W10E13-GC80J6V-30m/s"),
        ("1-400×50×203-51A36L5V23-50", "1-400×50×203-51A36L5V23-50m/s"),
        ("1A1 125*10*32*5 D100/120 B 75", "1A1-125×10×32×5-D100/120-B-C75"),
        ("1a1-125x10x32x5-b126v-b100", "1A1-125×10×32×5-CBN126V-B-C100"),
        ("6A2-125×35×32×10×5-CBN126N-V-V180-60m/s", "6A2-125×35×32×10×5-CBN126N-V-V180-60m/s"),
    ],
)
def test_a_marking_is_printed_in_one_way_however_it_was_spelt(spelt: str, printed: str) -> None:
    assert print_marking(parse_marking(spelt)) == printed


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "empty", 0),
        ("  ", "empty", 0),
        ("见图纸", "shape", 0),
        ("400*50", "shape", 0),
        ("#REF!", "shape", 0),
        ("1400×50×203-WA60K5V", "shape", 0),
        ("1-400×50-WA60K5V", "dimensions", 8),
        ("1-400×50×503-WA60K5V", "bore", 2),
        ("1-400×0×203-WA60K5V", "size", 2),
        ("1-400×50×203", "abrasive", 12),
        ("1-400×50×203-XX60K5V", "abrasive", 12),
        ("1-400×50×203-WA", "grit", 15),
        ("1-400×50×203-WA3K5V", "grit", 12),
        ("1-400×50×203-WA60-5V", "grade", 17),
        ("1-400×50×203-WA60K25V", "structure", 12),
        ("1-400×50×203-WA60K5Q", "bond", 19),
        ("1-400×50×203-WA60K5V-999m/s", "speed", 12),
        ("1A1-125×10×32×5-D126-B-C300", "concentration", 15),
        (FLAT + " 定制", "trailing", 26),
    ],
)
def test_what_is_no_marking_is_refused_with_the_reason_and_the_place(text: str, reason: str, position: int) -> None:
    with pytest.raises(MarkingError) as refused:
        parse_marking(text)

    assert (refused.value.reason, refused.value.position, refused.value.text) == (reason, position, text)


def test_the_place_counts_the_characters_of_the_original_text() -> None:
    with pytest.raises(MarkingError) as refused:
        parse_marking("1-㎜400×50×203-QQ60K5V")
    assert refused.value.position <= len("1-㎜400×50×203-QQ60K5V")


def test_a_text_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(MarkingError) as refused:
        parse_marking("1" * (MAX_LENGTH + 1))
    assert refused.value.reason == "too_long"


def test_every_reason_is_told_in_both_languages() -> None:
    for message in REASONS.values():
        with using_locale("en"):
            english = str(message)
        with using_locale("zh"):
            assert str(message) != english


@given(markings)
def test_printing_and_reading_a_marking_gives_the_same_marking(marking: Marking) -> None:
    assert parse_marking(print_marking(marking)) == marking


@given(spellings())
def test_every_spelling_of_a_marking_reads_the_same(spelling: tuple[Marking, str]) -> None:
    marking, text = spelling
    assert parse_marking(text) == marking


@given(st.text(max_size=MAX_LENGTH + 20) | st.text(alphabet="0123456789-×xX* NPAWVKBD./ø１", max_size=MAX_LENGTH))
def test_any_text_is_a_marking_or_refused(text: str) -> None:
    try:
        place = 0 if parse_marking(text).diameter > 0 else -1
    except MarkingError as refused:
        place = refused.position
    assert 0 <= place <= len(text)


@pytest.mark.parametrize(
    "text", ["1" * 160, "- " * 80, "1-" + "1×" * 79, "1-400×50×203" + "-" * 140, "Ø" * 160, "\ufdfa" * 160]
)
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    started = time.perf_counter()
    for _repeat in range(20):
        with pytest.raises(MarkingError):
            parse_marking(text)
    assert time.perf_counter() - started < 1


def test_impossible_values_make_no_marking() -> None:
    with pytest.raises(MarkingError):
        Marking(
            shape="1",
            diameter=Decimal(10),
            thickness=Decimal(5),
            bore=Decimal(20),
            abrasive="A",
            grit="60",
            grade="K",
            bond="V",
        )


@pytest.mark.parametrize(
    "label",
    [
        "平形砂轮 N1-400x50x203 WA60K5V 35m/s 批号L2324 数量 35 片",
        "规格:1-400×50×203-WA60K5V-35m/s",
        "某某砂轮厂 2024-05-06 1-400×50×203-WA60K5V-35m/s",
    ],
)
def test_a_marking_is_found_in_the_text_of_a_label(label: str) -> None:
    found = find_marking(label)
    assert found is not None
    assert print_marking(found) == FLAT


def test_a_label_without_a_marking_holds_none() -> None:
    assert find_marking("某某砂轮厂 电话 0512-00000000") is None


@given(st.text(max_size=2000))
def test_looking_for_a_marking_never_fails(text: str) -> None:
    assert find_marking(text) is None or find_marking(text)
