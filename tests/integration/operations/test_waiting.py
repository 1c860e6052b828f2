"""What is waited for: timers, the late ones first, and messages that nobody waits for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.database import unit_of_work
from portal.errors import NotFound
from portal.operations.queries import waiting as queries
from portal.workflow import messaging
from portal.workflow.models import ProcessInstance
from tests.diagrams.build import border, diagram, end, start, user_task, wired
from tests.integration.workflow.conftest import Office

PATH = "/desk/operations/waiting"
PROCESS = diagram(
    "test",
    wired(
        start(), user_task("confirm"), border("overdue", "confirm", timer="PT2H"), end(), end("e2"),
        flows="start -> confirm -> end\noverdue -> e2",
    ),
)  # fmt: skip


@pytest.fixture
def waiting(office: Office, clock: Any) -> Office:
    """B1 waits since yesterday's start, B2 since an hour later."""
    office.publish(PROCESS)
    office.start(business_key="B1")
    clock.travel(hours=1)
    office.start(business_key="B2")
    return office


def timers() -> list[tuple[str, bool, bool]]:
    with unit_of_work() as session:
        return [(one.business_key, one.late, one.suspended) for one in queries.timers(session)]


def test_timers_are_listed_by_when_they_are_due_and_the_late_ones_are_said(waiting: Office, clock: Any) -> None:
    assert timers() == [("B1", False, False), ("B2", False, False)]
    clock.travel(hours=1, seconds=6)
    assert timers() == [("B1", True, False), ("B2", False, False)]
    with unit_of_work() as session:
        (at,) = queries.timers_by_node(session)
    assert (at.node, at.count, at.late) == (("overdue 节点", "overdue"), 2, 1)
    assert at.next == clock.now() - timedelta(seconds=6)


def test_a_timer_of_a_suspended_instance_is_not_late(waiting: Office, clock: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(suspended_at=clock.now()))
    clock.travel(hours=9)
    assert timers() == [("B1", False, True), ("B2", False, True)]
    with unit_of_work() as session:
        assert [one.late for one in queries.timers_by_node(session)] == [0]


def test_a_message_nobody_waits_for_is_shown_with_what_it_says_until_it_expires(
    waiting: Office, admin_browser: Any, clock: Any
) -> None:
    waiting.business_key = "B2"
    waiting.send("shipped", "m1", {"parcel": "SF1398"})
    waiting.business_key = "B9"
    waiting.send("shipped", "m2")
    with unit_of_work() as session:
        found, total = queries.undelivered(session)
    assert total == 2
    assert {one.business_key: one.instance_id is not None for one in found} == {"B2": True, "B9": False}
    page = admin_browser.get(PATH)
    assert "SF1398" not in page.text
    assert "没有实例" in page.text
    assert "SF1398" in admin_browser.get(f"{PATH}?message={found[0].id}").text
    clock.travel(days=400)
    with unit_of_work() as session:
        messaging.expire(session)
    with unit_of_work() as session:
        assert queries.undelivered(session) == ([], 0)
        assert [one.business_key for one in queries.expired(session)] == ["B9", "B2"]


def test_a_message_that_there_is_not_is_not_found(waiting: Office, admin_browser: Any) -> None:
    with pytest.raises(NotFound), unit_of_work() as session:
        queries.message(session, 99)
    assert admin_browser.get(f"{PATH}?message=99").status_code == 404


def test_with_nothing_waiting_the_page_says_so(office: Office, admin_browser: Any) -> None:
    page = admin_browser.get(PATH)
    assert "没有定时。" in page.text
    assert "收到的消息都已投递。" in page.text


def test_only_administrators_know_the_page(waiting: Office, admin_browser: Any, others: dict[str, Any]) -> None:
    assert admin_browser.get(PATH).status_code == 200
    for name, browser in others.items():
        assert browser.get(PATH).status_code in ((303, 401) if name == "visitor" else (404,))
