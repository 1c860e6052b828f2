from pathlib import Path

import pytest

from portal import checks


@pytest.fixture
def templates(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "TEMPLATES", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<p>{% if %}</p>", "line 1"),
        ("{{ 3|no_such_filter }}", "no_such_filter"),
        ('{% include "gone.html" %}', "there is no template gone.html"),
        ('<p style="color:red">{{ _("Hi") }}</p>', "line 1: inline style"),
        ("<p>\n<script>let a</script></p>", "line 2: inline script"),
        ('<a onclick="go()"></a>', "inline event handler"),
        ('<a hx-on:click="go()"></a>', "inline htmx handler"),
        ("{{ text|safe }}", "|safe without a reason"),
        ("{% block a_class %}b{% endblock %}<p>Hello there</p>", "untranslated text 'Hello there'"),
        ("<p>Hello there</p>", "untranslated text 'Hello there'"),
        ('<p title="你好"></p>', "untranslated text '你好'"),
    ],
)
def test_a_template_is_refused_with_the_reason(templates: Path, source, complaint):
    (templates / "page.html").write_text(source)
    assert any(complaint in problem for problem in checks.check_templates()), checks.check_templates()


def test_a_good_template_passes(templates: Path):
    (templates / "page.html").write_text(
        '{# onclick= #}<script src="/a.js"></script><script type="application/json">{}</script>'
        '<p class="style">{{ _("Hello %}") }} {% trans n=3 %}{{ n }} wheels{% endtrans %}</p>'
        '{% block body_class %}has-bar{% endblock %}<input placeholder="1-400×50×203-WA60K5V-35m/s">'
        '<a title="{{ _("Go on") }}">中文</a> <b>{{ "a" if x else "b" }} · 3</b>'
    )
    assert checks.check_templates() == []


@pytest.fixture
def texts(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "LOCALE", tmp_path)
    used = {"Save": checks.Used({"a.py:1"}), "%(count)d pieces": checks.Used({"b.py:2"}, {"count"})}
    monkeypatch.setattr(checks, "used_texts", lambda: used)
    return tmp_path


GOOD = 'msgid "Save"\nmsgstr "保存"\n\nmsgid "%(count)d pieces"\nmsgstr "%(count)d 件"\n'


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        (GOOD.replace("保存", ""), "", "no Chinese for 'Save' (a.py:1)"),
        (GOOD.replace("%(count)d 件", "%(number)d 件"), "", "fill different places"),
        (GOOD, 'msgid "Gone"\nmsgstr "没了"\n', "second.po: 'Gone' is used nowhere"),
        (GOOD, 'msgid "Save"\nmsgstr "存储"\n', "translated otherwise"),
        ("#, fuzzy\n" + GOOD, "", "marked fuzzy"),
    ],
)
def test_a_translation_is_refused_with_the_reason(texts: Path, first, second, complaint):
    (texts / "first.po").write_text(first)
    (texts / "second.po").write_text(second)
    assert any(complaint in problem for problem in checks.check_translations()), checks.check_translations()


def test_complete_translations_pass(texts: Path):
    (texts / "first.po").write_text(GOOD)
    assert checks.check_translations() == []


def test_texts_are_found_in_code_and_templates(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "TEMPLATES", tmp_path / "templates")
    (tmp_path / "portal").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "portal" / "a.py").write_text(
        'x = _("Save")\ny = i18n.ngettext("One", "%(num)d of them", 3)\nz = f(_(x))'
    )
    (tmp_path / "templates" / "b.html").write_text('{{ _("Go") }}{% trans n=1 %}{{ n }} wheels{% endtrans %}')
    assert {text: used.places for text, used in checks.used_texts().items()} == {
        "Save": set(),
        "One": {"num"},
        "Go": set(),
        "%(n)s wheels": {"n"},
    }
