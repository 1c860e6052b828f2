"""The people who order for a customer: whoever may edit the customer manages them. Passwords are shown once, to be told."""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.accounts import audit, sessions
from portal.accounts import service as accounts
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.customers import entries, permissions, queries, revisions
from portal.customers.entries import ContactEntry
from portal.errors import NotFound
from portal.web.i18n import lazy_gettext as _

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are read wrong over the phone (i l o 0 1)."""


class ContactNotFound(NotFound):
    """There is no such contact, or it is of a customer that is not the actor's."""

    message = _("There is no such contact.")


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact with the one-time password nobody can read again; without one the person cannot log in yet."""

    user_id: int
    name: str
    phone: str
    password: str


def add_contact(
    session: Session, *, actor: Actor, customer_id: int, entry: ContactEntry, with_password: bool = True
) -> NewContact:
    """Let a person order for a customer, with a one-time password to tell them.

    Raises CustomerNotFound, InvalidInput, InvalidPhone and PhoneTaken (one phone is one person).
    """
    permissions.require_editor(actor)
    customer = queries.customer(session, actor=actor, customer_id=customer_id)
    entries.check_contact(entry)
    password = one_time_password() if with_password else ""
    user = accounts.create_user(
        session, actor=actor, name=entry.name.strip(), phone=entry.phone, roles=[Role.CONTACT], title=entry.title.strip(),
        email=entry.email.strip(), customer_id=customer.id, password=password or None,
    )  # fmt: skip
    changes = {"contact": [None, f"{user.name} {user.phone}"]}
    audit.record(
        session, actor=actor, action="customer.contact_added", subject=("customer", customer.id), changes=changes
    )
    return NewContact(user.id, user.name, user.phone, password)


def edit_contact(session: Session, *, actor: Actor, contact_id: int, version: int, entry: ContactEntry) -> User:
    """Change a contact the editor saw as `version`. Raises ContactNotFound, Stale, InvalidInput, PhoneTaken."""
    user = _locked(session, actor, contact_id)
    entries.check_contact(entry)
    revisions.require_version(session, subject=("user", user.id), present=user.version, version=version)
    columns = {
        "name": entry.name.strip(),
        "phone": accounts.free_phone(session, entry.phone, but=user.id),
        "title": entry.title.strip() or None,
        "email": accounts.checked_email(entry.email),
    }
    changes = revisions.assign(user, columns)
    revisions.record_edit(
        session, actor=actor, action="user.edited", subject=("user", user.id), row=user, changes=changes
    )
    return user


def remove_contact(session: Session, *, actor: Actor, contact_id: int) -> None:
    """Shut a contact out: they are logged out everywhere and cannot log in; their orders stay theirs."""
    _set_active(session, actor, contact_id, active=False)
    sessions.revoke(session, user_id=contact_id)


def restore_contact(session: Session, *, actor: Actor, contact_id: int) -> None:
    """Let a removed contact log in again, with the password they had."""
    _set_active(session, actor, contact_id, active=True)


def reset_contact_password(session: Session, *, actor: Actor, contact_id: int) -> NewContact:
    """Give a contact a new one-time password to tell them; their sessions end."""
    user = _locked(session, actor, contact_id)
    password = one_time_password()
    accounts.set_password(session, actor=actor, user=user, password=password)
    return NewContact(user.id, user.name, user.phone, password)


def one_time_password() -> str:
    """Return a password that can be read out over the phone: three groups of four, about 59 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _place in range(4)) for _group in range(3))


def _set_active(session: Session, actor: Actor, contact_id: int, *, active: bool) -> None:
    user = _locked(session, actor, contact_id)
    changes = revisions.assign(user, {"active": active})
    action = "user.restored" if active else "user.removed"
    revisions.record_edit(session, actor=actor, action=action, subject=("user", user.id), row=user, changes=changes)


def _locked(session: Session, actor: Actor, contact_id: int) -> User:
    permissions.require_editor(actor)
    user = session.get(User, contact_id, with_for_update=True, populate_existing=True)
    if user is None or user.customer_id is None:
        raise ContactNotFound
    try:
        queries.customer(session, actor=actor, customer_id=user.customer_id)
    except queries.CustomerNotFound as error:
        raise ContactNotFound from error
    return user
