"""Planning a migration: what was chosen, the mapping as a table, the rehearsal's result in words, and the batch that does it."""

import csv
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.errors import InvalidInput
from portal.operations.batches import batch_kind, start_batch
from portal.operations.queries import instances as listed
from portal.operations.queries import migrations as queries
from portal.operations.queries import overview
from portal.operations.queries.finding import InstanceFilter, filter_of
from portal.operations.queries.overview import VersionCount
from portal.web.i18n import gettext as _
from portal.web.i18n import lazy_gettext, pick
from portal.workflow import migration
from portal.workflow.errors import MigrationRefused
from portal.workflow.migration import TIMERS, Outcome
from portal.workflow.migration_plan import Plan, Step, same_kind
from portal.workflow.vocabulary import Node

MOST = 10_000
"""Instances of one migration."""
REHEARSED = 500
"""Instances that are tried out before; the rest is checked in the same way when its turn comes."""
MAPPED, NONE = "map.", "-"
"""In an address or form: `map.<node>` is its counterpart, `-` says that there is none."""


@dataclass(frozen=True)
class Choice:
    """What is to be moved where: a filter or chosen ids, two versions, counterparts, and what becomes of timers."""

    filters: InstanceFilter
    to: int | None = None
    ids: tuple[int, ...] = ()
    mapping: Mapping[str, str] | None = None
    timers: str = "keep"

    @property
    def query(self) -> dict[str, Any]:
        """Return it as the values of an address."""
        pairs = {MAPPED + node: to or NONE for node, to in (self.mapping or {}).items()}
        return self.filters.query | {"to": self.to, "ids": ",".join(map(str, self.ids)), "timers": self.timers} | pairs


def choice_of(asked: Mapping[str, str]) -> Choice:
    """Read a choice from the values of an address or a form; what makes no sense is left out."""
    to, timers = asked.get("to", ""), asked.get("timers", "keep")
    return Choice(
        filters=filter_of(asked),
        to=int(to) if to.isdecimal() and len(to) < 7 else None,
        ids=tuple(int(one) for one in asked.get("ids", "").split(",")[:MOST] if one.isdecimal() and len(one) < 19),
        mapping={k.removeprefix(MAPPED): v if v != NONE else "" for k, v in asked.items() if k.startswith(MAPPED)},
        timers=timers if timers in TIMERS else "keep",
    )


@dataclass(frozen=True)
class Row:
    """One step of the mapping table: how many instances are there, its counterpart, what may be chosen instead, what happens (texts)."""

    step: Step
    count: int
    options: tuple[Node, ...]
    happens: str
    at_once: int = 0
    tone: str = ""


@dataclass(frozen=True)
class Planned:
    """A migration before it is tried out."""

    choice: Choice
    before: VersionCount
    after: VersionCount
    plan: Plan
    rows: tuple[Row, ...]
    others: tuple[Row, ...]
    failed: int
    subjects: tuple[tuple[int, str], ...]

    @property
    def more(self) -> bool:
        """Whether there are more than one migration may hold."""
        return len(self.subjects) > MOST


@dataclass(frozen=True)
class Why:
    """Instances that cannot be moved, by reason."""

    reason: str
    found: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Rehearsed:
    """What came of trying out: outcomes by kind, how long it took, when."""

    moves: tuple[Outcome, ...]
    at_once: tuple[Outcome, ...]
    refused: tuple[Why, ...]
    busy: tuple[Outcome, ...]
    whose: Mapping[int, queries.Whose]
    total: int
    untried: tuple[int, ...]
    seconds: float
    at: datetime
    outcomes: tuple[Outcome, ...] = ()

    @property
    def stays(self) -> int:
        """How many cannot be moved, or not now."""
        return sum(len(why.found) for why in self.refused) + len(self.busy)


def editions(session: Session, choice: Choice) -> tuple[Choice, VersionCount, VersionCount] | None:
    """Complete a choice with a process and two versions, as far as it leaves them open; None when there is nothing to move."""
    filters = choice.filters
    of_ids = queries.edition_of(session, choice.ids) if choice.ids and filters.version is None else None
    if of_ids is not None:
        filters = InstanceFilter(process=of_ids[0], version=of_ids[1])
    key = filters.process or next((one.key for one in overview.processes(session)), "")
    versions = overview.versions(session, key)
    after = next((v for v in versions if v.version == choice.to), None) or next(
        (v for v in versions if v.published), None
    )
    older = [v for v in versions if after is not None and v.id != after.id]
    before = next((v for v in older if v.version == filters.version), None) or max(
        older, key=lambda v: (v.open, v.version), default=None
    )
    if before is None or after is None:
        return None
    chosen = InstanceFilter(filters.search, key, before.version, filters.node, filters.status, filters.age)
    return Choice(chosen, after.version, choice.ids, choice.mapping, choice.timers), before, after


def planned(session: Session, choice: Choice) -> Planned | None:
    """Return a migration's mapping with how many instances are at each step; None when there is nothing to move."""
    found = editions(session, choice)
    if found is None:
        return None
    choice, before, after = found
    plan = migration.plan(session, from_definition_id=before.id, to_definition_id=after.id, mapping=choice.mapping)
    subjects = _subjects(session, choice, before.id)
    counts = queries.at_nodes(session, [number for number, _key in subjects])
    rows = [_row(step, counts.get(step.node.id, 0), plan, choice.timers) for step in plan.steps]
    return Planned(
        choice, before, after, plan, tuple(row for row in rows if row.count), tuple(row for row in rows if not row.count),
        counts.get("", 0), tuple(subjects),
    )  # fmt: skip


def _subjects(session: Session, choice: Choice, definition_id: int) -> Sequence[tuple[int, str]]:
    if choice.ids:
        return queries.on_version(session, choice.ids, definition_id)
    chosen = choice.filters
    status = chosen.status if chosen.status in ("running", "incident", "suspended") else "open"
    narrowed = InstanceFilter(chosen.search, chosen.process, chosen.version, chosen.node, status, chosen.age)
    return listed.matching(session, filters=narrowed, most=MOST)


def _row(step: Step, count: int, plan: Plan, timers: str) -> Row:
    options = tuple(node for node in plan.new.nodes.values() if same_kind(step.node, node))
    if step.reason is not None:
        return Row(step, count, options, _("%(reason)s; stays", reason=step.reason), tone="stop")
    said = [str(change) for change in step.changes]
    if step.recounts:
        said.append(
            _("counted anew from when it was reached") if timers == "restart" else _("what counts already stays")
        )
    words = _("; ").join(said)
    return Row(step, count, options, words or _("unchanged"), tone="" if not step.changes else "note")


def rehearsed(session: Session, *, actor: Actor, migrating: Planned) -> Rehearsed:
    """Try a migration out on its first `REHEARSED` instances and say what came of it; nothing of it stays."""
    began = time.perf_counter()
    ids = [number for number, _key in migrating.subjects[:MOST]]
    outcomes = migration.dry_run(
        session, actor=actor, instance_ids=ids[:REHEARSED], to_definition_id=migrating.after.id,
        mapping=migrating.choice.mapping, timers=migrating.choice.timers, from_definition_id=migrating.before.id,
    )  # fmt: skip
    of: dict[str, tuple[Outcome, ...]] = {
        kind: tuple(one for one in outcomes if one.kind == kind) for kind in ("moves", "at_once", "refused", "busy")
    }
    return Rehearsed(
        of["moves"], of["at_once"], _reasons(of["refused"]), of["busy"],
        queries.whose(session, [one.instance_id for one in outcomes]), len(ids), tuple(ids[REHEARSED:]),
        time.perf_counter() - began, clock.now(), tuple(outcomes),
    )  # fmt: skip


def _reasons(refused: Sequence[Outcome]) -> tuple[Why, ...]:
    by: dict[str, list[tuple[int, str]]] = {}
    for outcome in refused:
        by.setdefault(str(outcome.text), []).append((outcome.instance_id, outcome.business_key))
    return tuple(Why(reason, tuple(found)) for reason, found in sorted(by.items(), key=lambda item: -len(item[1])))


def at_once_by_node(outcomes: Sequence[Outcome]) -> Mapping[str, int]:
    """Count the instances that would go on at once, by the nodes they are at."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        for node in {change.node.id for change in outcome.changes}:
            counts[node] = counts.get(node, 0) + 1
    return counts


def as_csv(result: Rehearsed) -> bytes:
    """Write what came of each instance as a file that spreadsheet programs open."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow([_("Number"), _("Customer"), _("Outcome"), _("What happens")])
    for outcome in result.outcomes:
        customer = result.whose[outcome.instance_id].customer if outcome.instance_id in result.whose else None
        rows.writerow([_plain(outcome.business_key), _plain(customer or ""), said(outcome.kind), _happens(outcome)])
    return text.getvalue().encode("utf-8-sig")


def _plain(value: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value


def said(kind: str) -> str:
    """Write an outcome's kind for people."""
    words = {"moves": _("moves"), "at_once": _("goes on at once"), "refused": _("cannot"), "busy": _("busy")}
    return words[kind]


def _happens(outcome: Outcome) -> str:
    moves = [
        f"{pick(*change.node.name)} → {pick(*change.to.name)}"
        + "".join(f" ({text})" for text in change.changes)
        for change in outcome.changes
    ]  # fmt: skip
    return " · ".join([*([str(outcome.text)] if outcome.text else []), *moves])


@batch_kind("migrate", label=("迁移", "Migrate"))
def migrate(session: Session, *, actor: Actor, subject_id: int, parameters: dict[str, Any], reason: str) -> Any:
    """Move one instance; refused when it would go on at once and that was not agreed to."""
    outcome = migration.migrate_instance(
        session, actor=actor, instance_id=subject_id, to_definition_id=parameters["to"], from_definition_id=parameters["from"],
        mapping=parameters["mapping"], timers=parameters["timers"], reason=reason,
    )  # fmt: skip
    if outcome.kind == "at_once" and not parameters["at_once"]:
        raise MigrationRefused(lazy_gettext("It %(happens)s: left on its version", happens=outcome.text))
    return outcome.text


def start(
    session: Session, *, actor: Actor, choice: Choice, subjects: Sequence[tuple[int, str]], at_once: bool, reason: str, canaries: int
) -> int:  # fmt: skip
    """Owe the move of these instances and return the batch's id. Raises InvalidInput (no reason, none chosen)."""
    found = editions(session, choice)
    if found is None or not subjects:
        raise InvalidInput(lazy_gettext("There is nothing to move"))
    choice, before, after = found
    parameters = {
        "from": before.id, "to": after.id, "mapping": dict(choice.mapping or {}), "timers": choice.timers, "at_once": at_once,
    }  # fmt: skip
    return start_batch(
        session, actor=actor, kind="migrate", subjects=subjects, parameters=parameters, reason=reason, canaries=canaries
    )
