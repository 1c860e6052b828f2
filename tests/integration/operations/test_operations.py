"""What was given up to a system outside is seen and tried again, by administrators only."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal import clock, outbox
from portal.outbox import OutboxRow
from tests.factories.customers import a_contact, a_user


@pytest.fixture
def dead(session: Session) -> OutboxRow:
    """An announcement of the factory that was given up."""
    row = OutboxRow(
        topic="production.announce", key="book:SO-1:shipped", payload={}, status="dead", failures=outbox.MAX_ATTEMPTS,
        available_at=clock.now(), created_at=clock.now(), error="ConnectionError: not now",
    )  # fmt: skip
    session.add(row)
    session.commit()
    return row


def test_an_administrator_sees_what_was_given_up_and_has_it_tried_again(
    dead: OutboxRow, client_for: Callable[..., Any], session: Session
) -> None:
    browser = client_for(_committed(session, a_user(session, "administrator")))
    assert "ConnectionError: not now" in browser.get("/desk/operations/systems").text
    assert browser.post("/desk/operations/effects/retry", {"key": dead.key}).status_code == 303
    assert browser.post("/desk/operations/effects/retry", {"key": dead.key}).status_code == 409
    assert browser.post("/desk/operations/effects/retry", {"key": "no such key"}).status_code == 409
    session.refresh(dead)
    assert (dead.status, dead.failures) == ("pending", 0)
    assert "ConnectionError: not now" not in browser.get("/desk/operations/systems").text


@pytest.mark.parametrize("role", ["salesperson", "sales_manager", "warehouse", "finance"])
def test_nobody_else_of_the_staff_knows_the_page(
    role: str, dead: OutboxRow, client_for: Callable[..., Any], session: Session
) -> None:
    browser = client_for(_committed(session, a_user(session, role)))
    assert browser.get("/desk/operations/systems").status_code == 404
    assert browser.post("/desk/operations/effects/retry", {"key": dead.key}).status_code == 404
    session.refresh(dead)
    assert dead.status == "dead"


def test_a_contact_does_not_know_the_page(client_for: Callable[..., Any], session: Session) -> None:
    assert client_for(_committed(session, a_contact(session))).get("/desk/operations/systems").status_code == 404


def _committed(session: Session, user: Any) -> Any:
    session.commit()
    return user
