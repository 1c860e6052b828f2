"""The customer's tracker (pure): milestones of the running diagram against the nodes that were entered.

A milestone is reached when one of its nodes is entered; the last one entered is where the order is. Milestones that were passed over
(an order from stock has no production) are left out, and an order that ended early ends with its status.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.workflow.vocabulary import Milestone, StatusLook

Text = tuple[str, str]
OVER = ("end", "stop")
"""Tones of statuses after which nothing more happens."""


@dataclass(frozen=True)
class Entered:
    """When a node was entered first and last, and where the last time stands in the history."""

    first: datetime
    last: datetime
    order: int


@dataclass(frozen=True)
class Step:
    """One milestone as shown: state is done, now, ahead, dead (ended early) or stop (refused); texts are (Chinese, English)."""

    key: str
    label: Text
    state: str
    at: datetime | None = None
    next: Text = ("", "")
    nodes: tuple[str, ...] = ()


def is_over(look: StatusLook | None) -> bool:
    """Say whether a status is the end of an order."""
    return look is not None and look.tone in OVER


def track(
    milestones: Sequence[Milestone],
    entered: Mapping[str, Entered],
    *,
    submitted_at: datetime,
    look: StatusLook | None,
    status_at: datetime,
) -> tuple[Step, ...]:
    """Draw the tracker of one order."""
    reached = {index: found for index, milestone in enumerate(milestones) if (found := _reached(milestone, entered))}
    if not reached:
        return _ended((), look, status_at) if is_over(look) else tuple(_ahead(one) for one in milestones)
    current = max(reached, key=lambda index: reached[index].order)
    completed = is_over(look) and current == len(milestones) - 1
    shown = [index for index in sorted(reached) if index < current]
    done = tuple(
        Step(
            milestones[index].key,
            milestones[index].done,
            "done",
            _done_at(index, [*shown, current], reached, submitted_at),
        )
        for index in shown
    )
    here = milestones[current]
    if is_over(look):
        return (
            (*done, Step(here.key, here.done, "done", reached[current].first, here.next))
            if completed
            else _ended(done, look, status_at)
        )
    now = Step(here.key, here.name, "now", reached[current].first, _next(here, entered), here.nodes)
    return (*done, now, *(_ahead(one) for one in milestones[current + 1 :]))


def current_step(steps: Sequence[Step]) -> Step | None:
    """Return the step the order is at; None when it is over."""
    return next((step for step in steps if step.state == "now"), None)


def _reached(milestone: Milestone, entered: Mapping[str, Entered]) -> Entered | None:
    found = [entered[node] for node in milestone.nodes if node in entered]
    if not found:
        return None
    return Entered(min(e.first for e in found), max(e.last for e in found), max(e.order for e in found))


def _next(milestone: Milestone, entered: Mapping[str, Entered]) -> Text:
    """What happens next, in the words of the node entered last if it has any."""
    last = max((node for node in milestone.nodes if node in entered), key=lambda node: entered[node].order)
    return milestone.own_next.get(last, milestone.next)


def _done_at(index: int, shown: list[int], reached: Mapping[int, Entered], submitted_at: datetime) -> datetime:
    if index == shown[0]:
        return submitted_at
    following = shown[shown.index(index) + 1]
    return max(reached[following].first, reached[index].first)


def _ended(done: tuple[Step, ...], look: StatusLook | None, at: datetime) -> tuple[Step, ...]:
    assert look is not None
    return (*done, Step(look.key, (look.zh, look.en), "stop" if look.tone == "stop" else "dead", at))


def _ahead(milestone: Milestone) -> Step:
    return Step(milestone.key, milestone.name, "ahead")
