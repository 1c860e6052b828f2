"""Production orders: the board, the list, one of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.models import Product, Variant
from portal.orders.calendar import start_of, today
from portal.production.errors import ProductionOrderNotFound
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder
from portal.production.permissions import require_reader
from portal.production.queries.visibility import visible_numbers
from portal.production.states import NOT_STARTED, OPEN

COLUMNS = ("requested", "planned", "started", "inspecting", "finished")
MOST_CARDS = 400


@dataclass(frozen=True, slots=True)
class Card:
    """A production order as it stands on the board. Order and customer are None for stock, and for readers who may not know them."""

    number: str
    status: str
    variant_id: int
    marking: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    quantity: int
    finished: int
    due_on: date | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    for_stock: bool
    order_number: str | None
    customer_name: str | None
    order_status: str | None

    @property
    def left(self) -> int:
        """What is still to be made of what was asked for."""
        return max(self.quantity - self.finished, 0)

    @property
    def is_open(self) -> bool:
        """Whether it is neither finished nor cancelled."""
        return self.status in OPEN

    @property
    def days_late(self) -> int:
        """How many days it is over its day; 0 when it is not."""
        return max((today() - self.due_on).days, 0) if self.due_on and self.is_open else 0

    @property
    def order_gone(self) -> bool:
        """Whether the order it was made for has been cancelled: its goods go to free stock."""
        return self.order_status in ("cancelled", "shipped", "completed") and self.is_open


@dataclass(frozen=True, slots=True)
class Column:
    """One state of the board; `pieces` adds up what its cards ask for."""

    status: str
    cards: tuple[Card, ...]

    @property
    def pieces(self) -> int:
        """Pieces asked for by the cards of this column."""
        return sum(card.quantity for card in self.cards)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the head of the board says."""

    open: int
    pieces: int
    late: int
    due_soon: int
    backlog: int
    orders: int


def board(
    session: Session, *, actor: Actor, late_only: bool = False, search: str = ""
) -> tuple[tuple[Column, ...], Totals]:
    """Return open production orders and those finished today by state, the most urgent first, and the totals of all that are open."""
    require_reader(actor)
    day = start_of(today())
    shown = or_(
        ProductionOrder.status.in_(OPEN), and_(ProductionOrder.status == "finished", ProductionOrder.finished_at >= day)
    )
    cards = _cards(session, actor, shown)
    wanted = [card for card in cards if _wanted(card, late_only, search)]
    columns = tuple(Column(status, tuple(card for card in wanted if card.status == status)) for status in COLUMNS)
    return columns, _totals(cards)


def card(session: Session, *, actor: Actor, number: str) -> Card:
    """Return one production order; ProductionOrderNotFound."""
    require_reader(actor)
    found = _cards(session, actor, ProductionOrder.number == number)
    if not found:
        raise ProductionOrderNotFound
    return found[0]


def open_count(session: Session, *, actor: Actor) -> int:
    """Count open production orders for the navigation."""
    require_reader(actor)
    counted = select(func.count()).select_from(ProductionOrder).where(ProductionOrder.status.in_(OPEN))
    return session.scalar(counted) or 0


def _cards(session: Session, actor: Actor, condition: ColumnElement[bool]) -> list[Card]:
    statement = (
        _select()
        .where(condition)
        .order_by(ProductionOrder.due_on.is_(None), ProductionOrder.due_on, ProductionOrder.id)
        .limit(MOST_CARDS)
    )
    cards = [Card(*row) for row in session.execute(statement)]
    visible = visible_numbers(session, actor=actor, numbers=(card.order_number for card in cards))
    return [
        card if card.order_number in visible else replace(card, order_number=None, customer_name=None) for card in cards
    ]


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            ProductionOrder.number, ProductionOrder.status, ProductionOrder.variant_id, Variant.marking,
            Product.name_zh, Product.name_en, Variant.unit_zh, Variant.unit_en, ProductionOrder.quantity,
            ProductionOrder.finished, ProductionOrder.due_on, ProductionOrder.requested_at, ProductionOrder.started_at,
            ProductionOrder.finished_at, ProductionOrder.version, ProductionOrder.line_id.is_(None),
            FactoryOrder.number, FactoryOrder.customer_name, FactoryOrder.status,
        )
        .join(Variant, Variant.id == ProductionOrder.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(FactoryOrderLine, FactoryOrderLine.id == ProductionOrder.line_id)
        .outerjoin(FactoryOrder, FactoryOrder.id == FactoryOrderLine.factory_order_id)
    )  # fmt: skip


def _wanted(card: Card, late_only: bool, search: str) -> bool:
    if late_only and not card.days_late:
        return False
    text = " ".join(filter(None, (card.number, card.marking, card.order_number, card.customer_name))).lower()
    return all(word in text for word in search.lower().split())


def _totals(cards: Iterable[Card]) -> Totals:
    running = [card for card in cards if card.is_open]
    soon = today() + timedelta(days=1)
    return Totals(
        open=len(running),
        pieces=sum(card.left for card in running),
        late=sum(1 for card in running if card.days_late),
        due_soon=sum(1 for card in running if card.due_on and today() <= card.due_on <= soon),
        backlog=sum(card.quantity for card in running if card.status in NOT_STARTED),
        orders=len({card.order_number for card in running if card.order_number}),
    )
