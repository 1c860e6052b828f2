"""Make companies and the people around them, with defaults that are true to life; every argument may be named."""

from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.customers.models import Address, Customer, CustomerLevel

_numbers = count(1)


def a_level(session: Session, code: str = "A", **columns: Any) -> CustomerLevel:
    """The level with this code, made when it is not there yet."""
    found = session.get(CustomerLevel, code)
    if found is None:
        found = CustomerLevel(code=code, **({"name_zh": f"等级 {code}", "name_en": f"Level {code}"} | columns))
        session.add(found)
        session.flush()
    return found


def a_user(session: Session, *roles: str, **columns: Any) -> User:
    """A person; staff unless `customer_id` is given."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "phone": f"+86139{number:08d}",
        "name": f"职员{number}",
        "roles": [str(role) for role in roles] or [Role.SALESPERSON.value],
        "created_at": clock.now(),
    }
    return _saved(session, User(**(defaults | columns)))


def a_salesperson(session: Session, name: str = "李敏", **columns: Any) -> User:
    """Somebody customers belong to."""
    return a_user(session, Role.SALESPERSON, name=name, **columns)


def a_customer(session: Session, **columns: Any) -> Customer:
    """A reviewed company of type one and level A, with no salesperson unless one is given."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"T{number:05d}",
        "name": f"宁波恒锐轴承有限公司{number}",
        "type": "one",
        "level": a_level(session, columns.get("level", "A")).code,
        "credit_limit": Decimal("50000.00"),
        "created_at": clock.now(),
    }
    return _saved(session, Customer(**(defaults | columns)))


def a_contact(session: Session, customer: Customer | None = None, **columns: Any) -> User:
    """A person who orders for the customer (made when none is given)."""
    company = customer or a_customer(session)
    return a_user(session, Role.CONTACT, **({"name": "王磊", "customer_id": company.id} | columns))


def an_address(session: Session, customer: Customer, **columns: Any) -> Address:
    """An address of the customer, the default one unless said otherwise."""
    defaults: dict[str, Any] = {
        "recipient": "王磊",
        "phone": "13805741234",
        "region": "浙江省宁波市北仑区",
        "detail": "大碶街道 2 号仓",
        "is_default": True,
    }
    return _saved(session, Address(customer_id=customer.id, **(defaults | columns)))


def actor_of(user: User) -> Actor:
    """The actor that this person is when logged in."""
    return Actor(
        user_id=user.id, name=user.name, roles=frozenset(user.roles), customer_id=user.customer_id, team=user.team
    )  # fmt: skip


def _saved(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
