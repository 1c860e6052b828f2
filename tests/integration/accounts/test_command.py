import io
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.command import create_user
from portal.accounts.models import User
from portal.accounts.passwords import matches
from portal.errors import InvalidInput


def test_the_first_administrator_comes_from_the_command_line(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long sentence 5\n"))
    assert create_user(["138 0000 1234", "陈立军"]) == 0
    user = session.scalars(select(User)).one()
    assert (user.phone, user.roles, matches(user.password_hash, "a long sentence 5")) == (
        "+8613800001234",
        ["administrator"],
        True,
    )
    assert "+8613800001234" in capsys.readouterr().out


def test_a_weak_password_creates_nobody(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12345678\n"))
    with pytest.raises(InvalidInput):
        create_user(["13800001234", "陈立军", "--role", "finance", "--role", "warehouse"])
    assert session.scalars(select(User)).all() == []
