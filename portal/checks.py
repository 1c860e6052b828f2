"""What `./check` asks of templates and translations: `python -m portal.checks templates|translations`."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import TemplateSyntaxError, meta

from portal.progress import Progress
from portal.settings import ROOT
from portal.web.templates import environment

TEMPLATES = ROOT / "templates"
LOCALE = ROOT / "portal" / "locale" / "zh"

RAW_ALLOWED: dict[str, str] = {}
"""Templates that may switch escaping off (`|safe`), each with the reason."""

FORBIDDEN = {
    r"<style[\s>]": "inline style sheet (the content security policy refuses it)",
    r"\sstyle\s*=": "inline style (the content security policy refuses it)",
    r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")": "inline script",
    r"\son[a-z]+\s*=\s*[\"']": "inline event handler",
    r"\shx-on[:a-z-]*\s*=": "inline htmx handler",
    r"javascript:": "script in a link",
    r"\bjs:": "htmx expression (needs eval)",
    r"autoescape\s+false": "escaping switched off",
}
RAW = re.compile(r"\|\s*safe\b")
SHOWN_ATTRIBUTES = {"title", "placeholder", "alt", "aria-label", "aria-description", "data-confirm"}
WORD = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]")
NOT_LANGUAGE = re.compile(  # names, units, standards, and a marking as an example
    r"\b(?:English|SKU|BPMN|DMN|API|QR|PDF|CSV|Excel|GTIN|kg|mm|CNY|Ctrl|Esc|Enter|UTC|URL|ID|v\d+|GB/T|ISO)\b"
    r"|中文|元|\S*\d[x×]\d\S*"
)
KEYWORDS = {"_", "_l", "n_", "gettext", "ngettext", "lazy_gettext", "LazyText"}
PLACE = re.compile(r"%\((\w+)\)[#0\- +]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]")


def check_templates() -> list[str]:
    """Return what is wrong with templates: does not compile, names a missing file, inline code, raw or untranslated text."""
    problems = []
    for path in sorted(TEMPLATES.rglob("*.*")):
        name = path.relative_to(TEMPLATES).as_posix()
        source = path.read_text()
        problems += [f"{name}: {problem}" for problem in (*_compile(name, source), *_style(name, source))]
        if path.suffix == ".html":
            problems += [f"{name}: untranslated text {text!r}" for text in _untranslated(source)]
    return problems


def _compile(name: str, source: str) -> Iterator[str]:
    try:
        environment.compile(source, name, name)
        referenced = meta.find_referenced_templates(environment.parse(source))
    except TemplateSyntaxError as error:
        yield f"line {error.lineno}: {error.message}"
        return
    for other in referenced:
        if other is not None and not (TEMPLATES / other).exists():
            yield f"there is no template {other}"


def _style(name: str, source: str) -> Iterator[str]:
    plain = re.sub(r"\{#.*?#\}", lambda match: "\n" * match[0].count("\n"), source, flags=re.DOTALL)
    for pattern, reason in FORBIDDEN.items():
        for match in re.finditer(pattern, plain):
            yield f"line {plain.count(chr(10), 0, match.start()) + 1}: {reason}"
    if RAW.search(plain) and name not in RAW_ALLOWED:
        yield "|safe without a reason in portal.checks.RAW_ALLOWED"


def _untranslated(source: str) -> list[str]:
    """Return texts a reader would see that are neither translated nor from data."""
    reader = _Texts()
    reader.feed("".join(_markup(source)))
    reader.close()
    return [text for text in reader.texts if WORD.search(NOT_LANGUAGE.sub("", text))]


def _markup(source: str) -> Iterator[str]:
    """Return what of a template is written out as it stands: no expressions, comments or translated blocks."""
    block: list[str] = []
    silent = ""  # the tag that ends a stretch nobody reads as it stands
    for _line, kind, value in environment.lex(source):
        if kind == "block_begin":
            block = []
        elif kind == "name":
            block.append(value)
        elif kind == "block_end":
            silent = _silent_until(block) or ("" if block[0] == silent else silent)
        elif kind == "data" and not silent:
            yield value
        elif kind == "variable_end":
            yield " "


def _silent_until(block: list[str]) -> str:
    """Return what ends a translated block, or a block of class names (`body_class`); empty for other tags."""
    if block[0] == "trans":
        return "endtrans"
    return "endblock" if block[0] == "block" and block[1].endswith("_class") else ""


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in {"script", "style", "code", "kbd"}
        self.texts += [value.strip() for name, value in attrs if name in SHOWN_ATTRIBUTES and value and value.strip()]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in {"script", "style", "code", "kbd"}

    def handle_data(self, data: str) -> None:
        attributes = '="' in data  # a macro that writes attributes only
        if data.strip() and not self._code and not attributes:
            self.texts.append(data.strip())


@dataclass
class Used:
    """A text of the source: where it stands and the places it fills."""

    where: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


def check_translations() -> list[str]:
    """Return what is wrong with the Chinese: missing, no longer used, contradictory, unsure, or with other places to fill."""
    used = used_texts()
    known: dict[str, tuple[str, str]] = {}
    problems = []
    for file, message in _entries():
        text, chinese = _singular(message.id), _singular(message.string)
        if message.fuzzy:
            problems.append(f"{file}: {text!r} is marked fuzzy")
        if known.setdefault(text, (chinese, file))[0] != chinese:
            problems.append(f"{file}: {text!r} is translated otherwise in {known[text][1]}")
        if text not in used:
            problems.append(f"{file}: {text!r} is used nowhere")
        elif chinese and places(chinese) != used[text].places:
            problems.append(f"{file}: {text!r} and {chinese!r} fill different places")
    missing = [text for text in used if not known.get(text, ("", ""))[0]]
    return problems + [f"no Chinese for {text!r} ({', '.join(sorted(used[text].where)[:3])})" for text in missing]


def used_texts() -> dict[str, Used]:
    """Return every text the code and the templates ask a translation for."""
    used: dict[str, Used] = {}
    for where, texts in (*_python_texts(), *_template_texts()):
        entry = used.setdefault(texts[0], Used())
        entry.where.add(where)
        for text in texts:
            entry.places |= places(text)
    return used


def places(text: str) -> set[str]:
    """Return the names of a text's `%(name)s` places."""
    return set(PLACE.findall(text))


def _python_texts() -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in sorted((ROOT / "portal").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _called(node.func) in KEYWORDS and (texts := tuple(_literals(node))):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", texts


def _called(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _literals(call: ast.Call) -> Iterator[str]:
    """Return the texts a translating call begins with: one, or two where it chooses by a count."""
    for argument in call.args[: 2 if _called(call.func) in {"ngettext", "n_"} else 1]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def _template_texts() -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in sorted(TEMPLATES.rglob("*.*")):
        found: Iterable[tuple[int, str, object]] = environment.extract_translations(  # type: ignore[attr-defined]  # added by the extension
            path.read_text(), gettext_functions=tuple(KEYWORDS)
        )
        for line, _function, message in found:
            parts = message if isinstance(message, tuple) else (message,)
            texts = tuple(part for part in parts if isinstance(part, str))
            if texts:
                yield f"templates/{path.relative_to(TEMPLATES)}:{line}", texts


def _entries() -> Iterator[tuple[str, Message]]:
    for path in sorted(LOCALE.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
        for message in catalog:
            if message.id:
                yield path.name, message


def _singular(text: str | list[str] | tuple[str, ...] | None) -> str:
    return text if isinstance(text, str) else (text or [""])[0]


def main(arguments: list[str]) -> int:
    """Run the named checks; return 1 if any found something."""
    checks = {"templates": check_templates, "translations": check_translations}
    problems = [problem for name in arguments for problem in checks[name]()]
    for problem in problems:
        Progress(sys.stdout).say(problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
