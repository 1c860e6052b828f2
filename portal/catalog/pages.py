"""What the customer's pages of the catalogue show, put together once: cards, bars, and the answer to a change of the cart."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import buying, look, quantities, queries, stock
from portal.catalog.buying import CartState
from portal.catalog.items import Item
from portal.money import line_amount
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.templates import Page

_LEVELS = {"in_stock": "in", "low": "low", "to_order": "made", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class Card:
    """One item as a page shows it; `quantity` is what the stepper starts at, `in_cart` what the cart holds."""

    item: Item
    marking: Markup
    thumb: Markup | None
    stock: str
    left: int | None
    days: int | None
    in_cart: int
    smallest: int
    quantity: int

    @property
    def packs(self) -> str:
        """What the stepper writes under the number: `Boxes: #`, when whole packs are ordered."""
        terms = self.item
        whole = terms.pack_size > 1 and terms.order_multiple == terms.pack_size
        return _("Boxes: #") if whole else ""

    @property
    def amount(self) -> Decimal | None:
        """What the quantity costs."""
        return None if self.item.price is None else line_amount(self.item.price, self.quantity)

    @property
    def agreed(self) -> bool:
        """Whether the price is the customer's own and another than the list's."""
        return self.item.price_source == "customer"


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar at the foot of the lists: how much is in the cart."""

    items: int
    pieces: int
    total: Decimal | None


def cards(session: Session, *, actor: Actor, items: Collection[Item], search: str = "") -> tuple[Card, ...]:
    """Return items as a page shows them, with stock and what is in the actor's cart."""
    state = buying.cart(session, actor=actor)
    free = stock.available(session, [item.variant_id for item in items])
    return tuple(_card(item, search, free, state, None) for item in items)


def card(session: Session, *, actor: Actor, item: Item, quantity: int | None = None) -> Card:
    """Return one item as a page shows it; the stepper starts at `quantity`, else what the cart holds, else the least."""
    state = buying.cart(session, actor=actor)
    return _card(item, "", stock.available(session, [item.variant_id]), state, quantity)


def bar(session: Session, *, actor: Actor) -> Bar:
    """Return what the bar says of the actor's cart."""
    return _bar(buying.cart(session, actor=actor))


def after_cart_change(
    session: Session, *, actor: Actor, sku: str, place: str, error: str = "", quantity: int | None = None
) -> Page:
    """Answer a change of the cart made from a list or a product page: the item's control anew, and the bar beside it.

    `error` is shown under the number as typed (`quantity`), with 422. Raises ItemNotFound.
    """
    item = queries.item(session, actor=actor, sku=sku)
    state = buying.cart(session, actor=actor)
    shown = _card(item, "", stock.available(session, [item.variant_id]), state, quantity)
    template = "catalog/_bought.html" if place == "product" else "catalog/_changed.html"
    return Page(template, card=shown, bar=_bar(state), error=error, status=422 if error else 200)


def drawing(item: Item) -> Markup | None:
    """Return the small drawing of an item for a `.draw` box; None when a size is not known."""
    return look.thumb(item.marking)


def name_of(item: Item) -> str:
    """Return what an item's family is called in the reader's language."""
    return pick(item.name_zh, item.name_en)


def _card(item: Item, search: str, free: dict[int, int | None], state: CartState, quantity: int | None) -> Card:
    hint = stock.hint(
        free.get(item.variant_id), min_quantity=item.min_quantity, pack_size=item.pack_size, lead_days=item.lead_days
    )
    in_cart, smallest = state.quantities.get(item.variant_id, 0), quantities.smallest(item)
    return Card(
        item=item, marking=look.marked(item.marking, search), thumb=look.thumb(item.marking), stock=_LEVELS[hint.state],
        left=hint.left, days=hint.days, in_cart=in_cart, smallest=smallest,
        quantity=quantity if quantity is not None else in_cart or smallest,
    )  # fmt: skip


def _bar(state: CartState) -> Bar:
    return Bar(len(state.quantities), sum(state.quantities.values()), state.total)
