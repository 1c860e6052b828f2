"""What stands beside a task of an order: how much, can we deliver, will they pay, what did they say (design, "01 inbox")."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import stock
from portal.money import ZERO
from portal.orders import look, queries
from portal.orders.look import Chip
from portal.orders.queries import OrderView, facts


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line: what is wanted, what is promised of it, and what neither stock nor a reservation covers."""

    marking: str
    custom: bool
    quantity: int
    unit_price: Decimal | None
    reserved: int
    missing: int | None


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's credit in CNY: what other orders use, what this order adds, and the limit (0: none agreed)."""

    used: Decimal
    this: Decimal
    limit: Decimal
    overdue: Decimal

    @property
    def after(self) -> Decimal:
        """What is owed when this order is added."""
        return self.used + self.this

    @property
    def scale(self) -> Decimal:
        """The length of the bar."""
        return max(self.limit, self.after)


@dataclass(frozen=True, slots=True)
class OrderPanel:
    """An order beside its task."""

    order: OrderView
    status: Chip
    payment: Chip | None
    lines: tuple[LineRow, ...]
    credit: Credit | None


def order_panel(session: Session, *, actor: Actor, number: str) -> OrderPanel:
    """Read an order for its task's panel; raises OrderNotFound."""
    order = queries.order_view(session, actor=actor, number=number)
    return OrderPanel(
        order=order,
        status=look.status_chip(order.status, {order.status: order.look} if order.look else {}),
        payment=look.payment_chip(order.payment),
        lines=_lines(session, order.lines),
        credit=_credit(session, order),
    )


def _lines(session: Session, lines: Sequence[queries.LineView]) -> tuple[LineRow, ...]:
    free = stock.available(session, [line.variant_id for line in lines])
    return tuple(
        LineRow(
            line.marking,
            line.custom,
            line.account.ordered,
            line.unit_price,
            line.account.reserved,
            _missing(line.account.short, free.get(line.variant_id)),
        )
        for line in lines
    )


def _missing(short: int, free: int | None) -> int | None:
    return None if free is None else max(short - free, 0)


def _credit(session: Session, order: OrderView) -> Credit | None:
    """The credit of the order's customer: whoever decides an order needs it, a team mate as well."""
    if order.total is None or order.left is None:
        return None
    terms = facts.terms(session, customer_id=order.customer_id)
    owed = facts.owed(session, customer_id=order.customer_id)
    return Credit(max(owed - order.left, ZERO), order.left, terms.credit_limit, terms.overdue)
