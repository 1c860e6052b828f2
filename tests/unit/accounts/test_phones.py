import pytest

from portal.accounts.phones import InvalidPhone, parse_phone
from portal.web.i18n import using_locale


@pytest.mark.parametrize(
    "text",
    [
        "13800001234", "138 0000 1234", "138-0000-1234", "+8613800001234", "+86 138 0000 1234", "008613800001234",
        "86 13800001234", "１３８００００１２３４", " 138 0000 1234 ", "(+86)13800001234", "138\u00a00000\u200b1234",
    ],
)  # fmt: skip
def test_every_usual_spelling_of_a_number_is_the_same_number(text: str) -> None:
    assert parse_phone(text) == "+8613800001234"


def test_a_foreign_number_is_kept_with_its_country() -> None:
    assert parse_phone("+49 1512 3456789") == "+4915123456789"
    assert parse_phone("0049 1512 3456789") == "+4915123456789"


@pytest.mark.parametrize("text", ["", "abc", "1380000", "12800001234", "+999123", "138000012345", "9" * 5000])
def test_what_is_no_number_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(InvalidPhone) as caught:
        parse_phone(text)
    assert list(caught.value.fields) == ["phone"]


def test_the_refusal_says_how_many_digits_are_there() -> None:
    with pytest.raises(InvalidPhone) as caught:
        parse_phone("1380000")
    with using_locale("zh"):
        assert str(caught.value.fields["phone"]) == "手机号要 11 位，现在是 7 位。"
