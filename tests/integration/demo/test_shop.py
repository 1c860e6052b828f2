"""The demonstration shop, loaded small: what a visitor of today finds, and that its books are in order."""

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal import database as portal_database
from portal.accounts import service as accounts
from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.accounts.phones import parse_phone
from portal.accounts.sessions import Device
from portal.capabilities import register_all
from portal.catalog import queries as catalog
from portal.catalog.models import PackageCode, Product, Variant, VisibilityGrant
from portal.customers.models import Customer
from portal.database import unit_of_work
from portal.demo import shop
from portal.orders.models import CartLine, Order, OrderLine, Receipt
from portal.outbox import OutboxRow
from portal.production.models import FactoryOrderLine, FactoryParcel, ProductionOrder, StockLevel, StockMovement
from portal.progress import SilentProgress
from portal.workflow.delivery import publish_delivered
from portal.workflow.models import Incident, Message, ProcessInstance, UserTask
from tests.database import Server

STATUSES = {
    "awaiting_approval", "awaiting_processing", "in_production", "awaiting_shipment", "partly_shipped", "shipped", "completed",
    "rejected", "cancelled",
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(database_server: Server) -> Iterator[str]:
    """The URL of a database with a small demonstration shop, shared by the tests here, which only read."""
    name = database_server.clone()
    url = database_server.url(name)
    portal_database.configure(url)
    register_all()
    publish_delivered()
    shop.load_demo(SilentProgress(), ordinary_orders=16, salespeople=2)
    portal_database.dispose()
    yield url
    database_server.drop(name)


@pytest.fixture
def shop_session(loaded: str) -> Iterator[Session]:
    """A session on the loaded shop; what a test changes is undone."""
    portal_database.configure(loaded)
    with unit_of_work() as session:
        yield session
        session.rollback()
    portal_database.dispose()


def test_there_are_forty_customers_and_about_four_hundred_wheels(shop_session: Session) -> None:
    assert shop_session.scalar(select(func.count()).select_from(Customer)) == 40
    assert 390 <= (shop_session.scalar(select(func.count()).select_from(Variant)) or 0) <= 440
    assert shop_session.scalar(select(func.count()).select_from(PackageCode)) == shop_session.scalar(
        select(func.count()).select_from(Variant)
    )


def test_orders_stand_at_every_stage_today(shop_session: Session) -> None:
    found = set(shop_session.scalars(select(Order.status)))
    assert found == STATUSES
    assert {"unpaid", "paid", "refunding"} <= set(shop_session.scalars(select(Order.payment)))


@pytest.mark.parametrize("login", shop.LOGINS[:2], ids=lambda login: login[0])
def test_the_printed_contacts_find_their_own_orders_at_every_stage(
    shop_session: Session, login: tuple[str, str, str]
) -> None:
    own = select(Order.status).join(User, User.id == Order.placed_by_id).where(User.phone == parse_phone(login[1]))
    assert set(shop_session.scalars(own)) >= STATUSES - {"rejected"}


def test_no_step_failed_and_nothing_is_owed_any_more(shop_session: Session) -> None:
    assert shop_session.scalars(select(Incident.error)).all() == []
    assert Counter(shop_session.scalars(select(OutboxRow.status))).keys() == {"done"}
    assert set(shop_session.scalars(select(Message.status))) == {"delivered"}


def test_every_order_was_made_by_running_its_process(shop_session: Session) -> None:
    orders = set(shop_session.scalars(select(Order.number)))
    assert orders == set(shop_session.scalars(select(ProcessInstance.business_key)))
    ended = select(Order.status).join(ProcessInstance, ProcessInstance.business_key == Order.number)
    assert set(shop_session.scalars(ended.where(ProcessInstance.ended_at.is_not(None)))) <= {
        "completed", "rejected", "cancelled",
    }  # fmt: skip


def test_the_stock_ledger_adds_up(shop_session: Session) -> None:
    for level in shop_session.scalars(select(StockLevel)):
        moved = shop_session.execute(
            select(
                func.coalesce(
                    func.sum(StockMovement.quantity).filter(StockMovement.kind.not_in(["reserve", "release"])), 0
                )
            ).where(StockMovement.variant_id == level.variant_id)
        ).scalar_one()
        promised = select(func.coalesce(func.sum(FactoryOrderLine.reserved), 0)).where(
            FactoryOrderLine.variant_id == level.variant_id
        )
        assert (level.on_hand, level.reserved) == (moved, shop_session.scalar(promised))


def test_the_lines_of_orders_agree_with_the_factorys(shop_session: Session) -> None:
    rows = shop_session.execute(
        text(
            "select o.number, l.position, l.shipped, f.shipped, l.reserved, f.reserved from order_lines l join orders o on o.id = l.order_id"
            " join factory_orders fo on fo.number = o.number"
            " join factory_order_lines f on f.factory_order_id = fo.id and f.position = l.position"
            " where l.shipped <> f.shipped or l.reserved <> f.reserved"
        )
    )
    assert rows.all() == []


def test_every_salesperson_of_the_stories_has_something_overdue_and_something_to_come(shop_session: Session) -> None:
    now = clock.now()
    for name in ("李敏", "陈立军"):
        due = list(
            shop_session.scalars(
                select(UserTask.due_at)
                .join(User, User.id == UserTask.assignee_id)
                .where(User.name == name, UserTask.status == "open", UserTask.due_at.is_not(None))
            )
        )
        assert any(moment < now for moment in due if moment)
        assert any(moment > now for moment in due if moment)


def test_manager_finance_and_warehouse_have_work(shop_session: Session) -> None:
    open_roles = Counter(shop_session.scalars(select(UserTask.role).where(UserTask.status == "open")))
    assert open_roles["sales_manager"] >= 3
    assert open_roles["finance"] >= 1
    assert {"requested", "started", "finished"} <= set(shop_session.scalars(select(ProductionOrder.status)))
    assert {"picking", "shipped"} <= set(shop_session.scalars(select(FactoryParcel.status)))


def test_nothing_lies_in_the_future_and_the_first_order_is_old(shop_session: Session) -> None:
    first, last = shop_session.execute(select(func.min(Order.submitted_at), func.max(Order.submitted_at))).one()
    assert last <= clock.now()
    assert 40 < (clock.now() - first).days <= 62


def test_receipts_come_to_what_orders_received(shop_session: Session) -> None:
    sums = dict(
        shop_session.execute(
            select(Receipt.order_id, func.sum(Receipt.amount))
            .where(Receipt.kind == "receipt")
            .group_by(Receipt.order_id)
        ).all()
    )
    for order in shop_session.scalars(select(Order)):
        assert order.received == sums.get(order.id, 0)


def test_custom_products_are_granted_to_two_customers_and_invisible_to_the_others(shop_session: Session) -> None:
    granted = set(shop_session.scalars(select(VisibilityGrant.customer_id)))
    assert len(granted) == 2
    sku = shop_session.scalars(
        select(Variant.sku).join(Product, Product.id == Variant.product_id).where(Product.kind == "custom").limit(1)
    ).one()
    seen = {
        user.customer_id: catalog.items_by_sku(shop_session, actor=_actor(user), skus=[sku]).keys()
        for user in shop_session.scalars(select(User).where(User.customer_id.is_not(None)))
    }
    assert sum(bool(items) for items in seen.values()) == 1


def _actor(user: User) -> Actor:
    return Actor(user.id, user.name, frozenset(user.roles), user.customer_id)


@pytest.mark.parametrize("login", shop.LOGINS, ids=lambda login: login[0])
def test_whoever_is_printed_can_log_in(shop_session: Session, login: tuple[str, str, str]) -> None:
    _role, phone, password = login
    inside = accounts.log_in(shop_session, phone=parse_phone(phone), password=password, device=Device(), days=1)
    assert inside.is_contact == login[0].startswith("Customer")


def test_a_contact_finds_something_in_the_cart(shop_session: Session) -> None:
    assert (shop_session.scalar(select(func.count()).select_from(CartLine)) or 0) >= 3


def test_a_second_load_changes_nothing(shop_session: Session) -> None:
    lines = select(func.count()).select_from(OrderLine)
    before = shop_session.scalar(lines)
    assert not shop.is_empty()
    shop.load_demo(SilentProgress())
    with unit_of_work() as session:
        assert session.scalar(lines) == before


def test_a_new_database_is_empty(database: str) -> None:
    assert shop.is_empty()
