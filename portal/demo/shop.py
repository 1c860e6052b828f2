"""The demonstration shop: loaded once into an empty database, its orders made by playing sixty days through the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, exists, func, select
from sqlalchemy.orm import Session

from portal import clock, database
from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.capabilities import register_all
from portal.catalog.models import Product
from portal.customers.models import Customer
from portal.database import unit_of_work
from portal.demo.companies import demo_companies, demo_staff
from portal.demo.history import History
from portal.demo.opening import PASSWORD, Shop, open_shop
from portal.demo.plans import DAYS, ORDINARY, Plan, ordinary, told
from portal.notifications import service as notifications
from portal.notifications.models import Notification
from portal.orders import service as orders
from portal.outbox import perform_pending
from portal.progress import Progress

READ_UNTIL = timedelta(days=1)
IN_CARTS = 3


def _visited() -> dict[str, int]:
    """Return the place of the first customer of each type: those visitors log in for."""
    companies = demo_companies()
    return {kind: next(place for place, one in enumerate(companies) if one.type == kind) for kind in ("one", "two")}


def _logins() -> tuple[tuple[str, str, str], ...]:
    companies, staff = demo_companies(), demo_staff()
    contacts = [
        (f"Customer, type {kind}", companies[place].contacts[0].phone, PASSWORD) for kind, place in _visited().items()
    ]
    shown = {person.role: person for person in reversed(staff)}
    roles = ("salesperson", "sales_manager", "warehouse", "finance", "administrator")
    return (*contacts, *((role.replace("_", " ").capitalize(), shown[role].phone, PASSWORD) for role in roles))


LOGINS = _logins()
"""Role, number and password of one person each, to be printed at the start."""


def is_empty() -> bool:
    """Say whether the database holds nobody and nothing to sell."""
    with unit_of_work() as session:
        return not any(session.scalar(select(exists().select_from(table))) for table in (User, Customer, Product))


def load_demo(progress: Progress, *, ordinary_orders: int = ORDINARY, salespeople: int | None = None) -> None:
    """Fill an empty database with the demonstration shop; nothing happens in one that holds anything.

    The delivered processes must be published. Fewer `ordinary_orders`, and told stories of fewer `salespeople`, make a smaller shop.
    """
    if not is_empty():
        return
    register_all()
    now = clock.now()
    with _not_waiting_for_the_disk():
        with clock.frozen(now - timedelta(days=DAYS + 2)):
            with progress.phase("Opening the demonstration shop"), unit_of_work() as session:
                shop = open_shop(session)
            perform_pending()
            plans = _plans(shop, now, ordinary_orders, salespeople)
            with progress.phase("Playing sixty days of orders", total=len(plans)) as phase:
                History(shop, until=now).play(plans, phase)
        with unit_of_work() as session:
            _leave_traces(session, shop)


def _plans(shop: Shop, now: Any, ordinary_orders: int, salespeople: int | None) -> list[Plan]:
    places = range(len(shop.clients))
    teams = [
        [(place, shop.clients[place].type) for place in places if shop.clients[place].salesperson == salesperson]
        for salesperson in shop.salespeople
    ]
    return [
        *ordinary(now, places, count=ordinary_orders),
        *told(now, teams, _visited().values(), salespeople=salespeople),
    ]


def _leave_traces(session: Session, shop: Shop) -> None:
    """Let everybody have read what is older than a day, and some contacts have something in the cart."""
    latest = session.scalar(select(func.max(Notification.id)).where(Notification.created_at < clock.now() - READ_UNTIL))
    for person in _people(shop):
        notifications.mark_all_read(session, actor=person, up_to=latest or 0)
    for client in shop.clients[:IN_CARTS]:
        for ware in shop.wares[client.place :: len(shop.wares) // 3]:
            if ware.customer_id is None:
                orders.set_cart_line(session, actor=client.contacts[0], sku=ware.sku, quantity=ware.smallest)


def _people(shop: Shop) -> list[Actor]:
    contacts = [contact for client in shop.clients for contact in client.contacts]
    return [*shop.salespeople, shop.manager, shop.warehouse, shop.finance, *contacts]


@contextmanager
def _not_waiting_for_the_disk() -> Iterator[None]:
    """Let this process's commits not wait until they are on the disk: a power cut costs the last of a demonstration, in good order."""
    engine = database.engine()
    engine.dispose()
    event.listen(engine, "connect", _do_not_wait)
    try:
        yield
    finally:
        event.remove(engine, "connect", _do_not_wait)
        engine.dispose()


def _do_not_wait(connection: Any, _record: Any) -> None:
    connection.execute("set synchronous_commit = off")
    connection.commit()
