"""The operator's board in a real browser: the diagram shows where instances are, nodes can be chosen, and it stays true by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from tests.e2e.people import Person, Staff
from tests.e2e.site import Site
from tests.factories.catalog import a_variant
from tests.factories.customers import a_contact, a_customer, a_salesperson, a_user, actor_of
from tests.factories.orders import a_submitted_order, the_order_process

Enter = Callable[..., Any]
NODE = "review_by_salesperson"


@pytest.fixture
def board(session: Session, site: Site, enter: Enter) -> Person:
    """An operator at the board; three first orders wait for review."""
    the_order_process(session)
    for _number in range(3):
        order(session)
    session.commit()
    site.settled()
    person: Person = enter(Staff, a_user_who_operates(session))
    person.opens("/desk/operations")
    expect(person.page.locator("[data-diagram][data-ready=true]")).to_be_visible()
    return person


def order(session: Session) -> str:
    company = a_customer(session, salesperson_id=a_salesperson(session).id)
    return a_submitted_order(session, actor_of(a_contact(session, company)), {a_variant(session): 8}).number


def a_user_who_operates(session: Session) -> Any:
    user = a_user(session, "administrator", name="总管")
    session.commit()
    return user


def node(page: Page, node_id: str) -> Locator:
    return page.locator(f".djs-element[data-element-id={node_id}]")


def test_a_node_is_chosen_by_pointer_and_by_keyboard(board: Person) -> None:
    page = board.page
    expect(page.get_by_role("button", name="业务员审核: 3")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".d-count")).to_have_text(["3"])
    expect(page.get_by_role("heading", name="在「业务员审核」的 3 个")).to_be_visible()
    board.opens("/desk/operations?node=confirm_payment")
    expect(page.get_by_text("现在没有实例在这一步。")).to_be_visible()
    expect(page.locator("[data-diagram][data-ready=true]")).to_be_visible()
    node(page, NODE).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="在「业务员审核」的 3 个")).to_be_visible()
    board.opens("/desk/operations?node=confirm_payment")
    expect(page.locator("[data-diagram][data-ready=true]")).to_be_visible()
    node(page, NODE).locator(".djs-hit").first.click()
    expect(page).to_have_url(f"{board.site.url}/desk/operations?process=order&version=1&node={NODE}")


def test_what_happens_meanwhile_is_painted_without_loading_again(board: Person, session: Session) -> None:
    page = board.page
    page.evaluate("document.querySelector('[data-diagram]').dataset.untouched = 'true'")
    number = order(session)
    session.commit()
    board.site.settled()
    expect(page.locator(".d-count")).to_have_text(["4"])
    board.reads(number)
    expect(page.locator("[data-untouched=true]")).to_be_visible()


def test_ticked_instances_can_be_acted_on_and_none_can_not(board: Person) -> None:
    page = board.page
    board.opens("/desk/operations/instances")
    bar = page.get_by_role("group", name="对选中的做什么")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="选中本页全部").check()
    expect(bar.get_by_text("已选 3 个")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
