"""Find anything: one box over orders, customers and items; each list is what the actor may see anyway."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor, Role
from portal.catalog import queries as catalog
from portal.customers import queries as customers
from portal.orders import look
from portal.orders import queries as orders
from portal.orders.look import Chip
from portal.orders.queries import OrderFilter
from portal.orders.queries.process import looks
from portal.web.i18n import pick

MOST = 8
SELLERS = (Role.SALESPERSON, Role.SALES_MANAGER, Role.FINANCE, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: where it is, what it is called, and one line about it."""

    href: str
    title: str
    about: str
    status: Chip | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, by kind: the first of each, at most `most`."""

    orders: tuple[Hit, ...] = ()
    customers: tuple[Hit, ...] = ()
    items: tuple[Hit, ...] = ()
    most: int = MOST

    @property
    def everything(self) -> tuple[Hit, ...]:
        """All hits, in the order they are shown."""
        return self.orders + self.customers + self.items


def find(session: Session, *, actor: Actor, text: str) -> Found:
    """Search for a number, a name, a marking or a tracking number; nothing for an empty text."""
    if not text:
        return Found()
    return Found(_orders(session, actor, text), _customers(session, actor, text), _items(session, actor, text))


def _orders(session: Session, actor: Actor, text: str) -> tuple[Hit, ...]:
    page = orders.orders_page(session, actor=actor, filters=OrderFilter(search=text), size=MOST)
    shown = looks(session)
    return tuple(
        Hit(f"/desk/orders/{row.number}", row.number, row.customer, look.status_chip(row.status, shown))
        for row in page.rows
    )


def _customers(session: Session, actor: Actor, text: str) -> tuple[Hit, ...]:
    if not actor.has(*SELLERS):
        return ()
    page = customers.customers_page(session, actor=actor, search=text, size=MOST)
    return tuple(Hit(f"/desk/customers/{row.id}", row.name, row.code) for row in page.rows)


def _items(session: Session, actor: Actor, text: str) -> tuple[Hit, ...]:
    page = catalog.items(session, actor=actor, search=text, size=MOST)
    return tuple(
        Hit(f"/desk/products/{item.product_id}", item.marking, f"{item.sku} · {pick(item.name_zh, item.name_en)}")
        for item in page.rows
    )
