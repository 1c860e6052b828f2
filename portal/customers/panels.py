"""Panels on a customer's page for what lies above customers (grants, prices, orders): each registers its template and reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor

Reader = Callable[..., Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A template to include and what it is given as `panel`."""

    template: str
    values: Mapping[str, Any]


_panels: list[tuple[int, str, Reader]] = []


def register_panel(position: int, template: str, reader: Reader) -> None:
    """Show `template` with `reader(session, *, actor, customer_id) -> dict` on every customer's page; lower positions first."""
    _panels.append((position, template, reader))
    _panels.sort(key=lambda panel: panel[0])


def panels(session: Session, *, actor: Actor, customer_id: int) -> tuple[Panel, ...]:
    """Return what the panels show of a customer, whom the caller has found visible to the actor."""
    return tuple(
        Panel(template, reader(session, actor=actor, customer_id=customer_id))
        for _position, template, reader in _panels
    )
