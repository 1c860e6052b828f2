"""The inbox: what waits for whom, deciding a task, and losing a race for one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.customers.models import Customer
from portal.orders.models import Order
from portal.workflow.models import UserTask
from tests.factories.catalog import a_variant
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user, actor_of
from tests.factories.orders import a_buyer, a_submitted_order, the_order_process


@pytest.fixture
def waiting(session: Session) -> tuple[Order, User, UserTask]:
    """A first order, which waits for its salesperson's approval."""
    the_order_process(session)
    buyer, seller = a_buyer(session, seasoned=False)
    order = a_submitted_order(session, buyer, {a_variant(session): 8})
    session.commit()
    return order, seller, session.scalars(select(UserTask).where(UserTask.status == "open")).one()


def test_a_salesperson_finds_the_order_that_waits_for_them_with_the_reason(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any]
) -> None:
    order, seller, task = waiting
    page = client_for(seller).get(f"/desk/inbox?task={task.id}")
    assert page.status_code == 200
    assert order.number in page.text
    assert "业务员审核" in page.text
    assert "为什么在这里" in page.text
    assert "首单" in page.text


def test_deciding_moves_the_order_on_and_empties_the_inbox(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, seller, task = waiting
    answer = client_for(seller).post(f"/desk/inbox/{task.id}/completion", {"decision": "approve"})
    assert answer.status_code == 303
    session.expire_all()
    assert session.get_one(Order, order.id).status == "awaiting_processing"
    assert order.number not in client_for(seller).get("/desk/inbox").text


def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    _order, seller, task = waiting
    answer = client_for(seller).post(f"/desk/inbox/{task.id}/completion", {"decision": "reject", "reason": ""})
    assert answer.status_code == 422
    assert "请填写" in answer.text
    assert re.search(r'value="reject"\s+checked', answer.text)
    assert session.get_one(UserTask, task.id).status == "open"


def test_what_was_typed_survives_the_task_having_been_given_back_meanwhile(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any]
) -> None:
    _order, seller, task = waiting
    browser = client_for(seller)
    browser.post(f"/desk/inbox/{task.id}/release", {})
    answer = browser.post(f"/desk/inbox/{task.id}/completion", {"decision": "reject", "reason": ""})
    assert answer.status_code == 422
    assert re.search(r'value="reject"\s+checked', answer.text)


@pytest.mark.parametrize("data", [{}, {"decision": "burn"}, {"decision": "approve", "promised_on": "soon"}])
def test_nonsense_in_a_form_changes_nothing(
    data: dict[str, str], waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    _order, seller, task = waiting
    assert client_for(seller).post(f"/desk/inbox/{task.id}/completion", data).status_code == 422
    assert session.get_one(UserTask, task.id).status == "open"


def test_choosing_to_refuse_asks_for_the_reason(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any]
) -> None:
    _order, seller, task = waiting
    browser = client_for(seller)
    assert 'name="reason"' not in browser.post(f"/desk/inbox/{task.id}/form", {"decision": "approve"}).text
    assert 'name="reason"' in browser.post(f"/desk/inbox/{task.id}/form", {"decision": "reject"}).text


def test_who_comes_second_is_told_who_was_first(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    _order, seller, task = waiting
    manager = a_user(session, "sales_manager", name="周敏")
    session.commit()
    assert client_for(manager).post(f"/desk/inbox/{task.id}/delegation", {}).status_code == 303
    answer = client_for(seller).post(f"/desk/inbox/{task.id}/completion", {"decision": "approve"})
    assert answer.status_code == 409
    assert "周敏" in answer.text


def test_a_task_given_back_is_its_teams_and_nobody_elses(client_for: Callable[..., Any], session: Session) -> None:
    seller = a_salesperson(session, team="一组")
    company = a_customer(session, salesperson_id=seller.id)
    the_order_process(session)
    order = a_submitted_order(session, actor_of(a_contact(session, company)), {a_variant(session): 8})
    mate, stranger = a_user(session, "salesperson", team="一组"), a_user(session, "salesperson", team="二组")
    session.commit()
    task = session.scalars(select(UserTask).where(UserTask.status == "open")).one()
    client_for(seller).post(f"/desk/inbox/{task.id}/release", {})
    assert order.number in client_for(mate).get("/desk/inbox?tab=team").text
    browser = client_for(stranger)
    assert order.number not in browser.get("/desk/inbox?tab=team").text
    assert browser.get(f"/desk/orders/{order.number}").status_code == 404
    assert browser.post(f"/desk/inbox/{task.id}/completion", {"decision": "approve"}).status_code == 404


@pytest.mark.parametrize("role", ["warehouse", "finance"])
def test_the_task_of_another_role_does_not_exist(
    role: str, waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, _seller, task = waiting
    other = a_user(session, role)
    session.commit()
    browser = client_for(other)
    page = browser.get(f"/desk/inbox?tab=team&task={task.id}")
    assert page.status_code == 404
    assert order.number not in page.text
    assert browser.post(f"/desk/inbox/{task.id}/completion", {"decision": "approve"}).status_code == 404
    assert browser.post(f"/desk/inbox/{task.id}/claim", {}).status_code == 404


def test_a_task_handed_to_another_team_can_be_worked_there_with_its_order(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, _seller, task = waiting
    other = a_user(session, "salesperson", team="south")
    manager = a_user(session, "sales_manager")
    session.commit()
    address = f"/desk/inbox?task={task.id}"
    browser = client_for(other)
    assert browser.get(f"/desk/orders/{order.number}").status_code == 404
    assert client_for(manager).post(f"/desk/inbox/{task.id}/delegation", {"to": str(other.id)}).status_code == 303
    assert order.number in browser.get(address).text
    assert browser.post(f"/desk/inbox/{task.id}/completion", {"decision": "approve"}).status_code == 303
    assert browser.get(f"{address}&tab=done").status_code == 200, "what one has decided can be read again"


def test_a_free_task_can_be_read_before_it_is_claimed(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, seller, task = waiting
    other = a_user(session, "salesperson", team="south")
    session.commit()
    browser, address = client_for(other), f"/desk/inbox?tab=team&task={task.id}"
    assert browser.get(address).status_code == 404
    client_for(seller).post(f"/desk/inbox/{task.id}/release", {})
    assert browser.get(address).status_code == 200
    client_for(seller).post(f"/desk/inbox/{task.id}/claim", {})
    assert browser.get(f"/desk/orders/{order.number}").status_code == 404


def test_a_contact_has_no_inbox(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, _seller, _task = waiting
    browser = client_for(session.get_one(User, order.placed_by_id))
    assert browser.get("/desk/inbox").status_code == 404


def test_a_visitor_is_asked_to_log_in(client_for: Callable[..., Any]) -> None:
    assert client_for().get("/desk/inbox").headers["location"].startswith("/login")


def test_the_filter_finds_by_number_and_by_customer(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, seller, _task = waiting
    company = session.get_one(Customer, order.customer_id)
    browser = client_for(seller)
    assert order.number in browser.get(f"/desk/inbox?q={order.number[-6:]}").text
    assert order.number in browser.get(f"/desk/inbox?q={company.name[:2]}").text
    assert order.number not in browser.get("/desk/inbox?q=%25%25%25nobody").text


def test_whoever_has_nothing_of_their_own_begins_at_the_teams_tasks(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, _seller, _task = waiting
    manager = a_user(session, "sales_manager")
    session.commit()
    assert order.number in client_for(manager).get("/desk/inbox").text
    assert order.number not in client_for(manager).get("/desk/inbox?tab=mine").text


def test_the_list_can_be_narrowed_to_one_customer(client_for: Callable[..., Any], session: Session) -> None:
    the_order_process(session)
    seller = a_salesperson(session)
    companies = [a_customer(session, salesperson_id=seller.id, name=name) for name in ("天齿模具", "海川轴承")]
    orders = [
        a_submitted_order(session, actor_of(a_contact(session, one)), {a_variant(session): 8}) for one in companies
    ]
    session.commit()
    page = client_for(seller).get(f"/desk/inbox?customer={companies[0].id}").text
    assert "海川轴承</option>" in page
    assert orders[0].number in page
    assert orders[1].number not in page


def test_a_late_task_stands_out(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], clock: Any
) -> None:
    _order, seller, _task = waiting
    clock.travel(days=5)
    page = client_for(seller).get("/desk/inbox").text
    assert "已逾期" in page
    assert "is-late" in page


def test_a_number_typed_into_the_find_box_opens_the_order(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any]
) -> None:
    order, seller, _task = waiting
    assert client_for(seller).get(f"/desk/find?q={order.number}").headers["location"] == f"/desk/orders/{order.number}"


def test_finding_shows_nobody_elses_order(
    waiting: tuple[Order, User, UserTask], client_for: Callable[..., Any], session: Session
) -> None:
    order, _seller, _task = waiting
    stranger = a_user(session, "salesperson", team="elsewhere")
    session.commit()
    page = client_for(stranger).get(f"/desk/find?q={order.number}")
    assert page.status_code == 200
    assert "没有找到" in page.text


def test_where_more_is_found_than_shown_the_whole_list_is_a_step_away(
    client_for: Callable[..., Any], session: Session
) -> None:
    for number in range(9):
        a_customer(session, name=f"华东轴承{number}厂")
    manager = a_user(session, "sales_manager")
    session.commit()
    page = client_for(manager).get("/desk/find?q=华东轴承").text
    assert "客户 8+" in page
    assert "/desk/customers?q=%E5%8D%8E%E4%B8%9C" in page
    assert "8+" not in client_for(manager).get("/desk/find?q=华东轴承3").text
