"""Draws random block-structured processes, for us and for the stock engine: the same seed gives both the same process.

They write a few things differently: the stock engine evaluates conditions and timers as Python, and knows what a task was completed
with by a name of its own.
"""

import random
from dataclasses import dataclass, field

from tests.diagrams import build
from tests.diagrams.build import catch, diagram, end, gateway, parallel, race, start, throw, user_task, wired


@dataclass(frozen=True)
class Style:
    """How an engine writes the condition on a task's answer, and a timer."""

    condition: str
    timer: str


OURS = Style('{}.go == "yes"', "{}")
STOCK = Style('{}_go == "yes"', '"{}"')


@dataclass
class Drawn:
    """A process, and those it calls by their keys."""

    xml: str
    called: dict[str, "Drawn"]


@dataclass
class _Sheet:
    """What is drawn on one level: a process, or the inside of a subprocess."""

    nodes: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def wired(self) -> str:
        return wired(*self.nodes, flows="\n".join(self.flows))


class Drawing:
    """One random process. `repeating` collects the non-interrupting events on borders, which wait again after they fired."""

    def __init__(self, seed: int, style: Style) -> None:
        self.random, self.style, self.count = random.Random(seed), style, 0
        self.called: dict[str, Drawn] = {}
        self.looping = False

    def draw(self, key: str = "walk", depth: int = 3) -> Drawn:
        """Draw a process and what it calls."""
        kept, self._messages = getattr(self, "_messages", []), list[str]()
        sheet = self._level(key, depth, blocks=3 if key == "walk" else 1)
        xml = diagram(key, sheet.wired(), messages=" ".join(self._messages))
        self._messages = kept
        called, self.called = self.called, {}
        return Drawn(xml, called)

    def _level(self, name: str, depth: int, *, blocks: int = 1) -> _Sheet:
        sheet = _Sheet([start(f"{name}_start"), end(f"{name}_end")])
        looping, self.looping = self.looping, False
        last = f"{name}_start"
        for _ in range(blocks):
            first, following = self._block(sheet, depth)
            sheet.flows.append(f"{last} -> {first}")
            last = following
        sheet.flows.append(f"{last} -> {name}_end")
        self.looping = looping
        return sheet

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def _message(self, node: str) -> str:
        self._messages.append(f"m_{node}")
        return f"m_{node}"

    def _duration(self) -> str:
        """A span no other timer of the drawing has, so that no two are due at once."""
        self.count += 1
        return f"PT{61 * self.count + self.random.randrange(60)}M"

    def _timer(self) -> str:
        return self.style.timer.format(self._duration())

    def _block(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        small = ["task", "task", "pass"]
        large = [
            "sequence",
            "sequence",
            "choice",
            "parallel",
            "loop",
            "fork",
            "inside",
            "wait",
            "race",
            "guarded",
            "call",
        ]
        kinds = [kind for kind in large if not (self.looping and kind == "parallel")] if depth else small
        kind = self.random.choice(kinds)
        first, last = getattr(self, f"_draw_{kind}")(sheet, depth - 1)
        return first, last

    def _draw_task(self, sheet: _Sheet, _depth: int) -> tuple[str, str]:
        name = self._name("task")
        sheet.nodes.append(user_task(name, build.field("go")))
        return name, name

    def _draw_pass(self, sheet: _Sheet, _depth: int) -> tuple[str, str]:
        name = self._name("pass")
        sheet.nodes.append(throw(name))
        return name, name

    def _draw_wait(self, sheet: _Sheet, _depth: int) -> tuple[str, str]:
        name = self._name("wait")
        timed = self.random.random() < 0.4
        sheet.nodes.append(catch(name, timer=self._timer()) if timed else catch(name, message=self._message(name)))
        return name, name

    def _draw_sequence(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        a, b = self._block(sheet, depth), self._block(sheet, depth)
        sheet.flows.append(f"{a[1]} -> {b[0]}")
        return a[0], b[1]

    def _draw_choice(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        task, gate, merge = self._name("task"), self._name("gate"), self._name("merge")
        sheet.nodes += [user_task(task, build.field("go")), gateway(gate), gateway(merge)]
        a, b = self._block(sheet, depth), self._block(sheet, depth)
        sheet.flows += [f"{task} -> {gate}", f"{gate} -> {a[0]} | {self.style.condition.format(task)}", f"{gate} -> {b[0]} | default",
                        f"{a[1]} -> {merge}", f"{b[1]} -> {merge}"]  # fmt: skip
        return task, merge

    def _draw_parallel(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        split, join = self._name("split"), self._name("join")
        sheet.nodes += [parallel(split), parallel(join)]
        for _ in range(self.random.choice([2, 3])):
            first, last = self._block(sheet, depth)
            sheet.flows += [f"{split} -> {first}", f"{last} -> {join}"]
        return split, join

    def _draw_fork(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        split, side = self._name("fork"), self._name("end")
        sheet.nodes += [parallel(split), end(side)]
        a, b = self._block(sheet, depth), self._block(sheet, depth)
        sheet.flows += [f"{split} -> {a[0]}", f"{a[1]} -> {side}", f"{split} -> {b[0]}"]
        return split, b[1]

    def _draw_loop(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        merge, task, gate, out = self._name("merge"), self._name("task"), self._name("gate"), self._name("pass")
        sheet.nodes += [gateway(merge), user_task(task, build.field("go")), gateway(gate), throw(out)]
        looping, self.looping = self.looping, True  # the stock engine joins too early in the second round
        a = self._block(sheet, depth)
        self.looping = looping
        sheet.flows += [f"{merge} -> {a[0]}", f"{a[1]} -> {task} -> {gate}",
                        f"{gate} -> {merge} | {self.style.condition.format(task)}", f"{gate} -> {out} | default"]  # fmt: skip
        return merge, out

    def _draw_race(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        """Two or three events; at most one is a timer, as the stock gateway keeps one moment for all of them."""
        gate, merge = self._name("race"), self._name("merge")
        sheet.nodes += [race(gate), gateway(merge)]
        timed = self.random.random() < 0.6
        for number in range(self.random.choice([2, 3])):
            name = self._name("event")
            event = (
                catch(name, timer=self._timer()) if timed and number == 0 else catch(name, message=self._message(name))
            )
            sheet.nodes.append(event)
            first, last = self._block(sheet, depth)
            sheet.flows += [f"{gate} -> {name}", f"{name} -> {first}", f"{last} -> {merge}"]
        return gate, merge

    def _draw_inside(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        name = self._name("inside")
        sheet.nodes.append(build.inside(name, self._level(name, depth).wired()))
        if self.random.random() < 0.7:
            self._guard(sheet, name, depth)
        return name, name

    def _draw_guarded(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        name = self._name("task")
        sheet.nodes.append(user_task(name, build.field("go")))
        self._guard(sheet, name, depth)
        return name, name

    def _draw_call(self, sheet: _Sheet, depth: int) -> tuple[str, str]:
        name = self._name("call")
        others, self.called = self.called, {}
        drawn = self.draw(f"called_{name}", depth)
        self.called = {**others, f"called_{name}": drawn}
        sheet.nodes.append(build.call(name, f"called_{name}"))
        if self.random.random() < 0.5:
            self._guard(sheet, name, depth)
        return name, name

    def _guard(self, sheet: _Sheet, on: str, depth: int) -> None:
        """Put one to three events on a border; the branch of a cycle is passed through at once, as the stock one drops it with the activity."""
        for kind in self.random.sample(
            ["message", "timer", "side message", "side timer", "cycle"], self.random.choice([1, 2, 3])
        ):
            name, over = self._name(f"{kind.replace(' ', '_')}_"), self._name("end")
            sheet.nodes.append(end(over))
            if kind == "cycle":
                cycle = self.style.timer.format(f"R{self.random.choice(['', 1, 2])}/{self._duration()}")
                sheet.nodes.append(build.border(name, on, cycle=cycle, interrupting=False))
                first, last = self._draw_pass(sheet, 0)
            else:
                given = {"message": self._message(name)} if "message" in kind else {"timer": self._timer()}
                sheet.nodes.append(build.border(name, on, interrupting="side" not in kind, **given))
                first, last = self._block(sheet, max(depth - 1, 0))
            sheet.flows += [f"{name} -> {first}", f"{last} -> {over}"]
