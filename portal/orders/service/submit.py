"""Handing in an order: checked, priced again, written, and its process started, once per submission key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.catalog import queries as catalog
from portal.customers import queries as customers
from portal.customers import service as customer_service
from portal.customers.entries import AddressEntry
from portal.errors import Conflict, InvalidInput
from portal.money import LARGEST
from portal.notifications import service as notifications
from portal.orders import calendar, permissions, process, queries
from portal.orders.limits import MAX_LINES, MAX_SUBMISSION_KEY
from portal.orders.models import CartLine, Order, OrderLine
from portal.orders.numbers import next_number
from portal.orders.pricing import PricedCart, PricedLine, price_cart
from portal.orders.queries.facts import Terms, terms
from portal.orders.service.rows import note_event
from portal.orders.stale import Change, changes
from portal.orders.submission import AddressChoice, Submission, Wanted, problems
from portal.web.i18n import lazy_gettext as _
from portal.workflow import service as workflow


class StaleCart(Conflict):
    """Prices, availability or the cart changed since the page was made; `changes` lists what, `total` is the new one (CNY)."""

    message = _("Something changed since you opened this page. Please look again and submit.")

    def __init__(self, *, changes: tuple[Change, ...], total: Decimal) -> None:
        super().__init__(changes=changes, total=total)
        self.changes, self.total = changes, total


class NothingToOrder(InvalidInput):
    """The cart is empty."""

    message = _("Your cart is empty.")


class OrderTooLarge(InvalidInput):
    """The order comes to more money than can be written down."""

    message = _("This order comes to more than one order can hold. Please order less at a time.")

    def __init__(self) -> None:
        super().__init__(fields={"lines": self.message})


class OrderingBlocked(Conflict):
    """The company may not order at the moment."""

    message = _("Your company cannot order at the moment. Your salesperson can tell you why.")


@dataclass(frozen=True)
class Destination:
    """Where the goods go, as it is written on the order."""

    recipient: str
    phone: str
    address: str


def submit_order(session: Session, *, actor: Actor, submission: Submission) -> Order:
    """Turn a cart (or the submission's own lines) into an order and start its process; the same key again returns the same order.

    Prices are today's. Raises InvalidInput with a message per field, StaleCart, NothingToOrder, OrderingBlocked.
    """
    permissions.require_contact(actor)
    customer = _one_at_a_time(session, actor)
    earlier = _handed_in_before(session, actor, submission.submission_key)
    if earlier is not None:
        return earlier
    _check(submission)
    if customer.status != "active":
        raise OrderingBlocked
    cart = _priced(session, actor, submission)
    destination = _destination(session, actor, submission.address)
    order = _write(session, actor, submission, customer, cart, destination)
    _start(session, actor, order, customer)
    if submission.lines is None:
        session.execute(delete(CartLine).where(CartLine.user_id == actor.user_id))
    return order


def _one_at_a_time(session: Session, actor: Actor) -> Terms:
    """Let a second click wait for the first, and a colleague's order too: the company's credit is used once. Return its terms."""
    assert actor.customer_id is not None
    return terms(session, customer_id=actor.customer_id, held=True)


def _handed_in_before(session: Session, actor: Actor, key: str) -> Order | None:
    return session.scalars(
        select(Order).where(Order.placed_by_id == actor.user_id, Order.submission_key == key)
    ).one_or_none()


def _check(submission: Submission) -> None:
    found = problems(submission, today=calendar.today())
    if not 0 < len(submission.submission_key) <= MAX_SUBMISSION_KEY:
        found["submission_key"] = _("Open the page again and submit.")
    if found:
        raise InvalidInput(fields=found)


def _priced(session: Session, actor: Actor, submission: Submission) -> PricedCart:
    cart = queries.cart(session, actor=actor) if submission.lines is None else _listed(session, actor, submission.lines)
    found = changes(submission.seen, cart)
    moved = submission.expected_total is not None and submission.expected_total != cart.totals.amount
    if submission.lines is None and (found or moved or (cart.lines and not cart.orderable)):
        raise StaleCart(changes=found, total=cart.totals.amount)
    if not cart.lines:
        raise NothingToOrder
    if moved:
        raise StaleCart(changes=found, total=cart.totals.amount)
    if cart.totals.amount > LARGEST:
        raise OrderTooLarge
    return cart


def _listed(session: Session, actor: Actor, wanted: Iterable[Wanted]) -> PricedCart:
    """Price lines named by SKU; the message of each wrong one stands under `lines.<index>`."""
    lines = tuple(wanted)
    if len(lines) > MAX_LINES:
        raise InvalidInput(fields={"lines": _("An order has at most %(most)d lines.", most=MAX_LINES)})
    items = catalog.items_by_sku(session, actor=actor, skus=[line.sku for line in lines])
    found = {
        f"lines.{index}": catalog.ItemNotFound.message for index, line in enumerate(lines) if line.sku not in items
    }
    if len({line.sku for line in lines}) < len(lines):
        found["lines"] = _("Each item may be listed once.")
    if found:
        raise InvalidInput(fields=found)
    by_id = {item.variant_id: item for item in items.values()}
    cart = price_cart(((items[line.sku].variant_id, line.quantity) for line in lines), by_id)
    wrong = {f"lines.{index}": line.problem for index, line in enumerate(cart.lines) if line.problem is not None}
    if wrong:
        raise InvalidInput(fields=wrong)
    return cart


def _destination(session: Session, actor: Actor, choice: AddressChoice) -> Destination:
    if choice.address_id is None:
        return _new_destination(session, actor, choice)
    found = customers.address(session, actor=actor, address_id=choice.address_id)
    if found is None:
        raise InvalidInput(fields={"address": _("This address is no longer there. Choose another.")})
    return Destination(found.recipient, found.phone, found.text)


def _new_destination(session: Session, actor: Actor, choice: AddressChoice) -> Destination:
    if choice.remember and actor.customer_id is not None:
        entry = AddressEntry(
            recipient=choice.recipient.strip(), phone=choice.phone.strip(), region=choice.region.strip(), detail=choice.detail.strip()
        )  # fmt: skip
        customer_service.add_address(session, actor=actor, customer_id=actor.customer_id, entry=entry)
    text = f"{choice.region.strip()} {choice.detail.strip()}".strip()
    return Destination(choice.recipient.strip(), choice.phone.strip(), text)


def _write(
    session: Session,
    actor: Actor,
    submission: Submission,
    customer: Terms,
    cart: PricedCart,
    destination: Destination,
) -> Order:
    now = clock.now()
    order = Order(
        number=next_number(), customer_id=actor.customer_id, placed_by_id=actor.user_id, contact_id=actor.user_id,
        salesperson_id=customer.salesperson_id, submission_key=submission.submission_key, status_at=now, submitted_at=now,
        total=cart.totals.amount, recipient=destination.recipient, phone=destination.phone, address=destination.address,
        purchase_order=submission.purchase_order.strip(), wanted_on=submission.wanted_on, note=submission.note.strip(),
        partial_delivery=submission.partial_delivery,
    )  # fmt: skip
    session.add(order)
    session.flush()
    session.add_all(_line(order, position, line) for position, line in enumerate(cart.lines, start=1))
    note_event(session, order, "submitted", actor=actor, lines=cart.totals.lines, pieces=cart.totals.pieces)
    audit.record(
        session,
        actor=actor,
        action="order.submitted",
        subject=("order", order.number),
        changes={"total": [None, str(order.total)]},
    )
    session.flush()
    return order


def _line(order: Order, position: int, line: PricedLine) -> OrderLine:
    item = line.item
    assert item is not None
    assert item.price is not None
    return OrderLine(
        order_id=order.id, position=position, variant_id=item.variant_id, sku=item.sku, marking=item.marking,
        name_zh=item.name_zh, name_en=item.name_en, unit_zh=item.unit_zh, unit_en=item.unit_en, custom=item.custom,
        list_price=item.list_price, unit_price=item.price, quantity=line.quantity, amount=line.amount,
    )  # fmt: skip


def _start(session: Session, actor: Actor, order: Order, customer: Terms) -> None:
    facts: Mapping[str, object] = {
        "number": order.number,
        "customer_type": customer.type,
        "partial_delivery": order.partial_delivery,
    }
    workflow.start_process(
        session, key=process.KEY, business_key=order.number, facts={"order": facts}, customer_id=order.customer_id,
        amount=order.total, actor=actor,
    )  # fmt: skip
    if order.salesperson_id is not None:
        notifications.notify(
            session, user_id=order.salesperson_id, key=f"order:{order.number}:submitted", event="order.submitted",
            link=f"/desk/orders/{order.number}", detail={"number": order.number, "who": actor.name},
        )  # fmt: skip
