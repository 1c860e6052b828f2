"""The tracker tells the truth of whichever way an order took."""

from datetime import UTC, datetime, timedelta

from portal.orders.tracker import Entered, current_step, track
from portal.workflow.vocabulary import Milestone, StatusLook

START = datetime(2026, 7, 15, 9, 12, tzinfo=UTC)
KEYS = ("submitted", "approval", "production", "shipment", "completed")
MILESTONES = [
    Milestone(key, (key, key), (f"{key} done", f"{key} done"), (f"{key} next", ""), (f"{key}-node",)) for key in KEYS
]
OPEN = StatusLook("open", "开", "open", "wait")
DONE = StatusLook("completed", "完", "completed", "end")
DEAD = StatusLook("cancelled", "取消", "cancelled", "end")
NO = StatusLook("rejected", "拒绝", "rejected", "stop")


def steps(*keys: str, look: StatusLook = OPEN) -> list[tuple[str, str]]:
    entered = {
        f"{key}-node": Entered(START + timedelta(hours=n), START + timedelta(hours=n), n) for n, key in enumerate(keys)
    }
    drawn = track(MILESTONES, entered, submitted_at=START, look=look, status_at=START + timedelta(days=1))
    return [(step.key, step.state) for step in drawn]


def test_a_milestone_that_was_passed_over_is_left_out() -> None:
    assert steps("submitted", "shipment") == [("submitted", "done"), ("shipment", "now"), ("completed", "ahead")]


def test_going_back_makes_later_milestones_lie_ahead_again() -> None:
    entered = {
        "submitted-node": Entered(START, START + timedelta(hours=3), 30),
        "approval-node": Entered(START + timedelta(hours=1), START + timedelta(hours=1), 10),
    }
    drawn = track(MILESTONES, entered, submitted_at=START, look=OPEN, status_at=START)
    assert [(step.key, step.state) for step in drawn][:2] == [("submitted", "now"), ("approval", "ahead")]


def test_a_completed_order_has_only_done_steps() -> None:
    assert {state for _key, state in steps("submitted", "approval", "shipment", "completed", look=DONE)} == {"done"}


def test_a_cancelled_order_ends_with_its_status_and_drops_what_it_had_begun() -> None:
    assert steps("submitted", "approval", "production", look=DEAD) == [
        ("submitted", "done"),
        ("approval", "done"),
        ("cancelled", "dead"),
    ]


def test_a_rejected_order_ends_refused() -> None:
    assert steps("submitted", "approval", look=NO)[-1] == ("rejected", "stop")


def test_an_order_nothing_is_known_of_has_everything_ahead() -> None:
    assert {state for _key, state in steps()} == {"ahead"}


def test_the_present_step_says_what_happens_next() -> None:
    entered = {"approval-node": Entered(START, START, 1)}
    step = current_step(track(MILESTONES, entered, submitted_at=START, look=OPEN, status_at=START))
    assert step is not None
    assert step.next[0] == "approval next"


def test_a_node_may_say_in_its_own_words_what_happens_next() -> None:
    milestone = Milestone(
        "approval",
        ("审", "a"),
        ("审完", "done"),
        ("业务员审", "by us"),
        ("review", "revise"),
        {"revise": ("请修改", "your turn")},
    )
    first = {"review": Entered(START, START, 1)}
    then = {**first, "revise": Entered(START, START, 2)}
    for entered, words in ((first, "业务员审"), (then, "请修改")):
        here = current_step(track([milestone], entered, submitted_at=START, look=OPEN, status_at=START))
        assert here is not None
        assert here.next[0] == words
