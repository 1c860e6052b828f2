"""Reads of customers. Every one starts from `visible_to(actor)`: what is not theirs does not exist for them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.customers.models import Address, Customer, CustomerLevel
from portal.errors import NotFound
from portal.paging import SIZE, Paged, offset, within
from portal.web.i18n import lazy_gettext as _

_Person = aliased(User, name="person")


class CustomerNotFound(NotFound):
    """There is no such customer, or it is not the actor's."""

    message = _("There is no such customer.")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One line of the list of customers."""

    id: int
    code: str
    name: str
    type: str
    level: str
    status: str
    phone: str
    salesperson: str | None
    contacts: int


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as staff read it; amounts in CNY."""

    id: int
    code: str
    name: str
    name_en: str
    type: str
    level: str
    level_zh: str
    level_en: str
    status: str
    salesperson_id: int | None
    salesperson: str | None
    credit_limit: Decimal
    order_limit: Decimal | None
    overdue_amount: Decimal
    terms: str
    phone: str
    note: str
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person who orders for a customer."""

    id: int
    customer_id: int
    name: str
    phone: str
    email: str | None
    title: str | None
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class AddressRow:
    """Where goods may go."""

    id: int
    recipient: str
    phone: str
    region: str
    detail: str
    is_default: bool

    @property
    def text(self) -> str:
        """Region and detail as printed on a label."""
        return f"{self.region} {self.detail}".strip()


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A customer level."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class SalespersonRow:
    """Somebody customers belong to."""

    id: int
    name: str
    phone: str
    team: str | None


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Customer that holds for what the actor may see.

    A contact sees the own company, a salesperson the own customers; sales manager, finance, administrator and the system
    see all; the warehouse none.
    """
    if actor.is_contact:
        return Customer.id == actor.customer_id
    if actor.is_system or actor.has(Role.SALES_MANAGER, Role.FINANCE, Role.ADMINISTRATOR):
        return true()
    if actor.has(Role.SALESPERSON):
        return Customer.salesperson_id == actor.user_id
    return false()


def customer(session: Session, *, actor: Actor, customer_id: int) -> CustomerView:
    """Return a customer the actor may see; raises CustomerNotFound."""
    row = session.execute(_views().where(Customer.id == customer_id, visible_to(actor))).one_or_none()
    if row is None:
        raise CustomerNotFound
    return CustomerView(*row)


def customer_by_code(session: Session, *, actor: Actor, code: str) -> CustomerView | None:
    """Return the customer with this code (exactly), or None."""
    row = session.execute(_views().where(Customer.code == code, visible_to(actor))).one_or_none()
    return CustomerView(*row) if row else None


def customers_page(
    session: Session,
    *,
    actor: Actor,
    search: str = "",
    type: str = "",
    level: str = "",
    status: str = "",
    salesperson_id: int | None = None,
    page: int = 1,
    size: int = SIZE,
) -> Paged[CustomerRow]:
    """Return a page of the customers the actor sees, by name; `search` looks at name, code and the contacts' names and phones."""
    wanted = [visible_to(actor), *_filters(search, type, level, status, salesperson_id)]
    total = session.scalar(select(func.count()).select_from(Customer).where(*wanted)) or 0
    rows = session.execute(
        _rows().where(*wanted).order_by(Customer.name, Customer.id).limit(size).offset(offset(page, size))
    )
    return Paged(tuple(CustomerRow(*row) for row in rows), total, within(page), size)


def contacts(session: Session, *, actor: Actor, customer_id: int) -> tuple[ContactRow, ...]:
    """Return a customer's contacts, those who may log in first."""
    rows = session.execute(
        select(User.id, Customer.id, User.name, User.phone, User.email, User.title, User.active, User.version)
        .join(Customer, Customer.id == User.customer_id)
        .where(Customer.id == customer_id, visible_to(actor))
        .order_by(User.active.desc(), User.id)
    )
    return tuple(ContactRow(*row) for row in rows)


def addresses(session: Session, *, actor: Actor, customer_id: int) -> tuple[AddressRow, ...]:
    """Return where a customer's goods may go, the default first."""
    rows = session.execute(
        _addresses()
        .where(Customer.id == customer_id, visible_to(actor), ~Address.archived)
        .order_by(Address.is_default.desc(), Address.id)
    )
    return tuple(AddressRow(*row) for row in rows)


def address(session: Session, *, actor: Actor, address_id: int) -> AddressRow | None:
    """Return one address in use of a customer the actor sees, or None."""
    row = session.execute(_addresses().where(Address.id == address_id, visible_to(actor), ~Address.archived)).first()
    return AddressRow(*row) if row else None


def levels(session: Session) -> tuple[LevelRow, ...]:
    """Return the levels in their order."""
    rows = session.execute(
        select(CustomerLevel.code, CustomerLevel.name_zh, CustomerLevel.name_en).order_by(
            CustomerLevel.position, CustomerLevel.code
        )
    )
    return tuple(LevelRow(*row) for row in rows)


def salespeople(session: Session) -> tuple[SalespersonRow, ...]:
    """Return the active salespeople by name."""
    rows = session.execute(
        select(User.id, User.name, User.phone, User.team)
        .where(User.active, User.roles.contains([Role.SALESPERSON.value]))
        .order_by(User.name, User.id)
    )
    return tuple(SalespersonRow(*row) for row in rows)


def salesperson_of(session: Session, customer_id: int) -> int | None:
    """Return the user id of a customer's salesperson; None for a customer without one."""
    return session.scalar(select(Customer.salesperson_id).where(Customer.id == customer_id))


def my_salesperson(session: Session, *, actor: Actor) -> SalespersonRow | None:
    """Return whom a contact turns to; None when the company has nobody yet."""
    row = session.execute(
        select(User.id, User.name, User.phone, User.team)
        .join(Customer, Customer.salesperson_id == User.id)
        .where(Customer.id == actor.customer_id, User.active)
    ).one_or_none()
    return SalespersonRow(*row) if row else None


def names(session: Session, customer_ids: Collection[int]) -> dict[int, str]:
    """Return the names of customers by id, without asking who wants to know."""
    rows = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids)))
    return {row.id: row.name for row in rows}


def _filters(search: str, type: str, level: str, status: str, salesperson_id: int | None) -> list[ColumnElement[bool]]:
    exact = {Customer.type: type, Customer.level: level, Customer.status: status}
    conditions = [column == value for column, value in exact.items() if value]
    if salesperson_id is not None:
        conditions.append(Customer.salesperson_id == salesperson_id)
    return [*conditions, *(_mentions(word) for word in search.split()[:8])]


def _mentions(word: str) -> ColumnElement[bool]:
    contact = and_(_Person.customer_id == Customer.id, or_(_has(_Person.name, word), _has(_Person.phone, word)))
    columns = (Customer.name, Customer.name_en, Customer.code, Customer.phone)
    return or_(*(_has(column, word) for column in columns), exists().where(contact))


def _has(column: Any, word: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.icontains(word[:80], autoescape=True)
    return found


def _addresses() -> Select[*tuple[Any, ...]]:
    return select(
        Address.id, Address.recipient, Address.phone, Address.region, Address.detail, Address.is_default
    ).join(Customer, Customer.id == Address.customer_id)  # fmt: skip


def _rows() -> Select[*tuple[Any, ...]]:
    people = select(func.count(_Person.id)).where(_Person.customer_id == Customer.id, _Person.active).scalar_subquery()
    return select(
        Customer.id, Customer.code, Customer.name, Customer.type, Customer.level, Customer.status, Customer.phone,
        User.name, people,
    ).outerjoin(User, User.id == Customer.salesperson_id)  # fmt: skip


def _views() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Customer.id, Customer.code, Customer.name, Customer.name_en, Customer.type, Customer.level,
            CustomerLevel.name_zh, CustomerLevel.name_en, Customer.status, Customer.salesperson_id, User.name,
            Customer.credit_limit, Customer.order_limit, Customer.overdue_amount, Customer.terms, Customer.phone,
            Customer.note, Customer.created_at, Customer.version,
        )
        .join(CustomerLevel, CustomerLevel.code == Customer.level)
        .outerjoin(User, User.id == Customer.salesperson_id)
    )  # fmt: skip
