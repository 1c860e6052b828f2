"""Why a task is here: the history read backwards along the token's way, as a person would tell it. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.workflow.vocabulary import Vocabulary


class Entry(Protocol):
    """What is read of a history entry."""

    @property
    def kind(self) -> str: ...
    @property
    def node_id(self) -> str | None: ...
    @property
    def detail(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was looked at: its name, its value, the line it was held against, whether it hit."""

    label: str
    value: str
    limit: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """A table (`table` names it, its version and row) or a gateway (its name and the way taken) with what it looked at."""

    table: str
    facts: tuple[Fact, ...]
    key: str | None = None
    """The decision table's key; None for a gateway."""
    version: int | None = None
    row: int | None = None


def reasons(vocabulary: Vocabulary, node_id: str, entries: Sequence[Entry]) -> list[Reason]:
    """Follow the token backwards from a node to the last person, message or start; return what decided its way, nearest first.

    A gateway that only reads a table's answer is left out when the table is on the way too.
    """
    found: list[tuple[str, Reason]] = []
    wanted: str | None = node_id
    for entry in reversed(entries):
        if entry.kind == "flow_taken" and entry.detail.get("target") == wanted:
            wanted = entry.detail["source"]
            if entry.detail.get("conditions"):
                found.append(("gateway", _gateway(vocabulary, entry)))
            node = vocabulary.nodes.get(wanted or "")
            if node is None or node.kind in ("userTask", "startEvent", "receiveTask") or node.event != "none":
                break
        elif entry.kind == "decision" and entry.node_id == wanted:
            found.append(("table", _table(vocabulary, entry)))
    answers = {node.result for node in vocabulary.nodes.values() if node.decision}
    tables = any(kind == "table" for kind, _reason in found)
    return [r for kind, r in found if not (tables and kind == "gateway" and _only_reads(r, answers))]


def reason_of(vocabulary: Vocabulary, entry: Entry) -> Reason | None:
    """Return what a decision or a gateway's choice looked at; None for entries that chose nothing."""
    if entry.kind == "decision":
        return _table(vocabulary, entry)
    return _gateway(vocabulary, entry) if entry.kind == "flow_taken" and entry.detail.get("conditions") else None


def conditions_of(vocabulary: Vocabulary, entry: Entry) -> list[tuple[str, tuple[Fact, ...]]]:
    """Return each condition that a gateway tried: the name of its way, and what it looked at."""
    return [
        (pick(tried["zh"], tried["en"]), _seen(vocabulary, tried["tests"]))
        for tried in entry.detail.get("conditions") or ()
    ]


def _only_reads(reason: Reason, answers: Iterable[str | None]) -> bool:
    return all(fact.label.split(".")[0] in answers for fact in reason.facts)


def _table(vocabulary: Vocabulary, entry: Entry) -> Reason:
    detail = entry.detail
    node = vocabulary.nodes.get(entry.node_id or "")
    name = pick(*node.name) if node else detail["table"]
    matched = next(row for row in detail["rows"] if row["hit"])
    facts = tuple(
        Fact(pick(column["zh"], column["en"]), readable(column["value"]), *_limit(place, matched, detail["rows"]))
        for place, column in enumerate(detail["inputs"])
    )
    title = _("%(name)s v%(version)d · row %(row)d", name=name, version=detail["version"], row=detail["row"])
    return Reason(title, facts, detail["table"], detail["version"], detail["row"])


def _limit(place: int, matched: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """The matched row's cell; where it accepts anything, the cell of a row that was passed over, which did not hit."""
    if matched["hits"][place] is not None:
        return readable(matched["tests"][place]), True
    missed = next((row["tests"][place] for row in rows if row["hits"][place] is False), "-")
    return readable(missed), False


def _gateway(vocabulary: Vocabulary, entry: Entry) -> Reason:
    node = vocabulary.nodes.get(entry.detail["source"])
    flow = next((flow for flow in vocabulary.flows if flow.id == entry.node_id), None)
    name = " · ".join(
        filter(None, (pick(*node.name) if node else entry.detail["source"], pick(*flow.name) if flow else ""))
    )
    return Reason(name, _seen(vocabulary, [test for tried in entry.detail["conditions"] for test in tried["tests"]]))


def _seen(vocabulary: Vocabulary, tests: Iterable[Mapping[str, Any]]) -> tuple[Fact, ...]:
    return tuple(
        Fact(_label(vocabulary, test["label"]), readable(test["value"]), readable(test["test"]), test["hit"])
        for test in tests
    )


def _label(vocabulary: Vocabulary, path: str) -> str:
    """A form field's label for what a person entered, else the path as it is written."""
    name, _dot, member = path.partition(".")
    for node in vocabulary.nodes.values():
        if node.result_name == name:
            for field in node.form:
                if field.key == member:
                    return pick(*field.label)
    return path


def readable(text: str) -> str:
    """Write a value or cell for people: no quotes, yes and no in words, signs as in mathematics, thousands separated."""
    words = {"true": _("yes"), "false": _("no"), "null": "—", "-": "—", "= true": _("yes"), "= false": _("no")}
    if text in words:
        return words[text]
    text = text.replace(">=", "≥").replace("<=", "≤").replace('"', "")
    return re.sub(r"(?<![\w.-])\d{4,}(?=\.\d+\b|\b)(?![\w-])", lambda match: f"{int(match[0]):,}", text)
