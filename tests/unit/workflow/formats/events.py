"""Scenes of the nodes that came after the first release (format 1 still): `python -m tests.unit.workflow.formats.events`."""

import sys
from datetime import timedelta
from typing import Any

from portal import clock
from tests.diagrams.build import border, call, catch, diagram, end, gateway, parallel, race, start, user_task, wired
from tests.diagrams.play import Play
from tests.unit.workflow.formats.write import Keep, Scene, definition_of, write

CHECK = diagram("check", wired(start(), user_task("look"), border("late", "look", timer="P1D"), end("bad"), end(),
                               flows="start -> look -> end\nlate -> bad"))  # fmt: skip


def racing(scene: Scene, keep: Keep) -> None:
    game = Play(definition_of(scene), scene["answers"])
    keep("all events wait", game)
    keep("one has happened, in the second round all wait", game.send("ping").complete("more", go="yes"))


def ticking(scene: Scene, keep: Keep) -> None:
    game = Play(definition_of(scene), scene["answers"])
    keep("before the first tick", game)
    clock.travel(timedelta(hours=5, minutes=20))
    game.settle()
    keep("after what was missed", game)


def calling(scene: Scene, keep: Keep) -> None:
    keep("inside what is called", Play(definition_of(scene), scene["answers"]))


def joining(scene: Scene, keep: Keep) -> None:
    game = Play(definition_of(scene), scene["answers"])
    keep("one of three has come", game.complete("a"))
    keep("two of three have come", game.complete("b"))


def scene(xml: str, play: Any, **called: str) -> tuple[Scene, Any]:
    return {"xml": xml, "answers": {"more": {"go": None}}, "called": called}, play


SCENES: dict[str, tuple[Scene, Any]] = {
    "race": scene(
        diagram("race", wired(start(), gateway("merge"), race("await"), catch("ping", message="ping"), user_task("more"), gateway("again"),
                              catch("over", timer="P1D"), end(),
                              flows="""start -> merge -> await -> ping -> more -> again
                              again -> merge | known(more.go)
                              again -> end | default
                              await -> over -> end"""), messages="ping"),
        racing,
    ),
    "cycle": scene(
        diagram("cycle", wired(start(), user_task("work"), border("tick", "work", cycle="R3/PT1H", interrupting=False), user_task("answer"),
                               end("told"), end(), flows="start -> work -> end\ntick -> answer -> told")),
        ticking,
    ),
    "call": scene(
        diagram("call", wired(start(), call("credit", "check"), user_task("after"), end(), flows="start -> credit -> after -> end")),
        calling, check=CHECK,
    ),
    "join of three": scene(
        diagram("join", wired(start(), parallel("split"), user_task("a"), user_task("b"), user_task("c"), parallel("all"), end(),
                              flows="start -> split -> a -> all -> end\nsplit -> b -> all\nsplit -> c -> all")),
        joining,
    ),
}  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(f"{write(SCENES, '_events')}\n")
