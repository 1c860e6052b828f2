"""Messages: stored first, each one once, delivered in whatever order they and their receivers come."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from portal import housekeeping
from portal.database import unit_of_work
from portal.workflow import operating, service, timers
from portal.workflow.codec import NotStorable
from portal.workflow.messaging import KEPT, deliver_left_over
from portal.workflow.models import Message
from portal.workflow.registry import ActionCall
from tests.diagrams.build import border, catch, diagram, end, inside, start, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.workflow.conftest import Notebook, Office

TWO_WAITS = diagram(
    "test",
    wired(
        start(), user_task("first"), catch("started", message="started"), action("note", "test.one", {"what": "started.by"}),
        catch("finished", message="finished"), user_task("last"), end(),
        flows="start -> first -> started -> note -> finished -> last -> end",
    ),
    messages="started finished",
)  # fmt: skip


def messages() -> list[tuple[str, str]]:
    with unit_of_work() as session:
        return [
            (row.name, row.status) for row in session.execute(select(Message.name, Message.status).order_by(Message.id))
        ]


def test_messages_that_come_early_and_in_the_wrong_order_wait(office: Office, notebook: Notebook) -> None:
    office.run(TWO_WAITS)
    assert office.send("finished", "m2")
    assert office.send("started", "m1", {"by": "line 3"})
    assert messages() == [("finished", "pending"), ("started", "pending")]
    office.complete("first")
    assert (office.open(), notebook.calls) == (["last"], [("test.one", {"what": "line 3"})])
    assert messages() == [("finished", "delivered"), ("started", "delivered")]


def test_a_message_before_the_process_waits_for_its_start(office: Office) -> None:
    office.publish(TWO_WAITS)
    assert office.send("started", "m1", {"by": "x"})
    office.start()
    office.complete("first")
    assert office.waits() == ["message:finished"]


def test_the_same_message_twice_counts_once(office: Office) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    assert office.send("started", "m1", {"by": "x"})
    assert not office.send("started", "m1", {"by": "x"})
    assert messages() == [("started", "delivered")]


def test_a_message_for_another_business_object_is_not_taken(office: Office) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    office.business_key = "B2"
    office.send("started", "m1", {"by": "x"})
    office.business_key = "B1"
    assert office.waits() == ["message:started"]


def test_a_message_after_the_end_stays_until_it_expires(office: Office, clock: Any) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    for number, name in enumerate(("started", "finished")):
        office.send(name, f"m{number}", {"by": "x"})
    office.complete("last")
    assert office.status() == "completed"
    assert office.send("finished", "m9")
    assert messages()[-1] == ("finished", "pending")
    clock.travel(timedelta(days=31))
    timers.fire_due()
    assert messages()[-1] == ("finished", "expired")


def test_an_expired_message_is_not_delivered(office: Office, clock: Any) -> None:
    office.run(TWO_WAITS)
    office.send("started", "m1", {"by": "x"})
    clock.travel(timedelta(days=30))
    office.complete("first")
    assert office.waits() == ["message:started"]


def slip_in(clock: Any) -> None:
    """Store a message as if it had come while the step that waits for it was not committed yet."""
    with unit_of_work() as session:
        session.add(
            Message(sender="s", message_id="1", name="started", business_key="B1", payload={"by": "x"}, received_at=clock.now(),
                    expires_at=clock.now() + timedelta(days=1))
        )  # fmt: skip
    clock.travel(seconds=2)


def test_a_message_that_slipped_in_beside_its_receivers_start_is_found(office: Office, clock: Any) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    slip_in(clock)
    timers.fire_due()
    assert office.waits() == ["message:finished"]


@pytest.mark.parametrize("halted", ["suspend_instance", "cancel_instance"])
def test_a_message_that_slipped_in_does_not_move_what_was_halted_since_it_was_found(
    office: Office, clock: Any, halted: str
) -> None:
    instance = office.run(TWO_WAITS)
    office.complete("first")
    slip_in(clock)
    with unit_of_work() as session:
        getattr(operating, halted)(session, actor=office.people.admin, instance_id=instance, reason="wrong")
    before = office.status()
    with unit_of_work() as session:  # a worker had found it a moment before
        deliver_left_over(session, instance_id=instance)
    assert (office.status(), messages()) == (before, [("started", "pending")])


def test_a_message_larger_than_any_process_could_take_is_not_stored(office: Office) -> None:
    office.run(TWO_WAITS)
    with pytest.raises(NotStorable, match="200 kB"):
        office.send("started", "1", {"by": "x" * 200_000})
    assert messages() == []


def test_what_a_database_cannot_keep_is_left_out_of_a_message(office: Office) -> None:
    office.run(TWO_WAITS)
    office.send("started", "1", {"by\0": "\0王\ud800磊", "\ud800": 1})
    with unit_of_work() as session:
        assert session.scalars(select(Message.payload)).one() == {"by": "王磊", "": 1}


def cancelling() -> str:
    inner = wired(
        start("s"),
        user_task("work"),
        action("quit", "test.one"),
        user_task("never"),
        end("e"),
        flows="s -> work -> quit -> never -> e",
    )
    return diagram(
        "test",
        wired(
            start(), inside("inner", inner), end("done"), border("cancel", "inner", message="cancel_order"),
            action("undo", "test.two", {"what": "cancel_order.reason"}), end("undone"),
            flows="start -> inner -> done\ncancel -> undo -> undone",
        ),
        messages="cancel_order",
    )  # fmt: skip


def test_an_action_may_send_a_message_to_its_own_process(office: Office, notebook: Notebook) -> None:
    def cancel(session: Session, call: ActionCall) -> None:
        service.receive_message(
            session, sender="orders", message_id=call.key, name="cancel_order", business_key=call.business_key,
            payload={"reason": "agreed"},
        )  # fmt: skip

    notebook.hooks["test.one"] = cancel
    office.run(cancelling())
    office.complete("work")
    assert notebook.calls == [("test.one", {}), ("test.two", {"what": "agreed"})]
    assert (office.status(), office.open(), office.incidents()) == ("completed", [], [])


def test_a_message_an_action_sent_is_undone_with_the_action(office: Office, notebook: Notebook) -> None:
    def cancel(session: Session, call: ActionCall) -> None:
        service.receive_message(
            session, sender="orders", message_id="1", name="cancel_order", business_key=call.business_key, payload={}
        )

    notebook.hooks["test.one"] = cancel
    notebook.fail["test.one"] = RuntimeError("after sending")
    office.run(cancelling())
    office.complete("work")
    assert (office.status(), messages()) == ("incident", [])


def test_an_action_may_start_another_process(office: Office, notebook: Notebook) -> None:
    def begin(session: Session, _call: ActionCall) -> None:
        service.start_process(session, key="test", business_key="B2", facts={}, actor=office.people.seller)

    office.publish(cancelling())
    office.start()
    notebook.hooks["test.one"] = begin
    office.complete("work")
    assert office.open() == ["never"]
    office.business_key = "B2"
    assert office.open() == ["work"]


def test_payloads_keep_their_numbers_and_dates(office: Office, notebook: Notebook, clock: Any) -> None:
    office.run(TWO_WAITS)
    office.send(
        "started", "m1", {"by": {"amount": 1.10, "on": clock.now().date(), "at": clock.now(), "list": [1, None, True]}}
    )
    office.complete("first")
    from decimal import Decimal

    assert notebook.calls[0][1]["what"] == {
        "amount": Decimal("1.1"), "on": clock.now().date(), "at": clock.now(), "list": [1, None, True],
    }  # fmt: skip


def test_a_late_message_that_its_receiver_no_longer_waits_for_stays_and_changes_nothing(office: Office) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    office.send("started", "m1", {"by": "x"})
    before = len(office.history())
    assert office.send("started", "m2", {"by": "y"})
    assert (messages()[-1], len(office.history()), office.waits()) == (
        ("started", "pending"),
        before,
        ["message:finished"],
    )


def test_the_same_message_from_many_at_once_counts_once(office: Office, notebook: Notebook) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    together = Barrier(6)

    def send() -> bool:
        together.wait(10)
        return office.send("started", "m1", {"by": "x"})

    with ThreadPoolExecutor(6) as pool:
        taken = [future.result() for future in [pool.submit(send) for _ in range(6)]]
    assert sorted(taken) == [False] * 5 + [True]
    assert (messages(), len(notebook.calls)) == ([("started", "delivered")], 1)


def test_messages_in_any_order_lead_to_the_same_end(office: Office, notebook: Notebook) -> None:
    office.publish(TWO_WAITS)
    for number, order in enumerate(permutations(("started", "finished", "first"))):
        office.start(business_key=f"P-{number}")
        for what in order:
            if what == "first":
                office.complete("first")
            else:
                office.send(what, f"{number}-{what}", {"by": "x"})
                office.send(what, f"{number}-{what}", {"by": "x"})
        assert (office.open(), office.waits()) == (["last"], []), order


def test_what_expires_is_said_and_counted(office: Office, clock: Any) -> None:
    office.run(TWO_WAITS)
    office.send("finished", "m1")
    office.send("finished", "m2")
    clock.travel(days=31)
    with capture_logs() as logs:
        timers.fire_due()
    (said,) = [entry for entry in logs if entry["event"] == "messages_expired"]
    assert (said["message"], said["sender"], said["count"]) == ("finished", "factory", 2)


def test_messages_long_over_are_forgotten_and_pending_ones_are_not(office: Office, clock: Any) -> None:
    office.run(TWO_WAITS)
    office.complete("first")
    office.send("started", "m1", {"by": "x"})
    office.business_key = "B2"
    office.send("finished", "m2")
    with unit_of_work() as session:
        session.execute(update(Message).where(Message.message_id == "m2").values(expires_at=clock.now() + 9 * KEPT))
    clock.travel(KEPT - timedelta(days=1))
    housekeeping.tidy_up()
    assert len(messages()) == 2
    clock.travel(days=2)
    housekeeping.tidy_up()
    assert messages() == [("finished", "pending")]
