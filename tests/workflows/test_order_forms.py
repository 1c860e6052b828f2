"""Every user task of the order's diagram with bad input: told clearly, in a 4xx, and nothing is changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.accounts.actor import Role
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.errors import Conflict, InvalidInput, NotFound, PortalError
from portal.workflow import service as workflow
from portal.workflow.errors import TaskClosed, TaskNotFound, TaskTaken
from tests.factories import customers
from tests.workflows.shop import BPMN, PAID, Shop, Story, diagram

REVIEW_WRONG: dict[str, Mapping[str, str]] = {
    "decision": {},
    "decision ": {"decision": "burn"},
    "decision  ": {"decision": "Approve"},
    "reason": {"decision": "reject"},
    "reason ": {"decision": "send_back", "reason": "   \t"},
    "reason  ": {"decision": "reject", "reason": "字" * 10_000},
    "promised_on": {"decision": "approve", "promised_on": "下周五"},
    "promised_on ": {"decision": "approve", "promised_on": "2026-02-30"},
    "message": {"decision": "approve", "message": "😀" * 2001},
}
MONEY_WRONG: dict[str, Mapping[str, str]] = {
    "amount": PAID | {"amount": ""},
    "amount ": PAID | {"amount": "很多"},
    "amount  ": PAID | {"amount": "-5"},
    "amount   ": PAID | {"amount": "1,000,000,000,000,000"},
    "amount    ": PAID | {"amount": "NaN"},
    "method": PAID | {"amount": "1", "method": "shells"},
    "method ": PAID | {"amount": "1", "method": ""},
    "received_on": PAID | {"amount": "1", "received_on": "yesterday"},
    "received_on ": PAID | {"amount": "1", "received_on": ""},
    "reference": PAID | {"amount": "1", "reference": "9" * 10_000},
}
CANCELLATION_WRONG: dict[str, Mapping[str, str]] = {
    "decision": {},
    "decision ": {"decision": "maybe"},
    "reason": {"decision": "decline"},
    "message": {"decision": "agree", "message": "字" * 2001},
}


@dataclass(frozen=True)
class Desk:
    """A staff task: how an order comes to it, who does it, what is right, and what is wrong by the field that says so."""

    node: str
    role: Role
    come_to: Callable[[Shop], Story]
    right: Mapping[str, str]
    wrong: Mapping[str, Mapping[str, str]]


def to_cancellation(shop: Shop) -> Story:
    story = shop.order(8, stock=8)
    story.cancellation_asked()
    return story


def to_refund(shop: Shop) -> Story:
    story = shop.order(8, stock=8, type="two")
    story.is_paid("confirm_payment")
    story.cancellation_asked()
    story.does(story.seller, "decide_cancellation", decision="agree")
    return story


DESKS = {
    desk.node: desk
    for desk in (
        Desk("review_by_salesperson", Role.SALESPERSON, lambda shop: shop.order(8, seasoned=False),
             {"decision": "approve"}, REVIEW_WRONG),
        Desk("review_by_manager", Role.SALES_MANAGER, lambda shop: shop.order(8, overdue_amount="1"),
             {"decision": "approve"}, REVIEW_WRONG),
        Desk("follow_up_payment", Role.SALESPERSON, lambda shop: shop.order(8), PAID | {"amount": "1"}, MONEY_WRONG),
        Desk("confirm_payment", Role.SALESPERSON, lambda shop: shop.order(8, type="two"), PAID | {"amount": "1"}, MONEY_WRONG),
        Desk("decide_cancellation", Role.SALESPERSON, to_cancellation, {"decision": "agree"}, CANCELLATION_WRONG),
        Desk("refund_payment", Role.FINANCE, to_refund, PAID | {"amount": "1488"},
             MONEY_WRONG | {"amount     ": PAID | {"amount": "1488.01"}}),
    )
}  # fmt: skip
CONTACTS = {"revise_order", "confirm_receipt"}
Client = Callable[..., Any]


def doer(desk: Desk, story: Story) -> Any:
    """Who does the task."""
    return {Role.SALESPERSON: story.seller, Role.SALES_MANAGER: story.shop.manager, Role.FINANCE: story.shop.finance}[
        desk.role
    ]


def user_of(session: Session, actor: Any) -> User:
    """The person behind an actor."""
    return session.get_one(User, actor.user_id)


def path(task_id: object) -> str:
    """Where a task's form is sent to."""
    return f"/desk/inbox/{task_id}/completion"


def test_every_user_task_of_the_diagram_is_tried_here() -> None:
    assert {task.get("id") for task in diagram().iter(f"{BPMN}userTask")} == set(DESKS) | CONTACTS


@pytest.mark.parametrize("node", DESKS)
def test_a_form_filled_in_badly_is_refused_beside_the_field_and_changes_nothing(node: str, shop: Shop) -> None:
    desk = DESKS[node]
    story = desk.come_to(shop)
    task, mark, who = story.task(node), story.unchanged_mark(), doer(desk, story)
    for field, data in desk.wrong.items():
        with pytest.raises(InvalidInput) as refused, unit_of_work() as session:
            workflow.complete_task(session, actor=who, task_id=task, data=data)
        assert set(refused.value.fields) == {field.strip()}, data
        assert story.unchanged_mark() == mark, data


@pytest.mark.parametrize("node", DESKS)
def test_the_page_answers_a_bad_form_with_422_and_keeps_what_was_typed(
    node: str, shop: Shop, session: Session, client_for: Client
) -> None:
    desk = DESKS[node]
    story = desk.come_to(shop)
    task = story.task(node)
    browser = client_for(user_of(session, doer(desk, story)))
    assert browser.post(f"/desk/inbox/{task}/claim").status_code == 303
    mark = story.unchanged_mark()
    for data in desk.wrong.values():
        answer = browser.post(path(task), data)
        assert answer.status_code == 422, data
        assert 'class="err"' in answer.text, data
    assert story.unchanged_mark() == mark


@pytest.mark.parametrize("node", DESKS)
def test_the_task_of_another_role_is_unknown(node: str, shop: Shop, session: Session, client_for: Client) -> None:
    desk = DESKS[node]
    story = desk.come_to(shop)
    task, mark = story.task(node), story.unchanged_mark()
    for stranger in strangers(desk, story):
        with pytest.raises(TaskNotFound), unit_of_work() as work:
            workflow.complete_task(work, actor=stranger, task_id=task, data=dict(desk.right))
        assert client_for(user_of(session, stranger)).post(path(task), dict(desk.right)).status_code == 404
    assert client_for().post(path(task), dict(desk.right)).status_code in (303, 401)
    assert story.unchanged_mark() == mark


def strangers(desk: Desk, story: Story) -> list[Any]:
    """People whom the task does not concern: the warehouse, the buyer, and whoever else has another role."""
    shop = story.shop
    others = {Role.FINANCE: [shop.manager, story.seller], Role.SALES_MANAGER: [shop.finance, story.seller]}
    return [shop.keeper, story.buyer, *others.get(desk.role, [shop.finance])]


@pytest.mark.parametrize("node", DESKS)
def test_whoever_comes_second_is_told_who_was_first(
    node: str, shop: Shop, session: Session, client_for: Client
) -> None:
    desk = DESKS[node]
    story = desk.come_to(shop)
    task, who = story.task(node), doer(desk, story)
    story.does(who, node, **desk.right)
    mark = story.unchanged_mark()
    with pytest.raises(TaskClosed) as refused, unit_of_work() as work:
        workflow.complete_task(work, actor=who, task_id=task, data=dict(desk.right))
    assert refused.value.by == who.name
    answer = client_for(user_of(session, who)).post(path(task), dict(desk.right))
    assert answer.status_code == 409
    assert who.name in answer.text
    assert story.unchanged_mark() == mark


@pytest.mark.parametrize("node", DESKS)
def test_a_task_in_a_colleagues_hands_is_theirs(node: str, shop: Shop, session: Session, client_for: Client) -> None:
    desk = DESKS[node]
    story = desk.come_to(shop)
    task, who = story.task(node), doer(desk, story)
    colleague = customers.a_user(session, desk.role, name="陈刚")
    session.commit()
    with unit_of_work() as work:
        if desk.role is not Role.SALESPERSON:
            workflow.claim_task(work, actor=who, task_id=task)
        workflow.delegate_task(work, actor=who, task_id=task, to_user_id=colleague.id)
    mark = story.unchanged_mark()
    with pytest.raises(TaskTaken) as refused, unit_of_work() as work:
        workflow.complete_task(work, actor=who, task_id=task, data=dict(desk.right))
    assert refused.value.holder == "陈刚"
    answer = client_for(user_of(session, who)).post(path(task), dict(desk.right))
    assert answer.status_code == 409
    assert "陈刚" in answer.text
    assert story.unchanged_mark() == mark


@pytest.mark.parametrize("node", ["review_by_salesperson", "review_by_manager", "confirm_payment"])
def test_a_task_whose_order_was_cancelled_meanwhile_is_over(
    node: str, shop: Shop, session: Session, client_for: Client
) -> None:
    desk = DESKS[node]
    story = desk.come_to(shop)
    task, who = story.task(node), doer(desk, story)
    story.cancellation_asked()
    assert story.status == "cancelled"
    mark = story.unchanged_mark()
    with pytest.raises(TaskClosed) as refused, unit_of_work() as work:
        workflow.complete_task(work, actor=who, task_id=task, data=dict(desk.right))
    assert refused.value.by is None
    assert client_for(user_of(session, who)).post(path(task), dict(desk.right)).status_code == 409
    assert story.unchanged_mark() == mark


@pytest.mark.parametrize("node", ["follow_up_payment", "decide_cancellation"])
def test_a_task_that_a_cancellation_after_release_withdrew_is_over(node: str, shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.cancellation_asked()
    tasks = story.tasks()
    story.does(story.seller, "decide_cancellation", decision="agree")
    mark = story.unchanged_mark()
    with pytest.raises(TaskClosed), unit_of_work() as work:
        workflow.complete_task(work, actor=story.seller, task_id=tasks[node], data=dict(DESKS[node].right))
    assert story.unchanged_mark() == mark


# The contact's own two tasks, which have no form in the diagram but pages of their own


def to_revision(shop: Shop) -> Story:
    story = shop.order(8, stock=20, seasoned=False)
    story.reviewed("send_back", reason="数量请核对")
    return story


def to_receipt(shop: Shop) -> Story:
    story = shop.order(8, stock=8)
    story.shipped()
    return story


@pytest.mark.parametrize(
    "data",
    [
        {"quantity-1": "0"}, {"quantity-1": "-3"}, {"quantity-1": "a few"}, {"quantity-1": "99999999999"}, {"quantity-1": "1.5"},
        {"quantity-1": ""}, {"quantity-1": "4", "note": "字" * 10_000},
    ],
)  # fmt: skip
def test_a_bad_revision_is_refused_and_changes_nothing(
    data: dict[str, str], shop: Shop, session: Session, client_for: Client
) -> None:
    story = to_revision(shop)
    mark = story.unchanged_mark()
    answer = client_for(user_of(session, story.buyer)).post(
        f"/orders/{story.number}/revision", {"revision": "1", **data}
    )
    assert answer.status_code == 422
    assert story.unchanged_mark() == mark


@pytest.mark.parametrize(("come_to", "page"), [(to_revision, "revision"), (to_receipt, "receipt")])
def test_another_companys_contact_knows_nothing_of_the_task(
    come_to: Callable[[Shop], Story], page: str, shop: Shop, session: Session, client_for: Client
) -> None:
    story = come_to(shop)
    stranger, _seller = shop.buyer()
    (task,) = (task_id for node, task_id in story.tasks().items() if node in CONTACTS)
    mark = story.unchanged_mark()
    with pytest.raises(NotFound), unit_of_work() as work:
        workflow.complete_task(work, actor=stranger, task_id=task, data={})
    answer = client_for(user_of(session, stranger)).post(f"/orders/{story.number}/{page}", {"quantity-1": "2"})
    assert answer.status_code == 404
    assert story.number not in answer.text.replace(f"/orders/{story.number}", "")
    assert story.unchanged_mark() == mark


@pytest.mark.parametrize(("come_to", "page"), [(to_revision, "revision"), (to_receipt, "receipt")])
def test_a_contacts_step_done_twice_says_that_it_is_over(
    come_to: Callable[[Shop], Story], page: str, shop: Shop, session: Session, client_for: Client
) -> None:
    story = come_to(shop)
    browser = client_for(user_of(session, story.buyer))
    data = {"quantity-1": "2", "revision": "1"} if page == "revision" else {}
    assert browser.post(f"/orders/{story.number}/{page}", data).status_code == 303
    mark = story.unchanged_mark()
    again = browser.post(f"/orders/{story.number}/{page}", data)
    assert again.status_code in (303, 409)
    assert story.unchanged_mark() == mark


def test_a_revision_made_from_an_old_page_is_told_that_a_colleague_was_first(
    shop: Shop, session: Session, client_for: Client
) -> None:
    story = to_revision(shop)
    story.revised(6)
    story.reviewed("send_back", reason="再改一次")
    mark = story.unchanged_mark()
    stale = {"quantity-1": "2", "revision": "1"}
    answer = client_for(user_of(session, story.buyer)).post(f"/orders/{story.number}/revision", stale)
    assert answer.status_code in (409, 422)
    assert "同事" in answer.text
    assert story.unchanged_mark() == mark


def test_a_colleague_of_the_contact_may_confirm_the_receipt(shop: Shop, session: Session) -> None:
    story = to_receipt(shop)
    from portal.customers.models import Customer

    colleague = customers.a_contact(session, session.get_one(Customer, story.buyer.customer_id), name="孙丽")
    session.commit()
    story.receipt_confirmed(by=customers.actor_of(colleague))
    assert story.status == "completed"


def test_the_kinds_of_refusal_are_those_that_pages_answer_with_a_4xx() -> None:
    assert issubclass(TaskNotFound, NotFound)
    assert issubclass(TaskTaken, Conflict)
    assert issubclass(TaskClosed, Conflict)
    assert issubclass(InvalidInput, PortalError)
