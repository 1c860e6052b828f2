"""Write a planned customer list through the customers' own functions."""

from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.customers import levels
from portal.customers import service as customers
from portal.customers.entries import AddressEntry, ContactEntry, CustomerEntry
from portal.customers.models import Customer
from portal.customers.queries import CustomerNotFound
from portal.errors import PortalError
from portal.imports.customer_parts import CustomerEdit, NewCustomer
from portal.imports.customer_plan import CustomerPlan
from portal.imports.customer_shop import STANDARD_LEVEL
from portal.imports.plan import Advance, RowRefused


def apply_customers(session: Session, *, actor: Actor, plan: CustomerPlan, advance: Advance) -> None:
    """Write new companies and changed ones; raises RowRefused at the first row that cannot be."""
    if any(one.entry.level == STANDARD_LEVEL for one in plan.new):
        levels.create_level(session, actor=actor, code=STANDARD_LEVEL, name_zh="标准", name_en="Standard")
    work: list[NewCustomer | CustomerEdit] = [*plan.new, *plan.edits]
    for one in work:
        try:
            customer_id = _create(session, actor, one) if isinstance(one, NewCustomer) else _edit(session, actor, one)
            _add(session, actor, customer_id, one.contact, one.address)
        except PortalError as error:
            raise RowRefused(one.row, error) from error
        advance(1)


def _create(session: Session, actor: Actor, one: NewCustomer) -> int:
    return customers.create_customer(session, actor=actor, entry=one.entry).id


def _edit(session: Session, actor: Actor, one: CustomerEdit) -> int:
    if one.fields:
        row = session.get(Customer, one.customer_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise CustomerNotFound
        entry = CustomerEntry(**(_fields(row) | dict(one.fields)))
        customers.edit_customer(session, actor=actor, customer_id=row.id, version=row.version, entry=entry)
    return one.customer_id


def _fields(row: Customer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CustomerEntry.__struct_fields__}


def _add(
    session: Session, actor: Actor, customer_id: int, contact: ContactEntry | None, address: AddressEntry | None
) -> None:
    if contact:
        customers.add_contact(session, actor=actor, customer_id=customer_id, entry=contact, with_password=False)
    if address:
        customers.add_address(session, actor=actor, customer_id=customer_id, entry=address)
