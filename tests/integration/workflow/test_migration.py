"""Moving running instances to another version: what is kept, what changes, what is refused; and never half of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal import clock as portal_clock
from portal.accounts.models import AuditEntry
from portal.database import unit_of_work
from portal.errors import InvalidInput, NotPermitted
from portal.outbox import OutboxRow
from portal.web.i18n import using_locale
from portal.workflow import migration, queries, service, timers
from portal.workflow.errors import MigrationRefused
from portal.workflow.migration import Outcome
from portal.workflow.models import HistoryEntry, ProcessDefinition, ProcessInstance, UserTask, Wait
from tests.diagrams.build import (
    border,
    call,
    catch,
    diagram,
    end,
    field,
    gateway,
    inside,
    parallel,
    race,
    start,
    user_task,
    wired,
)
from tests.diagrams.build import (
    service as service_task,
)
from tests.integration.workflow.conftest import Notebook, Office


class Mover:
    """Moves the office's instance between the versions it publishes."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.instance_id = 0

    def run(self, xml: str, **facts: Any) -> None:
        """Publish the first version and start an instance of it."""
        self.instance_id = self.office.run(xml, **facts)

    def newest(self) -> int:
        """Return the published definition's id."""
        with unit_of_work() as session:
            return session.scalars(
                select(ProcessDefinition.id).where(
                    ProcessDefinition.status == "published", ProcessDefinition.key == "test"
                )
            ).one()

    def to(self, xml: str, *, mapping: dict[str, str] | None = None, timers: str = "keep") -> Outcome:
        """Publish another version and move the instance to it."""
        self.office.publish(xml)
        return self.move(mapping=mapping, timers=timers)

    def move(self, *, mapping: dict[str, str] | None = None, timers: str = "keep", reason: str = "because") -> Outcome:
        """Move the instance to the newest version."""
        to = self.newest()
        with unit_of_work() as session:
            return migration.migrate_instance(
                session, actor=self.office.people.admin, instance_id=self.instance_id, to_definition_id=to,
                mapping=mapping, timers=timers, reason=reason,
            )  # fmt: skip

    def rehearse(self, *, mapping: dict[str, str] | None = None, timers: str = "keep") -> Outcome:
        """Try the move out."""
        to = self.newest()
        with unit_of_work() as session:
            (outcome,) = migration.dry_run(
                session, actor=self.office.people.admin, instance_ids=[self.instance_id], to_definition_id=to,
                mapping=mapping, timers=timers,
            )  # fmt: skip
            return outcome

    def refused(self, xml: str, *, mapping: dict[str, str] | None = None) -> str:
        """Publish another version, see that the move is refused and changes nothing; return the reason in English."""
        self.office.publish(xml)
        before = everything()
        with pytest.raises(MigrationRefused) as refusal:
            self.move(mapping=mapping)
        assert everything() == before
        assert self.rehearse(mapping=mapping).kind == "refused"
        assert everything() == before
        with using_locale("en"):
            return str(refusal.value.message)


def everything() -> list[Any]:
    """All rows that a move may write."""
    with unit_of_work() as session:
        return [
            [tuple(row) for row in session.execute(select(model.__table__).order_by(model.__table__.c.id))]
            for model in (ProcessInstance, UserTask, Wait, HistoryEntry, OutboxRow, AuditEntry)
        ]


@pytest.fixture(autouse=True)
def _clock_restored(clock: Any) -> None:
    """Tests travel in time."""


@pytest.fixture
def mover(office: Office) -> Mover:
    """Moves the office's instance."""
    return Mover(office)


def plain(*middle: str, flows: str, **more: str) -> str:
    return diagram("test", wired(start(), *middle, end(), flows=flows), **more)


ONE = plain(user_task("review", field("note")), user_task("pay"), flows="start -> review -> pay -> end")


def the_task(mover: Mover, node: str) -> UserTask:
    with unit_of_work() as session:
        task = session.get_one(UserTask, mover.office.task(node))
        session.expunge(task)
        return task


def test_an_open_task_keeps_its_id_holder_and_due_time_and_gets_the_new_name_role_and_form(mover: Mover) -> None:
    mover.run(plain(user_task("review", field("note"), due="PT4H"), flows="start -> review -> end"))
    office = mover.office
    with unit_of_work() as session:
        service.claim_task(session, actor=office.people.seller, task_id=office.task("review"))
    before = the_task(mover, "review")
    new = plain(
        user_task(
            "review", field("note"), field("promise", required="true"), role="sales_manager", due="P3D", _name="审单"
        ),
        flows="start -> review -> end",
    ).replace('name="review 节点"', "", 1)
    outcome = mover.to(new)
    after = the_task(mover, "review")
    assert outcome.kind == "moves"
    assert (after.id, after.assignee_id, after.claimed_at, after.due_at) == (
        before.id, before.assignee_id, before.claimed_at, before.due_at,
    )  # fmt: skip
    assert (after.name_zh, after.role, after.definition_id) == ("审单", "sales_manager", mover.newest())
    with pytest.raises(InvalidInput):
        office.complete("review", note="x")
    office.complete("review", note="x", promise="y")
    assert office.status() == "completed"


def test_a_step_after_the_open_one_is_there_after_the_move(mover: Mover) -> None:
    mover.run(ONE)
    mover.to(
        plain(
            user_task("review", field("note")),
            user_task("check"),
            user_task("pay"),
            flows="start -> review -> check -> pay -> end",
        )
    )
    mover.office.complete("review")
    assert mover.office.open() == ["check"]
    mover.office.complete("check")
    mover.office.complete("pay")
    assert mover.office.status() == "completed"


def test_a_step_before_the_open_one_may_go(mover: Mover) -> None:
    mover.run(ONE)
    mover.office.complete("review")
    mover.to(plain(user_task("pay"), flows="start -> pay -> end"))
    mover.office.complete("pay")
    assert mover.office.status() == "completed"


def test_a_renamed_id_is_found_by_its_name_or_given(mover: Mover) -> None:
    mover.run(ONE)
    task_id = mover.office.task("review")
    again = plain(user_task("audit"), user_task("pay"), flows="start -> audit -> pay -> end")
    assert "no such step" in mover.refused(again)
    mover.move(mapping={"review": "audit"})
    assert mover.office.task("audit") == task_id
    named = (
        again.replace("audit 节点", "review 节点")
        .replace('"audit"', '"approve"')
        .replace("audit_to", "approve_to")
        .replace("to_audit", "to_approve")
    )
    assert mover.to(named, mapping={"audit": "approve"}).kind == "moves"
    assert (
        mover.to(
            named.replace('"approve"', '"look"').replace("approve_to", "look_to").replace("to_approve", "to_look")
        ).kind
        == "moves"
    )
    assert mover.office.task("look") == task_id
    mover.office.complete("look")
    assert mover.office.open() == ["pay"]


def test_the_history_says_who_moved_it_from_where_to_where_and_why(mover: Mover) -> None:
    mover.run(ONE)
    mover.office.publish(plain(user_task("audit"), flows="start -> audit -> end"))
    mover.move(mapping={"review": "audit"}, reason="the new way")
    (entry,) = mover.office.history("migrated")
    assert (entry.actor_id, entry.actor_name) == (mover.office.people.admin.user_id, "管理员")
    assert entry.detail == {
        "from": 1,
        "to": 2,
        "timers": "keep",
        "reason": "the new way",
        "mapping": {"review": "audit"},
    }
    with unit_of_work() as session:
        audited = session.scalars(select(AuditEntry).where(AuditEntry.action == "instance.migrated")).one()
        assert (audited.subject_key, audited.reason) == (str(mover.instance_id), "the new way")
        assert audited.changes == {"version": [1, 2]}


def test_another_kind_of_step_is_no_counterpart(mover: Mover) -> None:
    mover.run(ONE)
    other = plain(catch("review", message="go"), user_task("pay"), flows="start -> review -> pay -> end", messages="go")
    assert "another kind" in mover.refused(other)


WATCHED = plain(
    user_task("review"), border("late", "review", timer="P7D"), user_task("chase"),
    flows="start -> review -> end\nlate -> chase -> end",
)  # fmt: skip


def test_the_first_boundary_event_added_watches_the_open_task_from_now_on(mover: Mover) -> None:
    mover.run(plain(user_task("review"), flows="start -> review -> end"))
    portal_clock.travel(timedelta(days=2))
    task_id = mover.office.task("review")
    mover.to(WATCHED)
    assert mover.office.waits() == ["timer:late"]
    portal_clock.travel(timedelta(days=6))
    assert timers.fire_due() == 0
    portal_clock.travel(timedelta(days=2))
    assert timers.fire_due() == 1
    assert mover.office.open() == ["chase"]
    with unit_of_work() as session:
        assert session.get_one(UserTask, task_id).status == "cancelled"
    mover.office.complete("chase")
    assert mover.office.status() == "completed"


def test_the_first_boundary_event_added_does_not_stop_the_task_from_being_done(mover: Mover) -> None:
    mover.run(plain(user_task("review"), flows="start -> review -> end"))
    mover.to(WATCHED)
    mover.office.complete("review")
    assert (mover.office.status(), mover.office.waits()) == ("completed", [])


def test_the_last_boundary_event_removed_leaves_the_task_alone(mover: Mover) -> None:
    mover.run(WATCHED)
    mover.to(plain(user_task("review"), user_task("sign"), flows="start -> review -> sign -> end"))
    assert mover.office.waits() == []
    portal_clock.travel(timedelta(days=9))
    assert timers.fire_due() == 0
    mover.office.complete("review")
    mover.office.complete("sign")
    assert mover.office.status() == "completed"


def test_a_timer_keeps_its_moment_unless_it_is_counted_anew(mover: Mover) -> None:
    mover.run(WATCHED)
    due = the_wait("late").due_at
    portal_clock.travel(timedelta(days=2))
    sooner = WATCHED.replace("P7D", "P3D")
    mover.to(sooner)
    assert the_wait("late").due_at == due
    created = the_wait("late").created_at
    mover.to(WATCHED.replace("P7D", "P4D"), timers="restart")
    assert the_wait("late").due_at == created + timedelta(days=4)


def the_wait(node: str) -> Wait:
    with unit_of_work() as session:
        wait = session.scalars(select(Wait).where(Wait.node_id == node)).one()
        session.expunge(wait)
        return wait


def test_a_timer_counted_anew_that_is_due_fires_at_once_and_the_dry_run_says_so(mover: Mover) -> None:
    mover.run(plain(catch("wait", timer="P10D"), flows="start -> wait -> end"))
    portal_clock.travel(timedelta(days=8))
    mover.office.publish(plain(catch("wait", timer="P7D"), flows="start -> wait -> end"))
    before = everything()
    rehearsed = mover.rehearse(timers="restart")
    assert (rehearsed.kind, rehearsed.ended) == ("at_once", True)
    assert everything() == before
    assert mover.rehearse().kind == "moves"
    assert mover.move(timers="restart").kind == "at_once"
    assert mover.office.status() == "completed"


def test_a_new_boundary_timer_counts_from_the_arrival_when_timers_are_counted_anew(mover: Mover) -> None:
    mover.run(plain(user_task("review"), flows="start -> review -> end"))
    created = the_task(mover, "review").created_at
    portal_clock.travel(timedelta(days=2))
    mover.to(WATCHED, timers="restart")
    assert the_wait("late").due_at == created + timedelta(days=7)


BRANCHES = "start -> fork -> make -> meet -> end\nfork -> bill -> meet"


def forked(*extra: str, flows: str = BRANCHES) -> str:
    return plain(parallel("fork"), parallel("meet"), user_task("make"), user_task("bill"), *extra, flows=flows)


def test_both_branches_move_and_meet(mover: Mover) -> None:
    mover.run(forked())
    mover.to(forked(user_task("pack"), flows="start -> fork -> make -> pack -> meet -> end\nfork -> bill -> meet"))
    for node in ("bill", "make", "pack"):
        mover.office.complete(node)
    assert mover.office.status() == "completed"


def test_a_branch_that_has_come_to_the_join_has_still_come_although_a_step_was_put_behind_it(mover: Mover) -> None:
    mover.run(forked())
    mover.office.complete("make")
    mover.to(forked(user_task("pack"), flows="start -> fork -> make -> pack -> meet -> end\nfork -> bill -> meet"))
    assert mover.office.open() == ["bill"]
    mover.office.complete("bill")
    assert mover.office.status() == "completed"


def test_the_join_still_waits_for_the_other_branch(mover: Mover) -> None:
    mover.run(forked())
    mover.office.complete("make")
    mover.to(forked(user_task("pay"), flows="start -> fork -> make -> meet -> end\nfork -> bill -> pay -> meet"))
    mover.office.complete("bill")
    assert mover.office.open() == ["pay"]
    mover.office.complete("pay")
    assert mover.office.status() == "completed"


def test_a_join_whose_gateways_were_renamed_is_found(mover: Mover) -> None:
    mover.run(forked())
    mover.office.complete("make")
    outcome = mover.to(
        plain(
            parallel("f2"),
            parallel("m2"),
            user_task("make"),
            user_task("bill"),
            flows=BRANCHES.replace("fork", "f2").replace("meet", "m2"),
        ),
        mapping={"fork": "f2", "meet": "m2"},
    )
    assert outcome.kind == "moves"
    mover.office.complete("bill")
    assert mover.office.status() == "completed"


def test_a_step_that_was_put_into_parallel_branches_is_refused(mover: Mover) -> None:
    mover.run(plain(user_task("make"), user_task("bill"), flows="start -> make -> bill -> end"))
    assert "parallel branches around" in mover.refused(forked())
    mover.office.complete("make")
    mover.office.complete("bill")
    assert mover.office.status() == "completed"


def test_branches_that_were_put_one_after_the_other_are_refused(mover: Mover) -> None:
    mover.run(forked())
    assert "parallel branches around" in mover.refused(
        plain(user_task("make"), user_task("bill"), flows="start -> make -> bill -> end")
    )


def test_two_branches_drawn_into_one_are_refused(mover: Mover) -> None:
    mover.run(forked())
    serial = forked(user_task("other"), flows="start -> fork -> make -> bill -> meet -> end\nfork -> other -> meet")
    assert mover.refused(serial)


def test_a_third_branch_is_refused_while_the_others_run_and_allowed_before(mover: Mover) -> None:
    first = plain(user_task("begin"), parallel("fork"), parallel("meet"), user_task("make"), user_task("bill"),
                  flows="start -> begin -> fork -> make -> meet -> end\nfork -> bill -> meet")  # fmt: skip
    three = plain(user_task("begin"), parallel("fork"), parallel("meet"), user_task("make"), user_task("bill"), user_task("tell"),
                  flows="start -> begin -> fork -> make -> meet -> end\nfork -> bill -> meet\nfork -> tell -> meet")  # fmt: skip
    mover.run(first)
    mover.to(three)
    mover.office.complete("begin")
    assert mover.office.open() == ["bill", "make", "tell"]
    for node in ("tell", "make", "bill"):
        mover.office.complete(node)
    assert mover.office.status() == "completed"


def test_a_third_branch_is_refused_while_the_others_run(mover: Mover) -> None:
    mover.run(forked())
    assert mover.refused(forked(user_task("tell"), flows=BRANCHES + "\nfork -> tell -> meet"))


def test_a_round_of_branches_in_a_loop_moves_with_what_has_come_in_this_round_only(mover: Mover) -> None:
    flows = "start -> again -> fork -> make -> meet -> check -> ask\nfork -> bill -> meet\nask -> again | check.more == true\nask -> end | default"
    looped = plain(gateway("again"), parallel("fork"), parallel("meet"), user_task("make"), user_task("bill"),
                   user_task("check", field("more", "yesno")), gateway("ask"), flows=flows)  # fmt: skip
    mover.run(looped)
    for _round in range(2):
        mover.office.complete("bill")
        mover.office.complete("make")
        mover.office.complete("check", more="yes")
    mover.office.complete("bill")
    mover.to(looped.replace("make 节点", "造"))
    assert mover.office.open() == ["make"]
    mover.office.complete("make")
    mover.office.complete("check", more="yes")
    assert mover.office.open() == ["bill", "make"]
    mover.office.complete("bill")
    assert mover.office.open() == ["make"]
    mover.office.complete("make")
    mover.office.complete("check", more="no")
    assert mover.office.status() == "completed"


def part(*middle: str, flows: str, **attributes: str) -> str:
    return inside("part", wired(start("in"), *middle, end("out"), flows=flows), **attributes)


def test_a_token_inside_a_subprocess_moves_with_it(mover: Mover) -> None:
    mover.run(plain(part(user_task("a"), user_task("b"), flows="in -> a -> b -> out"), flows="start -> part -> end"))
    task_id = mover.office.task("a")
    mover.to(plain(part(user_task("a"), user_task("c"), user_task("b"), flows="in -> a -> c -> b -> out"), user_task("after"),
                   flows="start -> part -> after -> end"))  # fmt: skip
    assert mover.office.task("a") == task_id
    for node in ("a", "c", "b", "after"):
        mover.office.complete(node)
    assert mover.office.status() == "completed"


def test_a_watched_subprocess_keeps_its_message_and_is_interrupted_by_it(mover: Mover) -> None:
    inner = part(user_task("a"), flows="in -> a -> out")
    old = plain(
        inner,
        border("stop", "part", message="cancel"),
        user_task("undo"),
        flows="start -> part -> end\nstop -> undo -> end",
        messages="cancel",
    )
    mover.run(old)
    wait_id = the_wait("stop").task_id
    new = plain(part(user_task("a"), user_task("b"), flows="in -> a -> b -> out"), border("stop", "part", message="cancel"),
                border("late", "part", timer="P1D"), user_task("undo"),
                flows="start -> part -> end\nstop -> undo -> end\nlate -> undo", messages="cancel")  # fmt: skip
    mover.to(new)
    assert the_wait("stop").task_id == wait_id
    assert mover.office.waits() == ["message:cancel", "timer:late"]
    assert mover.office.send("cancel", "1")
    assert mover.office.open() == ["undo"]
    mover.office.complete("undo")
    assert mover.office.status() == "completed"


def test_a_step_moved_out_of_its_subprocess_is_refused(mover: Mover) -> None:
    mover.run(plain(part(user_task("a"), flows="in -> a -> out"), flows="start -> part -> end"))
    other = part(user_task("b"), flows="in -> b -> out")
    assert "another subprocess" in mover.refused(plain(user_task("a"), other, flows="start -> a -> part -> end"))


def test_a_message_that_is_already_there_is_taken_when_the_new_version_waits_for_it(mover: Mover) -> None:
    mover.run(
        plain(catch("wait", message="go"), user_task("next"), flows="start -> wait -> next -> end", messages="go")
    )
    assert mover.office.send("come", "1")
    mover.office.publish(
        plain(catch("wait", message="come"), user_task("next"), flows="start -> wait -> next -> end", messages="come")
    )
    assert mover.rehearse().kind == "at_once"
    assert mover.office.waits() == ["message:go"]
    mover.move()
    assert mover.office.open() == ["next"]


def test_a_repeated_boundary_event_goes_on_repeating_and_its_side_way_too(mover: Mover) -> None:
    old = plain(user_task("a"), border("nudge", "a", message="ping", interrupting=False), user_task("answer"),
                flows="start -> a -> end\nnudge -> answer -> end", messages="ping")  # fmt: skip
    mover.run(old)
    mover.office.send("ping", "1")
    assert mover.office.open() == ["a", "answer"]
    mover.to(old.replace("answer 节点", "答"))
    mover.office.send("ping", "2")
    assert mover.office.open() == ["a", "answer", "answer"]
    mover.office.complete("a")
    assert mover.office.waits() == []
    for _ in range(2):
        with unit_of_work() as session:
            task_id = session.scalars(select(UserTask.id).where(UserTask.status == "open").limit(1)).one()
            service.complete_task(session, actor=mover.office.people.seller, task_id=task_id, data={})
    assert mover.office.status() == "completed"


def test_a_side_way_that_became_the_main_way_is_refused_because_it_would_be_gone_twice(mover: Mover) -> None:
    mover.run(plain(user_task("a"), border("nudge", "a", message="ping", interrupting=False), user_task("answer"),
                    flows="start -> a -> end\nnudge -> answer -> end", messages="ping"))  # fmt: skip
    mover.office.send("ping", "1")
    assert mover.refused(plain(user_task("a"), user_task("answer"), flows="start -> a -> answer -> end"))


def test_an_action_that_was_asked_for_is_answered_after_the_move(
    mover: Mover, notebook: Notebook, drain: Callable[[], int]
) -> None:
    mover.run(plain(service_task("ask", "test.outside"), user_task("next"), flows="start -> ask -> next -> end"))
    assert mover.office.waits() == ["action:test.outside"]
    mover.to(
        plain(
            service_task("ask", "test.outside"),
            user_task("more"),
            user_task("next"),
            flows="start -> ask -> more -> next -> end",
        )
    )
    assert drain() == 1
    assert mover.office.open() == ["more"]
    assert notebook.names() == ["test.outside"]


def test_an_instance_with_an_incident_is_mended_first(mover: Mover, notebook: Notebook) -> None:
    notebook.fail["test.one"] = RuntimeError("no")
    mover.run(plain(user_task("a"), service_task("do", "test.one"), flows="start -> a -> do -> end"))
    mover.office.complete("a")
    assert "mend that first" in mover.refused(plain(service_task("do", "test.two"), flows="start -> do -> end"))


def test_a_move_that_would_fail_at_once_is_refused(mover: Mover, notebook: Notebook) -> None:
    notebook.fail["test.one"] = RuntimeError("no")
    mover.run(plain(catch("wait", message="go"), flows="start -> wait -> end", messages="go"))
    mover.office.send("come", "1")
    new = plain(
        catch("wait", message="come"),
        service_task("do", "test.one"),
        flows="start -> wait -> do -> end",
        messages="come",
    )
    assert "RuntimeError" in mover.refused(new)


def test_what_a_rehearsal_sets_off_does_not_happen(mover: Mover, notebook: Notebook) -> None:
    mover.run(plain(catch("wait", timer="P10D"), flows="start -> wait -> end"))
    portal_clock.travel(timedelta(days=8))
    mover.office.publish(
        plain(catch("wait", timer="P7D"), service_task("tell", "test.outside"), flows="start -> wait -> tell -> end")
    )
    before = everything()
    rehearsed = mover.rehearse(timers="restart")
    assert rehearsed.kind == "at_once"
    assert everything() == before
    mover.move(timers="restart")
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 1


def test_a_suspended_instance_moves_and_stays_suspended(mover: Mover) -> None:
    mover.run(plain(catch("wait", timer="P10D"), user_task("next"), flows="start -> wait -> next -> end"))
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(suspended_at=portal_clock.now()))
    portal_clock.travel(timedelta(days=8))
    outcome = mover.to(
        plain(catch("wait", timer="P7D"), user_task("next"), flows="start -> wait -> next -> end"), timers="restart"
    )
    assert outcome.kind == "moves"
    assert mover.office.open() == []
    with unit_of_work() as session:
        assert session.scalars(select(ProcessInstance.suspended_at)).one() is not None


def test_an_instance_that_is_over_is_not_moved(mover: Mover) -> None:
    mover.run(plain(user_task("a"), flows="start -> a -> end"))
    mover.office.complete("a")
    assert "over" in mover.refused(plain(user_task("a"), user_task("b"), flows="start -> a -> b -> end"))


def test_an_instance_is_not_moved_twice_nor_from_a_version_it_has_left(mover: Mover) -> None:
    mover.run(ONE)
    first = mover.newest()
    mover.to(ONE.replace("review 节点", "审"))
    with pytest.raises(MigrationRefused):
        mover.move()
    mover.office.publish(ONE)
    with unit_of_work() as session:
        (outcome,) = migration.dry_run(
            session, actor=mover.office.people.admin, instance_ids=[mover.instance_id], to_definition_id=mover.newest(),
            from_definition_id=first,
        )  # fmt: skip
    assert outcome.kind == "refused"


def test_an_instance_that_somebody_works_on_is_not_waited_for_in_a_rehearsal(mover: Mover) -> None:
    mover.run(ONE)
    mover.office.publish(ONE.replace("review 节点", "审"))
    with unit_of_work() as session:
        session.execute(select(ProcessInstance.id).with_for_update())
        assert mover.rehearse().kind == "busy"
    assert mover.rehearse().kind == "moves"


@pytest.mark.parametrize("who", ["seller", "manager", "buyer"])
def test_only_an_administrator_moves_or_rehearses(who: str, mover: Mover) -> None:
    mover.run(ONE)
    actor, to = getattr(mover.office.people, who), mover.newest()
    with unit_of_work() as session, pytest.raises(NotPermitted):
        migration.migrate_instance(session, actor=actor, instance_id=mover.instance_id, to_definition_id=to, reason="x")
    with unit_of_work() as session, pytest.raises(NotPermitted):
        migration.dry_run(session, actor=actor, instance_ids=[mover.instance_id], to_definition_id=to)


def test_a_reason_is_asked_for(mover: Mover) -> None:
    mover.run(ONE)
    mover.office.publish(ONE.replace("review 节点", "审"))
    with pytest.raises(InvalidInput):
        mover.move(reason="  ")


RACE = "start -> either -> come -> end\neither -> late -> call -> end"


def raced(*extra: str, flows: str = RACE, messages: str = "come", timer: str = "P7D") -> str:
    return plain(race("either"), catch("come", message="come"), catch("late", timer=timer), user_task("call"),
                 *extra, flows=flows, messages=messages)  # fmt: skip


def test_events_that_race_go_on_racing(mover: Mover) -> None:
    mover.run(raced())
    due = the_wait("late").due_at
    mover.to(raced(timer="P1D"))
    assert mover.office.waits() == ["message:come", "timer:late"]
    assert the_wait("late").due_at == due
    mover.office.send("come", "1")
    assert (mover.office.status(), mover.office.waits()) == ("completed", [])


def test_an_event_added_to_a_race_is_waited_for_and_one_taken_out_is_not(mover: Mover) -> None:
    mover.run(raced())
    new = plain(race("either"), catch("come", message="come"), catch("stop", message="stop"),
                flows="start -> either -> come -> end\neither -> stop -> end", messages="come stop")  # fmt: skip
    mover.to(new)
    assert mover.office.waits() == ["message:come", "message:stop"]
    mover.office.send("stop", "1")
    assert (mover.office.status(), mover.office.waits()) == ("completed", [])


def test_an_event_waited_for_alone_may_get_rivals(mover: Mover) -> None:
    mover.run(plain(catch("come", message="come"), flows="start -> come -> end", messages="come"))
    mover.to(raced())
    assert mover.office.waits() == ["message:come", "timer:late"]
    portal_clock.travel(timedelta(days=8))
    assert timers.fire_due() == 1
    assert (mover.office.open(), mover.office.waits()) == (["call"], [])


def test_a_repeating_timer_keeps_its_grid(mover: Mover) -> None:
    nudged = plain(
        user_task("a"), cycle("nudge", "a", "R3/P1D"), user_task("b"), flows="start -> a -> end\nnudge -> b -> end"
    )
    mover.run(nudged)
    portal_clock.travel(timedelta(days=1, hours=1))
    assert timers.fire_due() == 1
    due = the_wait("nudge").due_at
    mover.to(nudged.replace("b 节点", "乙"))
    assert the_wait("nudge").due_at == due
    for _ in range(4):
        portal_clock.travel(timedelta(days=1))
        timers.fire_due()
    assert mover.office.open() == ["a", "b", "b", "b"]


def cycle(id: str, on: str, every: str) -> str:
    return border(id, on, timer=every, interrupting=False).replace("timeDuration", "timeCycle")


def test_why_a_task_is_here_is_still_known_when_its_id_is_another(mover: Mover) -> None:
    flows = "start -> ask\nask -> review | order.total > 5\nask -> end | default\nreview -> end"
    mover.run(plain(gateway("ask"), user_task("review"), flows=flows), order={"total": 9})
    task_id = mover.office.task("review")
    with unit_of_work() as session:
        before = queries.why(session, task_id)
    mover.office.publish(plain(gateway("ask"), user_task("audit"), flows=flows.replace("review", "audit")))
    mover.move(mapping={"review": "audit"})
    with unit_of_work() as session:
        after = queries.why(session, task_id)
    assert [reason.facts for reason in after] == [reason.facts for reason in before]
    assert after[0].facts[0].value == "9"


def test_a_token_inside_a_called_process_moves_with_its_caller(mover: Mover) -> None:
    called = diagram("credit", wired(start(), user_task("check"), end(), flows="start -> check -> end"))
    mover.office.publish(called)
    mover.run(plain(call("ask", "credit"), flows="start -> ask -> end"))
    task_id = mover.office.task("ask.check")
    mover.to(plain(call("ask", "credit"), user_task("after"), flows="start -> ask -> after -> end"))
    assert mover.office.task("ask.check") == task_id
    mover.office.complete("ask.check")
    mover.office.complete("after")
    assert mover.office.status() == "completed"
