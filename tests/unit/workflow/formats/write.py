"""Writes instance states as the present code saves them: `python -m tests.unit.workflow.formats.write`.

Run it once for each new `codec.FORMAT`, in the change that brings it, and never again for an old one: what stands in `format_<n>.json`
was saved by the release that wrote that format, and must load for ever.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from portal import clock
from portal.settings import ROOT
from portal.workflow import codec
from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.expanding import Called
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    field,
    gateway,
    inside,
    node,
    parallel,
    rule,
    service,
    start,
    throw,
    user_task,
    wired,
)
from tests.diagrams.play import Play

FOLDER = Path(__file__).parent
BEGAN = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
Keep = Callable[[str, Play], None]
Scene = dict[str, Any]
"""`xml`, `answers` (what actions and people answer), `called` (what it calls, by key)."""


def write(scenes: dict[str, tuple[Scene, Callable[[Scene, Keep], None]]], suffix: str = "") -> Path:
    """Write a file of the present format."""
    states: list[dict[str, Any]] = []
    for name, (scene, play) in scenes.items():

        def keep(moment: str, game: Play, name: str = name) -> None:
            states.append({"diagram": name, "moment": moment, "state": game.run.dump().decode()})

        with clock.frozen(BEGAN):
            play(scene, keep)
    diagrams = {name: {**scene, "answers": codec.to_json(scene["answers"])} for name, (scene, _play) in scenes.items()}
    for kept in states:
        kept |= play_on(diagrams[kept["diagram"]], kept["state"])
    path = FOLDER / f"format_{codec.FORMAT}{suffix}.json"
    content = {"format": codec.FORMAT, "diagrams": diagrams, "states": states}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return path


def definition_of(scene: Scene) -> Definition:
    """Make a scene's diagram ready to run."""
    called = {
        key: Called(1, hashlib.sha256(xml.encode()).hexdigest(), {}, partial(str, xml))
        for key, xml in scene.get("called", {}).items()
    }
    return parse_definition(scene["xml"], called)


def play_on(scene: Scene, state: str) -> dict[str, Any]:
    """Load a state, tell what is open, play it to its end, and tell what happened and what is known then."""
    with clock.frozen(BEGAN):
        game = Play(definition_of(scene), codec.from_json(scene["answers"]), state=state.encode())
        open_ = game.open()
        game.finish()
        return {
            "open": open_,
            "then": [list(pair) for pair in game.happened],
            "known": codec.to_json(game.run.facts),
        }


# The scenes


def straight(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    facts = {
        "order": {"amount": Decimal("29558.40"), "on": date(2026, 11, 20), "at": BEGAN, "note": None, "lines": [1, 2]}
    }
    game = Play(xml, answers, facts=facts)
    keep("at the first task", game)
    keep("at the second task", game.complete("first", go="一"))


def looping(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    for round_ in range(12):
        game.complete("look", go="again")
        if round_ in (0, 11):
            keep(f"after round {round_ + 1}", game)


def joining(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("both branches open", game)
    keep("one branch waits for the other", game.complete("a"))


def forking(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("the side branch has ended", game.complete("side"))


def nesting(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("two deep", game)
    keep("one deep", game.complete("deep"))
    other = Play(xml, answers)
    keep("interrupted two deep", other.send("stop"))


def waiting(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("for a message", game)
    keep("in a receive task", game.send("came", count=3))
    keep("for a moment", game.send("answered"))


def reminding(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("nothing came yet", game)
    keep("asked once", game.send("ask", by="王磊"))
    keep("asked twice", game.send("ask", by="林涛"))


def asking_outside(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("asked", game)
    keep("failed", game.fail("push", "TimeoutError: nobody answered"))
    keep("asked again", game.retry("push"))


def failing(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, {**answers, "count": "no such thing"})
    keep("an action, a timer and a gateway are blocked", game)


def terminating(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, answers)
    keep("both branches open", game)


def deciding(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    keep("after the table", Play(xml, answers))


ORDER = {"order": {"number": "SO-1001", "amount": Decimal("29558.00")}}


def ordering(xml: str, answers: dict[str, Any], keep: Keep) -> None:
    game = Play(xml, dict(answers), facts=ORDER)
    keep("under review", game)
    game.complete("review_by_salesperson", decision="send_back", reason="请改数量", promised_on=None, message=None)
    keep("sent back", game)
    keep("under review again", game.complete("revise_order"))
    game.complete("review_by_salesperson")
    keep("being pushed", game)
    keep("push failed", game.fail("push_order", "HTTPError: 502"))
    keep("pushed again", game.retry("push_order"))
    game.complete("push_order").complete("reserve_stock", short=True, some=True)
    keep("short, the payment is followed up beside it", game)
    game.complete("request_production").complete("release_early")
    keep("in production", game)
    game.send("parcel_shipped", number="P1")
    keep("an early parcel left", game)
    keep("production has begun", game.send("production_started"))
    game.host.answers["record_parcel"] = {"shipped": 30, "left": 10}
    game.send("production_finished", positions=[]).complete("release_goods").send("parcel_shipped", number="P2")
    keep("the rest is awaited", game)
    keep("cancellation asked", game.send("cancel_requested", reason="不要了"))
    keep(
        "cancellation declined", game.complete("decide_cancellation", decision="decline", reason="已发货", message=None)
    )
    game.send("parcel_shipped", number="P3")
    keep("to be confirmed", game)
    game.complete("follow_up_payment", amount=Decimal(100), closed=False)
    keep("paid in part", game)
    other = Play(xml, {**answers, "assess": {"customer_type": "two", "amount": Decimal(5), "partial_delivery": False}}, facts=ORDER)  # fmt: skip
    other.complete("review_by_salesperson").complete("push_order").complete("reserve_stock")
    keep("payment first", other)
    keep("called off", other.send("cancel_order", reason="不要了"))
    keep("a refund is due", other.complete("cancel_production"))


def order_xml() -> str:
    """The order process without its shapes."""
    text = (ROOT / "workflows" / "order.bpmn").read_text()
    before, _, rest = text.partition("<bpmndi:BPMNDiagram")
    return before + rest.partition("</bpmndi:BPMNDiagram>")[2]


ORDER_ANSWERS: dict[str, Any] = {
    "assess": {"customer_type": "one", "amount": Decimal("29558.00"), "partial_delivery": True},
    "decide_approval": {"approver": "salesperson"},
    "review_by_salesperson": {"decision": "approve", "message": None, "reason": None, "promised_on": date(2026, 12, 1)},
    "reserve_stock": {"short": False, "some": True},
    "recheck_stock": {"short": False, "some": True},
    "confirm_payment": {"amount": Decimal(5), "method": "transfer", "go_ahead": True},
    "record_payment": {"paid": True, "left": Decimal(0)},
    "follow_up_payment": {"amount": Decimal(5), "method": "transfer", "closed": True},
    "record_follow_up": {"paid": False, "left": Decimal(7)},
    "production_finished": {"positions": []},
    "release_goods": {"shipped": 0, "left": 40},
    "release_early": {"shipped": 0, "left": 40},
    "record_early_parcel": {"shipped": 10, "left": 30},
    "record_parcel": {"shipped": 40, "left": 0},
    "record_next_parcel": {"shipped": 40, "left": 0},
    "check_cancellation": {"free": False},
    "decide_cancellation": {"decision": "agree", "message": "好", "reason": None},
    "settle_cancellation": {"refund": Decimal(5)},
    "refund_payment": {"amount": Decimal(5)},
    "record_refund": {"refund": Decimal(0)},
    "parcel_shipped": {"number": "P9"},
}

FIRST: dict[str, tuple[str, dict[str, Any], Callable[[str, dict[str, Any], Keep], None]]] = {
    "order": (order_xml(), ORDER_ANSWERS, ordering),
    "straight": (
        diagram("straight", wired(start(), user_task("first", field("go")), throw("past"), user_task("second"), end(),
                                  flows="start -> first -> past -> second -> end")),
        {}, straight,
    ),
    "loop": (
        diagram("loop", wired(start(), gateway("merge"), throw("round"), user_task("look", field("go")), gateway("more"), end(),
                              flows='start -> merge -> round -> look -> more\nmore -> merge | look.go == "again"\nmore -> end | default')),
        {"look": {"go": "on"}}, looping,
    ),
    "join": (
        diagram("join", wired(start(), parallel("split"), user_task("a"), user_task("b"), user_task("c"), parallel("both"), user_task("z"),
                              end(), flows="start -> split -> a -> both -> z -> end\nsplit -> b -> c -> both")),
        {}, joining,
    ),
    "fork": (
        diagram("fork", wired(start(), parallel("split"), user_task("side"), end("side_end"), user_task("main"), end(),
                              flows="start -> split -> side -> side_end\nsplit -> main -> end")),
        {}, forking,
    ),
    "nest": (
        diagram(
            "nest",
            wired(
                start(),
                inside("outer", wired(start("o1"), inside("inner", wired(start("i1"), user_task("deep"), end("i2"), flows="i1 -> deep -> i2")),
                                      user_task("shallow"), end("o2"), flows="o1 -> inner -> shallow -> o2")),
                border("stop", "outer", message="stop"), user_task("clean"), end("stopped"), end(),
                flows="start -> outer -> end\nstop -> clean -> stopped",
            ),
            messages="stop",
        ),
        {}, nesting,
    ),
    "wait": (
        diagram("wait", wired(start(), catch("await", message="came"),
                              node("receiveTask", "receive", _messageRef="Message_answered"), catch("pause", timer="P3D"), end(),
                              flows="start -> await -> receive -> pause -> end"), messages="came answered"),
        {}, waiting,
    ),
    "remind": (
        diagram("remind", wired(start(), user_task("work"), border("late", "work", timer="P7D"),
                                border("asked", "work", message="ask", interrupting=False), user_task("answer"), end("told"),
                                user_task("hurry"), end("hurried"), end(),
                                flows="start -> work -> end\nlate -> hurry -> hurried\nasked -> answer -> told"), messages="ask"),
        {}, reminding,
    ),
    "outside": (
        diagram("outside", wired(start(), service("push", "outside.push", result="pushed"), border("slow", "push", timer="PT5M"),
                                 user_task("call"), end("called"), end(), flows="start -> push -> end\nslow -> call -> called")),
        {"push": {"number": 7}}, asking_outside,
    ),
    "fail": (
        diagram("fail", wired(start(), parallel("split"), service("count", "do.count", result="counted"), end("e1"),
                              catch("later", timer="counted.due"), end("e2"), gateway("which"), user_task("one"), end("e3"), end("e4"),
                              flows="start -> split -> count -> e1\nsplit -> later -> e2\nsplit -> which\n"
                                    "which -> one | counted.number > 3\none -> e3\nwhich -> e4 | default")),
        {"count": {"number": 7, "due": "P1D"}}, failing,
    ),
    "terminate": (
        diagram("terminate", wired(start(), parallel("split"), user_task("a"),
                                   node("endEvent", "all_over", "<bpmn:terminateEventDefinition/>"), user_task("b"), end(),
                                   flows="start -> split -> a -> all_over\nsplit -> b -> end")),
        {}, terminating,
    ),
    "decide": (
        diagram("decide", wired(start(), rule("table", "prices", result="price"), gateway("dear"), user_task("ask"), gateway("merge"),
                                user_task("pack"), end(),
                                flows='start -> table -> dear\ndear -> ask | price.net >= 100\ndear -> merge | default\n'
                                      "ask -> merge -> pack -> end")),
        {"table": {"net": Decimal("100.00")}}, deciding,
    ),
}  # fmt: skip


def _scene(xml: str, answers: dict[str, Any], play: Any) -> tuple[Scene, Callable[[Scene, Keep], None]]:
    return {"xml": xml, "answers": answers}, lambda scene, keep: play(scene["xml"], scene["answers"], keep)


SCENES = {name: _scene(*parts) for name, parts in FIRST.items()}


if __name__ == "__main__":
    sys.stdout.write(f"{write(SCENES)}\n")
