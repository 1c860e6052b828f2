"""What the pages of orders show, put together once from queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import look as wheels
from portal.catalog import quantities, stock
from portal.catalog.items import Item
from portal.customers import queries as customers
from portal.orders import look, queries
from portal.orders.couriers import courier_name, tracking_url
from portal.orders.look import Chip, Mile
from portal.orders.pricing import GONE, PricedCart, PricedLine
from portal.orders.queries import OrderRow, OrderView
from portal.orders.queries.process import OpenTask
from portal.orders.tracker import Step, current_step, is_over
from portal.paging import Paged
from portal.web import formats
from portal.web.forms import Form
from portal.web.i18n import current_locale, pick
from portal.web.i18n import gettext as _
from portal.web.urls import with_query
from portal.workflow.vocabulary import StatusLook

LEVELS = {"in_stock": "in", "low": "low", "to_order": "made", "unknown": "unknown"}

DRAWN = 60
"""So many lines of a cart are drawn; a page of hundreds stays light."""


@dataclass(frozen=True, slots=True)
class CartRow:
    """A line of the cart as the page shows it."""

    line: PricedLine
    marking: Markup
    thumb: Markup | None
    stock: str
    left: int | None
    days: int | None
    smallest: int
    packs: str
    error: str


@dataclass(frozen=True, slots=True)
class Card:
    """An order in a customer's list."""

    row: OrderRow
    status: Chip
    payment: Chip | None
    title: str
    thumb: Markup | None
    sentence: str
    seg_look: str
    confirm: bool
    revise: bool


def cart_rows(session: Session, *, lines: Sequence[PricedLine], errors: dict[int, str] | None = None) -> list[CartRow]:
    """Return lines of a cart for the page; one statement for all stock hints."""
    known = [line.variant_id for line in lines if line.item is not None]
    free = stock.available(session, known)
    said = errors or {}
    return [
        _cart_row(line, free.get(line.variant_id), said.get(line.variant_id, ""), drawn=place < DRAWN)
        for place, line in enumerate(lines)
    ]


def _cart_row(line: PricedLine, free: int | None, error: str, *, drawn: bool) -> CartRow:
    item = line.item
    said = error or (str(line.problem) if line.problem is not None else "")
    if item is None:
        return CartRow(line, Markup(), None, "", None, None, 1, "", said)
    hint = stock.hint(free, min_quantity=item.min_quantity, pack_size=item.pack_size, lead_days=item.lead_days)
    whole = item.pack_size > 1 and item.order_multiple == item.pack_size
    return CartRow(
        line, wheels.marked(item.marking), wheels.thumb(item.marking) if drawn else None, LEVELS[hint.state], hint.left, hint.days,
        quantities.smallest(item), _("Boxes: #") if whole else "", said,
    )  # fmt: skip


def title(marking: str, lines: int) -> str:
    """Name an order by its first line's sizes and how many more there are."""
    size = look.size_or_marking(marking)
    return size if lines == 1 else _("%(size)s, %(lines)d lines", size=size, lines=lines)


def card(row: OrderRow, looks: dict[str, StatusLook]) -> Card:
    """Return an order for a customer's list."""
    over = is_over(looks.get(row.status))
    nodes = {task.node_id for task in row.tasks}
    completed = over and bool(row.steps) and row.steps[-1].state == "done"
    return Card(
        row, look.status_chip(row.status, looks), look.payment_chip(row.payment, owes=not over or completed),
        title(row.marking, row.lines), wheels.thumb(row.marking), sentence(row.steps, row.tasks, row.shipped, row.pieces),
        ("good" if completed else "dead") if over else "", "confirm_receipt" in nodes, "revise_order" in nodes,
    )  # fmt: skip


def sentence(steps: tuple[Step, ...], tasks: tuple[OpenTask, ...], shipped: int, pieces: int) -> str:
    """Say what happens next and whose turn it is, in one sentence."""
    if any(task.node_id == "revise_order" for task in tasks):
        return _("Sent back to you: change it and submit it again.")
    if any(task.node_id == "decide_cancellation" for task in tasks):
        return _("You asked to cancel; your salesperson is deciding.")
    if 0 < shipped < pieces:
        return _("%(shipped)d of %(pieces)d pieces are on their way.", shipped=shipped, pieces=pieces)
    step = current_step(steps) or (steps[-1] if steps else None)
    return pick(*step.next) if step is not None else ""


def money_back(order: OrderView) -> str:
    """Say what becomes of the money of an order that was given up; empty when there was none."""
    paid = formats.money(order.received) if order.received else ""
    words = {
        "refunding": _("%(amount)s will be given back to you.", amount=paid),
        "refunded": _("%(amount)s was given back.", amount=paid),
    }
    return words.get(order.payment, "") if paid else ""


def miles(order: OrderView) -> list[Mile]:
    """Return the tracker of the order page."""
    return look.miles(order.steps, detail=detail(order))


def detail(order: OrderView) -> str:
    """Say what is under way at the present step: who has it, what is made, what has left."""
    account = order.account
    if account.cancelled:
        return order.cancel_reason
    if 0 < account.shipped < account.ordered:
        left = account.open
        return _(
            "%(shipped)d of %(all)d pieces shipped, %(left)d to come",
            shipped=account.shipped,
            all=account.ordered,
            left=left,
        )
    if account.in_production:
        return _("%(count)d pieces to be made", count=account.in_production)
    step = current_step(order.steps)
    here = step.nodes if step is not None else ()
    holders = [task.holder for task in order.tasks if task.node_id in here and not task.customers_turn and task.holder]
    return _("With %(name)s", name=holders[0]) if holders else ""


def promised(order: OrderView) -> str:
    """Say when it was promised for."""
    return _("Promised for %(day)s", day=formats.day(order.promised_on)) if order.promised_on else ""


def account_words(line: queries.LineView) -> str:
    """Say how a line stands: shipped 40, to come 60, …; empty when nothing has happened yet."""
    account = line.account
    parts = [
        (account.cancelled, _("cancelled %(count)s", count=formats.number(account.cancelled))),
        (account.shipped, _("shipped %(count)s", count=formats.number(account.shipped))),
        (account.received, _("received %(count)s", count=formats.number(account.received))),
        (account.reserved, _("stock reserved %(count)s", count=formats.number(account.reserved))),
        (account.in_production, _("to be made %(count)s", count=formats.number(account.in_production))),
        (account.open if account.shipped else 0, _("to come %(count)s", count=formats.number(account.open))),
    ]
    return _(", ").join(text for count, text in parts if count)


def terms(session: Session, actor: Actor) -> str:
    """Return how the actor's company pays, as agreed; empty when nothing was written down."""
    assert actor.customer_id is not None
    return customers.customer(session, actor=actor, customer_id=actor.customer_id).terms


def earliest(cart: PricedCart) -> int:
    """Return after how many days everything can be made when nothing is in stock: the longest lead time of custom lines, else 0."""
    return max((line.item.lead_days for line in cart.lines if line.item is not None and line.item.custom), default=0)


@dataclass(frozen=True, slots=True)
class ParcelCard:
    """A parcel as the page shows it."""

    parcel: queries.ParcelView
    courier: str
    tracking_url: str


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history in words."""

    at: datetime
    kind: str
    text: str
    words: str
    who: str
    person: bool
    public: bool


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A line of an order that may be changed; `item` is None when it can no longer be ordered."""

    line: queries.LineView
    item: Item | None
    quantity: str
    error: str
    thumb: Markup | None


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a list stands, with the addresses before and after."""

    first: int
    last: int
    total: int
    previous: str | None
    next: str | None


def owes(order: OrderView) -> bool:
    """Say whether anything of the order is still to be paid for: not when all of it was given up."""
    account = order.account
    return account.cancelled < account.ordered


def parcels(order: OrderView) -> list[ParcelCard]:
    """Return the parcels with the courier's name and page."""
    return [
        ParcelCard(
            parcel, courier_name(parcel.courier, current_locale()), tracking_url(parcel.courier, parcel.tracking_number)
        )
        for parcel in order.parcels
    ]


def events(rows: Sequence[queries.EventView]) -> list[Event]:
    """Return the history in words, newest first."""
    return [
        Event(
            row.at, row.kind, look.sentence(row.kind, row.detail, row.actor_name), look.words(row.detail), row.actor_name,
            row.person, row.public,
        )
        for row in rows
    ]  # fmt: skip


def revision_row(line: queries.LineView, item: Item | None, form: Form) -> RevisionRow:
    """Return a line with what was typed for it and what is wrong with that."""
    name = f"quantity-{line.position}"
    gone = "" if item is not None and item.orderable else str(GONE)
    return RevisionRow(line, item, form.value(name), form.error(name) or gone, wheels.thumb(line.marking))


def pager(page: Paged[Any], path: str, query: Mapping[str, object]) -> Pager:
    """Return the pager of a list."""
    first = (page.number - 1) * page.size + 1
    return Pager(
        first, first + len(page.rows) - 1, page.total,
        with_query(path, {**query, "page": page.previous}) if page.previous else None,
        with_query(path, {**query, "page": page.next}) if page.next else None,
    )  # fmt: skip
