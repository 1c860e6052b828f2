"""A shop just large enough to measure with: customers with one contact each, staff, and plain wheels, in stock or never in stock."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import User
from portal.accounts.passwords import hash_password
from portal.catalog import service as catalog
from portal.catalog.entries import ProductEntry, VariantEntry
from portal.customers import service as customers
from portal.customers.entries import AddressEntry, ContactEntry, CustomerEntry
from portal.customers.models import CustomerLevel
from portal.production import service as production

PASSWORD = "measured-wheels"  # noqa: S105  of people who live for a minute
IN_STOCK, SHORT = 12, 4
PLENTY = 900_000


@dataclass(frozen=True)
class Buyer:
    """Who orders, and where it goes."""

    actor: Actor
    phone: str
    address_id: int


@dataclass(frozen=True)
class LittleShop:
    """Who and what there is; companies are of type one and pay later, unless it is said."""

    salesperson: Actor
    manager: Actor
    warehouse: Actor
    buyers: tuple[Buyer, ...]
    in_stock: tuple[str, ...]
    short: tuple[str, ...]


def make_little_shop(session: Session, *, buyers: int, paying_first: int = 0) -> LittleShop:
    """Fill an empty database; the last `paying_first` of the companies are of type two and pay before anything is made."""
    password_hash = hash_password(PASSWORD)
    staff = {
        role: _person(session, place, role, password_hash)
        for place, role in enumerate(("salesperson", "sales_manager", "warehouse"))
    }
    session.add(CustomerLevel(code="A", name_zh="A 级", name_en="Level A"))
    session.flush()
    salesperson = staff["salesperson"]
    types = ["one"] * (buyers - paying_first) + ["two"] * paying_first
    people = tuple(_buyer(session, place, salesperson, password_hash, kind) for place, kind in enumerate(types))
    there, gone = _wheels(session, staff["warehouse"])
    return LittleShop(salesperson, staff["sales_manager"], staff["warehouse"], people, there, gone)


def _person(session: Session, place: int, role: str, password_hash: str) -> Actor:
    user = accounts.create_user(session, actor=SYSTEM, name=role, phone=f"1990000{8001 + place}", roles=[role])
    user.password_hash = password_hash
    return Actor(user.id, user.name, frozenset(user.roles))


def _buyer(session: Session, place: int, salesperson: Actor, password_hash: str, kind: str) -> Buyer:
    entry = CustomerEntry(name=f"测量公司 {place + 1}", type=kind, level="A", salesperson_id=salesperson.user_id)
    customer = customers.create_customer(session, actor=SYSTEM, entry=entry)
    phone = f"1990001{place:04d}"
    new = customers.add_contact(
        session, actor=SYSTEM, customer_id=customer.id, entry=ContactEntry(name=f"采购 {place + 1}", phone=phone), with_password=False
    )  # fmt: skip
    user = session.get_one(User, new.user_id)
    user.password_hash = password_hash
    goes_to = AddressEntry(recipient=user.name, phone=phone, detail="测量路 1 号")
    address = customers.add_address(session, actor=SYSTEM, customer_id=customer.id, entry=goes_to)
    return Buyer(Actor(user.id, user.name, frozenset(user.roles), customer.id), phone, address.id)


def _wheels(session: Session, keeper: Actor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    catalog.create_category(session, actor=SYSTEM, code="straight", name_zh="平形", name_en="Straight", shape="1")
    product = catalog.create_product(
        session, actor=SYSTEM, entry=ProductEntry(name_zh="平形砂轮", name_en="Straight wheel", category="straight")
    )
    skus = []
    for place in range(IN_STOCK + SHORT):
        marking = f"1-{200 + place * 10}×20×32-WA60K5V-35m/s"
        entry = VariantEntry(sku=f"BENCH-{place:02d}", marking=marking, list_price=Decimal(20 + place))
        variant = catalog.create_variant(session, actor=SYSTEM, product_id=product.id, entry=entry)
        if place < IN_STOCK:
            production.stock_in(session, actor=keeper, variant_id=variant.id, quantity=PLENTY, reason="bench")
        skus.append(variant.sku)
    return tuple(skus[:IN_STOCK]), tuple(skus[IN_STOCK:])
