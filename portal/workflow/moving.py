"""Where a token may be moved by hand so that what follows is what the diagram means. Pure.

A move keeps the number of tokens and takes one from a node to another of the same scope (process, or one subprocess). It is faithful when
the diagram could have led one token from the one to the other, or back, without a split or a join between them: both nodes stand inside
the same branches of the same splits. A branch is what can be reached of a split only through some of its flows; where a boundary event
does not interrupt, what follows it is a branch of its activity.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from portal.web.i18n import lazy_gettext as _
from portal.workflow.naming import Named
from portal.workflow.vocabulary import Node, Vocabulary

SPLITS = frozenset(["parallelGateway", "inclusiveGateway", "complexGateway"])
NEVER = frozenset(["startEvent", "boundaryEvent"])


@dataclass(frozen=True)
class Target:
    """A node of the diagram, and why a token may not be moved there (None: it may)."""

    node: Node
    refusal: Any


def targets(vocabulary: Vocabulary, source: Node, others: Iterable[str]) -> list[Target]:
    """Return the nodes of the diagram in the order of the file, each with what speaks against it, as `refusal` says."""
    return [
        Target(node, refusal(vocabulary, source, node.id, others))
        for node in vocabulary.nodes.values()
        if node.id != source.id and node.kind not in NEVER
    ]


def refusal(vocabulary: Vocabulary, source: Node, target_id: str, others: Iterable[str]) -> Any:
    """Say why a token may not be moved from a node to another (lazy text), or None; `others` are where the scope's other tokens stand."""
    target = vocabulary.nodes.get(target_id)
    if target is None:
        return _("This step is not in the version that the process runs on")
    if source.id not in vocabulary.nodes:
        return _("It is in another process that this one calls; it cannot be moved from here")
    return (
        leaving(vocabulary, source)
        or _by_itself(vocabulary, source, target)
        or _together(vocabulary, source, target, others)
    )


def leaving(vocabulary: Vocabulary, source: Node) -> Any:
    """Say why a token may not be moved away from a node at all, or None."""
    if source.kind in NEVER:
        return _("“%(name)s” only watches beside its step; move the step itself", name=Named(source.name))
    if source.kind in SPLITS:
        return _("“%(name)s” waits for several branches; move one of the branches", name=Named(source.name))
    if source.kind == "eventBasedGateway" or source.id in vocabulary.races:
        return _("“%(name)s” waits for several events at once and cannot be moved", name=Named(source.name))
    return None


def _by_itself(vocabulary: Vocabulary, source: Node, target: Node) -> Any:
    """What speaks against the target whatever else goes on."""
    if target.id == source.id:
        return _("It stands there already")
    if target.kind == "startEvent":
        return _("A start cannot be moved to; choose the step after it")
    if target.kind == "boundaryEvent":
        return _("It only watches beside its step; choose the step itself")
    if target.parent != source.parent:
        return _("It belongs to another part of the process; moving into or out of a part is not possible")
    if target.kind in SPLITS and len(graph(vocabulary).into.get(target.id, ())) > 1:
        return _("Several branches meet there, and the others would never arrive")
    if target.kind in SPLITS:
        return _("It is where branches begin; choose the step before it")
    if any(
        vocabulary.nodes[before].kind == "eventBasedGateway" for before in graph(vocabulary).into.get(target.id, ())
    ):
        return _("It is one of several events that are waited for at once; choose the step before them")
    return None


def _together(vocabulary: Vocabulary, source: Node, target: Node, others: Iterable[str]) -> Any:
    """What speaks against the target because of splits and joins."""
    drawn = graph(vocabulary)
    here, there = drawn.around(source.id), drawn.around(target.id)
    if here != there:
        return _between(vocabulary, here, there)
    for other in others:
        for split, _branches in drawn.around(other) - here:
            if drawn.leads(target.id, split) and not drawn.leads(source.id, split):
                return _(
                    "From there “%(name)s” would be begun a second time, and it is still open",
                    name=Named(vocabulary.nodes[other].name),
                )
    return None


Around = frozenset[tuple[str, frozenset[str]]]


def _between(vocabulary: Vocabulary, here: Around, there: Around) -> Any:
    if there - here:
        split = _name(vocabulary, min(there - here, key=str)[0])
        return _("It is in a branch that begins at “%(name)s”, and the other branches would be missing", name=split)
    split = _name(vocabulary, min(here - there, key=str)[0])
    return _("The branches that began at “%(name)s” would still be open, and nobody would wait for them", name=split)


def _name(vocabulary: Vocabulary, node_id: str) -> Named:
    """A gateway without a name is named by what leads to it."""
    node = vocabulary.nodes[node_id]
    before = graph(vocabulary).into.get(node_id, ())
    if node.name[0] == node_id and before:
        return Named(vocabulary.nodes[before[0]].name)
    return Named(node.name)


class Graph:
    """The arrows of a diagram, with those from an activity to its boundary events."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.out: dict[str, list[str]] = {}
        self.into: dict[str, list[str]] = {}
        for flow in vocabulary.flows:
            self._add(flow.source, flow.target)
        self._beside: dict[str, list[str]] = {}
        for node in vocabulary.nodes.values():
            if node.attached_to:
                self._add(node.attached_to, node.id)
                if not node.interrupting:
                    self._beside.setdefault(node.attached_to, []).append(node.id)
        self._starts = [node.id for node in vocabulary.nodes.values() if node.id not in self.into]
        self._around: dict[str, Around] = {}

    def _add(self, source: str, target: str) -> None:
        self.out.setdefault(source, []).append(target)
        self.into.setdefault(target, []).append(source)

    def leads(self, source: str, target: str) -> bool:
        """Say whether a token at one node could come to another."""
        return target in self._reached(self.out.get(source, ()), but=None)

    def around(self, node_id: str) -> Around:
        """Return the splits that a node stands in a branch of, each with the branches it can be reached through."""
        if node_id not in self._around:
            found = [(split, self._branches(split, node_id)) for split in self._splits(node_id)]
            self._around[node_id] = frozenset((split, some) for split, some in found if some)
        return self._around[node_id]

    def _splits(self, node_id: str) -> list[str]:
        parent = self._vocabulary.nodes[node_id].parent
        return [
            node.id
            for node in self._vocabulary.nodes.values()
            if node.parent == parent
            and (node.id in self._beside or (node.kind in SPLITS and len(self.out.get(node.id, ())) > 1))
        ]

    def _branches(self, split: str, node_id: str) -> frozenset[str]:
        """The branches of a split that a node is only reached through; none when it is reached otherwise, or through all."""
        if node_id == split or node_id in self._reached(self._starts, but=split):
            return frozenset()
        ways = self.out[split]
        some = frozenset(way for way in ways if node_id in self._reached([way], but=split))
        beside = self._beside.get(split, [])
        if beside and not some <= frozenset(beside):
            return frozenset()  # reached through the activity itself: still its token
        return some if beside or len(some) < len(ways) else frozenset()

    def _reached(self, begin: Iterable[str], *, but: str | None) -> set[str]:
        seen: set[str] = set()
        queue = [node for node in begin if node != but]
        while queue:
            node = queue.pop()
            if node not in seen:
                seen.add(node)
                queue += [after for after in self.out.get(node, ()) if after != but]
        return seen


def graph(vocabulary: Vocabulary) -> Graph:
    """Return the arrows of a diagram, drawn once for each."""
    return _drawn(_Same(vocabulary))


@dataclass(frozen=True, eq=False)
class _Same:
    vocabulary: Vocabulary

    def __hash__(self) -> int:
        return id(self.vocabulary)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.vocabulary is self.vocabulary


@lru_cache(maxsize=64)
def _drawn(same: _Same) -> Graph:
    return Graph(same.vocabulary)
