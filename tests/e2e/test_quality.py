"""Every main page: nothing for axe to find, light and dark; light enough for a phone; nothing on the console."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Role
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.workflow.models import UserTask
from tests.e2e.people import Contact, Person, Staff
from tests.e2e.shop import Busy, keep_busy, open_shop
from tests.e2e.site import Site
from tests.factories.customers import a_user

Enter = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (
    "?view=time",
    "?view=flow",
    "/versions/compare",
    "/instances",
    "/incidents",
    "/systems",
    "/waiting",
    "/batches",
)
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
LIGHT_ENOUGH = 60 * 1024
looks = pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])


def customer_pages(busy: Busy) -> list[str]:
    """The customer's part: every main page, and orders in different states."""
    return [
        "/", "/products", "/products?q=400", "/products?q=nothing-like-this", "/products/WH-400", "/products/WH-SECRET", "/cart",
        "/cart/submit", "/orders", "/orders?status=all", *[f"/orders/{number}" for number in busy.numbers],
        f"/orders/{busy.sent_back}/revision", f"/orders/{busy.waiting}/cancellation", "/contact", "/contact?sku=WH-400", "/scan",
        "/account", "/notifications", "/orders/SO-000000-000",
    ]  # fmt: skip


def desk_pages(busy: Busy) -> list[str]:
    """The staff's part."""
    return [
        "/desk/inbox", "/desk/inbox?tab=team", "/desk/inbox?tab=done", *[f"/desk/inbox?tab=team&task={task}" for task in open_tasks()],
        "/desk/orders", *[f"/desk/orders/{number}" for number in busy.numbers], "/desk/customers", "/desk/customers/1", "/desk/products",
        "/desk/stock", f"/desk/stock/{busy.variant_id}", "/desk/production", *[f"/desk/production/{made}" for made in busy.making],
        "/desk/shipping", "/desk/shipping?tab=sent", f"/desk/shipping/{busy.picking}", f"/desk/shipping/{busy.picking}/ship",
        "/desk/operations", *[f"/desk/operations{rest}" for rest in OPERATIONS], "/desk/imports", "/desk/users", "/desk/find?q=400", "/desk/nothing-here", "/account",
    ]  # fmt: skip


def open_tasks() -> list[str]:
    """The ids of one open task a kind."""
    with unit_of_work() as session:
        tasks = session.execute(
            select(UserTask.node_id, UserTask.id).where(UserTask.status == "open", UserTask.role != "contact")
        )
        return [str(task) for task in {node: task for node, task in tasks}.values()]  # noqa: C416  # rows are no pairs to mypy


def findings(page: Page) -> list[str]:
    """What axe finds on the page, one line each."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'][:200]!r}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def look_at(person: Person, paths: list[str]) -> dict[str, list[str]]:
    """Open each page and collect what is wrong with it: by axe, and wider than the screen."""
    wrong: dict[str, list[str]] = {}
    for path in paths:
        person.opens(path)
        expect(person.page.locator("#content")).to_be_visible()
        problems = findings(person.page)
        wide = person.page.evaluate("document.documentElement.scrollWidth") - person.width
        if wide > 0:
            problems.append(f"wider than the screen by {wide} px")
        if problems:
            wrong[path] = problems
    return wrong


@pytest.fixture
def language() -> str:
    """Overridden by the looks."""
    return "zh"


@looks
def test_axe_finds_nothing_on_the_customers_pages(
    session: Session, site: Site, enter: Enter, language: str, scheme: str
) -> None:
    busy = keep_busy(open_shop(session, language=language, stock=20), site)
    contact = enter(Contact, busy.shop.contact, scheme=scheme)
    contact.puts_in_the_cart("WH-125", 3)
    wrong = look_at(contact, customer_pages(busy))
    visitor = enter(Contact, busy.shop.contact, scheme=scheme, logged_in=False)
    wrong |= look_at(visitor, ["/login"])
    assert wrong == {}, json.dumps(wrong, indent=1, ensure_ascii=False)


@looks
def test_axe_finds_nothing_on_the_staffs_pages(
    session: Session, site: Site, enter: Enter, language: str, scheme: str
) -> None:
    busy = keep_busy(open_shop(session, language=language, stock=20), site)
    chief = chief_of_all(session, language)
    every_other = desk_pages(busy)[scheme == "dark" :: 2]  # all of them are seen on a phone
    wrong = look_at(enter(Staff, chief, scheme=scheme), every_other)
    assert wrong == {}, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_axe_finds_nothing_on_the_staffs_pages_on_a_phone(session: Session, site: Site, enter: Enter) -> None:
    busy = keep_busy(open_shop(session, language="zh", stock=20), site)
    wrong = look_at(enter(Staff, chief_of_all(session, "zh"), phone=True), desk_pages(busy))
    assert wrong == {}, json.dumps(wrong, indent=1, ensure_ascii=False)


def chief_of_all(session: Session, language: str) -> User:
    """Somebody who sees every page of the desk."""
    chief = a_user(session, *[role for role in Role if role is not Role.CONTACT], name="总管", locale=language)
    session.commit()
    return chief


def test_no_page_of_the_customers_part_weighs_more_than_60_kb(session: Session, site: Site, enter: Enter) -> None:
    busy = keep_busy(open_shop(session, language="zh", stock=20), site)
    enter(Contact, busy.shop.contact).puts_in_the_cart("WH-125", 3)
    weights = {path: weight(enter(Contact, busy.shop.contact), path) for path in customer_pages(busy)}
    weights["/login"] = weight(enter(Contact, busy.shop.contact, logged_in=False), "/login")
    heavy = {path: size for path, size in weights.items() if size > LIGHT_ENOUGH}
    assert heavy == {}, weights
    assert min(weights.values()) > 10_000, "assets are counted"


def weight(person: Person, path: str) -> int:
    """Count the bytes that come over the line for a page, with everything it loads, into an empty cache."""
    line = person.context.new_cdp_session(person.page)
    line.send("Network.enable")
    sizes: list[float] = []
    line.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    person.opens(path)
    person.page.wait_for_load_state("load")
    person.page.evaluate("() => new Promise(done => requestIdleCallback(done))")
    person.context.close()
    return int(sum(sizes))


def test_a_task_can_be_decided_on_a_phone_without_scrolling(session: Session, site: Site, enter: Enter) -> None:
    busy = keep_busy(open_shop(session, language="zh", stock=20), site)
    seller = enter(Staff, busy.shop.seller, phone=True)
    seller.opens_task("Review by salesperson", busy.waiting)
    expect(seller.page.get_by_role("radio", name=seller.word("Approve"))).to_be_in_viewport()
    expect(seller.button("and open the next")).to_be_in_viewport()
