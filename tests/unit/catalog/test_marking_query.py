"""A search is understood in parts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.marking import Marking, match_spans, parse_query, print_marking
from tests.unit.catalog.markings import conventional


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("400*50", "400×50"),
        ("400 X 50 X 203", "400×50×203"),
        ("４００＊５０", "400×50"),
        ("400×", "400"),
        ("Φ400", "400"),
        ("*50", "×50"),
        ("WA60", "WA60"),
        ("wa 60 k", "WA60K"),
        ("60K5V", "60K5V"),
        ("F320", "F320"),
        ("60#", "60"),
        ("GC80 碗形", "GC80 碗形"),
        ("白刚玉 400*50", "400×50 白刚玉"),
        ("WA 400*50", "400×50-WA"),
        ("N1-400*50", "1-400×50"),
        ("1A1", "1A1"),
        ("D126-B-C100", "D126-B-C100"),
        ("35m/s", "35m/s"),
        ("1-400x50x203 WA60K5V 35m/s", "1-400×50×203-WA60K5V-35m/s"),
    ],
)
def test_the_parts_of_a_marking_are_understood_and_shown_as_printed(typed: str, understood: str) -> None:
    query = parse_query(typed)
    assert query is not None
    assert query.text == understood


@pytest.mark.parametrize("typed", ["", "  ", "400", "碗形", "WA1-0001", "GC6-0135", "A", "华亚精工", "13800000000"])
def test_what_names_no_part_of_a_marking_is_left_to_the_words(typed: str) -> None:
    assert parse_query(typed) is None


def test_sizes_are_numbers_to_compare_with() -> None:
    query = parse_query("400*55*203")
    assert query is not None
    assert (query.diameter, query.thickness, query.bore) == (Decimal(400), Decimal(55), Decimal(203))


@given(st.text(max_size=300) | st.text(alphabet="0123456789×x*-WAKVD#F 玉", max_size=120))
def test_any_search_is_taken(typed: str) -> None:
    query = parse_query(typed)
    assert query is None or isinstance(query.text, str)


@given(conventional())
def test_a_whole_marking_is_understood_whole(marking: Marking) -> None:
    query = parse_query(print_marking(marking))
    assert query is not None
    assert (query.shape, query.diameter, query.grit, query.speed) == (
        marking.shape,
        marking.diameter,
        marking.grit,
        marking.speed,
    )


@pytest.mark.parametrize(
    ("printed", "typed", "marked"),
    [
        ("1-400×50×203-WA60K5V-35m/s", "400*50", ["400×50"]),
        ("1-400×50×203-WA60K5V-35m/s", "400*50 wa60", ["400×50", "WA60"]),
        ("1-1400×50×203-WA60K5V", "400*50", []),
        ("1-400×500×203-WA60K5V", "400*50", []),
        ("白刚玉平形砂轮", "刚玉", ["刚玉"]),
        ("1-400×50×203-WA60K5V", "", []),
    ],
)
def test_what_was_asked_for_is_marked(printed: str, typed: str, marked: list[str]) -> None:
    assert [printed[start:end] for start, end in match_spans(printed, typed)] == marked
