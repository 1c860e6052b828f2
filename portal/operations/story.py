"""The history of an instance in words (pure): who, when, what was entered, what was looked at and which way it led."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.operations.queries.places import Places
from portal.operations.words import Pair, answers, pairs, role, shown
from portal.web import formats
from portal.web.i18n import gettext as _
from portal.web.i18n import lazy_gettext, pick
from portal.workflow.codec import from_json
from portal.workflow.operating import SENDER as OPERATOR
from portal.workflow.queries import Happened
from portal.workflow.reasons import Fact, Reason, conditions_of, readable, reason_of
from portal.workflow.vocabulary import Node

PEOPLE = "people"
SYSTEM = "system"
DECISIONS = "decisions"
IN_TITLE = 12
"""A table's answers as short as this stand in the line's title."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `look` is person, error or empty; `by` a person or a sender; `tests` are held apart by their way's name."""

    id: int
    at: datetime
    look: str
    title: str
    by: str
    text: str
    tests: tuple[tuple[str, tuple[Fact, ...]], ...]
    values: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What entries refer to: the nodes, the payloads of messages and the names of people, both by id."""

    places: Places
    payloads: Mapping[int, Mapping[str, Any]]
    people: Mapping[int, str]


def tell(entries: Sequence[Happened], known: Known) -> list[Line]:
    """Return the entries in words."""
    return [_line(entry, known) for entry in entries]


def _line(entry: Happened, known: Known) -> Line:
    reason = reason_of(known.places.drawn, entry)
    return Line(
        entry.id, entry.at, _look(entry, known), _title(entry, reason, known), _by(entry, known), _text(entry, known),
        _tests(entry, reason, known), _values(entry, known),
    )  # fmt: skip


def _look(entry: Happened, known: Known) -> str:
    if entry.kind == "incident":
        return "error"
    if entry.kind == "message":
        return "person" if _sent_by(entry, known) else ""
    return "person" if entry.actor_id is not None else ""


def _payload(entry: Happened, known: Known) -> Mapping[str, Any]:
    return known.payloads.get(entry.detail.get("message") or 0, {})


def _sent_by(entry: Happened, known: Known) -> str:
    """Who said a message; whoever let the process take up one that was kept did not."""
    return _said(_payload(entry, known), "by")


def _said(payload: Mapping[str, Any], name: str) -> str:
    said = payload.get(name)
    return said if isinstance(said, str) else ""


def _by(entry: Happened, known: Known) -> str:
    if entry.kind == "message":
        sender = entry.detail.get("sender", "")
        sender = _("operators") if sender == OPERATOR else sender
        return _sent_by(entry, known) or _("from %(sender)s", sender=sender)
    return entry.actor_name if entry.actor_id is not None else ""


def _tests(entry: Happened, reason: Reason | None, known: Known) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    if entry.kind == "flow_taken":
        return tuple(conditions_of(known.places.drawn, entry))
    return (("", reason.facts),) if reason else ()


def _title(entry: Happened, reason: Reason | None, known: Known) -> str:
    if reason is not None:
        return _decided(entry, reason, known)
    text = _SENTENCES.get(entry.kind)
    if text is None:
        return f"{entry.kind} {_name(entry, known)}".strip()
    written = str(text)
    return written % _words(entry, known) if "%(" in written else written


def _decided(entry: Happened, reason: Reason, known: Known) -> str:
    if entry.kind == "decision":
        short = [value for _name, value in _answers(entry) if len(value) <= IN_TITLE]
        return f"{reason.table} → {', '.join(short)}" if short else reason.table
    source = node_name(known.places, entry.detail["source"])
    return f"{source} → {pick(entry.name_zh, entry.name_en) or node_name(known.places, entry.detail['target'])}"


def _answers(entry: Happened) -> list[tuple[str, str]]:
    said = {name: readable(value) for name, value in entry.detail["answer"].items()}
    return [(name, value) for name, value in said.items() if value not in ("", "—")]


def _name(entry: Happened, known: Known) -> str:
    return pick(entry.name_zh, entry.name_en) or node_name(known.places, entry.node_id)


def node_name(places: Places, node_id: str | None) -> str:
    """Return a node's name in the reader's language; its id when it has none, or is of another version."""
    if node_id == "?":  # an instance that cannot be read: no step of it is to blame
        return _("the whole process")
    return pick(*places.name(node_id)) if node_id else ""


def node_of(places: Places, node_id: str | None) -> Node | None:
    """Return a node of the diagram, or of one it calls."""
    return places.drawn.nodes.get(node_id or "")


def _words(entry: Happened, known: Known) -> dict[str, Any]:
    detail = entry.detail
    look = known.places.drawn.statuses.get(detail.get("status", ""))
    return {"path": "", "attempt": 1} | detail | {
        "message": detail.get("name", ""),
        "name": _name(entry, known),
        "status": pick(look.zh, look.en) if look else detail.get("status", ""),
        "who": known.people.get(detail.get("assignee") or 0) or role(detail.get("role")),
        "colleague": detail.get("to_name", ""),
        "to": node_name(known.places, detail["to"]) if isinstance(detail.get("to"), str) else detail.get("to", ""),
    }  # fmt: skip


def _text(entry: Happened, known: Known) -> str:
    detail = entry.detail
    if entry.kind == "message":
        return _said(_payload(entry, known), "reason")
    if entry.kind == "incident":
        return str(detail.get("error", ""))
    if entry.kind == "flow_taken" and detail.get("default"):
        return _("No condition was true, so the default way was taken.")
    if entry.kind in ("action", "action_requested"):
        return str(detail.get("action") or "")
    return str(detail.get("reason") or "")


def _values(entry: Happened, known: Known) -> tuple[Pair, ...]:
    detail = entry.detail
    if entry.kind == "task_completed":
        node = node_of(known.places, entry.node_id)
        return answers(detail.get("result") or {}, node.form if node else ())
    if entry.kind == "decision":
        return tuple(Pair(name, value) for name, value in _answers(entry) if len(value) > IN_TITLE)
    if entry.kind == "message":
        payload = _payload(entry, known)
        return pairs(
            {name: value for name, value in payload.items() if name not in ("by", "reason") or not _said(payload, name)}
        )
    if entry.kind in _OPERATED:
        return tuple(_changed(detail))
    return ()


def _changed(detail: Mapping[str, Any]) -> Iterator[Pair]:
    """What an operator's action changed: values as they were and are, what a message said, what moved how."""
    known = [name for name in _LABELS if name in detail]
    for name in (*known, *(name for name in detail if name not in known)):
        value = detail[name]
        if name == "payload":
            yield from pairs(from_json(value))
        elif name not in _TOLD and value is not None and value != {}:
            yield Pair(str(_LABELS.get(name, name)), _moment(from_json(value)))


def _moment(value: Any) -> str:
    try:
        return formats.stamp(datetime.fromisoformat(value)) if isinstance(value, str) and "T" in value else shown(value)
    except ValueError:
        return shown(value)


_OPERATED = (
    "cancelled",
    "suspended",
    "resumed",
    "moved",
    "skipped",
    "fact_edited",
    "timer_fired",
    "message_sent",
    "migrated",
)
_TOLD = ("reason", "task", "incident", "to", "to_zh", "to_en", "path", "name", "error", "timers")
_LABELS: dict[str, Any] = {
    "before": lazy_gettext("was"),
    "after": lazy_gettext("is now"),
    "due": lazy_gettext("was due"),
    "since": lazy_gettext("since"),
    "from": lazy_gettext("from version"),
    "mapping": lazy_gettext("steps mapped"),
}

_SENTENCES: dict[str, Any] = {
    "started": lazy_gettext("Process started"),
    "task_created": lazy_gettext("%(name)s: waits for %(who)s"),
    "task_claimed": lazy_gettext("%(name)s: claimed"),
    "task_released": lazy_gettext("%(name)s: given back to the team"),
    "task_delegated": lazy_gettext("%(name)s: handed to %(colleague)s"),
    "task_completed": lazy_gettext("%(name)s: completed"),
    "task_cancelled": lazy_gettext("%(name)s: no longer needed"),
    "message": lazy_gettext("Message “%(message)s” to %(name)s"),
    "timer": lazy_gettext("%(name)s: the time had come"),
    "action_requested": lazy_gettext("%(name)s: asked for, try %(attempt)s"),
    "action": lazy_gettext("%(name)s: done"),
    "incident": lazy_gettext("%(name)s: failed"),
    "retried": lazy_gettext("%(name)s: tried again"),
    "status": lazy_gettext("Status: %(status)s"),
    "ended": lazy_gettext("Ended"),
    "cancelled": lazy_gettext("Cancelled by an operator"),
    "suspended": lazy_gettext("Suspended"),
    "resumed": lazy_gettext("Resumed"),
    "moved": lazy_gettext("Moved from %(name)s to %(to)s"),
    "skipped": lazy_gettext("%(name)s: skipped"),
    "fact_edited": lazy_gettext("Fact %(path)s changed"),
    "timer_fired": lazy_gettext("%(name)s: fired before its time"),
    "message_sent": lazy_gettext("Message “%(message)s” sent by an operator"),
    "migrated": lazy_gettext("Moved to version %(to)s"),
}
