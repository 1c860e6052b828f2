"""What a definition's diagram is made of, what its call activities call included.

What happens inside a call activity is written down under `<call activity>.<node>`; on the diagram it is at the call activity.
"""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from portal.workflow import queries as workflow
from portal.workflow.vocabulary import Flow, Node, Text, Vocabulary

BESIDE = frozenset({"boundaryEvent", "startEvent"})
"""What waits there waits beside an activity, or for an event subprocess to begin: the token itself is elsewhere."""


@dataclass(frozen=True)
class Places:
    """The nodes of a definition: `drawn` on its diagram, or inside its call activities."""

    definition_id: int
    drawn: Vocabulary

    @cached_property
    def called(self) -> tuple[str, ...]:
        """The call activities on the diagram."""
        calls = [node.id for node in self.drawn.nodes.values() if node.called is not None]
        return tuple(one for one in calls if not any(one.startswith(f"{other}.") for other in calls))

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """The nodes that the diagram shows."""
        return {key: node for key, node in self.drawn.nodes.items() if not self._inside(key)}

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The flows that the diagram shows."""
        return tuple(flow for flow in self.drawn.flows if flow.source in self.nodes)

    @cached_property
    def beside(self) -> list[str]:
        """The nodes where something may wait without a token being there."""
        return sorted(node.id for node in self.drawn.nodes.values() if node.kind in BESIDE)

    def name(self, node_id: str) -> Text:
        """Return what a node is called, inside a call activity with what calls it; its id when the definition does not know it."""
        node = self.drawn.nodes.get(node_id)
        if node is None:
            return node_id, node_id
        through = [call for call in self.drawn.nodes.values() if call.called and node_id.startswith(f"{call.id}.")]
        zh, en = zip(*(one.name for one in [*sorted(through, key=lambda one: len(one.id)), node]), strict=True)
        return " › ".join(zh), " › ".join(en)

    def calls(self, node_id: str) -> bool:
        """Say whether a node is a call activity."""
        node = self.drawn.nodes.get(node_id)
        return node is not None and node.called is not None

    def _inside(self, node_id: str) -> bool:
        return any(node_id.startswith(f"{call}.") for call in self.called)


def places(session: Session, definition_id: int) -> Places:
    """Return the nodes of a definition; ProcessNotFound."""
    return Places(definition_id, workflow.vocabulary(session, definition_id))
