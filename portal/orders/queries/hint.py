"""Whether a cart will need somebody's approval, asked of the same table that will decide."""

from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.orders import assessment
from portal.orders.pricing import Agreed, PricedCart, PricedLine
from portal.orders.queries import facts
from portal.workflow import decisions
from portal.workflow.engine import StepFailed

log = structlog.get_logger(__name__)

DECISION = "order_approval"


@dataclass(frozen=True, slots=True)
class Hint:
    """Who will look at the order, and the reason a customer may read."""

    approver: str
    reason_zh: str
    reason_en: str


def approval_hint(session: Session, *, actor: Actor, cart: PricedCart) -> Hint | None:
    """Return who will have to approve the cart; None when nobody, or when the table cannot be asked now."""
    assert actor.customer_id is not None
    terms = facts.terms(session, customer_id=actor.customer_id)
    assessed = assessment.assess(
        [agreed for line in cart.lines if (agreed := _agreed(line)) is not None],
        customer_type=terms.type,
        order_limit=terms.order_limit,
        credit_limit=terms.credit_limit,
        overdue=terms.overdue,
        owed=facts.owed(session, customer_id=actor.customer_id),
        first_order=not facts.ordered_before(session, customer_id=actor.customer_id),
    )
    try:
        answer, _account = decisions.decide(session, DECISION, {"order_facts": assessed})
    except (StepFailed, ValueError, ArithmeticError, SyntaxError):
        log.warning("approval_hint_unknown", exc_info=True)
        return None
    if answer.get("approver", "none") == "none":
        return None
    return Hint(str(answer["approver"]), str(answer.get("reason") or ""), str(answer.get("reason_en") or ""))


def _agreed(line: PricedLine) -> Agreed | None:
    item = line.item
    if item is None or item.price is None:
        return None
    return Agreed(line.quantity, item.price, item.list_price, item.custom, item.price_source == "customer")
