"""Price and credit facts of an order (pure): what the decision table decides on (product.md, "Approval")."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.money import line_amount, total
from portal.orders.pricing import Agreed, below_list_percent


def assess(
    lines: Sequence[Agreed],
    *,
    customer_type: str,
    order_limit: Decimal | None,
    credit_limit: Decimal,
    overdue: Decimal,
    owed: Decimal,
    first_order: bool,
) -> dict[str, Any]:
    """Return the facts. A credit limit of zero is none; `credit_left` is before this order, `over_credit` with it."""
    amount = total(line_amount(line.unit_price, line.quantity) for line in lines)
    return {
        "amount": amount,
        "customer_type": customer_type,
        "custom": any(line.custom for line in lines),
        "below_list_percent": below_list_percent(lines),
        "over_limit": order_limit is not None and amount > order_limit,
        "overdue": overdue,
        "credit_left": credit_limit - owed if credit_limit > 0 else None,
        "over_credit": credit_limit > 0 and owed + amount > credit_limit,
        "first_order": first_order,
        "item_count": len(lines),
    }
