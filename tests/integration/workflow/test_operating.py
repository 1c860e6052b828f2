"""What an operator may do to one instance: each action is permitted, explained, written down, and all or nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import AuditEntry
from portal.database import unit_of_work
from portal.errors import Conflict, InvalidInput, NotFound, NotPermitted
from portal.workflow import operating, queries, service, timers
from portal.workflow.errors import CannotMove, InstanceEnded, StateUnreadable
from portal.workflow.models import HistoryEntry, Incident, Message, NodeVisit, ProcessInstance, UserTask, Wait
from portal.workflow.suspension import InstanceSuspended
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    gateway,
    inside,
    parallel,
    start,
    throw,
    user_task,
    wired,
)  # fmt: skip
from tests.diagrams.build import service as action
from tests.integration.workflow.conftest import Notebook, Office

WHY = "客户电话里要求的"


def do(office: Office, what: str, instance_id: int, *, actor: Any = None, reason: str = WHY, **given: Any) -> None:
    """Do something as the administrator, in a transaction of its own."""
    with unit_of_work() as session:
        getattr(operating, what)(
            session, actor=actor or office.people.admin, instance_id=instance_id, reason=reason, **given
        )


def task_at(model: Any, node_id: str) -> UUID:
    with unit_of_work() as session:
        statement = select(model.id if model is UserTask else model.task_id).where(model.node_id == node_id)
        if model is UserTask:
            statement = statement.where(UserTask.status == "open")
        if model is Incident:
            statement = statement.where(Incident.status == "open")
        return session.scalars(statement).one()


def audited(action_name: str) -> AuditEntry:
    with unit_of_work() as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.action == action_name)).one()


TWO_STEPS = diagram(
    "test", wired(start(), user_task("first"), user_task("second"), end(), flows="start -> first -> second -> end")
)
OUTSIDE = diagram(
    "test",
    wired(
        start(), action("ask", "test.outside", result="answer"), user_task("second", status="told"), end(),
        flows="start -> ask -> second -> end",
    ),
    statuses="told",
)  # fmt: skip
WAITING = diagram(
    "test",
    wired(
        start(), catch("listen", message="news"), user_task("second"), end(), flows="start -> listen -> second -> end"
    ),
    messages="news",
)
TIMED = diagram(
    "test",
    wired(start(), catch("pause", timer="PT1H"), user_task("second"), end(), flows="start -> pause -> second -> end"),
)


def attempt(instance_id: int, task_id: UUID, result: dict[str, Any] | None) -> bool:
    with unit_of_work() as session:
        return service.complete_action(session, task_id=task_id, instance_id=instance_id, attempt=1, result=result)


# Who, and why


EVERY = {
    "suspend_instance": {},
    "resume_instance": {},
    "cancel_instance": {},
    "move_token": {"task_id": uuid4(), "to_node": "second"},
    "send_message": {"name": "news", "payload": {}},
    "fire_timer": {"task_id": uuid4()},
    "edit_fact": {"path": "order.total", "value": "1"},
    "skip_incident": {"incident_id": 1},
}


@pytest.mark.parametrize("what", EVERY)
def test_only_an_administrator_may_operate(office: Office, what: str) -> None:
    instance = office.run(TWO_STEPS)
    for actor in (office.people.seller, office.people.manager, office.people.buyer):
        with pytest.raises(NotPermitted):
            do(office, what, instance, actor=actor, **EVERY[what])


@pytest.mark.parametrize("what", EVERY)
def test_a_reason_is_required(office: Office, what: str) -> None:
    instance = office.run(TWO_STEPS)
    for reason in ("", "  \n ", "x" * 1001):
        with pytest.raises(InvalidInput) as refused:
            do(office, what, instance, reason=reason, **EVERY[what])
        assert set(refused.value.fields) == {"reason"}
    assert office.open() == ["first"]


@pytest.mark.parametrize("what", EVERY)
def test_what_is_not_there_is_not_found_and_what_is_over_is_over(office: Office, what: str) -> None:
    with pytest.raises(NotFound):
        do(office, what, 4711, **EVERY[what])
    instance = office.run(TWO_STEPS)
    office.complete("first")
    office.complete("second")
    with pytest.raises(InstanceEnded):
        do(office, what, instance, **EVERY[what])


# Suspend and resume


def test_a_suspended_instance_refuses_its_tasks_and_says_since_when_and_why(office: Office) -> None:
    instance = office.run(TWO_STEPS)
    do(office, "suspend_instance", instance)
    with pytest.raises(InstanceSuspended) as refused:
        office.complete("first")
    assert office.people.admin.name in str(refused.value.message)
    assert WHY in str(refused.value.message)
    with pytest.raises(InstanceSuspended), unit_of_work() as session:
        service.claim_task(session, actor=office.people.seller, task_id=office.task("first"))
    with pytest.raises(Conflict):
        do(office, "suspend_instance", instance)
    do(office, "resume_instance", instance)
    office.complete("first")
    assert office.open() == ["second"]
    with pytest.raises(Conflict):
        do(office, "resume_instance", instance)
    assert [
        (entry.kind, entry.actor_name, entry.detail["reason"]) for entry in office.history("suspended", "resumed")
    ] == [
        ("suspended", office.people.admin.name, WHY),
        ("resumed", office.people.admin.name, WHY),
    ]
    assert audited("instance.suspended").reason == WHY


def test_a_customer_is_not_told_who_suspended_and_why(office: Office) -> None:
    instance = office.run(
        diagram("test", wired(start(), user_task("first", role="contact"), end(), flows="start -> first -> end"))
    )
    do(office, "suspend_instance", instance)
    with pytest.raises(InstanceSuspended) as refused:
        office.complete("first", actor=office.people.buyer)
    assert WHY not in str(refused.value.message)
    assert office.people.admin.name not in str(refused.value.message)


def test_what_a_customer_asks_of_a_suspended_instance_is_refused_and_not_kept(office: Office) -> None:
    instance = office.run(WAITING)
    do(office, "suspend_instance", instance)
    with pytest.raises(InstanceSuspended) as refused:
        office.send("news", "1", actor=office.people.buyer)
    assert WHY not in str(refused.value.message)
    do(office, "resume_instance", instance)
    assert office.open() == []


def test_a_message_waits_until_the_instance_is_resumed(office: Office) -> None:
    instance = office.run(WAITING)
    do(office, "suspend_instance", instance)
    assert office.send("news", "m1", {"count": 3})
    assert (office.open(), office.waits()) == ([], ["message:news"])
    do(office, "resume_instance", instance)
    assert (office.open(), office.waits()) == (["second"], [])
    with unit_of_work() as session:
        assert session.scalars(select(Message.status)).one() == "delivered"
        assert queries.facts(session, instance)["news"] == {"count": 3}


def test_timers_do_not_fire_while_suspended_and_fire_once_after(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = office.run(TIMED)
    do(office, "suspend_instance", instance)
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert timers.fire_due() == 0
    assert timers.next_due() is None
    assert office.waits() == ["timer:pause"]
    do(office, "resume_instance", instance)
    assert (office.open(), office.waits()) == (["second"], [])


def test_the_result_of_an_outside_action_is_kept_and_taken_on_resuming(office: Office, notebook: Notebook) -> None:
    instance = office.run(OUTSIDE)
    ask = task_at(Wait, "ask")
    do(office, "suspend_instance", instance)
    assert attempt(instance, ask, {"number": 7})
    assert attempt(instance, ask, {"number": 8})
    assert (office.open(), office.waits(), notebook.statuses) == ([], ["action:test.outside"], [])
    do(office, "resume_instance", instance)
    assert (office.open(), office.waits(), notebook.statuses) == (["second"], [], ["told"])
    with unit_of_work() as session:
        assert queries.facts(session, instance)["answer"] == {"number": 7}


def test_an_outside_action_that_fails_while_suspended_becomes_an_incident_and_cannot_be_retried_before(
    office: Office,
) -> None:
    instance = office.run(OUTSIDE)
    do(office, "suspend_instance", instance)
    with unit_of_work() as session:
        service.fail_action(session, task_id=task_at(Wait, "ask"), instance_id=instance, attempt=1, error="HTTP 503")
    (incident,) = office.incidents()
    with pytest.raises(InstanceSuspended):
        office.retry()
    do(office, "resume_instance", instance)
    office.retry()
    assert office.incidents() == []
    assert incident.node_id == "ask"


# Cancel


def test_cancelling_withdraws_everything_and_tells_the_business_object(office: Office, notebook: Notebook) -> None:
    boxes = diagram(
        "test",
        wired(
            start(), parallel("fork"), user_task("first"), catch("listen", message="news"), catch("pause", timer="PT1H"),
            action("ask", "test.outside"), action("fails", "test.one"), end(),
            flows="start -> fork -> first -> end\nfork -> listen -> end\nfork -> pause -> end\nfork -> ask -> end\nfork -> fails -> end",
        ),
        messages="news",
    )  # fmt: skip
    notebook.fail["test.one"] = RuntimeError("kaputt")
    instance = office.run(boxes)
    assert (len(office.waits()), len(office.incidents())) == (3, 1)
    ask = task_at(Wait, "ask")
    do(office, "cancel_instance", instance)
    assert (office.status(), office.open(), office.waits(), office.incidents()) == ("cancelled", [], [], [])
    with unit_of_work() as session:
        row = session.get_one(ProcessInstance, instance)
        assert row.ended_at is not None
        assert len(session.scalars(select(NodeVisit)).all()) == 3
    assert not attempt(instance, ask, {})
    assert office.history("ended") == []
    (entry,) = office.history("cancelled")
    assert (entry.actor_id, entry.detail["reason"]) == (office.people.admin.user_id, WHY)
    assert [entry.node_id for entry in office.history("task_cancelled")] == ["first"]
    assert notebook.cancelled == [("B1", WHY)]
    assert audited("instance.cancelled").changes["status"] == ["incident", "cancelled"]
    with pytest.raises(Conflict):
        do(office, "cancel_instance", instance)


def test_a_suspended_instance_can_be_cancelled(office: Office) -> None:
    instance = office.run(TWO_STEPS)
    do(office, "suspend_instance", instance)
    do(office, "cancel_instance", instance)
    assert office.status() == "cancelled"


def test_what_cannot_be_read_any_more_can_only_be_suspended_and_cancelled(office: Office) -> None:
    instance = office.run(TWO_STEPS)
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(state=b"\x00 no state of ours"))
    with pytest.raises(StateUnreadable):
        do(office, "move_token", instance, task_id=office.task("first"), to_node="second")
    with pytest.raises(StateUnreadable):
        do(office, "edit_fact", instance, path="a.b", value="1")
    do(office, "suspend_instance", instance)
    with pytest.raises(StateUnreadable):
        do(office, "resume_instance", instance)
    do(office, "cancel_instance", instance)
    assert (office.status(), office.open()) == ("cancelled", [])


# Message, timer, fact, skip


def test_a_message_can_be_sent_by_hand_once(office: Office) -> None:
    instance = office.run(WAITING)
    do(office, "send_message", instance, name="news", payload={"count": 2}, message_id="once")
    assert office.open() == ["second"]
    with pytest.raises(Conflict):
        do(office, "send_message", instance, name="news", payload={"count": 2}, message_id="once")
    (sent,) = office.history("message_sent")
    assert (sent.actor_name, sent.detail["payload"], sent.detail["reason"]) == (
        office.people.admin.name,
        {"count": 2},
        WHY,
    )
    (taken,) = office.history("message")
    assert (taken.detail["sender"], taken.actor_name) == ("operator", office.people.admin.name)


def test_a_message_nobody_could_take_is_refused(office: Office) -> None:
    instance = office.run(WAITING)
    with pytest.raises(InvalidInput) as refused:
        do(office, "send_message", instance, name="gossip", payload={})
    assert set(refused.value.fields) == {"name"}
    with pytest.raises(InvalidInput):
        do(office, "send_message", instance, name="news", payload={"when": object()})
    assert office.history("message_sent") == []


def test_a_message_to_a_suspended_instance_waits(office: Office) -> None:
    instance = office.run(WAITING)
    do(office, "suspend_instance", instance)
    do(office, "send_message", instance, name="news", payload={})
    assert office.open() == []
    do(office, "resume_instance", instance)
    assert office.open() == ["second"]


def test_a_timer_can_be_fired_now(office: Office) -> None:
    instance = office.run(TIMED)
    timer = task_at(Wait, "pause")
    do(office, "fire_timer", instance, task_id=timer)
    assert (office.open(), office.waits()) == (["second"], [])
    (entry,) = office.history("timer_fired")
    assert (entry.node_id, entry.actor_name, entry.detail["reason"]) == ("pause", office.people.admin.name, WHY)
    with pytest.raises(Conflict):
        do(office, "fire_timer", instance, task_id=timer)


def test_a_message_is_no_timer(office: Office) -> None:
    instance = office.run(WAITING)
    with pytest.raises(Conflict):
        do(office, "fire_timer", instance, task_id=task_at(Wait, "listen"))


def test_a_fact_can_be_mended_and_the_step_retried(office: Office, notebook: Notebook) -> None:
    instance = office.run(
        diagram(
            "test",
            wired(
                start(), gateway("large"), user_task("small"), user_task("big"), end(),
                flows='start -> large\nlarge -> big | order.total // order.pieces > 5\nlarge -> small | default\nbig -> end\nsmall -> end',
            ),
        ),
        order={"total": 100, "pieces": 0, "paid": False, "number": "SO-1"},
    )  # fmt: skip
    assert len(office.incidents()) == 1
    do(office, "edit_fact", instance, path="order.pieces", value=" 10 ")
    (entry,) = office.history("fact_edited")
    assert (entry.detail["path"], entry.detail["before"], entry.detail["after"]) == ("order.pieces", 0, 10)
    assert audited("instance.fact_edited").changes["order.pieces"] == [0, 10]
    assert len(office.incidents()) == 1
    office.retry()
    assert office.open() == ["big"]


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        ("order.totl", "1", "path"),
        ("order", "1", "value"),
        ("order.lines.2", "1", "path"),
        ("order.pieces", "many", "value"),
        ("order.pieces", "", "value"),
        ("order.paid", "perhaps", "value"),
        ("", "1", "path"),
        ("order.lines." + "9" * 5000, "1", "path"),
        ("order.pieces", "9" * 5000, "value"),
        ("order.terms", '{"$t": 5}', "value"),
        ("order.terms", '{"$d": {}}', "value"),
        ("order.terms", "[" * 9000, "value"),
        ("order.note", "x" * 10_001, "value"),
    ],
)
def test_what_cannot_be_a_fact_is_refused(office: Office, path: str, value: str, wrong: str) -> None:
    order = {"pieces": 0, "paid": False, "lines": [1, 2], "terms": {"days": 30}, "note": ""}
    instance = office.run(TWO_STEPS, order=order)
    with pytest.raises(InvalidInput) as refused:
        do(office, "edit_fact", instance, path=path, value=value)
    assert set(refused.value.fields) == {wrong}
    assert office.history("fact_edited") == []


@pytest.mark.parametrize("name", ["reason", "what", "actor", "session", "business_key"])
def test_a_fact_may_have_any_name(office: Office, name: str) -> None:
    instance = office.run(TWO_STEPS, **{name: "before"})
    do(office, "edit_fact", instance, path=name, value="after\ud800")
    assert audited("instance.fact_edited").changes[name] == ["before", "after"]


def test_editing_a_fact_moves_nothing_not_even_a_timer_that_is_due(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = office.run(TIMED, order={"total": 1})
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    do(office, "edit_fact", instance, path="order.total", value="2")
    assert office.waits() == ["timer:pause"]


def test_a_failed_step_is_skipped_only_where_the_diagram_allows(office: Office, notebook: Notebook) -> None:
    notebook.fail["test.one"] = RuntimeError("kaputt")
    instance = office.run(
        diagram(
            "test",
            wired(
                start(),
                action("notify", "test.one"),
                user_task("second"),
                end(),
                flows="start -> notify -> second -> end",
            ),
        )
    )
    (incident,) = office.incidents()
    with pytest.raises(Conflict):
        do(office, "skip_incident", instance, incident_id=incident.id)
    assert office.open() == []


@pytest.mark.parametrize("named", ["test.one", "test.outside"])
def test_a_skippable_step_is_gone_on_from_without_its_action(office: Office, notebook: Notebook, named: str) -> None:
    notebook.fail["test.one"] = RuntimeError("kaputt")
    instance = office.run(
        diagram(
            "test",
            wired(
                start(),
                action("notify", named, skippable="true"),
                user_task("second"),
                end(),
                flows="start -> notify -> second -> end",
            ),
        )
    )
    if named == "test.outside":
        with unit_of_work() as session:
            service.fail_action(
                session, task_id=task_at(Wait, "notify"), instance_id=instance, attempt=1, error="HTTP 503"
            )
    calls = list(notebook.calls)
    (incident,) = office.incidents()
    do(office, "skip_incident", instance, incident_id=incident.id)
    assert (office.open(), office.incidents(), notebook.calls) == (["second"], [], calls)
    (entry,) = office.history("skipped")
    assert (entry.node_id, entry.detail["reason"]) == ("notify", WHY)
    with pytest.raises(Conflict):
        do(office, "skip_incident", instance, incident_id=incident.id)


def test_an_incident_of_another_instance_is_not_found(office: Office, notebook: Notebook) -> None:
    notebook.fail["test.one"] = RuntimeError("kaputt")
    office.run(diagram("test", wired(start(), action("notify", "test.one"), end(), flows="start -> notify -> end")))
    (incident,) = office.incidents()
    other = office.start(business_key="B2")
    with pytest.raises(NotFound):
        do(office, "skip_incident", other, incident_id=incident.id)
    with pytest.raises(NotFound):
        do(office, "retry_incident", other, incident_id=incident.id)


def test_a_retry_needs_no_reason_but_a_bounded_one_and_a_state_that_can_be_read(
    office: Office, notebook: Notebook
) -> None:
    notebook.fail["test.one"] = RuntimeError("kaputt")
    instance = office.run(
        diagram("test", wired(start(), action("notify", "test.one"), end(), flows="start -> notify -> end"))
    )
    (incident,) = office.incidents()
    with pytest.raises(InvalidInput) as refused:
        do(office, "retry_incident", instance, incident_id=incident.id, reason="x" * 1001)
    assert set(refused.value.fields) == {"reason"}
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(state=b"{"))
    with pytest.raises(StateUnreadable):
        do(office, "retry_incident", instance, incident_id=incident.id, reason="")


# Move


def test_a_token_is_moved_on_with_its_borders(office: Office, notebook: Notebook) -> None:
    instance = office.run(
        diagram(
            "test",
            wired(
                start(), user_task("first"), border("late", "first", timer="PT1H"), user_task("second", status="told"),
                border("hurry", "second", message="news", interrupting=False), throw("noted"), end(), end("over"), end("told_off"),
                flows="start -> first -> second -> end\nlate -> over\nhurry -> noted -> told_off",
            ),
            messages="news", statuses="told",
        )
    )  # fmt: skip
    assert office.waits() == ["timer:late"]
    first = office.task("first")
    do(office, "move_token", instance, task_id=first, to_node="second")
    assert (office.open(), office.waits(), notebook.statuses) == (["second"], ["message:news"], ["told"])
    (entry,) = office.history("moved")
    assert (entry.node_id, entry.detail["to"], entry.detail["reason"]) == ("first", "second", WHY)
    assert audited("instance.moved").changes["node"] == ["first", "second"]
    with pytest.raises(Conflict):
        do(office, "move_token", instance, task_id=first, to_node="second")
    office.send("news", "m1")
    do(office, "move_token", instance, task_id=office.task("second"), to_node="first")
    assert (office.open(), office.waits()) == (["first"], ["timer:late"])
    office.complete("first")
    office.complete("second")
    assert office.status() == "completed"


def test_what_a_border_event_started_goes_on_when_its_activity_is_left(office: Office) -> None:
    instance = office.run(
        diagram(
            "test",
            wired(
                start(), user_task("first"), border("hurry", "first", message="news", interrupting=False), user_task("calm"),
                user_task("second"), end(), end("calmed"),
                flows="start -> first -> second -> end\nhurry -> calm -> calmed",
            ),
            messages="news",
        )
    )  # fmt: skip
    office.send("news", "m1")
    assert office.open() == ["calm", "first"]
    do(office, "move_token", instance, task_id=office.task("first"), to_node="second")
    assert (office.open(), office.waits()) == (["calm", "second"], [])
    with pytest.raises(CannotMove):
        do(office, "move_token", instance, task_id=office.task("calm"), to_node="second")
    office.complete("second")
    assert office.status() == "running"
    office.complete("calm")
    assert office.status() == "completed"


@pytest.mark.parametrize(
    "target", ["after", "before", "fork", "b1", "join", "part", "within", "end", "start", "nowhere"]
)
def test_a_token_in_a_branch_stays_in_its_branch(office: Office, target: str) -> None:
    instance = office.run(nested())
    office.complete("before")
    with pytest.raises(CannotMove) as refused:
        do(office, "move_token", instance, task_id=office.task("a1"), to_node=target)
    assert str(refused.value.message)
    assert office.open() == ["a1", "b1"]


def nested() -> str:
    """A split and its join, then a subprocess."""
    within = wired(start("begin"), user_task("within"), end("finish"), flows="begin -> within -> finish")
    return diagram(
        "test",
        wired(
            start(), user_task("before"), parallel("fork"), user_task("a1"), user_task("a2"), user_task("b1"), parallel("join"),
            user_task("after"), inside("part", within), end(),
            flows="start -> before -> fork -> a1 -> a2 -> join -> after -> part -> end\nfork -> b1 -> join",
        ),
    )  # fmt: skip


def test_within_a_branch_and_back_before_the_split_the_join_still_meets(office: Office) -> None:
    instance = office.run(nested())
    office.complete("before")
    do(office, "move_token", instance, task_id=office.task("a1"), to_node="a2")
    do(office, "move_token", instance, task_id=office.task("a2"), to_node="a1")
    office.complete("a1")
    office.complete("a2")
    assert office.open() == ["b1"]
    office.complete("b1")
    assert office.open() == ["after"]
    do(office, "move_token", instance, task_id=office.task("after"), to_node="before")
    for node in ("before", "b1", "a1", "a2"):
        office.complete(node)
    assert office.open() == ["after"]
    do(office, "move_token", instance, task_id=office.task("after"), to_node="part")
    assert office.open() == ["within"]
    with pytest.raises(CannotMove):
        do(office, "move_token", instance, task_id=office.task("within"), to_node="after")
    do(office, "move_token", instance, task_id=office.task("within"), to_node="finish")
    assert office.status() == "completed"


def test_a_split_is_not_begun_twice_while_a_branch_of_it_is_open(office: Office) -> None:
    instance = office.run(
        diagram(
            "test",
            wired(
                start(), user_task("before"), gateway("which"), parallel("fork"), user_task("beside"), gateway("merged"),
                user_task("main"), end(), end("done_beside"),
                flows="start -> before -> which\nwhich -> merged | skip.it\nwhich -> fork | default\nfork -> merged -> main -> end\nfork -> beside -> done_beside",
            ),
        ),
        skip={"it": False},
    )  # fmt: skip
    office.complete("before")
    assert office.open() == ["beside", "main"]
    with pytest.raises(CannotMove):
        do(office, "move_token", instance, task_id=office.task("main"), to_node="before")
    office.complete("beside")
    do(office, "move_token", instance, task_id=office.task("main"), to_node="before")
    office.complete("before")
    assert office.open() == ["beside", "main"]


def test_a_failed_step_can_be_left_for_a_person(office: Office, notebook: Notebook) -> None:
    notebook.fail["test.one"] = RuntimeError("kaputt")
    instance = office.run(
        diagram(
            "test",
            wired(start(), gateway("auto"), action("robot", "test.one"), user_task("hand"), end(),
                  flows="start -> auto\nauto -> hand | by.hand\nauto -> robot | default\nrobot -> end\nhand -> end"),
        ),
        by={"hand": False},
    )  # fmt: skip
    do(office, "move_token", instance, task_id=task_at(Incident, "robot"), to_node="hand")
    assert (office.open(), office.incidents(), office.status()) == (["hand"], [], "running")
    office.complete("hand")
    assert office.status() == "completed"


def test_an_action_that_answers_after_its_token_was_moved_is_not_heard(office: Office) -> None:
    instance = office.run(OUTSIDE)
    ask = task_at(Wait, "ask")
    do(office, "move_token", instance, task_id=ask, to_node="second")
    assert (office.open(), office.waits()) == (["second"], [])
    assert not attempt(instance, ask, {"number": 7})
    assert office.open() == ["second"]


def test_a_refused_action_changes_nothing(office: Office, session: Session) -> None:
    instance = office.run(nested())
    before = session.execute(text("select state, version from process_instances")).one()
    with pytest.raises(CannotMove):
        do(office, "move_token", instance, task_id=office.task("before"), to_node="a1")
    session.rollback()
    assert session.execute(text("select state, version from process_instances")).one() == before
    assert session.scalars(select(HistoryEntry).where(HistoryEntry.kind == "moved")).all() == []


def test_a_timer_that_repeats_fires_once_and_waits_again(office: Office) -> None:
    cycle = border("again", "first", timer="R/P1D", interrupting=False).replace("timeDuration", "timeCycle")
    instance = office.run(
        diagram(
            "test",
            wired(
                start(), user_task("first"), cycle, user_task("remind"), end(), end("reminded"),
                flows="start -> first -> end\nagain -> remind -> reminded",
            ),
        )
    )  # fmt: skip
    for number in (1, 2):
        do(office, "fire_timer", instance, task_id=task_at(Wait, "again"))
        assert office.open() == ["first", *["remind"] * number]
        assert office.waits() == ["timer:again"]
    with unit_of_work() as session:
        due = session.scalars(select(Wait.due_at)).one()
        assert due is not None
        assert due > clock.now()
