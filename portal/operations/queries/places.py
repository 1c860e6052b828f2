"""What a definition's diagram is made of, the diagrams that its call activities call included.

What happens inside a call activity is written down under `<call activity>.<node>`; on the diagram it is at the call activity.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.workflow import queries as workflow
from portal.workflow.models import ProcessDefinition
from portal.workflow.vocabulary import Node, Text, Vocabulary

BESIDE = frozenset({"boundaryEvent", "startEvent"})
"""What waits there waits beside an activity, or for an event subprocess to begin: the token itself is elsewhere."""
CALL = "callActivity"
DEEPEST = 5


@dataclass(frozen=True)
class Places:
    """The nodes of a definition: those on its diagram, and those inside its call activities by their whole ids."""

    definition_id: int
    drawn: Vocabulary
    inside: dict[str, tuple[Text, Node]]
    """Whole id → name that says where (call › node), node."""

    @property
    def beside(self) -> list[str]:
        """Return the ids of nodes where something may wait without a token being there."""
        inner = [key for key, (_name, node) in self.inside.items() if node.kind in BESIDE]
        return sorted([node.id for node in self.drawn.nodes.values() if node.kind in BESIDE] + inner)

    def name(self, node_id: str) -> Text:
        """Return what a node is called; its id when the diagram does not know it."""
        if node_id in self.inside:
            return self.inside[node_id][0]
        node = self.drawn.nodes.get(node_id)
        return node.name if node else (node_id, node_id)

    def calls(self, node_id: str) -> bool:
        """Say whether a node is a call activity."""
        node = self.drawn.nodes.get(node_id)
        return node is not None and node.kind == CALL


def places(session: Session, definition_id: int) -> Places:
    """Return the nodes of a definition; ProcessNotFound."""
    drawn = workflow.vocabulary(session, definition_id)
    return Places(definition_id, drawn, dict(_inside(session, definition_id, drawn, DEEPEST)))


def _inside(
    session: Session, definition_id: int, drawn: Vocabulary, deep: int
) -> Iterator[tuple[str, tuple[Text, Node]]]:
    calls = [node for node in drawn.nodes.values() if node.kind == CALL]
    if not calls or not deep:
        return
    statement = select(ProcessDefinition.calls).where(ProcessDefinition.id == definition_id)
    for called in set((session.scalars(statement).first() or {}).values()):
        inner = workflow.vocabulary(session, called)
        below = [(node.id, (node.name, node)) for node in inner.nodes.values()]
        below += _inside(session, called, inner, deep - 1)
        for call in calls:
            yield from ((f"{call.id}.{key}", (_through(call.name, name), node)) for key, (name, node) in below)


def _through(outer: Text, inner: Text) -> Text:
    return f"{outer[0]} › {inner[0]}", f"{outer[1]} › {inner[1]}"
