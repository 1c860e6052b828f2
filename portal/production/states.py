"""The states of a production order and the moves between them, as one table."""

from typing import Final

OPEN: Final = ("requested", "planned", "started", "inspecting")
NOT_STARTED: Final = ("requested", "planned")
UNDER_WAY: Final = ("started", "inspecting")

MOVES: Final[dict[str, frozenset[str]]] = {
    "requested": frozenset({"planned", "started", "cancelled"}),
    "planned": frozenset({"planned", "started", "cancelled"}),
    "started": frozenset({"inspecting", "finished"}),
    "inspecting": frozenset({"started", "finished"}),
    "finished": frozenset(),
    "cancelled": frozenset(),
}

NEXT: Final = {"requested": "planned", "planned": "started", "started": "inspecting", "inspecting": "finished"}
"""What one press on a card of the board does."""


def may_become(status: str, to: str) -> bool:
    """Say whether a production order may go from one state to another."""
    return to in MOVES[status]
