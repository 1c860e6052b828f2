"""Changing accounts: logging in and out, one's own settings, and administering people. The only writer of these tables."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit, passwords, sessions, throttle
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.accounts.passwords import check_strength, hash_password
from portal.accounts.permissions import STAFF_ROLES, require_administration
from portal.accounts.phones import parse_phone
from portal.accounts.queries import UserNotFound
from portal.errors import Conflict, InvalidInput
from portal.web.context import THEMES
from portal.web.i18n import LOCALES
from portal.web.i18n import lazy_gettext as _


class WrongLogin(InvalidInput):
    """Number and password do not belong together; never says which of them is wrong."""

    message = _("Phone number or password is not right. Check both, or ask your contact for a new password.")


class PhoneTaken(InvalidInput):
    """Somebody else logs in with this number."""


class WouldLockOut(Conflict):
    """Administrators may not shut out themselves, nor the last of them."""


@dataclass(frozen=True)
class LoggedIn:
    """A log-in that succeeded: the browser's new token and what the person likes."""

    user_id: int
    token: str
    is_contact: bool
    locale: str | None
    theme: str


def log_in(
    session: Session, *, phone: str, password: str, device: sessions.Device, days: int, old_token: str = ""
) -> LoggedIn:
    """Begin a session with a token that nobody has seen before; WrongLogin. `throttle.admit` comes first, on its own.

    A session that the browser still held ends. Unknown numbers, wrong passwords and closed accounts take the same time.
    """
    user = session.scalar(select(User).where(User.phone == phone))
    right = passwords.matches(user.password_hash if user is not None else None, password)
    if user is None or not right or not user.active:
        raise WrongLogin
    _end_old(session, old_token)
    if user.password_hash and passwords.is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    throttle.succeeded(session, phone=phone, address=device.address)
    token = sessions.open_session(session, user_id=user.id, device=device, days=days)
    audit.record(session, actor=_as_actor(user), action="user.logged_in", subject=("user", user.id))
    return LoggedIn(user.id, token, user.customer_id is not None, user.locale, user.theme)


def _end_old(session: Session, token: str) -> None:
    held = sessions.recognise(session, token=token, days=1) if token else None
    if held is not None and held.actor is not None:
        sessions.revoke(session, user_id=held.user_id, session_id=held.session_id)


def log_out(session: Session, *, actor: Actor, session_id: int) -> None:
    """End one of the actor's sessions, on this or another device; nothing happens when it has ended already."""
    if sessions.revoke(session, user_id=_own_id(actor), session_id=session_id):
        audit.record(session, actor=actor, action="user.logged_out", subject=("user", _own_id(actor)))


def log_out_everywhere(session: Session, *, actor: Actor, but: int | None = None) -> int:
    """End all of the actor's sessions, or all `but` one; return how many ended."""
    ended = sessions.revoke(session, user_id=_own_id(actor), but=but)
    audit.record(
        session, actor=actor, action="user.logged_out_everywhere", subject=("user", _own_id(actor)),
        changes={"sessions": [ended, 0]},
    )  # fmt: skip
    return ended


def change_password(session: Session, *, actor: Actor, current: str, new: str, session_id: int | None) -> None:
    """Replace the actor's password and end their other sessions; InvalidInput, WeakPassword."""
    user = _get(session, _own_id(actor))
    if user.password_hash is not None and not passwords.matches(user.password_hash, current):
        raise InvalidInput(fields={"current_password": _("This is not your present password.")})
    check_strength(new, phone=user.phone, field="new_password")
    user.password_hash = hash_password(new)
    sessions.revoke(session, user_id=user.id, but=session_id)
    audit.record(session, actor=actor, action="user.password_changed", subject=("user", user.id))


def edit_profile(session: Session, *, actor: Actor, name: str, title: str = "", email: str = "") -> User:
    """Change what the actor may change about themselves."""
    user = _get(session, _own_id(actor))
    _change(session, actor, user, "user.edited", name=name, title=title or None, email=checked_email(email))
    return user


def choose_locale(session: Session, *, actor: Actor, locale: str) -> None:
    """Remember the actor's language; InvalidInput for one we do not have."""
    if locale not in LOCALES:
        raise InvalidInput(fields={"locale": _("Choose one of the options.")})
    _prefer(session, actor, locale=locale)


def choose_theme(session: Session, *, actor: Actor, theme: str) -> None:
    """Remember the actor's theme: auto, light or dark; InvalidInput."""
    if theme not in THEMES:
        raise InvalidInput(fields={"theme": _("Choose one of the options.")})
    _prefer(session, actor, theme=theme)


def _prefer(session: Session, actor: Actor, **chosen: str) -> None:
    """Write a preference without counting the row's version up: an administrator's open page of this user stays good."""
    session.execute(update(User).where(User.id == _own_id(actor)).values(chosen))


def create_user(
    session: Session,
    *,
    actor: Actor,
    name: str,
    phone: str,
    roles: Collection[str],
    password: str | None = None,
    team: str = "",
    customer_id: int | None = None,
    title: str = "",
    email: str = "",
) -> User:
    """Create staff, or a contact when `customer_id` is given (whoever may manage that customer decides; see customers).

    `phone` in any usual spelling. Without a password the person cannot log in yet. PhoneTaken, InvalidPhone, WeakPassword.
    """
    if customer_id is None:
        require_administration(actor)
    user = User(
        phone=free_phone(session, phone),
        name=name,
        title=title or None,
        email=checked_email(email),
        roles=[Role.CONTACT.value] if customer_id is not None else _staff_roles(roles),
        team=team or None,
        customer_id=customer_id,
        theme="auto",
        active=True,
        created_at=clock.now(),
    )
    if password is not None:
        check_strength(password, phone=user.phone)
        user.password_hash = hash_password(password)
    session.add(user)
    session.flush()
    audit.record(session, actor=actor, action="user.created", subject=("user", user.id),
                 changes={"phone": [None, user.phone], "roles": [None, list(user.roles)]})  # fmt: skip
    return user


def edit_user(
    session: Session,
    *,
    actor: Actor,
    user_id: int,
    version: int,
    name: str,
    phone: str,
    roles: Collection[str],
    team: str = "",
    title: str = "",
    email: str = "",
    active: bool = True,
) -> User:
    """Change a member of staff; one who is shut out is logged out everywhere. Conflict when the page was out of date."""
    user = _staff(session, actor, user_id)
    if user.version != version:
        raise Conflict(_("Somebody changed this in the meantime. Load the page again to see it; yours is not saved."))
    wanted = _staff_roles(roles)
    _refuse_lock_out(session, actor, user, wanted, active=active)
    if phone != user.phone:
        phone = free_phone(session, phone, but=user.id)
    _change(session, actor, user, "user.edited", name=name, phone=phone, roles=wanted, team=team or None,
            title=title or None, email=checked_email(email), active=active)  # fmt: skip
    if not active:
        sessions.revoke(session, user_id=user.id)
    return user


def reset_password(session: Session, *, actor: Actor, user_id: int, password: str) -> None:
    """Give a member of staff a new password and end all their sessions; WeakPassword."""
    user = _staff(session, actor, user_id)
    set_password(session, actor=actor, user=user, password=password)


def set_password(session: Session, *, actor: Actor, user: User, password: str) -> None:
    """Set somebody's password and end their sessions; the caller has checked that the actor may. WeakPassword."""
    check_strength(password, phone=user.phone)
    user.password_hash = hash_password(password)
    sessions.revoke(session, user_id=user.id)
    audit.record(session, actor=actor, action="user.password_reset", subject=("user", user.id))


def free_phone(session: Session, phone: str, *, but: int | None = None) -> str:
    """Return the number in E.164 if nobody (`but` one user) has it; InvalidPhone, PhoneTaken."""
    number = parse_phone(phone)
    holder = session.scalar(select(User.id).where(User.phone == number))
    if holder is not None and holder != but:
        raise PhoneTaken(fields={"phone": _("Somebody already logs in with this number.")})
    return number


def _own_id(actor: Actor) -> int:
    if actor.user_id is None:
        raise UserNotFound
    return actor.user_id


def _get(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise UserNotFound
    return user


def _staff(session: Session, actor: Actor, user_id: int) -> User:
    require_administration(actor)
    user = _get(session, user_id)
    if user.customer_id is not None:
        raise UserNotFound
    return user


def _staff_roles(roles: Collection[str]) -> list[str]:
    wanted = [role.value for role in STAFF_ROLES if role in roles]
    if not wanted or len(wanted) != len(set(roles)):
        raise InvalidInput(fields={"roles": _("Choose at least one role.")})
    return wanted


def _refuse_lock_out(session: Session, actor: Actor, user: User, wanted: list[str], *, active: bool) -> None:
    loses = Role.ADMINISTRATOR in user.roles and (Role.ADMINISTRATOR not in wanted or not active)
    if not loses:
        return
    if user.id == actor.user_id:
        raise WouldLockOut(_("You cannot take this from yourself. Ask another administrator."))
    others = session.scalars(
        select(User.id)
        .where(User.roles.contains([Role.ADMINISTRATOR.value]), User.active, User.id != user.id)
        .with_for_update()
    ).all()
    if not others:
        raise WouldLockOut(_("This is the last administrator. Make somebody else one first."))


def checked_email(email: str) -> str | None:
    """Return an e-mail address as it is kept, None for an empty one; InvalidInput under `email`."""
    text = email.strip()
    if not text:
        return None
    local, at, domain = text.rpartition("@")
    if not (local and at and "." in domain) or any(one.isspace() for one in text) or len(text) > 200:
        raise InvalidInput(fields={"email": _("Enter an e-mail address such as name@company.cn.")})
    return text


def _change(session: Session, actor: Actor, user: User, action: str, **values: Any) -> None:
    """Set columns and record those that differ; nothing is recorded when none does."""
    before = {name: getattr(user, name) for name in values}
    changes = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    for name, (_before, value) in changes.items():
        setattr(user, name, value)
    if changes:
        session.flush()
        audit.record(session, actor=actor, action=action, subject=("user", user.id), changes=changes)


def _as_actor(user: User) -> Actor:
    return Actor(user_id=user.id, name=user.name, roles=frozenset(user.roles), customer_id=user.customer_id)
