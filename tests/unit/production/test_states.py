"""The table of production states: every state can be reached and left, and the board's one press is always allowed."""

from portal.production.queries.board import COLUMNS
from portal.production.states import MOVES, NEXT, OPEN, may_become


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, waiting = set(), ["requested"]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting.extend(MOVES[state])
    assert reached == set(MOVES)


def test_open_states_can_be_left_and_closed_ones_cannot() -> None:
    assert {state for state, to in MOVES.items() if to} == set(OPEN)


def test_one_press_on_a_card_moves_it_one_column_to_the_right() -> None:
    for before, after in NEXT.items():
        assert may_become(before, after)
        assert COLUMNS.index(after) == COLUMNS.index(before) + 1


def test_what_has_been_started_cannot_be_cancelled() -> None:
    assert not may_become("started", "cancelled")
    assert not may_become("inspecting", "cancelled")
