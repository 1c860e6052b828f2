"""What moving from one version of a diagram to another means for each step: its counterpart, what changes, or why it cannot be. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.migration_structure import Structure, match_inputs
from portal.workflow.migration_words import changes
from portal.workflow.naming import Named
from portal.workflow.vocabulary import Node, Vocabulary

ATTACHED = "boundaryEvent"
HOLDS = frozenset(
    {
        "userTask",
        "serviceTask",
        "receiveTask",
        "intermediateCatchEvent",
        "subProcess",
        "callActivity",
    }
)
"""Kinds of node that a token can be at when nothing is going on."""


@dataclass(frozen=True)
class Step:
    """One node of the old version: its counterpart, what changes for a token there, or why there is none (lazy texts)."""

    node: Node
    to: Node | None
    changes: tuple[Any, ...] = ()
    reason: Any = None
    automatic: bool = True
    """The counterpart was found, not chosen by a person."""
    recounts: bool = False
    """A timer or due time is another one: a token there keeps its moment unless timers are counted anew."""


@dataclass(frozen=True)
class Plan:
    """How two versions of a process correspond."""

    old: Vocabulary
    new: Vocabulary
    mapped: Mapping[str, str]
    """Old node → new node, of all kinds, subprocesses' parts included."""
    chosen: frozenset[str] = frozenset()
    _answers: dict[Any, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every node that a token can wait at, in the order of the diagram."""
        return tuple(self._step(node) for node in self.old.nodes.values() if node.kind in HOLDS)

    def _step(self, node: Node) -> Step:
        race = self.old.races.get(node.id)
        reason = self.reason(node.id if race is None else race.source)
        if race is not None and reason is None and node.id not in self.borders(race.source)[0]:
            return Step(node, None, (_("no longer waited for; the other events are"),))
        to = self.new.nodes.get(self.mapped.get(node.id, ""))
        if reason is not None:
            return Step(node, to, (), reason, node.id not in self.chosen)
        assert to is not None
        words = (*changes(node, to), *self._borders(node, to))
        return Step(node, to, words, None, node.id not in self.chosen, self._recounts(node, to))

    def _recounts(self, node: Node, to: Node) -> bool:
        pairs = [(node, to), *((self.old.nodes[o], self.new.nodes[n]) for o, n in self.borders(node.id)[0].items())]
        return any((old.timer, old.due) != (new.timer, new.due) for old, new in pairs)

    def reason(self, node_id: str) -> Any:
        """Say why a token at a node cannot be moved, or None."""
        if node_id not in self._answers:
            self._answers[node_id] = self._reason(self.old.nodes[node_id])
        return self._answers[node_id]

    def _reason(self, node: Node) -> Any:
        to = self.new.nodes.get(self.mapped.get(node.id, ""))
        if to is None:
            return _("There is no such step in the other version")
        if _kind(node) != _kind(to):
            return _("“%(name)s” is another kind of step", name=Named(to.name))
        if (to.parent and self.mapped.get(node.parent or "") != to.parent) or bool(to.parent) != bool(node.parent):
            return _("“%(name)s” is inside another subprocess", name=Named(to.name))
        return self._structural(node, to)

    def _structural(self, node: Node, to: Node) -> Any:
        around = {self.mapped.get(split) for split in self.before.around(node.id)}
        if around != self.after.around(to.id):
            return _("The parallel branches around “%(name)s” are not the same", name=Named(to.name))
        awaited, expected = self.before.awaited_by(node.id), self.after.awaited_by(to.id)
        if {self.mapped.get(join) for join in awaited} != set(expected):
            return _("Other joins wait for “%(name)s”", name=Named(to.name))
        for join, ways in awaited.items():
            same = self.ways_in(join)
            if same is None or {same[way] for way in ways} != expected[self.mapped[join]]:
                return _("The parallel branches around “%(name)s” are not the same", name=Named(to.name))
        return None

    def ways_in(self, join: str) -> dict[str, str] | None:
        """Return which way into its counterpart each way into a join goes on, or None."""
        if ("join", join) not in self._answers:
            fits = join in self.mapped and _kind(self.old.nodes[join]) == _kind(self.new.nodes[self.mapped[join]])
            self._answers["join", join] = match_inputs(self.before, self.after, join, self.mapped) if fits else None
        return self._answers["join", join]  # type: ignore[no-any-return]  # the answers are of several kinds

    def apart(self, one: str, other: str) -> Any:
        """Say why two tokens of one level, at these nodes, cannot both be moved: they would no longer be in parallel; or None."""
        if ("pair", one, other) not in self._answers:
            self._answers["pair", one, other] = self._apart(one, other)
        return self._answers["pair", one, other]

    def _apart(self, one: str, other: str) -> Any:
        new_one, new_other = self.mapped[one], self.mapped[other]
        for first, second in ((one, other), (other, one)):
            meets = self.mapped[second] in self.after.reached(self.mapped[first])
            if meets and second not in self.before.reached(first):
                return self._not_apart(new_one, new_other)
        for split in self.before.around(one) & self.before.around(other):
            to = self.mapped[split]
            if not (self.before.branches(split, one) & self.before.branches(split, other)) and (
                self.after.branches(to, new_one) & self.after.branches(to, new_other)
            ):
                return self._not_apart(new_one, new_other)
        return None

    def _not_apart(self, one: str, other: str) -> Any:
        nodes = self.new.nodes
        return _(
            "“%(one)s” and “%(other)s” no longer go on side by side",
            one=Named(nodes[one].name), other=Named(nodes[other].name),
        )  # fmt: skip

    @cached_property
    def before(self) -> Structure:
        """The old version's branches."""
        return Structure(self.old)

    @cached_property
    def after(self) -> Structure:
        """The new version's branches."""
        return Structure(self.new)

    def borders(self, node_id: str) -> tuple[dict[str, str], list[str]]:
        """Return which events go on as which of the counterpart's, and which there are new.

        Those on the border of an activity, or those that an event-based gateway lets race.
        """
        theirs = _beside(self.new, self.mapped[node_id])
        kept = {
            old: self.mapped[old]
            for old, node in _beside(self.old, node_id).items()
            if self.mapped.get(old) in theirs and _kind(node) == _kind(theirs[self.mapped[old]])
        }
        return kept, [node for node in theirs if node not in kept.values()]

    def _borders(self, node: Node, to: Node) -> Iterator[Any]:
        kept, added = self.borders(node.id)
        for old in (n for n in self.old.nodes.values() if n.attached_to == node.id):
            if old.id in kept:
                yield from (text for text in changes(old, self.new.nodes[kept[old.id]], border=True))
            else:
                yield _("no longer watched by “%(name)s”", name=Named(old.name))
        for node_id in added:
            yield _("now also watched by “%(name)s”", name=Named(self.new.nodes[node_id].name))


def _beside(vocabulary: Vocabulary, node_id: str) -> dict[str, Node]:
    races = {event for event, flow in vocabulary.races.items() if flow.source == node_id}
    return {node.id: node for node in vocabulary.nodes.values() if node.attached_to == node_id or node.id in races}


def _kind(node: Node) -> tuple[Any, ...]:
    return (node.kind, node.event, node.kind == ATTACHED and node.interrupting)


def make_plan(old: Vocabulary, new: Vocabulary, mapping: Mapping[str, str] | None = None) -> Plan:
    """Say how two versions correspond; `mapping` overrules what is found (an empty counterpart: none)."""
    chosen = {node: to for node, to in (mapping or {}).items() if node in old.nodes}
    found = suggest(old, new, taken=frozenset(chosen.values()))
    mapped = {node: to for node, to in {**found, **chosen}.items() if to in new.nodes}
    different = {node for node, to in chosen.items() if found.get(node, "") != to}
    return Plan(old, new, mapped, frozenset(different))


def suggest(old: Vocabulary, new: Vocabulary, *, taken: frozenset[str] = frozenset()) -> dict[str, str]:
    """Find counterparts: the same id, else the same kind and name, else the only one left of its kind of gateway or border."""
    found = {node: node for node in old.nodes if node in new.nodes and node not in taken}
    for likeness in (_named, _placed):
        left = _by(likeness, [n for n in old.nodes.values() if n.id not in found], found)
        free = _by(likeness, [n for n in new.nodes.values() if n.id not in found.values() and n.id not in taken], {})
        for key, nodes in left.items():
            if len(nodes) == 1 and len(free.get(key, ())) == 1:
                found[nodes[0].id] = free[key][0].id
    return found


def _named(node: Node, _found: Mapping[str, str]) -> Any:
    return (node.kind, node.event, node.name[0]) if node.name[0] != node.id else None


def _placed(node: Node, found: Mapping[str, str]) -> Any:
    if node.kind == "parallelGateway":
        return (node.kind, found.get(node.parent or "", node.parent))
    if node.kind == ATTACHED:
        return (node.kind, node.event, node.interrupting, found.get(node.attached_to or "", node.attached_to))
    return None


def _by(likeness: Any, nodes: Sequence[Node], found: Mapping[str, str]) -> dict[Any, list[Node]]:
    groups: dict[Any, list[Node]] = {}
    for node in nodes:
        if (key := likeness(node, found)) is not None:
            groups.setdefault(key, []).append(node)
    return groups


def same_kind(one: Node, other: Node) -> bool:
    """Say whether a token at one node could stand at the other, as far as the nodes themselves go."""
    return _kind(one) == _kind(other)
