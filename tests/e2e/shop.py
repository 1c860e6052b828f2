"""A small shop for browser tests: who is there and what is on the shelves."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.actor import Role
from portal.accounts.models import User
from portal.accounts.passwords import hash_password
from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.database import unit_of_work
from tests.factories import catalog, customers, orders
from tests.factories import production as factory
from tests.factories.accounts import PASSWORD

HASHED = hash_password(PASSWORD)
SIZE = "400×50×203"
MARKING = "1-400×50×203-WA60K5V-35m/s"


@dataclass(frozen=True)
class Shop:
    """The people, their companies, and the wheels."""

    contact: User
    colleague: User
    stranger: User
    seller: User
    manager: User
    keeper: User
    finance: User
    wheel: Variant
    secret: Variant
    """A custom wheel that only the contact's company sees."""


def open_shop(session: Session, *, language: str, type: str = "one", stock: int = 20, seasoned: bool = True) -> Shop:
    """Set a shop up, with one wheel of which so many are in stock; people read the language given."""
    orders.the_order_process(session)
    seller = customers.a_salesperson(session, name="李敏", locale=language, password_hash=HASHED)
    company = _company(session, "宁波恒锐轴承有限公司", "Ningbo Hengrui Bearings", seller, type=type)
    other = _company(session, "苏州锐锋刀具有限公司", "Suzhou Ruifeng Tools", seller, type="one")
    contact = _contact(session, company, "王磊", language)
    if seasoned:
        orders.an_old_order(session, company, contact)
    wheel = catalog.a_variant(session, marking=MARKING, sku="WH-400")
    catalog.a_variant(session, marking="6-125×63×32-GC80J8V-35m/s", sku="WH-125", list_price="92.50")
    if stock:
        factory.in_stock(session, wheel, stock)
    shop = Shop(
        contact=contact,
        colleague=_contact(session, company, "孙丽", language),
        stranger=_contact(session, other, "赵强", language),
        seller=seller,
        manager=_staff(session, Role.SALES_MANAGER, "周敏", language),
        keeper=_staff(session, Role.WAREHOUSE, "何建国", language),
        finance=_staff(session, Role.FINANCE, "钱芳", language),
        wheel=wheel,
        secret=_secret(session, company),
    )
    session.commit()
    return shop


def _company(session: Session, name: str, name_en: str, seller: User, **columns: Any) -> Customer:
    company = customers.a_customer(session, name=name, name_en=name_en, salesperson_id=seller.id, **columns)
    customers.an_address(session, company)
    return company


def _contact(session: Session, company: Customer, name: str, language: str) -> User:
    return customers.a_contact(session, company, name=name, locale=language, password_hash=HASHED)


def _staff(session: Session, role: Role, name: str, language: str) -> User:
    return customers.a_user(session, role, name=name, locale=language, password_hash=HASHED)


def _secret(session: Session, company: Customer) -> Variant:
    return catalog.a_custom_variant(
        session, company, marking="5-77×13×31-PA46L7V-40m/s", sku="WH-SECRET", list_price="345.67"
    )


def new_price(variant: Variant, price: str) -> None:
    """Change a wheel's list price while somebody looks at it."""
    from decimal import Decimal

    with unit_of_work() as session:
        session.get_one(Variant, variant.id).list_price = Decimal(price)
