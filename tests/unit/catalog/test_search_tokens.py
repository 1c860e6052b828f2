"""Items are found by any part of their marking and by words of one or two characters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.marking import Marking, print_marking
from portal.catalog.search_tokens import as_tsquery, index_tokens, query_tokens
from tests.unit.catalog.markings import markings, spellings

ITEM = index_tokens(
    "1-400×50×203-WA60K5V-35m/s", "白刚玉平形砂轮 WA", "White alumina straight wheel", "WA1-0001", "6901230000013"
)


def finds(typed: str) -> bool:
    wanted = query_tokens(typed)
    return bool(wanted) and set(wanted) <= set(ITEM)


@pytest.mark.parametrize(
    "typed",
    [
        "400*50", "400x50x203", "400", "203", "WA60", "wa60k", "wa 60 k", "wa60k5v", "WA60KV", "60K5V", "WA 400*50", "1-400×50", "35m/s",
        "玉", "刚玉", "平形", "白刚玉", "白刚玉砂轮", "平形砂轮 400*50", "white", "straight wheel", "WA1-0001", "wa10001", "0001",
        "6901230000013", "ＷＡ６０", "N1-400x50x203 wa60k5v",
    ],
)  # fmt: skip
def test_an_item_is_found_by(typed: str) -> None:
    assert finds(typed)


@pytest.mark.parametrize(
    "typed", ["500*50", "50*400", "GC60", "WA80", "60L", "绿", "碗形", "黑刚玉", "green", "7-400×50", "50m/s", ""]
)
def test_an_item_is_not_found_by(typed: str) -> None:
    assert not finds(typed)


@given(st.text(max_size=200))
def test_tokens_are_letters_and_digits_whatever_is_typed(text: str) -> None:
    for token in [*query_tokens(text), *index_tokens(text)]:
        assert token
        assert not re.search(r"[\s'\"\\&|!():*<>]", token)
        assert token == token.lower()


@given(st.text(max_size=300))
def test_a_search_has_few_tokens(text: str) -> None:
    assert len(query_tokens(text)) <= 24


@given(markings)
def test_an_item_is_found_by_its_marking(marking: Marking) -> None:
    printed = print_marking(marking)
    assert set(query_tokens(printed)) <= set(index_tokens(printed))


@given(spellings())
def test_an_item_is_found_by_any_spelling_of_its_marking(spelling: tuple[Marking, str]) -> None:
    marking, text = spelling
    assert set(query_tokens(text)) <= set(index_tokens(print_marking(marking)))


def test_a_query_wants_every_token_and_lets_the_last_go_on() -> None:
    assert as_tsquery(["刚玉", "400x50"]) == "'刚玉' & '400x50'"
    assert as_tsquery(["刚玉", "400x5"], prefix=True) == "'刚玉' & '400x5':*"
    assert as_tsquery(["o'neil\\"]) == "'o''neil\\\\'"
    assert as_tsquery([]) == ""
