"""Changes to customers, their contacts and addresses; the only writer of their tables."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.customers import entries, permissions, queries, revisions
from portal.customers.contacts import (
    NewContact,
    add_contact,
    edit_contact,
    remove_contact,
    reset_contact_password,
    restore_contact,
)
from portal.customers.entries import AddressEntry, CustomerEntry
from portal.customers.models import Address, Customer, CustomerLevel
from portal.errors import InvalidInput, NotFound
from portal.web.i18n import gettext as _

__all__ = [
    "NewContact",
    "add_address",
    "add_contact",
    "archive_address",
    "create_customer",
    "edit_address",
    "edit_contact",
    "edit_customer",
    "remove_contact",
    "reset_contact_password",
    "restore_contact",
    "salesperson_of",
    "set_default_address",
]

_CREDIT = ("credit_limit", "order_limit", "overdue_amount")


class CodeTaken(InvalidInput):
    """Another customer has this code."""

    def __init__(self) -> None:
        super().__init__(fields={"code": _("Another customer has this number.")})


class AddressNotFound(NotFound):
    """There is no such address in use, or it is not the actor's."""


def create_customer(session: Session, *, actor: Actor, entry: CustomerEntry) -> Customer:
    """Make a customer; a salesperson's becomes their own. Raises InvalidInput and CodeTaken."""
    permissions.require_editor(actor)
    entry = _allowed(actor, msgspec.structs.replace(entry, code=entry.code.strip() or _next_code(session)), before=None)
    _check(session, entry)
    row = Customer(**_columns(entry), created_at=clock.now())
    session.add(row)
    _flush(session, row)
    changes = revisions.summary(_columns(entry), ("code", "name", "type", "level", "salesperson_id", "credit_limit"))
    audit.record(session, actor=actor, action="customer.created", subject=("customer", row.id), changes=changes)
    return row


def edit_customer(session: Session, *, actor: Actor, customer_id: int, version: int, entry: CustomerEntry) -> Customer:
    """Change a customer the editor saw as `version`. Raises CustomerNotFound, Stale, InvalidInput and CodeTaken."""
    permissions.require_editor(actor)
    row = _locked(session, actor, customer_id)
    entry = _allowed(actor, msgspec.structs.replace(entry, code=entry.code.strip() or row.code), before=row)
    _check(session, entry)
    revisions.require_version(session, subject=("customer", row.id), present=row.version, version=version)
    changes = revisions.assign(row, _columns(entry))
    _record(session, actor, "customer.edited", row, changes)
    return row


def salesperson_of(session: Session, customer_id: int) -> int | None:
    """Return the user id of a customer's salesperson; None for a customer without one."""
    return queries.salesperson_of(session, customer_id)


def add_address(session: Session, *, actor: Actor, customer_id: int, entry: AddressEntry) -> Address:
    """Keep an address; the first one becomes the default. A contact adds to the own company's. Raises InvalidInput."""
    customer = _for_addresses(session, actor, customer_id)
    entries.check_address(entry)
    first = session.scalar(_in_use(customer.id).with_only_columns(func.count())) == 0
    row = Address(customer_id=customer.id, **_address_columns(entry), is_default=False)
    session.add(row)
    session.flush()
    if entry.is_default or first:
        _make_default(session, row)
    _record_address(session, actor, "customer.address_added", row, {"address": [None, _printed(row)]})
    return row


def edit_address(session: Session, *, actor: Actor, address_id: int, entry: AddressEntry) -> Address:
    """Change an address; orders that went there keep what they were sent with. Raises AddressNotFound, InvalidInput."""
    row = _address(session, actor, address_id)
    entries.check_address(entry)
    changes = revisions.assign(row, _address_columns(entry))
    if entry.is_default and not row.is_default:
        _make_default(session, row)
    if changes:
        _record_address(session, actor, "customer.address_edited", row, changes)
    return row


def archive_address(session: Session, *, actor: Actor, address_id: int) -> None:
    """Take an address out of use; when it was the default, the oldest other one becomes it."""
    row = _address(session, actor, address_id)
    was_default, row.archived, row.is_default = row.is_default, True, False
    session.flush()
    heir = session.scalars(_in_use(row.customer_id).order_by(Address.id).limit(1)).first()
    if was_default and heir is not None:
        heir.is_default = True
        session.flush()
    _record_address(session, actor, "customer.address_archived", row, {"address": [_printed(row), None]})


def set_default_address(session: Session, *, actor: Actor, address_id: int) -> None:
    """Make an address the one that is proposed."""
    row = _address(session, actor, address_id)
    _make_default(session, row)
    _record_address(session, actor, "customer.default_address_set", row, {"address": [None, _printed(row)]})


def _allowed(actor: Actor, entry: CustomerEntry, *, before: Customer | None) -> CustomerEntry:
    """Keep what the actor may not decide as it was (for a new customer: as it starts)."""
    kept: dict[str, Any] = {}
    if not permissions.may_choose_salesperson(actor):
        kept["salesperson_id"] = before.salesperson_id if before else actor.user_id
    if not permissions.may_set_credit(actor):
        fresh = {field.name: field.default for field in msgspec.structs.fields(CustomerEntry) if field.name in _CREDIT}
        kept |= {name: getattr(before, name) for name in _CREDIT} if before else fresh
        if before is not None and "blocked" in (before.status, entry.status):
            kept["status"] = before.status
    return msgspec.structs.replace(entry, **kept)


def _check(session: Session, entry: CustomerEntry) -> None:
    entries.check_customer(entry, levels=frozenset(session.scalars(select(CustomerLevel.code))))
    if entry.salesperson_id is not None:
        person = session.get(User, entry.salesperson_id)
        if person is None or Role.SALESPERSON not in person.roles:
            raise InvalidInput(fields={"salesperson_id": _("Choose a salesperson.")})


def _columns(entry: CustomerEntry) -> dict[str, Any]:
    values = msgspec.structs.asdict(entry)
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}


def _address_columns(entry: AddressEntry) -> Mapping[str, str]:
    return {name: getattr(entry, name).strip() for name in ("recipient", "phone", "region", "detail")}


def _next_code(session: Session) -> str:
    """Draw the next code of the series that nobody has typed before."""
    while True:
        number: int = session.scalars(select(func.nextval(func.pg_get_serial_sequence("customers", "id")))).one()
        if session.scalar(select(Customer.id).where(Customer.code == f"C{number:05d}")) is None:
            return f"C{number:05d}"


def _flush(session: Session, row: Customer) -> None:
    """Write the row; a code that another customer has is the editor's to mend."""
    with session.no_autoflush:
        taken = session.scalar(select(Customer.id).where(Customer.code == row.code, Customer.id != (row.id or 0)))
    if taken is not None:
        session.expunge(row)
        raise CodeTaken
    try:
        session.flush()
    except IntegrityError as error:
        raise CodeTaken from error


def _record(session: Session, actor: Actor, action: str, row: Customer, changes: dict[str, Any]) -> None:
    version = row.version
    if changes:
        _flush(session, row)
        changes = changes | {"version": [version, row.version]}
        audit.record(session, actor=actor, action=action, subject=("customer", row.id), changes=changes)


def _locked(session: Session, actor: Actor, customer_id: int) -> Customer:
    seen = select(Customer).where(Customer.id == customer_id, queries.visible_to(actor))
    row = session.scalars(seen.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise queries.CustomerNotFound
    return row


def _for_addresses(session: Session, actor: Actor, customer_id: int) -> Customer:
    if not actor.is_contact:
        permissions.require_editor(actor)
    return _locked(session, actor, customer_id)


def _address(session: Session, actor: Actor, address_id: int) -> Address:
    row = session.get(Address, address_id)
    if row is None or row.archived:
        raise AddressNotFound
    try:
        _for_addresses(session, actor, row.customer_id)
    except queries.CustomerNotFound as error:
        raise AddressNotFound from error
    session.refresh(row)
    return row


def _in_use(customer_id: int) -> Any:
    return select(Address).where(Address.customer_id == customer_id, ~Address.archived)


def _make_default(session: Session, row: Address) -> None:
    session.execute(update(Address).where(Address.customer_id == row.customer_id).values(is_default=False))
    session.flush()
    row.is_default = True
    session.flush()


def _printed(row: Address) -> str:
    return f"{row.recipient} {row.phone} {row.region} {row.detail}".strip()


def _record_address(session: Session, actor: Actor, action: str, row: Address, changes: dict[str, Any]) -> None:
    audit.record(session, actor=actor, action=action, subject=("customer", row.customer_id), changes=changes)
