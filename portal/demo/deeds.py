"""What people do in the demonstration, one press of a button each: through the same services as the pages."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.demo import texts
from portal.demo.baskets import basket
from portal.demo.opening import Client, Shop, Ware
from portal.demo.plans import Plan
from portal.orders import service as orders
from portal.orders.calendar import today
from portal.orders.models import Order, OrderLine
from portal.orders.submission import AddressChoice, Revision, Submission
from portal.production import queries as stock
from portal.production import service as production
from portal.production.models import FactoryOrder, FactoryOrderLine, ProductionOrder
from portal.production.states import NOT_STARTED
from portal.workflow import service as workflow

WAYBILLS = {"sf": "SF13", "deppon": "DPK36", "jd": "JDVA0", "ane": "3000", "zto": "7560", "own": ""}
METHODS = ("transfer", "transfer", "transfer", "draft", "wechat", "alipay")


def submit(session: Session, *, shop: Shop, client: Client, contact: Actor, plan: Plan) -> str:
    """Hand in the order of a plan; return its number."""
    chance = plan.chance()
    free = stock.available(session, [ware.variant_id for ware in shop.wares])
    lines = basket(client, plan.course, shop.wares, free, chance)
    order = orders.submit_order(
        session,
        actor=contact,
        submission=Submission(
            submission_key=f"demo-{plan.key}",
            address=AddressChoice(chance.choice(client.address_ids)),
            purchase_order=f"PO{today():%y%m}-{chance.randint(100, 999)}" if chance.random() < 0.4 else "",
            wanted_on=today() + timedelta(days=chance.randint(12, 40)) if chance.random() < 0.35 else None,
            note=plan.note,
            partial_delivery=plan.course.partial,
            lines=lines,
        ),
    )
    if chance.random() < 0.08:
        remark = chance.choice(texts.INTERNAL)
        orders.add_internal_note(session, actor=client.salesperson, number=order.number, text=remark)
    return order.number


def review(session: Session, *, actor: Actor, task_id: uuid.UUID, decision: str, chance: Random) -> None:
    """Decide an order that needs approval."""
    if decision == "approve":
        promised = (today() + timedelta(days=chance.randint(5, 24))).isoformat() if chance.random() < 0.6 else ""
        data = {"decision": decision, "promised_on": promised, "message": chance.choice(texts.APPROVALS)}
    else:
        reasons = texts.SEND_BACKS if decision == "send_back" else texts.REJECTIONS
        data = {"decision": decision, "reason": chance.choice(reasons)}
    workflow.complete_task(session, actor=actor, task_id=task_id, data=data)


def pay(session: Session, *, actor: Actor, task_id: uuid.UUID, number: str, share: float, chance: Random) -> None:
    """Confirm that money came in, all of it or a share; or that it went back."""
    order = session.scalars(select(Order).where(Order.number == number)).one()
    amount = order.received if order.payment == "refunding" else order.total
    amount = amount if share == 1 else (amount / 2).quantize(order.total)
    data = {
        "amount": str(amount),
        "method": chance.choice(METHODS),
        "received_on": today().isoformat(),
        "reference": f"{today():%Y%m%d}{chance.randint(10**7, 10**8 - 1)}",
    }
    workflow.complete_task(session, actor=actor, task_id=task_id, data=data)


def revise(session: Session, *, actor: Actor, number: str, chance: Random) -> None:
    """Order half of what can be halved, as the salesperson asked."""
    lines = session.execute(
        select(OrderLine.position, OrderLine.quantity)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.number == number)
        .order_by(OrderLine.position)
    )
    kept = {line.position: line.quantity for line in lines}
    if len(kept) > 1:
        kept[max(kept)] = 0
    orders.revise_order(
        session, actor=actor, number=number, revision=Revision(lines=kept, note=chance.choice(texts.REVISED))
    )


def ask_to_cancel(session: Session, *, actor: Actor, number: str, chance: Random) -> None:
    """Ask for a cancellation."""
    orders.request_cancellation(session, actor=actor, number=number, reason=chance.choice(texts.CANCELLATIONS))


def answer_cancellation(session: Session, *, actor: Actor, task_id: uuid.UUID, answer: str, chance: Random) -> None:
    """Agree to a cancellation or decline it."""
    if answer == "agree":
        data = {"decision": answer, "message": chance.choice(texts.AGREED)}
    else:
        data = {"decision": answer, "reason": chance.choice(texts.DECLINED)}
    workflow.complete_task(session, actor=actor, task_id=task_id, data=data)


def refill(session: Session, *, keeper: Actor, wares: Sequence[Ware], chance: Random) -> list[str]:
    """Have some of what has run out made for stock; return the production orders' numbers."""
    free = stock.available(session, [ware.variant_id for ware in wares])
    gone = [ware for ware in wares if ware.customer_id is None and not free.get(ware.variant_id)]
    return [
        production.make_for_stock(
            session, actor=keeper, variant_id=ware.variant_id, quantity=ware.multiple * chance.randint(3, 8),
            due_on=today() + timedelta(days=chance.randint(6, 14)),
        )
        for ware in chance.sample(gone, min(4, len(gone)))
    ]  # fmt: skip


def plan_making(session: Session, *, keeper: Actor, number: str, days: int) -> None:
    """Give a production order a day, unless it has moved on."""
    made = session.scalars(select(ProductionOrder).where(ProductionOrder.number == number)).one()
    if made.status == "requested":
        production.plan_production(
            session, actor=keeper, number=number, due_on=today() + timedelta(days=days), version=made.version
        )


def start_making(session: Session, *, keeper: Actor, number: str) -> None:
    """Start a production order, unless it was cancelled."""
    if _status(session, number) in NOT_STARTED:
        production.start_production(session, actor=keeper, number=number)


def inspect(session: Session, *, keeper: Actor, number: str) -> None:
    """Pass a production order on to inspection."""
    if _status(session, number) == "started":
        production.inspect_production(session, actor=keeper, number=number)


def finish_making(session: Session, *, keeper: Actor, number: str, chance: Random) -> None:
    """Finish a production order: mostly as asked, sometimes with a few more, rarely with one broken."""
    asked = session.scalars(select(ProductionOrder.quantity).where(ProductionOrder.number == number)).one()
    if _status(session, number) not in ("started", "inspecting"):
        return
    luck = chance.random()
    made = asked - 1 if luck < 0.05 and asked >= 8 else asked + 2 if luck > 0.85 else asked
    production.finish_production(session, actor=keeper, number=number, quantity=made)


def _status(session: Session, number: str) -> str:
    return session.scalars(select(ProductionOrder.status).where(ProductionOrder.number == number)).one()


def pick(session: Session, *, keeper: Actor, number: str, part: bool) -> str:
    """Pick what may leave, or about half of it; return the parcel's number. Raises as `start_picking` when nothing may leave any more."""
    parcel = production.start_picking(session, actor=keeper, number=number).number
    production.pick_all(session, actor=keeper, parcel_number=parcel)
    if part:
        _take_out_half(session, keeper, number, parcel)
    return parcel


def _take_out_half(session: Session, keeper: Actor, number: str, parcel: str) -> None:
    lines = session.execute(
        select(FactoryOrderLine.id, FactoryOrderLine.reserved)
        .join(FactoryOrder, FactoryOrder.id == FactoryOrderLine.factory_order_id)
        .where(FactoryOrder.number == number, FactoryOrderLine.reserved > 0)
        .order_by(FactoryOrderLine.position)
    ).all()
    set_picked = partial(production.set_picked, session, actor=keeper, parcel_number=parcel)
    if len(lines) > 1:
        for line in lines[len(lines) // 2 :]:
            set_picked(line_id=line.id, quantity=0)
    elif lines and lines[0].reserved > 1:
        set_picked(line_id=lines[0].id, quantity=lines[0].reserved // 2)


def ship(session: Session, *, keeper: Actor, parcel: str, chance: Random) -> None:
    """Hand a picked parcel to a courier."""
    courier = chance.choice(list(WAYBILLS))
    prefix = WAYBILLS[courier]
    tracking = f"{prefix}{chance.randint(10**10, 10**11 - 1)}" if prefix else ""
    production.ship_parcel(session, actor=keeper, parcel_number=parcel, courier=courier, tracking_number=tracking)
