"""Rows on "My account" that capabilities above contribute: the company and its terms, addresses, contacts …"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor


@dataclass(frozen=True)
class Entry:
    """One row: an icon's name, what it is, a second line, a short value at the right, and where it leads (or nowhere)."""

    icon: str
    label: str
    note: str = ""
    value: str = ""
    href: str = ""


Reader = Callable[..., list[Entry]]
_readers: list[tuple[int, Reader]] = []


def account_entries(position: int) -> Callable[[Reader], Reader]:
    """Register `reader(session, *, actor) -> list[Entry]`; a lower position stands higher up. Texts are in the reader's language."""

    def register(reader: Reader) -> Reader:
        _readers.append((position, reader))
        _readers.sort(key=lambda one: one[0])
        return reader

    return register


def entries_for(session: Session, *, actor: Actor) -> list[Entry]:
    """Return the rows for an actor."""
    return [entry for _position, reader in _readers for entry in reader(session, actor=actor)]
