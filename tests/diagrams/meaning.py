"""What a process of blocks means, told without the engine and without SpiffWorkflow: tokens, and what each does when its turn comes.

A join takes one token of each way in; a subprocess is over when its last token is, or when an end ends them all; what interrupts an
activity takes away all that goes on inside; a message or cycle that does not interrupt waits again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal import clock
from tests.diagrams.blocks import Block, Guard

Then = Callable[[], None]


@dataclass(eq=False)
class Scope:
    """A process or subprocess: how many tokens are in it, and what follows when none is left."""

    prefix: str
    then: Then
    tokens: int = 1
    over: bool = False
    open: list["Open"] = field(default_factory=list)
    inside: list["Scope"] = field(default_factory=list)
    come: dict[str, Counter[int]] = field(default_factory=dict)

    def end(self) -> None:
        """A token has come to an end."""
        self.tokens -= 1
        if not self.tokens and not self.over:
            self.over = True
            self.then()

    def stop(self) -> None:
        """Take everything away."""
        self.over = True
        self.open.clear()
        for scope in self.inside:
            scope.stop()

    def all_open(self) -> list["Open"]:
        """All that is open, inside subprocesses too."""
        return [*self.open, *(one for scope in self.inside for one in scope.all_open())]


@dataclass(eq=False)
class Open:
    """A task, or something that is waited for."""

    kind: str
    name: str
    happen: Callable[[str], None]
    due: datetime | None = None


class Meaning:
    """A process going on."""

    def __init__(self, block: Block) -> None:
        self.ended = False
        self.scope = Scope("", self._end)
        self._go(block, self.scope, self.scope.end)

    def _end(self) -> None:
        self.ended = True

    def open(self, kind: str) -> list[Open]:
        """What is open of a kind: task, message or timer."""
        return [one for one in self.scope.all_open() if one.kind == kind]

    def do(self, one: Open, answer: str = "") -> None:
        """Let something open happen."""
        self._withdraw(one, self.scope)
        one.happen(answer)

    def look(self) -> None:
        """Let what is due happen, the earliest first."""
        while due := [(one.due, one) for one in self.open("timer") if one.due is not None and one.due <= clock.now()]:
            self.do(min(due, key=lambda pair: pair[0])[1])

    def _withdraw(self, one: Open, scope: Scope) -> None:
        if one in scope.open:
            scope.open.remove(one)
        for inner in scope.inside:
            self._withdraw(one, inner)

    def _go(self, block: Block, scope: Scope, then: Then) -> None:
        if not scope.over:
            getattr(self, f"_{block.kind}")(block, scope, then)

    def _add(
        self, scope: Scope, kind: str, name: str, happen: Callable[[str], None], due: datetime | None = None
    ) -> Open:
        scope.open.append(Open(kind, scope.prefix + name, happen, due))
        return scope.open[-1]

    def _task(self, block: Block, scope: Scope, then: Then) -> None:
        self._add(scope, "task", block.name, lambda _answer: then())

    def _wait(self, block: Block, scope: Scope, then: Then) -> Open:
        due = clock.now() + timedelta(minutes=block.minutes) if block.minutes else None
        return self._add(scope, "timer" if due else "message", block.name, lambda _answer: then(), due)

    def _sequence(self, block: Block, scope: Scope, then: Then) -> None:
        self._go(block.parts[0], scope, lambda: self._go(block.parts[1], scope, then))

    def _choice(self, block: Block, scope: Scope, then: Then) -> None:
        self._add(scope, "task", block.name, lambda answer: self._go(block.parts[answer != "yes"], scope, then))

    def _loop(self, block: Block, scope: Scope, then: Then) -> None:
        def ask() -> None:
            self._add(scope, "task", block.name, lambda answer: again() if answer == "yes" else then())

        def again() -> None:
            self._go(block.parts[0], scope, ask)

        again()

    def _both(self, block: Block, scope: Scope, then: Then) -> None:
        scope.tokens += 1

        def arrive(way: int) -> None:
            come = scope.come.setdefault(block.name, Counter())
            come[way] += 1
            if come[0] and come[1]:
                come.subtract([0, 1])
                scope.tokens -= 1
                then()

        for way, part in enumerate(block.parts):
            self._go(part, scope, lambda way=way: arrive(way))  # type: ignore[misc]  # way is an int

    def _fork(self, block: Block, scope: Scope, then: Then) -> None:
        scope.tokens += 1
        self._go(block.parts[0], scope, scope.end)
        self._go(block.parts[1], scope, then)

    def _stop(self, block: Block, scope: Scope, then: Then) -> None:
        def stop() -> None:
            scope.stop()
            scope.then()

        scope.tokens += 1
        self._go(block.parts[0], scope, stop)
        self._go(block.parts[1], scope, then)

    def _race(self, block: Block, scope: Scope, then: Then) -> None:
        rivals: list[Open] = []

        def win(event: Block) -> None:
            for rival in rivals:
                self._withdraw(rival, scope)
            self._go(event.parts[0], scope, then)

        rivals += [self._wait(event, scope, lambda event=event: win(event)) for event in block.parts]  # type: ignore[misc]  # event is a Block

    def _guarded(self, block: Block, scope: Scope, then: Then) -> None:
        activity = Scope(scope.prefix, then)
        self._watch(block, scope, activity)
        self._add(activity, "task", block.name, lambda _answer: activity.end())

    def _part(self, block: Block, scope: Scope, then: Then, prefix: str = "") -> None:
        activity = Scope(scope.prefix + prefix, then)
        self._watch(block, scope, activity)
        self._go(block.parts[0], activity, activity.end)

    def _call(self, block: Block, scope: Scope, then: Then) -> None:
        self._part(block, scope, then, f"{block.name}.")

    def _watch(self, block: Block, scope: Scope, activity: Scope) -> None:
        """Let the events on a border wait in a scope of their own, which goes with the activity."""
        border, then = Scope(scope.prefix, lambda: None), activity.then
        scope.inside += [activity, border]

        def leave() -> None:
            for gone in (activity, border):
                gone.stop()
                scope.inside.remove(gone)

        def finish() -> None:
            leave()
            then()

        activity.then = finish
        for guard in block.guards:
            due = None if guard.kind in ("message", "again") else clock.now() + timedelta(minutes=guard.minutes)
            self._guard(guard, scope, border, leave, due, guard.times)

    def _guard(
        self, guard: Guard, scope: Scope, border: Scope, leave: Then, due: datetime | None, left: int | None
    ) -> None:
        def happen(_answer: str) -> None:
            if guard.kind in ("message", "timer"):
                leave()
            else:
                scope.tokens += 1
            if guard.kind == "again":
                self._guard(guard, scope, border, leave, None, None)
            elif guard.kind == "cycle" and due is not None and left != 1:
                self._guard(guard, scope, border, leave, _next(due, guard.minutes), left and left - 1)
            self._go(guard.block, scope, scope.end)

        self._add(border, "message" if due is None else "timer", guard.name, happen, due)


def _next(due: datetime, minutes: int) -> datetime:
    """The first moment of a grid that is still to come."""
    while due <= clock.now():
        due += timedelta(minutes=minutes)
    return due
