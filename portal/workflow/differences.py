"""What is different between two editions of a diagram or a decision table, in words and by the names of its steps and rows. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.decision_table import DecisionTable, Input, Output, Rule
from portal.workflow.migration_words import changes
from portal.workflow.naming import Listed, Named
from portal.workflow.reasons import readable
from portal.workflow.vocabulary import Flow, Node, Vocabulary


@dataclass(frozen=True)
class Difference:
    """One thing that was added, removed or changed (`kind`), what it is (lazy text), and in words what about it (lazy texts)."""

    kind: str
    what: Any
    words: tuple[Any, ...] = ()


def diagram_differences(old: Vocabulary, new: Vocabulary) -> list[Difference]:
    """Return how one edition of a diagram differs from another: steps, arrows, statuses; where things are drawn does not count."""
    found = [*_steps(old, new), *_arrows(old, new), *_statuses(old, new)]
    if old.name != new.name:
        found.insert(0, Difference("changed", _("Name"), (_renamed(old.name, new.name),)))
    return found


def _renamed(old: tuple[str, str], new: tuple[str, str]) -> Any:
    return _("renamed: %(before)s → %(after)s", before=Named(old), after=Named(new))


def _steps(old: Vocabulary, new: Vocabulary) -> Iterator[Difference]:
    for node in new.nodes.values():
        before = old.nodes.get(node.id)
        if before is None:
            yield Difference("added", _step(node))
        elif before.kind != node.kind:
            yield Difference("changed", _step(node), (_("another kind of step"),))
        elif words := (*changes(before, node), *_more(before, node)):
            yield Difference("changed", _step(node), tuple(words))
    yield from (Difference("removed", _step(node)) for node in old.nodes.values() if node.id not in new.nodes)


def _step(node: Node) -> Any:
    return _("Step “%(name)s”", name=Named(node.name))


def _more(old: Node, new: Node) -> Iterator[Any]:
    """What a move to another version does not care for, but a reader does."""
    for before, after, text in (
        (old.status, new.status, _("status: %(before)s → %(after)s")),
        (old.milestone, new.milestone, _("milestone: %(before)s → %(after)s")),
        (old.decision, new.decision, _("decision table: %(before)s → %(after)s")),
        (old.result, new.result, _("result: %(before)s → %(after)s")),
    ):
        if before != after:
            yield text % {"before": before or "–", "after": after or "–"}
    given, wanted = dict(old.inputs), dict(new.inputs)
    for name in dict.fromkeys([*given, *wanted]):
        if given.get(name) != wanted.get(name):
            yield _(
                "input %(name)s: %(before)s → %(after)s",
                name=name,
                before=given.get(name, "–"),
                after=wanted.get(name, "–"),
            )
    if old.priority != new.priority:
        yield _("priority: %(before)s → %(after)s", before=old.priority, after=new.priority)
    if old.interrupting != new.interrupting:
        yield _("now interrupts its step") if new.interrupting else _("no longer interrupts its step")
    if old.parent != new.parent or old.attached_to != new.attached_to:
        yield _("moved to another place")


def _arrows(old: Vocabulary, new: Vocabulary) -> Iterator[Difference]:
    before, after = _by_ends(old), _by_ends(new)
    for ends, flow in after.items():
        if ends not in before:
            yield Difference("added", _arrow(flow, new), tuple(_condition(flow)))
        elif words := tuple(_changed(before[ends], flow)):
            yield Difference("changed", _arrow(flow, new), words)
    yield from (Difference("removed", _arrow(flow, old)) for ends, flow in before.items() if ends not in after)


def _by_ends(vocabulary: Vocabulary) -> Mapping[tuple[str, str, int], Flow]:
    """Arrows by what they join (and a number, where several join the same), as their own ids mean nothing."""
    found: dict[tuple[str, str, int], Flow] = {}
    for flow in vocabulary.flows:
        number = sum(1 for source, target, _number in found if (source, target) == (flow.source, flow.target))
        found[flow.source, flow.target, number] = flow
    return found


def _arrow(flow: Flow, vocabulary: Vocabulary) -> Any:
    ends = [vocabulary.nodes[one].name if one in vocabulary.nodes else (one, one) for one in (flow.source, flow.target)]
    return _("Arrow %(source)s → %(target)s", source=Named(ends[0]), target=Named(ends[1]))


def _condition(flow: Flow) -> Iterator[Any]:
    if flow.condition:
        yield _("when %(condition)s", condition=flow.condition)
    elif flow.default:
        yield _("the default")


def _changed(old: Flow, new: Flow) -> Iterator[Any]:
    if old.condition != new.condition:
        yield _("condition: %(before)s → %(after)s", before=old.condition or "–", after=new.condition or "–")
    if old.default != new.default:
        yield _("now the default") if new.default else _("no longer the default")
    if old.name != new.name:
        yield _renamed(old.name, new.name)


def _statuses(old: Vocabulary, new: Vocabulary) -> Iterator[Difference]:
    for key in dict.fromkeys([*new.statuses, *old.statuses]):
        before, after = old.statuses.get(key), new.statuses.get(key)
        look = after or before
        if before == after or look is None:
            continue
        kind = "added" if before is None else "removed" if after is None else "changed"
        words = (_("looks or name changed"),) if kind == "changed" else ()
        yield Difference(kind, _("Status “%(name)s”", name=Named((look.zh, look.en))), words)


def table_differences(old: DecisionTable, new: DecisionTable) -> list[Difference]:
    """Return how one edition of a decision table differs from another: columns and rows."""
    found = list(_columns(old, new))
    if old.hit_policy != new.hit_policy:
        found.append(
            Difference(
                "changed", _("Hit policy"), (_("%(before)s → %(after)s", before=old.hit_policy, after=new.hit_policy),)
            )
        )
    if [c.id for c in _all(old)] == [c.id for c in _all(new)]:
        found += _rows(old, new)
    elif len(old.rules) != len(new.rules) or found:
        found.append(Difference("changed", _("Rows"), (_("read with the new columns"),)))
    return found


def _all(table: DecisionTable) -> list[Input | Output]:
    return [*table.inputs, *table.outputs]


def _columns(old: DecisionTable, new: DecisionTable) -> Iterator[Difference]:
    before = {column.id: column for column in _all(old)}
    after = {column.id: column for column in _all(new)}
    for key, column in after.items():
        if key not in before:
            yield Difference("added", _("Column “%(name)s”", name=Named(column.label)))
        elif before[key].label != column.label:
            yield Difference(
                "changed",
                _("Column “%(name)s”", name=Named(column.label)),
                (_renamed(before[key].label, column.label),),
            )
    yield from (
        Difference("removed", _("Column “%(name)s”", name=Named(column.label)))
        for key, column in before.items()
        if key not in after
    )


def _rows(old: DecisionTable, new: DecisionTable) -> Iterator[Difference]:
    """Rows by their ids; one that was only moved says so."""
    before = {rule.id: rule for rule in old.rules}
    for rule in new.rules:
        row = _("Row %(number)d", number=rule.number)
        if rule.id not in before:
            yield Difference("added", row, (Listed([readable(text) for text in _cells(rule)]),))
        elif words := tuple(_cells_changed(before[rule.id], rule, new)):
            yield Difference("changed", row, words)
    kept = {rule.id for rule in new.rules}
    for rule in old.rules:
        if rule.id not in kept:
            yield Difference(
                "removed", _("Row %(number)d", number=rule.number), (Listed([readable(text) for text in _cells(rule)]),)
            )


def _cells(rule: Rule) -> list[str]:
    return [*(test.text or "-" for test in rule.tests), *("–" if one is None else one.text for one in rule.answers)]


def _cells_changed(old: Rule, new: Rule, table: DecisionTable) -> Iterator[Any]:
    labels = [column.label for column in _all(table)]
    for label, before, after in zip(labels, _cells(old), _cells(new), strict=True):
        if before != after:
            yield _(
                "%(name)s: %(before)s → %(after)s", name=Named(label), before=readable(before), after=readable(after)
            )
    if old.note != new.note:
        yield _("note: %(before)s → %(after)s", before=old.note or "–", after=new.note or "–")
