from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader, UndefinedError

from portal.web import templates
from portal.web.forms import Form
from portal.web.i18n import using_locale


@pytest.fixture(autouse=True)
def _own_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    files = {
        "base.html": "<title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}",
        "_bits.html": "{% macro shout(text) %}<b>{{ text }}!</b>{% endmacro %}",
        "page.html": '{% extends "base.html" %}{% from "_bits.html" import shout %}{% set greeting = "hi" %}'
        "{% block title %}T{% endblock %}{% block body %}<main>{% block rows %}{{ shout(name) }}{{ greeting }}{% endblock %}</main>{% endblock %}",
        "trans.html": "{% trans most=5 %}At most {{ most }}.{% endtrans %} {{ _('At most %(most)s.', most=name) }}",
        "form.html": "{{ form.value('x') }}",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(templates.environment, "loader", FileSystemLoader(tmp_path))
    templates.environment.cache.clear()  # type: ignore[union-attr]  # an environment of ours has one
    yield
    templates.environment.cache.clear()  # type: ignore[union-attr]


def test_a_page_and_its_fragment_come_from_one_file() -> None:
    assert templates.render("page.html", {"name": "<x>"}) == "<title>T</title><main><b>&lt;x&gt;!</b>hi</main>"
    assert templates.render("page.html@rows", {"name": "<x>"}) == "<b>&lt;x&gt;!</b>hi"


def test_a_block_of_the_base_can_be_rendered_too() -> None:
    assert templates.render("page.html@title", {}) == "T"


def test_a_missing_value_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        templates.render("page.html", {})


def test_translations_escape_what_they_are_given() -> None:
    with using_locale("zh"):
        assert templates.render("trans.html", {"name": "<i>"}) == "不能大于 5。 不能大于 &lt;i&gt;。"


def test_a_page_with_a_refused_form_is_not_a_success() -> None:
    assert templates.Page("form.html", form=Form()).status_code == 200
    assert templates.Page("form.html", form=Form(errors={"x": "no"})).status_code == 422
    assert templates.Page("form.html", form=Form(message="no"), status=429).status_code == 429
