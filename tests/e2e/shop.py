"""A small shop for browser tests: who is there and what is on the shelves."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Role
from portal.accounts.models import User
from portal.accounts.passwords import hash_password
from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.database import unit_of_work
from portal.orders import service as order_service
from portal.orders.models import CartLine
from portal.production import service as production
from portal.workflow import service as workflow
from portal.workflow.models import UserTask
from tests.e2e.site import Site
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
        session, company, marking="41-178×1.2×22.23-WA46RBF-80m/s", sku="WH-SECRET", list_price="345.67"
    )


def fill_cart(contact: User, lines: int) -> None:
    """Put so many different items, at 2.00 each, into somebody's cart."""
    with unit_of_work() as session:
        product = catalog.a_product(session)
        items = [
            Variant(
                product_id=product.id, sku=f"L-{number:03d}", marking=f"L-{number:03d}", marking_raw="", list_price=2
            )
            for number in range(lines)
        ]
        session.add_all(items)
        session.flush()
        now = clock.now()
        session.add_all(CartLine(user_id=contact.id, variant_id=item.id, quantity=1, added_at=now) for item in items)


def new_price(variant: Variant, price: str) -> None:
    """Change a wheel's list price while somebody looks at it."""
    with unit_of_work() as session:
        session.get_one(Variant, variant.id).list_price = Decimal(price)


@dataclass(frozen=True)
class Busy:
    """A shop with orders at every stage."""

    shop: Shop
    numbers: list[str]
    sent_back: str
    waiting: str
    making: list[str]
    picking: str
    variant_id: int


def keep_busy(shop: Shop, site: Site) -> Busy:
    """Have orders handed in and bring each to another stage."""
    waiting, rejected, sent_back = (_order(shop, {shop.secret: 1}) for _ in range(3))
    packing, parcel, done = (_order(shop, {shop.wheel: 4}) for _ in range(3))
    site.settled()  # the others have their stock before somebody wants more than there is
    short, cancelled = _order(shop, {shop.wheel: 30}), _order(shop, {shop.secret: 2})
    site.settled()
    _decide(shop, rejected, decision="reject", reason="做不了")
    _decide(shop, sent_back, decision="send_back", reason="请核对数量")
    _cancel(shop, cancelled)
    _pick(shop, packing, quantity=4)
    for number, quantity in ((parcel, 1), (done, 4)):
        _ship(shop, _pick(shop, number, quantity=quantity))
    site.settled()
    with unit_of_work() as session:
        order_service.confirm_receipt(session, actor=customers.actor_of(shop.contact), number=done)
        making = [made.number for made in factory.production_orders(session)]
    site.settled()
    numbers = [waiting, rejected, sent_back, packing, parcel, done, short, cancelled]
    return Busy(shop, numbers, sent_back, waiting, making, f"{packing}-1", shop.wheel.id)


def _order(shop: Shop, wanted: dict[Variant, int]) -> str:
    with unit_of_work() as session:
        return orders.a_submitted_order(session, customers.actor_of(shop.contact), wanted).number


def _decide(shop: Shop, number: str, **data: str) -> None:
    with unit_of_work() as session:
        task = session.scalars(
            select(UserTask.id).where(UserTask.business_key == number, UserTask.status == "open")
        ).one()
        workflow.complete_task(session, actor=customers.actor_of(shop.seller), task_id=task, data=data)


def _cancel(shop: Shop, number: str) -> None:
    with unit_of_work() as session:
        actor = customers.actor_of(shop.contact)
        order_service.request_cancellation(session, actor=actor, number=number, reason="数量变了")


def _pick(shop: Shop, number: str, *, quantity: int) -> str:
    keeper = customers.actor_of(shop.keeper)
    with unit_of_work() as session:
        parcel = production.start_picking(session, actor=keeper, number=number).number
        line = factory.lines(session, factory.factory_order(session, number))[0].id
        production.set_picked(session, actor=keeper, parcel_number=parcel, line_id=line, quantity=quantity)
        return parcel


def _ship(shop: Shop, parcel: str) -> None:
    with unit_of_work() as session:
        production.ship_parcel(
            session, actor=customers.actor_of(shop.keeper), parcel_number=parcel, courier="sf", tracking_number="SF1300000000001"
        )  # fmt: skip
