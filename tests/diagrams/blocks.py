"""Random processes made of blocks, without a diagram: `written` draws one as a file, `meaning.py` knows what it means."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.workflow.expanding import Called
from tests.diagrams import build
from tests.diagrams.build import (
    catch,
    diagram,
    end,
    gateway,
    inside,
    node,
    parallel,
    race,
    start,
    throw,
    user_task,
    wired,
)


@dataclass(frozen=True)
class Guard:
    """An event on a border: a message, or after so many `minutes`; a cycle so many `times` (None: without end)."""

    kind: str
    name: str
    minutes: int
    times: int | None
    block: "Block"


@dataclass(frozen=True)
class Block:
    """`kind` says what the rest means; a wait without `minutes` is for a message."""

    kind: str
    name: str
    parts: Sequence["Block"] = ()
    minutes: int | None = None
    guards: Sequence[Guard] = ()


SMALL = ("task", "task", "wait")
LARGE = ("sequence", "choice", "both", "both", "loop", "loop", "part", "part", "call", "race", "guarded", "fork")
GUARDS = ("message", "timer", "again", "again", "once", "cycle")


class Dice:
    """Makes a random process."""

    def __init__(self, seed: int) -> None:
        self.random, self.count = random.Random(seed), 0

    def process(self) -> Block:
        """Return two large blocks, one after the other."""
        return Block("sequence", "", [self.block(3), self.block(3)])

    def block(self, depth: int) -> Block:
        """Return a block with others in it, so many deep."""
        kind = self.random.choice(LARGE if depth > 0 else SMALL)
        name, inner = self._name(kind), depth - 1
        if kind in ("task", "wait"):
            return Block(kind, name, minutes=self._minutes() if kind == "wait" and self.random.random() < 0.4 else None)
        if kind == "guarded":
            return Block(kind, name, guards=self._guards(inner))
        if kind in ("part", "call"):
            return Block(
                kind, name, [self._ended(inner)], guards=self._guards(inner) if self.random.random() < 0.6 else ()
            )
        if kind == "race":
            return Block(kind, name, [self._event(inner) for _ in range(self.random.choice([2, 3]))])
        return Block(kind, name, [self.block(inner) for _ in range(1 if kind == "loop" else 2)])

    def _event(self, depth: int) -> Block:
        minutes = self._minutes() if self.random.random() < 0.4 else None
        return Block("event", self._name("event"), [self.block(depth)], minutes)

    def _ended(self, depth: int) -> Block:
        """Sometimes one branch ends all the others."""
        if self.random.random() < 0.25:
            return Block("stop", self._name("stop"), [self.block(depth), self.block(depth)])
        return self.block(depth)

    def _guards(self, depth: int) -> list[Guard]:
        kinds = [self.random.choice(GUARDS) for _ in range(self.random.choice([1, 1, 2, 3]))]
        return [
            Guard(
                kind, self._name(kind), self._minutes(), self.random.choice([None, 1, 2, 3]), self.block(min(depth, 1))
            )
            for kind in kinds
        ]

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def _minutes(self) -> int:
        """A span no other timer of the process has, so that no two are due at once."""
        self.count += 1
        return 61 * self.count + self.random.randrange(60)


@dataclass
class Written:
    """One process, drawn, and those it calls."""

    nodes: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    calls: dict[str, Called] = field(default_factory=dict)

    def put(self, block: Block, first: str, last: str, condition: str = "") -> None:
        """Draw a block between two nodes."""
        enter, leave = getattr(self, f"_{block.kind}")(block)
        self.flows += [f"{first} -> {enter}{condition}", f"{leave} -> {last}"]

    def _task(self, block: Block) -> tuple[str, str]:
        self.nodes.append(user_task(block.name, build.field("go")))
        return block.name, block.name

    def _wait(self, block: Block) -> tuple[str, str]:
        timer = f"PT{block.minutes}M" if block.minutes else ""
        self.nodes.append(catch(block.name, timer=timer, message="" if timer else self._message(block.name)))
        return block.name, block.name

    def _message(self, name: str) -> str:
        self.messages.append(f"m_{name}")
        return f"m_{name}"

    def _sequence(self, block: Block) -> tuple[str, str]:
        between = f"{block.name}_between"
        self.nodes += [throw(f"{block.name}_first"), throw(between), throw(f"{block.name}_last")]
        self.put(block.parts[0], f"{block.name}_first", between)
        self.put(block.parts[1], between, f"{block.name}_last")
        return f"{block.name}_first", f"{block.name}_last"

    def _choice(self, block: Block) -> tuple[str, str]:
        gate, merge = f"{block.name}_gate", f"{block.name}_merge"
        self.nodes += [gateway(gate), gateway(merge)]
        self.flows.append(f"{self._task(block)[0]} -> {gate}")
        self.put(block.parts[0], gate, merge, f' | {block.name}.go == "yes"')
        self.put(block.parts[1], gate, merge, " | default")
        return block.name, merge

    def _both(self, block: Block) -> tuple[str, str]:
        self.nodes += [parallel(block.name), parallel(f"{block.name}_join")]
        for part in block.parts:
            self.put(part, block.name, f"{block.name}_join")
        return block.name, f"{block.name}_join"

    def _fork(self, block: Block, kind: str = "") -> tuple[str, str]:
        over, last = f"{block.name}_over", f"{block.name}_last"
        self.nodes += [parallel(block.name), node("endEvent", over, kind), throw(last)]
        self.put(block.parts[0], block.name, over)
        self.put(block.parts[1], block.name, last)
        return block.name, last

    def _stop(self, block: Block) -> tuple[str, str]:
        return self._fork(block, "<bpmn:terminateEventDefinition/>")

    def _loop(self, block: Block) -> tuple[str, str]:
        merge, gate, last = f"{block.name}_merge", f"{block.name}_gate", f"{block.name}_last"
        self.nodes += [gateway(merge), gateway(gate), throw(last)]
        self.put(block.parts[0], merge, self._task(block)[0])
        self.flows += [
            f"{block.name} -> {gate}",
            f'{gate} -> {merge} | {block.name}.go == "yes"',
            f"{gate} -> {last} | default",
        ]
        return merge, last

    def _race(self, block: Block) -> tuple[str, str]:
        self.nodes += [race(block.name), gateway(f"{block.name}_merge")]
        for event in block.parts:
            self.flows.append(f"{block.name} -> {self._wait(event)[0]}")
            self.put(event.parts[0], event.name, f"{block.name}_merge")
        return block.name, f"{block.name}_merge"

    def _guarded(self, block: Block) -> tuple[str, str]:
        return self._watched(block, self._task(block)[0])

    def _part(self, block: Block) -> tuple[str, str]:
        scope = Written.of(block.parts[0], block.name)
        self.messages += scope.messages
        self.calls |= scope.calls
        self.nodes.append(inside(block.name, scope.wired()))
        return self._watched(block, block.name)

    def _call(self, block: Block) -> tuple[str, str]:
        key = f"called_{block.name}"
        scope = Written.of(block.parts[0], key)
        xml = scope.xml(key)
        self.calls[key] = Called(1, hashlib.sha256(xml.encode()).hexdigest(), scope.calls, lambda: xml)
        self.nodes.append(build.call(block.name, key))
        return self._watched(block, block.name)

    def _watched(self, block: Block, on: str) -> tuple[str, str]:
        for guard in block.guards:
            over = f"{guard.name}_over"
            self.nodes += [self._border(guard, on), end(over)]
            self.put(guard.block, guard.name, over)
        return on, on

    def _border(self, guard: Guard, on: str) -> str:
        interrupting = guard.kind in ("message", "timer")
        if guard.kind in ("message", "again"):
            return build.border(guard.name, on, message=self._message(guard.name), interrupting=interrupting)
        if guard.kind == "cycle":
            return build.border(guard.name, on, cycle=f"R{guard.times or ''}/PT{guard.minutes}M", interrupting=False)
        return build.border(guard.name, on, timer=f"PT{guard.minutes}M", interrupting=interrupting)

    @classmethod
    def of(cls, block: Block, key: str) -> "Written":
        """Draw a process, or what is inside a subprocess."""
        drawn = cls([start(f"{key}_start"), end(f"{key}_end")])
        drawn.put(block, f"{key}_start", f"{key}_end")
        return drawn

    def wired(self) -> str:
        """The nodes with their arrows."""
        return wired(*self.nodes, flows="\n".join(self.flows))

    def xml(self, key: str) -> str:
        """The whole file."""
        return diagram(key, self.wired(), messages=" ".join(self.messages))
