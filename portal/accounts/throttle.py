"""Throttling of log-in: attempts are counted per phone number and per address, before the password is looked at.

Counting first, in a transaction of its own, holds against attempts in parallel; counting numbers nobody has, too, tells nobody
which numbers exist. A block doubles with each further attempt after it ended, up to `LONGEST_BLOCK`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import LoginThrottle
from portal.errors import TooManyRequests
from portal.web.formats import wait
from portal.web.i18n import lazy_gettext as _

WINDOW = timedelta(hours=1)
FIRST_BLOCK = timedelta(seconds=30)
LONGEST_BLOCK = timedelta(minutes=15)
PER_PHONE, PER_ADDRESS = 5, 40


class LoginBlocked(TooManyRequests):
    """Too many attempts to log in for this number or from this address."""


@dataclass(frozen=True)
class Key:
    """What attempts are counted by, and how many are free within the window."""

    text: str
    free: int


def keys(*, phone: str, address: str) -> tuple[Key, Key]:
    """Return the keys of an attempt; `phone` is in E.164, so that no spelling of it is counted apart."""
    return Key(f"phone:{phone}", PER_PHONE), Key(f"address:{address}", PER_ADDRESS)


def admit(session: Session, *, phone: str, address: str) -> None:
    """Count an attempt; LoginBlocked when it comes too often (an attempt that is refused is not counted)."""
    now = clock.now()
    wanted = keys(phone=phone, address=address)
    rows = dict(
        session.execute(
            select(LoginThrottle.key, LoginThrottle.blocked_until)
            .where(LoginThrottle.key.in_([key.text for key in wanted]))
            .order_by(LoginThrottle.key)
            .with_for_update()
        ).all()
    )
    until = max((moment for moment in rows.values() if moment is not None), default=now)
    if until > now:
        raise _blocked(until - now)
    for key in sorted(wanted, key=lambda one: one.text):
        _count(session, key, now)


def _count(session: Session, key: Key, now: datetime) -> None:
    fresh = LoginThrottle.window_started_at < now - WINDOW
    failures = case((fresh, 1), else_=LoginThrottle.failures + 1)
    statement = (
        insert(LoginThrottle)
        .values(key=key.text, failures=1, window_started_at=now, blocked_until=None)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": failures, "window_started_at": case((fresh, now), else_=LoginThrottle.window_started_at)},
        )
        .returning(LoginThrottle.failures, LoginThrottle.blocked_until)
    )
    count, blocked_until = session.execute(statement).one()
    if blocked_until is not None and blocked_until > now:
        raise _blocked(blocked_until - now)  # one that came at the same moment has used up the last free attempt
    if count >= key.free:
        block = min(FIRST_BLOCK * 2 ** min(count - key.free, 10), LONGEST_BLOCK)
        row = session.get_one(LoginThrottle, key.text, populate_existing=True)
        row.blocked_until = now + block
        session.flush()


def succeeded(session: Session, *, phone: str, address: str) -> None:
    """Forget the attempts for a number whose owner is in, and take back the one counted for the address; locked in `admit`'s order."""
    row = session.get(LoginThrottle, keys(phone=phone, address=address)[1].text, with_for_update=True)
    session.execute(delete(LoginThrottle).where(LoginThrottle.key == keys(phone=phone, address=address)[0].text))
    if row is not None:
        row.failures = max(0, row.failures - 1)
        row.blocked_until = None if row.failures < PER_ADDRESS else row.blocked_until


def forget_old(session: Session) -> None:
    """Remove counts that no longer matter."""
    now = clock.now()
    over = func.coalesce(LoginThrottle.blocked_until, LoginThrottle.window_started_at) < now - WINDOW
    session.execute(delete(LoginThrottle).where(over, LoginThrottle.window_started_at < now - WINDOW))


def _blocked(left: timedelta) -> LoginBlocked:
    seconds = max(1, int(left.total_seconds()) + 1)
    return LoginBlocked(
        _("Too many attempts. Try again in %(wait)s, or ask your contact for a new password.", wait=_Wait(seconds)),
        retry_after=seconds,
    )


@dataclass(frozen=True)
class _Wait:
    """A time to wait that is put into words when it is read."""

    seconds: int

    def __str__(self) -> str:
        return wait(self.seconds)
