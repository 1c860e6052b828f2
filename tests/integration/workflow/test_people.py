"""Who may do which task, and what happens when two people want the same one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from portal.accounts.actor import Actor
from portal.database import unit_of_work
from portal.errors import InvalidInput, NotPermitted
from portal.web.i18n import using_locale
from portal.workflow import service, timers
from portal.workflow.errors import AlreadyStarted, ProcessNotFound, TaskClosed, TaskNotFound, TaskTaken
from tests.diagrams.build import border, diagram, end, field, start, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.workflow.conftest import Notebook, Office

FORM = (
    field("decision", "choice", "approve reject", required="true"),
    field("amount", "money"),
    field("note", "longtext"),
)
ONE_TASK = diagram(
    "test",
    wired(
        start(), user_task("review", *FORM, result="approval"), border("late", "review", timer="P1D"), action("act", "test.one"), end(), end("e2"),
        flows="start -> review -> act -> end\nlate -> e2",
    ),
)  # fmt: skip


def contact_task(**attributes: str) -> str:
    return diagram("test", wired(start(), user_task("confirm", **attributes), end(), flows="start -> confirm -> end"))


def claim(office: Office, actor: Actor, node: str = "review") -> None:
    task_id = office.task(node)
    with unit_of_work() as session:
        service.claim_task(session, actor=actor, task_id=task_id)


def test_a_claimed_task_is_closed_to_colleagues_until_it_is_given_back(office: Office) -> None:
    office.run(ONE_TASK)
    people, task_id = office.people, office.task("review")
    claim(office, people.seller)
    claim(office, people.seller)
    for attempt in (service.claim_task, service.release_task):
        with pytest.raises(TaskTaken) as taken, unit_of_work() as session:
            attempt(session, actor=people.colleague, task_id=task_id)
        assert taken.value.holder == "陈立军"
    with pytest.raises(TaskTaken, match="陈立军"), using_locale("en"):
        office.complete("review", actor=people.colleague, decision="approve")
    with unit_of_work() as session:
        service.release_task(session, actor=people.seller, task_id=task_id)
    office.complete("review", actor=people.colleague, decision="approve")
    assert [entry.kind for entry in office.history("task_claimed", "task_released", "task_completed")] == [
        "task_claimed", "task_released", "task_completed",
    ]  # fmt: skip


def test_whom_a_task_does_not_concern_cannot_know_of_it(office: Office) -> None:
    office.run(ONE_TASK)
    for actor in (office.people.buyer, office.people.stranger, Actor(77, "仓库", frozenset({"warehouse"}))):
        with pytest.raises(TaskNotFound):
            office.complete("review", actor=actor, decision="approve")
        with pytest.raises(TaskNotFound):
            claim(office, actor)
    with pytest.raises(TaskNotFound), unit_of_work() as session:
        service.claim_task(session, actor=office.people.seller, task_id=uuid4())


def test_a_manager_may_do_a_salespersons_task(office: Office) -> None:
    office.run(ONE_TASK)
    office.complete("review", actor=office.people.manager, decision="approve")
    assert office.status() == "completed"


def test_an_administrator_hands_a_task_on_but_does_not_do_it(office: Office) -> None:
    office.run(ONE_TASK)
    people, task_id = office.people, office.task("review")
    with pytest.raises(NotPermitted):
        office.complete("review", actor=people.admin, decision="approve")
    with unit_of_work() as session:
        service.delegate_task(session, actor=people.admin, task_id=task_id, to_user_id=people.colleague.user_id or 0)
    with pytest.raises(TaskTaken):
        office.complete("review", actor=people.seller, decision="approve")
    office.complete("review", actor=people.colleague, decision="approve")


def test_a_task_is_handed_only_to_somebody_who_may_do_it(office: Office) -> None:
    office.run(ONE_TASK)
    people, task_id = office.people, office.task("review")
    for nobody in (people.buyer.user_id, people.admin.user_id, 999_999):
        with pytest.raises(InvalidInput), unit_of_work() as session:
            service.delegate_task(session, actor=people.manager, task_id=task_id, to_user_id=nobody or 0)
    with pytest.raises(NotPermitted), unit_of_work() as session:
        service.delegate_task(session, actor=people.seller, task_id=task_id, to_user_id=people.colleague.user_id or 0)


def test_any_contact_of_the_company_may_do_a_contacts_task(office: Office, notebook: Notebook) -> None:
    notebook.assignee = office.people.buyer.user_id
    office.run(contact_task(role="contact", assignee="test.somebody"))
    with pytest.raises(TaskNotFound):
        office.complete("confirm", actor=office.people.stranger)
    with pytest.raises(TaskNotFound):
        office.complete("confirm", actor=office.people.seller)
    colleague = Actor(office.people.seller.user_id, "同事", frozenset({"contact"}), office.people.customer_id)
    office.complete("confirm", actor=colleague)
    assert office.status() == "completed"


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({}, {"decision"}),
        ({"decision": "maybe"}, {"decision"}),
        ({"decision": "approve", "amount": "much"}, {"amount"}),
        ({"decision": "", "amount": "-5", "note": "x" * 2001}, {"decision", "amount", "note"}),
    ],
)
def test_a_form_filled_in_badly_changes_nothing(
    data: dict[str, str], wrong: set[str], office: Office, notebook: Notebook
) -> None:
    office.run(ONE_TASK)
    with pytest.raises(InvalidInput) as refused:
        office.complete("review", **data)
    assert refused.value.fields.keys() == wrong
    assert (office.open(), notebook.calls, office.history("task_completed")) == (["review"], [], [])


def test_a_task_completed_twice_names_who_was_first(office: Office) -> None:
    office.run(ONE_TASK)
    task_id = office.task("review")
    office.complete("review", decision="approve")
    with pytest.raises(TaskClosed) as closed, unit_of_work() as session:
        service.complete_task(session, actor=office.people.colleague, task_id=task_id, data={"decision": "reject"})
    assert (closed.value.by, closed.value.at is not None) == ("陈立军", True)
    with pytest.raises(TaskClosed), unit_of_work() as session:
        service.claim_task(session, actor=office.people.colleague, task_id=task_id)


def test_a_task_withdrawn_meanwhile_says_so(office: Office, clock: Any) -> None:
    office.run(ONE_TASK)
    task_id = office.task("review")
    clock.travel(days=1)
    assert timers.fire_due() == 1
    with pytest.raises(TaskClosed) as closed, unit_of_work() as session:
        service.complete_task(session, actor=office.people.seller, task_id=task_id, data={"decision": "approve"})
    assert closed.value.by is None


def at_once(*works: Callable[[], None]) -> list[Exception | None]:
    """Do works at the same time in threads; return what each raised."""
    gate = Barrier(len(works))

    def go(work: Callable[[], None]) -> Exception | None:
        gate.wait()
        try:
            work()
        except (TaskClosed, TaskTaken, AlreadyStarted) as error:
            return error
        return None

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(go, works))


def test_of_two_people_completing_at_once_one_wins_and_the_other_is_told_who(
    office: Office, notebook: Notebook
) -> None:
    office.publish(ONE_TASK)
    for number in range(8):
        office.start(business_key=f"R{number}")
        task_id = office.task("review")

        def work(actor: Actor, task_id: Any = task_id) -> None:
            with unit_of_work() as session:
                service.complete_task(session, actor=actor, task_id=task_id, data={"decision": "approve"})

        raised = at_once(lambda: work(office.people.seller), lambda: work(office.people.colleague))
        (lost,) = [error for error in raised if error is not None]
        assert isinstance(lost, TaskClosed)
        assert lost.by == ("陈立军" if raised[1] else "周敏")
    assert len(notebook.calls) == 8


def test_of_two_people_claiming_at_once_one_wins_and_the_other_is_told_who(office: Office) -> None:
    office.publish(ONE_TASK)
    for number in range(8):
        office.start(business_key=f"C{number}")
        raised = at_once(lambda: claim(office, office.people.seller), lambda: claim(office, office.people.colleague))
        (lost,) = [error for error in raised if error is not None]
        assert isinstance(lost, TaskTaken)
        assert lost.holder == ("陈立军" if raised[1] else "周敏")


def test_a_process_is_started_once_for_a_business_object(office: Office) -> None:
    office.publish(ONE_TASK)
    raised = at_once(*[lambda: office.start() and None] * 4)
    assert [type(error) for error in raised if error] == [AlreadyStarted] * 3
    assert office.open() == ["review"]


def test_an_unpublished_process_cannot_be_started(office: Office) -> None:
    with pytest.raises(ProcessNotFound):
        office.start()


def test_branches_completed_at_once_are_both_kept(office: Office, notebook: Notebook) -> None:
    from tests.diagrams.build import parallel

    xml = diagram(
        "test",
        wired(
            start(), parallel("split"), user_task("a"), user_task("b"), parallel("join"), action("both", "test.one"), end(),
            flows="start -> split -> a -> join\nsplit -> b -> join\njoin -> both -> end",
        ),
    )  # fmt: skip
    office.publish(xml)
    for number in range(8):
        office.start(business_key=f"P{number}")
        assert at_once(lambda: office.complete("a"), lambda: office.complete("b", actor=office.people.colleague)) == [
            None,
            None,
        ]
        assert office.status() == "completed"
    assert len(notebook.calls) == 8
