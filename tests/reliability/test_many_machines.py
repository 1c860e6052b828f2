"""Two web processes and two workers with a real Redis between them: what one takes another goes on with, and none is missed."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import select

from portal.accounts import sessions
from portal.bench.client import OrderingClient
from portal.database import unit_of_work
from portal.workflow.models import UserTask
from tests.e2e.conftest import FLAGS
from tests.reliability.machines import (
    WEBS,
    DeskClient,
    Machines,
    Play,
    count_ended,
    decision,
    let_leases_end,
    running_machines,
    salesperson,
    wait_for,
)
from tests.reliability.once import assert_everything_once

PATIENCE = 15_000
ORDERS, ENOUGH = 32, 8
SEVERAL = 12


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """Two web processes and two workers."""
    with running_machines() as machines:
        yield machines


@pytest.mark.timeout(240)
def test_orders_outlive_a_web_process_a_worker_and_what_the_broker_held(machines: Machines) -> None:
    before = count_ended()
    with Play(machines.address, machines.shop, "machines-die", orders=ORDERS) as play:
        play.until(ENOUGH)
        machines.portal.kill("worker-a")
        machines.portal.kill("web-a")
        machines.broker.lose_everything()
        let_leases_end()
        play.until_over()
    assert len(set(play.office.numbers.values())) == ORDERS
    with unit_of_work() as session:
        assert_everything_once(session, orders=before + ORDERS)
    for name in ("worker-a", "web-a"):
        machines.start(name)


@pytest.mark.timeout(240)
def test_customers_order_while_the_broker_is_away_and_nothing_of_it_is_lost(machines: Machines) -> None:
    before = count_ended()
    with Play(machines.address, machines.shop, "broker-dies", orders=SEVERAL) as play:
        play.until(2)
        machines.broker.kill()
        play.until(SEVERAL)
        assert play.office.retries["order"] == 0
        for name in WEBS:
            assert httpx.get(f"{machines.portal.address_of(name)}/readyz").status_code == httpx.codes.OK
        machines.broker.start()
        let_leases_end()
        play.until_over()
    with unit_of_work() as session:
        assert_everything_once(session, orders=before + SEVERAL)
    assert machines.broker.messages() == 0


def test_a_page_of_one_machine_shows_what_is_done_on_the_other(machines: Machines, browser_path: Path) -> None:
    here, there = (machines.portal.address_of(name) for name in WEBS)
    buyer, sku = machines.shop.buyers[0], machines.shop.in_stock[0]
    with unit_of_work() as session:
        boss = machines.shop.manager.user_id
        token = sessions.open_session(session, user_id=boss, device=sessions.Device(), days=1)
    with sync_playwright() as playwright, OrderingClient(here, buyer) as client:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        context = browser.new_context()
        context.add_cookies([{"name": "session", "value": token, "url": there}])
        page = context.new_page()
        with page.expect_response(re.compile("/live")):
            page.goto(f"{there}/desk/inbox?tab=team")
        client.log_in()
        number = client.submit("seen-from-afar", {sku: 2000})
        expect(page.get_by_text(number).first).to_be_visible(timeout=PATIENCE)
        browser.close()
    _is_decided(there, machines, number)


def _is_decided(address: str, machines: Machines, number: str) -> None:
    """Approve on the second machine what was submitted on the first."""
    with unit_of_work() as session:
        waiting = select(UserTask.id, UserTask.node_id).where(UserTask.business_key == number)
        task = session.execute(waiting.where(UserTask.status == "open")).one()
    with DeskClient(address, salesperson(machines.shop, task.node_id)) as desk:
        desk.log_in()
        desk.complete(task.id, decision(task.node_id, number))
    assert wait_for(lambda: _status(task.id) == "completed")


def _status(task_id: object) -> str | None:
    with unit_of_work() as session:
        return session.scalar(select(UserTask.status).where(UserTask.id == task_id))
