"""Small parts of the pages and of the command line."""

import pytest

from portal.errors import InvalidInput
from portal.imports.command import _by_field, terminal_locale
from portal.imports.pages import letters


@pytest.mark.parametrize(("place", "text"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (199, "GR")])
def test_columns_are_called_as_a_spreadsheet_calls_them(place: int, text: str) -> None:
    assert letters(place) == text


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_US"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_terminal_is_spoken_to_in_its_language(environment: dict[str, str], locale: str) -> None:
    assert terminal_locale(environment) == locale


def test_a_field_may_be_named_by_its_key_or_by_its_word() -> None:
    assert _by_field("products", {"出厂价": "price", "C": "库存", "Art": "Item number"}) == {
        "price": "出厂价", "stock": "C", "sku": "Art",
    }  # fmt: skip


def test_an_unknown_field_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="price"):
        _by_field("products", {"出厂价": "cost"})
