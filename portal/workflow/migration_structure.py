"""What a diagram's branches mean for the tokens on it: which parallel splits are around a step, which joins count on it. Pure.

Moving an instance to another version is safe only where both agree for every step that a token is at. A join that waits for a branch
that nobody started would wait for ever; a step that a second token still reaches would be done twice.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property

from portal.workflow.vocabulary import Vocabulary

Correspondence = Mapping[str, str]
"""Node of the old version → node of the new one."""


class Structure:
    """The flows of a diagram, read as a graph: activities lead to their boundary events, too."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._reached: dict[tuple[str, str | None], frozenset[str]] = {}

    @cached_property
    def _next(self) -> dict[str, list[str]]:
        following: dict[str, list[str]] = {}
        for flow in self._vocabulary.flows:
            following.setdefault(flow.source, []).append(flow.target)
        for node in self._vocabulary.nodes.values():
            if node.attached_to:
                following.setdefault(node.attached_to, []).append(node.id)
        return following

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The parallel gateways with more than one way out."""
        return tuple(n for n in self._parallel if len(self._vocabulary.outgoing.get(n, ())) > 1)

    @cached_property
    def joins(self) -> tuple[str, ...]:
        """The parallel gateways with more than one way in."""
        return tuple(n for n in self._parallel if len(self.inputs(n)) > 1)

    @cached_property
    def _parallel(self) -> tuple[str, ...]:
        return tuple(node.id for node in self._vocabulary.nodes.values() if node.kind == "parallelGateway")

    def inputs(self, join: str) -> tuple[str, ...]:
        """Return the nodes that lead to a join."""
        return tuple(flow.source for flow in self._vocabulary.flows if flow.target == join)

    def reached(self, start: str, *, but: str | None = None) -> frozenset[str]:
        """Return the nodes that a token at `start` can come to, without passing through `but`; `start` only by a loop."""
        if (start, but) not in self._reached:
            self._reached[start, but] = self._search([start], {but} - {None})
        return self._reached[start, but]

    def reached_from_starts(self, *, but: str) -> frozenset[str]:
        """Return the nodes that a token can come to from the start of its process or subprocess, without passing through `but`."""
        starts = [node.id for node in self._vocabulary.nodes.values() if node.kind == "startEvent"]
        return frozenset(starts) | self._search(starts, {but})

    def _search(self, starts: Iterable[str], closed: Iterable[str | None]) -> frozenset[str]:
        shut, found, rest = set(closed), set[str](), list(starts)
        while rest:
            for node in self._next.get(rest.pop(), ()):
                if node not in found and node not in shut:
                    found.add(node)
                    rest.append(node)
        return frozenset(found)

    def ways(self, split: str) -> tuple[str, ...]:
        """Return where the ways out of a split lead: for an activity, first those beside it."""
        return (*self._beside.get(split, ()), *(flow.target for flow in self._vocabulary.outgoing.get(split, ())))

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        """Activities with boundary events that do not interrupt them: what follows those goes on beside the activity."""
        found: dict[str, list[str]] = {}
        for node in self._vocabulary.nodes.values():
            if node.attached_to and not node.interrupting:
                found.setdefault(node.attached_to, []).append(node.id)
        return found

    def branches(self, split: str, node: str) -> frozenset[int]:
        """Return the ways out of a split, by number, on which a node lies."""
        return frozenset(
            number for number, way in enumerate(self.ways(split)) if way == node or node in self.reached(way, but=split)
        )

    def around(self, node: str) -> frozenset[str]:
        """Return the splits of which a node lies on some ways, but not on all: it is in their parallel part.

        A step that can also be come to through the activity itself is not beside it.
        """
        return frozenset(
            split for split in (*self.splits, *self._beside) if split != node and self._inside(split, node)
        )

    def _inside(self, split: str, node: str) -> bool:
        on = self.branches(split, node)
        if split in self._beside:
            return bool(on) and max(on) < len(self._beside[split])
        return 0 < len(on) < len(self.ways(split))

    def awaited_by(self, node: str) -> dict[str, frozenset[str]]:
        """Return the joins that count on a token at a node, each with the ways in by which it would come.

        A join whose own split is still ahead of the token does not: that split will make the tokens it needs.
        """
        found = {join: self._arrives(node, join) for join in self.joins if join != node}
        return {join: ways for join, ways in found.items() if ways}

    def _arrives(self, node: str, join: str) -> frozenset[str]:
        openers = {split for split in self.splits if split != node and self._opens(split, join)}
        reached = self._search([node], openers | {join}) | {node}
        return frozenset(source for source in self.inputs(join) if source in reached)

    def _opens(self, split: str, join: str) -> bool:
        ways = [self._ways_in(flow.target, join, split) for flow in self._vocabulary.outgoing[split]]
        return any(one != other for one in ways if one for other in ways if other)

    def _ways_in(self, start: str, join: str, split: str) -> frozenset[str]:
        if start == join:
            return frozenset([split])
        reached = self._search([start], {join, split}) | {start}
        return frozenset(source for source in self.inputs(join) if source in reached)


def match_inputs(old: Structure, new: Structure, join: str, mapped: Correspondence) -> dict[str, str] | None:
    """Say by which way into its counterpart each way into a join goes on; None when they cannot be told apart."""
    before, after = old.inputs(join), new.inputs(mapped[join])
    if len(before) != len(after):
        return None
    same = {source: mapped[source] for source in before if mapped.get(source) in after}
    rest, open_ = [s for s in before if s not in same], [s for s in after if s not in same.values()]
    for source in list(rest):
        led = _behind_or_ahead(new, mapped.get(source), open_)
        if len(rest) == 1 or len(led) == 1:
            same[source] = led[0] if len(led) == 1 else open_[0]
            open_.remove(same[source])
            rest.remove(source)
    return None if rest else same


def _behind_or_ahead(new: Structure, node: str | None, candidates: list[str]) -> list[str]:
    if node is None:
        return []
    return [c for c in candidates if c in new.reached(node)] or [c for c in candidates if node in new.reached(c)]
