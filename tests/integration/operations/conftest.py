"""The office of process tests, for the pages that look at what runs there."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from portal import outbox
from portal.accounts.models import User
from portal.database import engine, unit_of_work
from tests.integration.workflow.conftest import Office, notebook, office, people

__all__ = ["notebook", "office", "people"]


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Note every statement the block sends to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(" ".join(statement.split()))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def perform_effects() -> int:
    """Perform what is owed to the outside, here and now."""
    importlib.import_module("portal.workflow.jobs")
    return outbox.perform_pending()


@pytest.fixture
def admin_browser(office: Office, client_for: Callable[..., Any]) -> Any:
    """The office's administrator's browser."""
    return client_for(_user(office.people.admin.user_id))


def _user(user_id: int | None) -> User:
    with unit_of_work() as session:
        user = session.get_one(User, user_id)
        session.expunge(user)
        return user


@pytest.fixture
def others(office: Office, client_for: Callable[..., Any]) -> dict[str, Any]:
    """Browsers of those who may not operate: a visitor's, a contact's, a salesperson's and a manager's."""
    people = office.people
    known = {"contact": people.buyer, "salesperson": people.seller, "sales manager": people.manager}
    return {"visitor": client_for()} | {name: client_for(_user(actor.user_id)) for name, actor in known.items()}
