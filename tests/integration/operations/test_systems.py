"""The systems outside as an operator sees them: how they answer, what is owed, which workers live."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from portal import clock
from portal.database import unit_of_work
from portal.heartbeat import Heartbeat
from portal.operations.queries import systems as queries
from portal.outbox import OutboxAttempt, OutboxRow, OutboxTarget
from tests.integration.workflow.conftest import Office

PATH = "/desk/operations/systems"


def owe(key: str, target: str = "sms", *, status: str = "pending", hours: float = 1, failures: int = 0) -> int:
    now = clock.now()
    with unit_of_work() as session:
        row = OutboxRow(
            topic="notifications.send", key=key, payload={}, status=status, failures=failures, target=target, available_at=now,
            created_at=now - timedelta(hours=hours), error="ConnectionError: not now" if failures else None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def attempt(row_id: int, target: str, *, minutes: float, error: str | None = None) -> None:
    at = clock.now() - timedelta(minutes=minutes)
    values = {"outbox_id": row_id, "target": target, "number": 1, "at": at, "milliseconds": 120, "error": error}
    with unit_of_work() as session:
        session.execute(insert(OutboxAttempt).values(receipt=None, **values))


def target(name: str, **columns: Any) -> None:
    with unit_of_work() as session:
        session.add(OutboxTarget(name=name, **columns))


def known() -> dict[str, queries.SystemRow]:
    with unit_of_work() as session:
        return {one.name: one for one in queries.systems(session)}


def test_a_system_that_actions_speak_to_is_shown_before_it_was_ever_used(office: Office) -> None:
    assert {name: one.state for name, one in known().items()} == {"factory": "idle", "portal": "idle"}


def test_a_system_that_nothing_is_sent_to_says_until_when_and_what_waits(
    office: Office, admin_browser: Any, clock: Any
) -> None:
    owe("one", hours=2)
    owe("two", failures=1)
    target("sms", failures=4, closed_until=clock.now() + timedelta(minutes=10), error="ConnectTimeout: sms.example")
    row = known()["sms"]
    assert (row.state, row.owed.count, row.owed.failing, row.failures) == ("held", 2, 1, 4)
    assert row.owed.oldest == clock.now() - timedelta(hours=2)
    page = admin_browser.get(PATH)
    assert "暂不发送" in page.text
    assert "ConnectTimeout: sms.example" in page.text
    assert admin_browser.post(f"{PATH}/sms/trial").status_code == 303
    with unit_of_work() as session:
        assert session.scalars(select(OutboxTarget.closed_until).where(OutboxTarget.name == "sms")).one() == clock.now()
    assert "下一笔会先试它是否恢复" in admin_browser.get(PATH).text


def test_the_last_hour_is_shown_minute_by_minute(office: Office, clock: Any) -> None:
    row_id = owe("one", status="done")
    for minutes, error in ((0.5, "x"), (0.6, None), (30.5, None), (61, "x")):
        attempt(row_id, "sms", minutes=minutes, error=error)
    target("sms", succeeded_at=clock.now())
    minutes = known()["sms"].health.minutes
    assert len(minutes) == 60
    assert [(one.good, one.bad) for one in (minutes[59], minutes[29], minutes[0])] == [(1, 1), (1, 0), (0, 0)]
    assert known()["sms"].state == "ok"


def test_one_whose_last_try_failed_fails(office: Office) -> None:
    target("sms", failures=1, failed_at=clock.now(), error="x")
    assert known()["sms"].state == "failing"


def test_a_worker_that_is_silent_is_told_from_one_that_lives(office: Office, admin_browser: Any) -> None:
    assert "一天没有后台进程的心跳" in admin_browser.get(PATH).text
    with unit_of_work() as session:
        session.add(Heartbeat(process="worker one:7", beat_at=clock.now() - timedelta(minutes=5)))
        session.add(Heartbeat(process="worker two:8", beat_at=clock.now()))
    with unit_of_work() as session:
        assert [(one.process, one.alive) for one in queries.workers(session)] == [
            ("worker two:8", True),
            ("worker one:7", False),
        ]
    assert "没有心跳" in admin_browser.get(PATH).text


def test_a_failed_process_step_is_no_effect_that_was_given_up(office: Office) -> None:
    owe("told", status="dead", failures=8)
    with unit_of_work() as session:
        session.add(
            OutboxRow(
                topic="workflow.perform_action", key="step", payload={}, status="dead", failures=8, available_at=clock.now(),
                created_at=clock.now(),
            )
        )  # fmt: skip
    with unit_of_work() as session:
        dead, total = queries.given_up(session)
    assert ([one.key for one in dead], total) == (["told"], 1)


@pytest.mark.parametrize(
    ("method", "path"), [("get", PATH), ("post", f"{PATH}/sms/trial"), ("post", "/desk/operations/effects/retry")]
)
def test_only_administrators_know_the_page(
    method: str, path: str, office: Office, others: dict[str, Any], admin_browser: Any
) -> None:
    assert getattr(admin_browser, method)(path).status_code in (200, 409)  # there is nothing to try again
    for name, browser in others.items():
        assert getattr(browser, method)(path).status_code in ((303, 401) if name == "visitor" else (404,))
