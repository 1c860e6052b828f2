"""Languages: Simplified Chinese first, English second. Source texts are English; `portal/locale/zh/*.po` holds the Chinese."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

DEFAULT = "zh"
LOCALES = ("zh", "en")
FOLDER = Path(__file__).resolve().parent.parent / "locale"

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT)


def current_locale() -> str:
    """Return the language of whoever is served now: `zh` or `en`."""
    return _locale.get()


def set_locale(locale: str | None) -> None:
    """Speak a language for the rest of this request; anything unknown means the default."""
    _locale.set(locale if locale in LOCALES else DEFAULT)


@contextmanager
def using_locale(locale: str | None) -> Iterator[None]:
    """Speak a language inside a block: for a notification to somebody else, a file, a test."""
    before = _locale.set(locale if locale in LOCALES else DEFAULT)
    try:
        yield
    finally:
        _locale.reset(before)


def gettext(message: str, /, **values: Any) -> str:
    """Translate a text into the current language and fill its `%(name)s` places; values that are lazy are translated too."""
    return _filled(_translations(current_locale()).get(message, message), values)


def ngettext(singular: str, plural: str, count: int, /, **values: Any) -> str:
    """Translate a text that depends on a count, which fills `%(num)s`; Chinese has one form."""
    translated = _translations(current_locale()).get(singular)
    text = translated if translated is not None else (singular if count == 1 else plural)
    return _filled(text, {"num": count, **values})


def pick(zh: str | None, en: str | None) -> str:
    """Choose between two columns of data by the current language; an empty one gives way to the other."""
    first, second = (zh, en) if current_locale() == "zh" else (en, zh)
    return first or second or ""


class LazyText:
    """A text that is translated when it is read: for messages made before it is known who reads them."""

    __slots__ = ("_message", "_values")

    def __init__(self, message: str, values: dict[str, Any] | None = None) -> None:
        self._message = message
        self._values = values or {}

    def __str__(self) -> str:
        return gettext(self._message, **self._values)

    def __repr__(self) -> str:
        return f"LazyText({self._message!r})"

    def __mod__(self, values: dict[str, Any]) -> "LazyText":
        return LazyText(self._message, {**self._values, **values})

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyText):
            return (self._message, self._values) == (other._message, other._values)
        return str(self) == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._message)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))


def lazy_gettext(message: str, /, **values: Any) -> Any:
    """Return a text that is translated when it is read (`str()`, a template, an error page)."""
    return LazyText(message, values)


def best_locale(accept_language: str) -> str:
    """Choose from an Accept-Language header: the known language with the highest weight, else the default."""
    wishes = []
    for position, part in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = part.strip().partition(";")
        language = re.split(r"[-_]", tag.lower())[0]
        if language in LOCALES:
            wishes.append((-_weight(weight), position, language))
    return min(wishes)[2] if wishes and min(wishes)[0] < 0 else DEFAULT


def _weight(text: str) -> float:
    match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{1,3})?)\s*", text)
    return float(match[1]) if match else 1.0


def _filled(text: str, values: dict[str, Any]) -> str:
    return text % values if values else text


@cache
def _translations(locale: str) -> dict[str, str]:
    """Return text → translation of a language; English is the source and has none. `./check` refuses contradictions."""
    merged: dict[str, str] = {}
    for path in sorted((FOLDER / locale).glob("*.po")):
        for text, translated in _entries(path):
            merged.setdefault(text, translated)
    return merged


def _entries(path: Path) -> Iterator[tuple[str, str]]:
    with path.open("rb") as file:
        catalog: Catalog = read_po(file, abort_invalid=True)
    for message in catalog:
        text = message.id if isinstance(message.id, str) else message.id[0]
        translated = message.string if isinstance(message.string, str) else next(iter(message.string or ()), "")
        if text and translated and not message.fuzzy:
            yield text, translated


def reload() -> None:
    """Read the files again (for tools that write them)."""
    _translations.cache_clear()
