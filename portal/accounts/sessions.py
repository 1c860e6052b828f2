"""Log-in sessions: the browser holds a random token, the table its SHA-256; a new token at every log-in."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.accounts.models import LoginSession, User
from portal.database import run_prepared, written

TOUCH_AFTER = timedelta(minutes=10)
"""A session's last use is written, and its end moved, at most this often."""


@dataclass(frozen=True)
class Device:
    """What a browser says about itself, for the list of one's own sessions."""

    user_agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class Recognised:
    """Whom a token belongs to: `actor` is None when the session has ended, though we still know whose it was."""

    session_id: int
    user_id: int
    actor: Actor | None
    locale: str | None
    theme: str
    renewed: bool = False


def digest(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def open_session(session: Session, *, user_id: int, device: Device, days: int) -> str:
    """Begin a session and return its token, which exists nowhere else."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    session.add(
        LoginSession(
            token_hash=digest(token),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=days),
            user_agent=device.user_agent[:300],
            address=device.address[:45],
        )
    )
    return token


class _Held(NamedTuple):
    """A session with its user, as `_HELD` reads them."""

    id: int
    user_id: int
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    name: str
    roles: list[str]
    customer_id: int | None
    team: str | None
    locale: str | None
    theme: str
    active: bool


_HELD = written(
    select(
        LoginSession.id, LoginSession.user_id, LoginSession.last_seen_at, LoginSession.expires_at,
        LoginSession.revoked_at, User.name, User.roles, User.customer_id, User.team, User.locale, User.theme, User.active,
    )
    .join(User, User.id == LoginSession.user_id)
    .where(LoginSession.token_hash == bindparam("token_hash"))
)  # fmt: skip


def recognise(session: Session, *, token: str, days: int) -> Recognised | None:
    """Return whom a token belongs to, moving the session's end while it is used; None for a token we never gave."""
    rows = run_prepared(session, _HELD, {"token_hash": digest(token)})
    if not rows:
        return None
    row, now = _Held(*rows[0]), clock.now()
    if row.revoked_at is not None or row.expires_at <= now or not row.active:
        return Recognised(row.id, row.user_id, None, row.locale, row.theme)
    renewed = row.last_seen_at < now - TOUCH_AFTER
    if renewed:
        _touch(session, row.id, now, days)
    actor = Actor(
        user_id=row.user_id, name=row.name, roles=frozenset(row.roles), customer_id=row.customer_id, team=row.team,
        locale=row.locale or "zh",
    )  # fmt: skip
    return Recognised(row.id, row.user_id, actor, row.locale, row.theme, renewed)


def revoke(session: Session, *, user_id: int, session_id: int | None = None, but: int | None = None) -> int:
    """End one session of a user, or all (all `but` one); return how many ended."""
    ended = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    if session_id is not None:
        ended = ended.where(LoginSession.id == session_id)
    if but is not None:
        ended = ended.where(LoginSession.id != but)
    rows = session.execute(ended.values(revoked_at=clock.now()).returning(LoginSession.id)).all()
    return len(rows)


def _touch(session: Session, session_id: int, now: datetime, days: int) -> None:
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id)
        .values(last_seen_at=now, expires_at=now + timedelta(days=days))
    )
