"""Reading accounts: one's own, one's sessions, and for administrators everybody who works here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.accounts.models import LoginSession, User
from portal.accounts.permissions import may_administer, require_administration
from portal.errors import NotFound
from portal.paging import SIZE, Paged, offset, within


class UserNotFound(NotFound):
    """No such person, or not one the actor may know."""


@dataclass(frozen=True)
class UserView:
    """A person's account."""

    id: int
    name: str
    phone: str
    email: str | None
    title: str | None
    roles: tuple[str, ...]
    team: str | None
    locale: str | None
    theme: str
    active: bool
    has_password: bool
    version: int
    last_seen_at: datetime | None


@dataclass(frozen=True)
class SessionView:
    """One device somebody is logged in on."""

    id: int
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return which users an actor may see here: administrators the staff, everybody themselves."""
    if may_administer(actor):
        return or_(User.customer_id.is_(None), User.id == actor.user_id)
    return User.id == actor.user_id


def user_view(session: Session, *, actor: Actor, user_id: int) -> UserView:
    """Return one account; UserNotFound."""
    row = session.execute(_users().where(visible_to(actor), User.id == user_id)).one_or_none()
    if row is None:
        raise UserNotFound
    return _view(row)


def staff_page(session: Session, *, actor: Actor, search: str = "", role: str = "", page: int = 1) -> Paged[UserView]:
    """List who works here, those who may log in first; found by name, phone or team."""
    require_administration(actor)
    wanted = [visible_to(actor), User.customer_id.is_(None)]
    if search.strip():
        wanted.append(_matching(search.strip()))
    if role:
        wanted.append(User.roles.contains([role]))
    total = session.scalar(select(func.count()).select_from(User).where(*wanted)) or 0
    rows = session.execute(
        _users().where(*wanted).order_by(User.active.desc(), User.name, User.id).offset(offset(page)).limit(SIZE)
    )
    return Paged(tuple(map(_view, rows)), total, within(page))


def teams(session: Session) -> list[str]:
    """Return the names of the teams there are."""
    return list(session.scalars(select(User.team).where(User.team.is_not(None)).distinct().order_by(User.team)))


def my_sessions(session: Session, *, actor: Actor, current_id: int | None) -> list[SessionView]:
    """List where the actor is logged in, this device first."""
    rows = session.execute(
        select(
            LoginSession.id, LoginSession.user_agent, LoginSession.address, LoginSession.created_at,
            LoginSession.last_seen_at,
        )
        .where(
            LoginSession.user_id == actor.user_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > clock.now(),
        )
        .order_by((LoginSession.id == current_id).desc(), LoginSession.last_seen_at.desc())
        .limit(50)
    )  # fmt: skip
    return [
        SessionView(
            row.id, describe_device(row.user_agent), row.address, row.created_at, row.last_seen_at, row.id == current_id
        )
        for row in rows
    ]


def describe_device(user_agent: str) -> str:
    """Name program and system of a browser, as far as its own words tell: `WeChat · iPhone`."""
    programs = (
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android"),
               ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    found = [next((name for sign, name in signs if sign in user_agent), "") for signs in (programs, systems)]
    return " · ".join(filter(None, found))


def _users() -> Any:
    last_seen = (
        select(func.max(LoginSession.last_seen_at))
        .where(LoginSession.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    return select(
        User.id, User.name, User.phone, User.email, User.title, User.roles, User.team, User.locale, User.theme,
        User.active, User.password_hash.is_not(None).label("has_password"), User.version, last_seen.label("last_seen_at"),
    )  # fmt: skip


def _view(row: Any) -> UserView:
    return UserView(**{**row._mapping, "roles": tuple(row.roles)})


def _matching(search: str) -> ColumnElement[bool]:
    digits = "".join(one for one in search if one.isdigit())
    named = or_(*(column.icontains(search, autoescape=True) for column in (User.name, User.team, User.title)))
    return or_(named, User.phone.contains(digits)) if digits else named
