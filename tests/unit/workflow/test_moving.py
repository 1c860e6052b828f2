"""Moving a token by hand: every pair of nodes of the order's process is either refused with a reason, or the process runs on to an end."""

import random
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.workflow import moving, tokens
from portal.workflow.definitions import Definition, parse_definition
from portal.workflow.engine import Run
from portal.workflow.host import Snapshot
from portal.workflow.operating import cannot_move
from portal.workflow.vocabulary import Node
from tests.diagrams.build import border, catch, diagram, end, gateway, parallel, race, start, user_task, wired

ORDER = parse_definition((Path(__file__).resolve().parents[3] / "workflows" / "order.bpmn").read_bytes())
PAYMENT = {"received": Decimal(1), "left": Decimal(0), "paid": True}
FACTS: dict[str, Any] = {
    "order": {"number": "SO-1", "customer_type": "one", "partial_delivery": True, "auto_complete_after": "P7D"},
    "order_facts": {"customer_type": "one", "amount": Decimal(1), "partial_delivery": True},
    "approval_rule": {"approver": "salesperson"},
    "approval": {"decision": "approve", "message": None, "reason": None, "promised_on": None},
    "stock": {"short": True, "some": True},
    "shipment": {"shipped": 0, "left": 5},
    "payment": {"go_ahead": True}, "payment_receipt": PAYMENT, "follow_up": {"closed": True}, "follow_up_receipt": PAYMENT,
    "cancel_facts": {"possible": True, "free": False}, "cancellation": {"decision": "agree", "reason": "", "message": None},
    "cancel_requested": {"reason": "", "by": ""}, "cancel_order": {"reason": ""}, "settlement": {"refund": Decimal(1)},
    "refund": {}, "parcel_shipped": {}, "production_finished": {"positions": {}},
}  # fmt: skip
"""All that any step could have made known, so that whatever fails is the move's fault."""


class Player:
    """Everybody around the process: does what is asked, ships after a while, refunds, and notes nothing."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def is_outside(self, node: Node) -> bool:
        return (node.action or "").startswith("production.")

    def perform(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> dict[str, Any]:
        return self.answer(node)

    def request(self, node: Node, task_id: uuid.UUID, attempt: int, inputs: dict[str, Any]) -> None:
        pass

    def decide(self, node: Node, facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"approver": self.dice.choice(["none", "salesperson", "sales_manager"])}, {}

    def status(self, node: Node) -> None:
        pass

    def answer(self, node: Node) -> dict[str, Any]:
        known = dict(FACTS.get(node.result_name or "", {}))
        if node.result_name == "order_facts":
            known["customer_type"] = self.dice.choice(["one", "two"])
        if node.result_name == "stock":
            known["short"] = self.dice.random() < 0.5
        if node.result_name == "shipment":
            known |= self.dice.choice([{"shipped": 0, "left": 5}, {"shipped": 3, "left": 2}, {"shipped": 5, "left": 0}])
        if node.result_name == "settlement":
            known["refund"] = Decimal(self.dice.choice([0, 1]))
        if node.result_name == "approval":
            known["decision"] = self.dice.choice(["approve", "approve", "send_back", "reject"])
        if node.result_name == "cancellation":
            known["decision"] = self.dice.choice(["agree", "decline"])
        return known


def play(run: Run, player: Player, *, messages: float = 1.0) -> None:
    """Let one of what is open happen, and run on."""
    now = run.snapshot()
    waits = [w for w in now.waits.values() if w.node.kind != "boundaryEvent" or player.dice.random() < 0.1 * messages]
    chosen: Any = player.dice.choice([*now.tasks, *waits] or list(now.waits.values()))
    if isinstance(chosen, uuid.UUID):
        run.complete(chosen, player.answer(now.tasks[chosen]))
    elif chosen.kind == "action":
        run.complete(chosen.task_id, player.answer(chosen.node))
    elif chosen.kind == "message":
        run.deliver(chosen.name, FACTS.get(chosen.name, {}))
    else:
        tokens.fire(run, chosen.task_id, chosen.due_at.replace(year=2000))
    run.advance()


def again(definition: Definition, run: Run, player: Player) -> Run:
    """Save and load."""
    return Run.load(definition, player, run.dump())


def states(definition: Definition, seed: int) -> Iterator[bytes]:
    """What is saved after each step of one walk through a process."""
    player = Player(random.Random(seed))
    run = Run.start(definition, player, FACTS)
    run.advance()
    for _ in range(60):
        if run.ended:
            return
        yield run.dump()
        play(run, player)
        run = again(definition, run, player)


def open_nodes(now: Snapshot) -> dict[uuid.UUID, Node]:
    """Where tokens stand."""
    return now.tasks | {task_id: wait.node for task_id, wait in now.waits.items()} | now.blocked


NESTED = parse_definition(
    diagram(
        "test",
        wired(
            start(), user_task("before"), parallel("outer"), parallel("inner"), user_task("a"), user_task("a2"), user_task("b"), parallel("meet"),
            user_task("ab"), user_task("c"), user_task("c2"), parallel("join"), user_task("after"), border("late", "after", timer="PT1H"),
            border("note", "after", message="note", interrupting=False), user_task("reminded"), end(), end("told"), end("over"),
            flows="""start -> before -> outer -> inner -> a -> a2 -> meet -> ab -> join -> after -> end
            outer -> c -> c2 -> join
            inner -> b -> meet
            note -> reminded -> told
            late -> over""",
        ),
        messages="note",
    )
)  # fmt: skip


RACE = parse_definition(
    diagram(
        "test",
        wired(
            start(), user_task("ask"), race("either"), catch("answered", message="news"), catch("silence", timer="P1D"), user_task("thank"),
            user_task("remind"), end(), end("given_up"),
            flows="start -> ask -> either -> answered -> thank -> end\neither -> silence -> remind -> given_up",
        ),
        messages="news",
    )
)  # fmt: skip


@pytest.mark.parametrize(("definition", "seeds", "least"), [(ORDER, 8, 300), (NESTED, 12, 30), (RACE, 6, 8)])
def test_every_pair_of_nodes_is_refused_with_a_reason_or_runs_on_to_an_end(
    definition: Definition, seeds: int, least: int
) -> None:
    tried: set[tuple[str, ...]] = set()
    moved, reasons = set(), set()
    for seed in range(seeds):
        for state in states(definition, seed):
            here = open_nodes(Run.load(definition, Player(random.Random(0)), state).snapshot())
            standing = tuple(sorted(node.id for node in here.values()))
            if standing in tried:
                continue
            tried.add(standing)
            for task_id, source in here.items():
                for target in definition.vocabulary.nodes:
                    player = Player(random.Random(f"{standing}{source.id}{target}"))
                    run = Run.load(definition, player, state)
                    refusal = cannot_move(run, task_id, source, target)
                    if refusal is None:
                        _moves_and_ends(definition, run, player, task_id, target)
                        moved.add((standing, source.id, target))
                    else:
                        assert str(refusal)
                        reasons.add(refusal._message)
    assert len(moved) > least
    assert len(reasons) > 3


def _moves_and_ends(definition: Definition, run: Run, player: Player, task_id: uuid.UUID, target: str) -> None:
    tokens.move(run, task_id, target)
    run.advance()
    assert task_id not in open_nodes(run.snapshot())
    for _ in range(250):
        _is_whole(run)
        if run.ended:
            return
        play(run, player, messages=0.2)
        run = again(definition, run, player)
    pytest.fail("it came to no end")


def _is_whole(run: Run) -> None:
    """Nothing failed or stands still for ever, and beside each open activity, and no other, its border events wait, each once."""
    now = run.snapshot()
    run.find_stuck()
    assert not run.failures
    nodes = run.vocabulary.nodes
    here = [node.id for node in open_nodes(now).values() if node.kind != "boundaryEvent"]
    around = [*here, *{parent for node in here for parent in _around(nodes, node)}]
    waiting = sorted(wait.node.id for wait in now.waits.values() if wait.node.kind == "boundaryEvent")
    assert waiting == sorted(node.id for node in nodes.values() for place in around if node.attached_to == place)


def _around(nodes: Mapping[str, Node], node_id: str) -> Iterator[str]:
    while (parent := nodes[node_id].parent) is not None:
        yield parent
        node_id = parent


# The rules, on small diagrams


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("before", "after", True),
        ("after", "before", True),
        ("before", "outer", False),
        ("before", "c", False),
        ("before", "inner", False),
        ("a", "b", False),
        ("a", "ab", False),
        ("ab", "a", False),
        ("ab", "inner", False),
        ("c", "c2", True),
        ("a2", "a", True),
        ("c", "after", False),
        ("a", "meet", False),
        ("ab", "c", False),
        ("after", "reminded", False),
        ("reminded", "after", False),
        ("reminded", "told", True),
        ("after", "over", True),
        ("after", "late", False),
        ("before", "start", False),
        ("before", "before", False),
    ],
)
def test_a_token_stays_within_the_branches_it_is_in(source: str, target: str, allowed: bool) -> None:
    found = moving.refusal(NESTED.vocabulary, NESTED.vocabulary.nodes[source], target, [])
    assert (found is None) == allowed, str(found)


def test_a_branch_that_need_not_be_taken_holds_only_what_is_reached_through_it() -> None:
    found = {
        target.node.id: target.refusal
        for target in moving.targets(ORDER.vocabulary, ORDER.vocabulary.nodes["review_by_salesperson"], [])
    }
    assert found["release_goods"] is None
    assert found["confirm_payment"] is None
    assert found["follow_up_payment"] is not None
    assert found["record_early_parcel"] is not None
    assert found["production_ends"] is not None
    assert found["cancel_production"] is not None


def test_a_split_is_not_begun_a_second_time() -> None:
    vocabulary = ORDER.vocabulary
    receipt = vocabulary.nodes["confirm_receipt"]
    assert moving.refusal(vocabulary, receipt, "approved", ["confirm_receipt"]) is None
    assert moving.refusal(vocabulary, receipt, "approved", ["follow_up_payment"]) is not None
    assert moving.refusal(vocabulary, receipt, "release_goods", ["follow_up_payment"]) is None


def test_a_way_that_goes_round_is_no_branch() -> None:
    loop = parse_definition(
        diagram(
            "test",
            wired(
                start(), gateway("again"), user_task("work"), parallel("fork"), user_task("x"), user_task("y"), parallel("join"),
                gateway("enough"), end(),
                flows="start -> again -> work -> fork -> x -> join -> enough\nfork -> y -> join\nenough -> again | a.b\nenough -> end | default",
            ),
        )
    ).vocabulary  # fmt: skip
    assert moving.refusal(loop, loop.nodes["work"], "enough", []) is None
    assert moving.refusal(loop, loop.nodes["x"], "work", []) is not None
    assert moving.refusal(loop, loop.nodes["x"], "y", []) is not None


def test_events_that_race_are_moved_to_only_together() -> None:
    nodes = RACE.vocabulary.nodes
    assert moving.refusal(RACE.vocabulary, nodes["ask"], "either", []) is None
    assert moving.refusal(RACE.vocabulary, nodes["ask"], "answered", []) is not None
    assert moving.refusal(RACE.vocabulary, nodes["answered"], "ask", ["silence"]) is not None
    assert moving.refusal(RACE.vocabulary, nodes["remind"], "thank", []) is None
