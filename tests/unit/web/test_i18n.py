import pytest

from portal.web import i18n
from portal.web.i18n import best_locale, gettext, lazy_gettext, ngettext, pick, using_locale


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-US,en;q=0.9", "en"), ("zh-Hans-CN", "zh"), ("zh_TW", "zh"),
        ("en;q=0.3, zh;q=0.7", "zh"), ("fr, de;q=0.8", "zh"), ("fr, en;q=0.2", "en"), ("en;q=0", "zh"), ("*", "zh"),
        ("en;q=nonsense", "en"), (",;,;;q=1", "zh"), ("x" * 10_000, "zh"),
    ],
)  # fmt: skip
def test_the_browsers_wishes_choose_the_language(header: str, locale: str) -> None:
    assert best_locale(header) == locale


def test_a_text_is_translated_when_it_is_read() -> None:
    text = lazy_gettext("At most %(most)s.", most=5)
    with using_locale("zh"):
        assert str(text) == "不能大于 5。"
    with using_locale("en"):
        assert str(text) == "At most 5."


def test_what_a_text_carries_is_translated_along() -> None:
    inner = lazy_gettext("today")
    with using_locale("zh"):
        assert gettext("%(name)s can log in now.", name=inner) == "今天 现在可以登录了。"


def test_english_counts_and_chinese_does_not() -> None:
    with using_locale("en"):
        assert ngettext("%(num)s minute", "%(num)s minutes", 1) == "1 minute"
        assert ngettext("%(num)s minute", "%(num)s minutes", 2) == "2 minutes"
    with using_locale("zh"):
        assert ngettext("%(num)s minute", "%(num)s minutes", 2) == "2 分钟"


def test_an_empty_column_gives_way_to_the_other_language() -> None:
    with using_locale("en"):
        assert pick("砂轮", "Wheel") == "Wheel"
        assert pick("砂轮", "") == "砂轮"
        assert pick(None, None) == ""


def test_an_unknown_language_is_the_default() -> None:
    with using_locale("../../etc"):
        assert i18n.current_locale() == "zh"
