"""Make carts and orders as people do: through the services, with the delivered process running."""

from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import User
from portal.catalog.models import Variant
from portal.customers.models import Customer
from portal.orders import actions as order_actions
from portal.orders import service
from portal.orders.models import Order
from portal.orders.submission import AddressChoice, Submission, Wanted
from portal.production import actions as production_actions
from portal.workflow.publishing import publish, publish_decision
from tests.factories.customers import a_contact, a_customer, a_salesperson, actor_of

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
VOCABULARY = (order_actions, production_actions)
"""Imported so that the diagram's actions are registered."""

_numbers = count(1)


def the_order_process(session: Session) -> None:
    """Publish the delivered decision table and diagram."""
    publish_decision(session, xml=(WORKFLOWS / "order_approval.dmn").read_bytes(), source="delivered", actor=SYSTEM)
    publish(session, xml=(WORKFLOWS / "order.bpmn").read_bytes(), source="delivered", actor=SYSTEM)


def a_buyer(session: Session, *, type: str = "one", seasoned: bool = True, **columns: Any) -> tuple[Actor, User]:
    """A contact of a company with a salesperson, and that salesperson; seasoned: not on a first order."""
    seller = a_salesperson(session)
    company = a_customer(session, type=type, salesperson_id=seller.id, **columns)
    contact = a_contact(session, company)
    if seasoned:
        an_old_order(session, company, contact)
    return actor_of(contact), seller


def an_old_order(session: Session, company: Customer, contact: User) -> Order:
    """A completed, paid order from before, without lines or process; so the next one is not the first."""
    from portal import clock
    from portal.orders.models import OrderLine
    from tests.factories.catalog import a_variant

    order = Order(
        number=f"SO-200101-{next(_numbers):03d}", customer_id=company.id, placed_by_id=contact.id, contact_id=contact.id,
        salesperson_id=company.salesperson_id, submission_key=f"old-{next(_numbers)}", status="completed", status_at=clock.now(),
        submitted_at=clock.now(), total=Decimal("186.00"), received=Decimal("186.00"), payment="paid", recipient="王磊",
        phone="13805741234", address="浙江省宁波市北仑区大碶街道 2 号仓", completed_at=clock.now(),
    )  # fmt: skip
    session.add(order)
    session.flush()
    variant = a_variant(session)
    session.add(
        OrderLine(
            order_id=order.id, position=1, variant_id=variant.id, sku=variant.sku, marking=variant.marking, name_zh="平形砂轮",
            name_en="Straight wheel", unit_zh="片", unit_en="pcs", list_price=Decimal("186.00"), unit_price=Decimal("186.00"),
            quantity=1, amount=Decimal("186.00"), shipped=1, received=1,
        )
    )  # fmt: skip
    session.flush()
    return order


def a_submission(wanted: dict[Variant, int] | None = None, **values: Any) -> Submission:
    """A submission to a written address; of the cart unless items are named."""
    lines = tuple(Wanted(variant.sku, quantity) for variant, quantity in wanted.items()) if wanted else None
    address = AddressChoice(
        recipient="王磊", phone="13805741234", region="浙江省宁波市", detail="大碶街道 2 号仓", remember=False
    )
    defaults: dict[str, Any] = {"submission_key": f"key-{next(_numbers):08d}", "address": address, "lines": lines}
    return Submission(**(defaults | values))


def a_submitted_order(session: Session, buyer: Actor, wanted: dict[Variant, int], **values: Any) -> Order:
    """An order handed in by the buyer; its process runs."""
    return service.submit_order(session, actor=buyer, submission=a_submission(wanted, **values))
