"""The shop on its first morning: who works there, who buys there, what is on the shelves."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import User
from portal.accounts.passwords import hash_password
from portal.catalog import indexing
from portal.catalog import service as catalog
from portal.catalog.entries import ProductEntry
from portal.catalog.models import PackageCode, Variant
from portal.customers import service as customers
from portal.customers.entries import AddressEntry, ContactEntry, CustomerEntry
from portal.customers.models import CustomerLevel
from portal.demo.companies import LEVELS, DemoCompany, demo_companies, demo_staff
from portal.demo.wheels import DemoProduct, DemoVariant, demo_categories, demo_products
from portal.production import service as production

PASSWORD = "wheels-demo"  # noqa: S105  everybody may know it: it is printed at every start of the demonstration
REASON = "开业盘点"
AGREED = (Decimal("0.88"), Decimal("0.92"), Decimal("0.95"))


@dataclass(frozen=True)
class Ware:
    """A wheel that can be ordered, as whoever makes up an order needs to know it; `customer_id` for a custom one."""

    variant_id: int
    sku: str
    price: Decimal
    smallest: int
    multiple: int
    customer_id: int | None


@dataclass(frozen=True)
class Client:
    """A customer that orders: its contacts and where its goods go."""

    place: int
    customer_id: int
    type: str
    salesperson: Actor
    contacts: tuple[Actor, ...]
    address_ids: tuple[int, ...]


@dataclass(frozen=True)
class Shop:
    """Everybody and everything that a history is made of."""

    salespeople: tuple[Actor, ...]
    manager: Actor
    warehouse: Actor
    finance: Actor
    clients: tuple[Client, ...]
    wares: tuple[Ware, ...]

    def by_id(self, user_id: int | None) -> Actor | None:
        """Return the salesperson or contact with this id."""
        people = (*self.salespeople, *(contact for client in self.clients for contact in client.contacts))
        return next((person for person in people if person.user_id == user_id), None)


def open_shop(session: Session) -> Shop:
    """Fill empty tables with staff, customers, catalogue and stock; all of it or nothing."""
    password_hash = hash_password(PASSWORD)
    staff = _staff(session, password_hash)
    companies = demo_companies()
    session.add_all(CustomerLevel(**_level(level)) for level in LEVELS)
    session.flush()
    ids = [_customer(session, company, staff) for company in companies]
    clients = tuple(
        _client(session, place, company, ids[place], staff, password_hash) for place, company in enumerate(companies)
    )
    wares = _catalogue(session, ids)
    _stock(session, staff["warehouse"])
    _agree_prices(session, [client for client in clients if client.type == "one"], wares)
    return Shop(
        salespeople=tuple(actor for actor in staff.values() if actor.has("salesperson")),
        manager=staff["sales_manager"], warehouse=staff["warehouse"], finance=staff["finance"],
        clients=tuple(client for client, company in zip(clients, companies, strict=True) if company.status == "active"),
        wares=wares,
    )  # fmt: skip


def _level(level: object) -> dict[str, object]:
    return {name: getattr(level, name) for name in ("code", "name_zh", "name_en", "position")}


def _staff(session: Session, password_hash: str) -> dict[str, Actor]:
    """Make the staff; salespeople by their log-in, the others by their role."""
    people = {}
    for person in demo_staff():
        user = accounts.create_user(
            session, actor=SYSTEM, name=person.name, phone=person.phone, roles=[person.role], team=person.team or ""
        )
        user.password_hash = password_hash
        people[person.login if person.role == "salesperson" else person.role] = _actor(user)
    return people


def _actor(user: User) -> Actor:
    return Actor(user.id, user.name, frozenset(user.roles), user.customer_id, user.team)


def _customer(session: Session, company: DemoCompany, staff: dict[str, Actor]) -> int:
    entry = CustomerEntry(
        name=company.name, type=company.type, level=company.level, code=company.code, name_en=company.name_en,
        salesperson_id=staff[company.salesperson].user_id if company.salesperson else None, status=company.status,
        credit_limit=company.credit_limit, overdue_amount=company.overdue_amount, terms=company.terms,
        phone=company.phone, note=company.note,
    )  # fmt: skip
    return customers.create_customer(session, actor=SYSTEM, entry=entry).id


def _client(
    session: Session, place: int, company: DemoCompany, customer_id: int, staff: dict[str, Actor], password_hash: str
) -> Client:
    people = []
    for contact in company.contacts:
        entry = ContactEntry(name=contact.name, phone=contact.phone, email=contact.email, title=contact.title)
        new = customers.add_contact(session, actor=SYSTEM, customer_id=customer_id, entry=entry, with_password=False)
        user = session.get_one(User, new.user_id)
        user.password_hash = password_hash
        people.append(_actor(user))
    addresses = [
        customers.add_address(
            session, actor=SYSTEM, customer_id=customer_id,
            entry=AddressEntry(recipient=one.recipient, phone=one.phone, region=one.region, detail=one.detail),
        ).id
        for one in company.addresses
    ]  # fmt: skip
    salesperson = staff[company.salesperson] if company.salesperson else staff["sales_manager"]
    return Client(place, customer_id, company.type, salesperson, tuple(people), tuple(addresses))


def _catalogue(session: Session, customer_ids: list[int]) -> tuple[Ware, ...]:
    for shelf in demo_categories():
        catalog.create_category(
            session, actor=SYSTEM, code=shelf.code, name_zh=shelf.name_zh, name_en=shelf.name_en, shape=shelf.shape,
            position=shelf.position,
        )  # fmt: skip
    return tuple(ware for product in demo_products() for ware in _product(session, product, customer_ids))


def _product(session: Session, product: DemoProduct, customer_ids: list[int]) -> list[Ware]:
    entry = ProductEntry(
        name_zh=product.name_zh, category=product.category, code=product.code, name_en=product.name_en,
        description_zh=product.description_zh, description_en=product.description_en, kind=product.kind,
    )  # fmt: skip
    product_id = catalog.create_product(session, actor=SYSTEM, entry=entry).id
    granted = [customer_ids[place] for place in product.granted_to]
    for customer_id in granted:
        catalog.grant_visibility(session, actor=SYSTEM, product_id=product_id, customer_id=customer_id)
    rows = [_variant(product_id, variant) for variant in product.variants]
    session.add_all(rows)
    indexing.index_products(session, [product_id])
    session.add_all(
        PackageCode(code=made.gtin, variant_id=row.id) for row, made in zip(rows, product.variants, strict=True)
    )
    return [
        Ware(row.id, row.sku, row.list_price, max(row.min_quantity, row.order_multiple), row.order_multiple,
             granted[0] if granted else None)
        for row in rows
        if row.list_price is not None and row.status == "active"
    ]  # fmt: skip


def _variant(product_id: int, made: DemoVariant) -> Variant:
    return Variant(
        product_id=product_id, sku=made.sku, marking_raw=made.marking, **indexing.marking_columns(made.marking),
        list_price=made.list_price, min_quantity=made.min_quantity, order_multiple=made.order_multiple,
        pack_size=made.pack_size, lead_days=made.lead_days, unit_zh=made.unit_zh, unit_en=made.unit_en,
        status=made.status,
    )  # fmt: skip


def _stock(session: Session, keeper: Actor) -> None:
    made = {variant.sku: variant for product in demo_products() for variant in product.variants}
    for variant_id, sku in session.execute(select(Variant.id, Variant.sku).order_by(Variant.id)):
        variant = made[sku]
        safety = variant.pack_size * 2 if variant.stock else 0
        production.set_shelf(session, actor=keeper, variant_id=variant_id, location=variant.location, safety=safety)
        if variant.stock:
            production.stock_in(session, actor=keeper, variant_id=variant_id, quantity=variant.stock, reason=REASON)


def _agree_prices(session: Session, clients: list[Client], wares: tuple[Ware, ...]) -> None:
    """Let every other customer on account have a price of its own for some wheels."""
    standard = [ware for ware in wares if ware.customer_id is None]
    for client in clients[::2]:
        chance = Random(f"prices-{client.place}")
        for ware in chance.sample(standard, 8):
            price = (ware.price * chance.choice(AGREED)).quantize(Decimal("0.1")).quantize(Decimal("0.01"))
            catalog.set_customer_price(
                session, actor=SYSTEM, customer_id=client.customer_id, variant_id=ware.variant_id, price=price
            )
