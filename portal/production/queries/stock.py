"""Stock: what is on hand, promised, being made; who holds it, who waits for it, and every movement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.models import Category, Product, Variant
from portal.catalog.search import understand
from portal.paging import Paged, offset, within
from portal.production.errors import StockNotFound
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder, StockLevel, StockMovement
from portal.production.permissions import require_reader
from portal.production.queries.sums import being_made, lacking, queued, waits
from portal.production.queries.visibility import order_of_reference, visible_numbers
from portal.production.states import OPEN

PAGE = 40
LEDGER = 40
TABS = ("all", "short", "low", "held")


@dataclass(frozen=True, slots=True)
class StockRow:
    """A variant's stock, in base units. `queued` is what live orders lack of it."""

    variant_id: int
    sku: str
    marking: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    pack_size: int
    location: str
    on_hand: int
    reserved: int
    safety: int
    making: int
    arrives_on: date | None
    queued: int

    @property
    def free(self) -> int:
        """What may still be promised."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Holder:
    """A line that holds or lacks pieces; number and customer are None when the reader may not know them."""

    line_id: int
    number: str | None
    customer_name: str | None
    quantity: int
    production_order: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A movement with the balances after it; `hidden` when the reader may not know the order it refers to."""

    at: datetime
    kind: str
    quantity: int
    on_hand: int
    reserved: int
    reference: str
    order_number: str | None
    hidden: bool
    reason: str
    actor_name: str

    @property
    def free(self) -> int:
        """What was free after it."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class StockView:
    """All there is to know about a variant's stock."""

    row: StockRow
    holders: tuple[Holder, ...]
    queue: tuple[Holder, ...]
    ledger: tuple[LedgerLine, ...]


def available(session: Session, variant_ids: Collection[int]) -> dict[int, int | None]:
    """Return what is free of each variant; 0 for one that was never in stock."""
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.on_hand - StockLevel.reserved).where(
            StockLevel.variant_id.in_(variant_ids)
        )
    )
    found = {row[0]: int(row[1]) for row in rows}
    return {variant_id: found.get(variant_id, 0) for variant_id in variant_ids}


def on_hand(session: Session, variant_ids: Collection[int]) -> dict[int, int]:
    """Return what lies on the shelf of each variant that the book knows."""
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.on_hand).where(StockLevel.variant_id.in_(variant_ids))
    )
    return {row.variant_id: row.on_hand for row in rows}


def stock_page(session: Session, *, actor: Actor, tab: str = "all", search: str = "", page: int = 1) -> Paged[StockRow]:
    """Return a page of stock, best match first, else by place and marking."""
    require_reader(actor)
    statement = _rows()
    wanted = and_(*understand(search).conditions(), _tab(statement, tab))
    total = session.scalar(select(func.count()).select_from(statement.base.where(wanted).subquery())) or 0
    rows = session.execute(
        statement.select.where(wanted)
        .order_by(*understand(search).order(), StockLevel.location.is_(None), StockLevel.location, Variant.marking)
        .limit(PAGE)
        .offset(offset(page, PAGE))
    )
    return Paged(tuple(StockRow(*row) for row in rows), total, within(page), PAGE)


def tab_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """Return how many variants stand under each tab."""
    require_reader(actor)
    statement = _rows()
    counted = [func.count().filter(_tab(statement, tab)).label(tab) for tab in TABS]
    row = session.execute(statement.base.with_only_columns(*counted)).one()
    return {tab: getattr(row, tab) for tab in TABS}


def stock_view(session: Session, *, actor: Actor, variant_id: int) -> StockView:
    """Return a variant's stock with holders, queue and the newest movements; StockNotFound."""
    require_reader(actor)
    row = session.execute(_rows().select.where(Variant.id == variant_id)).one_or_none()
    if row is None:
        raise StockNotFound
    holders = _holders(session, variant_id)
    queue = _queue(session, variant_id)
    ledger = _ledger(session, variant_id)
    numbers = [holder.number for holder in (*holders, *queue)] + [line.order_number for line in ledger]
    visible = visible_numbers(session, actor=actor, numbers=numbers)
    return StockView(
        StockRow(*row),
        tuple(_masked(holder, visible) for holder in holders),
        tuple(_masked(holder, visible) for holder in queue),
        tuple(_masked_line(line, visible) for line in ledger),
    )


@dataclass(frozen=True)
class _Rows:
    """The select of stock rows; `base` is the same without its columns."""

    select: Any
    base: Any
    making: Any
    queued: Any


def _rows() -> _Rows:
    making, queue = being_made(), queued()
    on_hand, reserved = func.coalesce(StockLevel.on_hand, 0), func.coalesce(StockLevel.reserved, 0)
    columns = (
        Variant.id, Variant.sku, Variant.marking, Product.name_zh, Product.name_en, Variant.unit_zh, Variant.unit_en,
        Variant.pack_size, func.coalesce(StockLevel.location, ""), on_hand, reserved, func.coalesce(StockLevel.safety, 0),
        func.coalesce(making.c.making, 0), making.c.arrives_on, func.coalesce(queue.c.queued, 0),
    )  # fmt: skip
    base = (
        select(Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(making, making.c.variant_id == Variant.id)
        .outerjoin(queue, queue.c.variant_id == Variant.id)
    )
    return _Rows(base.with_only_columns(*columns), base, making, queue)


def _tab(statement: _Rows, tab: str) -> ColumnElement[bool]:
    match tab:
        case "short":
            return statement.queued.c.queued > 0  # type: ignore[no-any-return]  # a column
        case "low":
            return StockLevel.on_hand - StockLevel.reserved < StockLevel.safety
        case "held":
            return StockLevel.reserved > 0
    return true()


def _holders(session: Session, variant_id: int) -> list[Holder]:
    rows = session.execute(
        select(FactoryOrderLine.id, FactoryOrder.number, FactoryOrder.customer_name, FactoryOrderLine.reserved)
        .join(FactoryOrder, FactoryOrder.id == FactoryOrderLine.factory_order_id)
        .where(FactoryOrderLine.variant_id == variant_id, FactoryOrderLine.reserved > 0)
        .order_by(FactoryOrder.id)
    )
    return [Holder(*row) for row in rows]


def _queue(session: Session, variant_id: int) -> list[Holder]:
    rows = session.execute(
        select(FactoryOrderLine.id, FactoryOrder.number, FactoryOrder.customer_name, lacking, ProductionOrder.number)
        .join(FactoryOrder, FactoryOrder.id == FactoryOrderLine.factory_order_id)
        .outerjoin(
            ProductionOrder,
            and_(ProductionOrder.line_id == FactoryOrderLine.id, ProductionOrder.status.in_(OPEN)),
        )
        .where(FactoryOrderLine.variant_id == variant_id, waits)
        .order_by(FactoryOrder.id)
    )
    return [Holder(*row) for row in rows]


def _ledger(session: Session, variant_id: int) -> list[LedgerLine]:
    rows = session.execute(
        select(
            StockMovement.at, StockMovement.kind, StockMovement.quantity, StockMovement.on_hand, StockMovement.reserved,
            StockMovement.reference, StockMovement.reason, StockMovement.actor_name,
        )
        .where(StockMovement.variant_id == variant_id)
        .order_by(StockMovement.id.desc())
        .limit(LEDGER)
    )  # fmt: skip
    return [
        LedgerLine(
            row.at, row.kind, row.quantity, row.on_hand, row.reserved, row.reference,
            order_of_reference(row.reference), False, row.reason, row.actor_name,
        )
        for row in rows
    ]  # fmt: skip


def _masked(holder: Holder, visible: frozenset[str]) -> Holder:
    if holder.number in visible:
        return holder
    return Holder(holder.line_id, None, None, holder.quantity, None)


def _masked_line(line: LedgerLine, visible: frozenset[str]) -> LedgerLine:
    if line.order_number is None or line.order_number in visible:
        return line
    return LedgerLine(
        line.at, line.kind, line.quantity, line.on_hand, line.reserved, "", None, True, line.reason, line.actor_name
    )
