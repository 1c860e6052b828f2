"""People who make trouble: reviewers who send back, buyers who change their mind, and a finance department that pays back."""

from functools import partial
from random import Random
from typing import Any
from uuid import UUID
from zlib import crc32

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.accounts.actor import SYSTEM, Actor
from portal.bench.little_shop import Buyer, LittleShop
from portal.clock import now
from portal.database import unit_of_work
from portal.orders import service as orders
from portal.orders.models import Order, OrderEvent, Receipt
from portal.orders.submission import Revision
from portal.workflow import service as workflow
from portal.workflow.models import UserTask
from tests.reliability.people import Office

SENT_BACK_OF = 2
CANCELLED_OF = 6


def of(number: str, every: int, *, about: str) -> bool:
    """Say of one in so many orders that it is one of those; the same whenever it is asked."""
    return crc32(f"{about}{number}".encode()) % every == 0


class TroubledOffice(Office):
    """An office where orders are sent back, revised, cancelled and refunded."""

    def __init__(self, address: str, shop: LittleShop) -> None:
        super().__init__(address, shop)
        with unit_of_work() as session:
            user = accounts.create_user(session, actor=SYSTEM, name="finance", phone="19900008009", roles=["finance"])
            self.finance = Actor(user.id, user.name, frozenset(user.roles))

    def _decide(self, session: Session, *, task_id: UUID, node_id: str, number: str) -> None:
        if node_id == "revise_order":
            return
        order = session.scalars(select(Order).where(Order.number == number)).one()
        paid = session.scalar(select(func.sum(Receipt.amount)).where(Receipt.order_id == order.id)) or 0
        money = {"method": "transfer", "received_on": now().date().isoformat()}
        data: dict[str, Any] = {"amount": str(order.total), **money}
        if node_id.startswith("review_by"):
            back = order.revision == 1 and of(number, SENT_BACK_OF, about="back")
            data = {"decision": "send_back", "reason": "数量请再核对"} if back else {"decision": "approve"}
        elif node_id == "decide_cancellation":
            declined = of(number, 3, about="declined")
            data = {"decision": "decline", "reason": "已经在做了"} if declined else {"decision": "agree"}
        elif node_id == "refund_payment":
            data = {"amount": str(paid), **money}
        staff = {"review_by_manager": self.shop.manager, "refund_payment": self.finance}
        workflow.complete_task(session, actor=staff.get(node_id, self.shop.salesperson), task_id=task_id, data=data)

    def revise(self, buyer: Buyer) -> None:
        """Change the first line of what was sent back, and hand it in again."""
        for _round in self.rounds():
            for number in self.look(_sent_back, buyer):
                self._once(partial(_revise, buyer=buyer, number=number))

    def cancel(self, buyer: Buyer, chance: Random) -> None:
        """Ask to cancel some orders, each at a moment of its own and once."""
        for _round in self.rounds():
            for number in self.look(_unasked, buyer):
                if of(number, CANCELLED_OF, about="cancel") and chance.random() < 0.2:
                    self._once(partial(_cancel, buyer=buyer, number=number))


def _revise(session: Session, *, buyer: Buyer, number: str) -> None:
    orders.revise_order(session, actor=buyer.actor, number=number, revision=Revision({1: 7}, "改了"))


def _cancel(session: Session, *, buyer: Buyer, number: str) -> None:
    orders.request_cancellation(session, actor=buyer.actor, number=number, reason="不要了")


def _sent_back(buyer: Buyer) -> list[str]:
    with unit_of_work() as session:
        waiting = UserTask.node_id == "revise_order", UserTask.status == "open"
        mine = UserTask.assignee_id == buyer.actor.user_id
        return list(session.scalars(select(UserTask.business_key).where(*waiting, mine)))


def _unasked(buyer: Buyer) -> list[str]:
    with unit_of_work() as session:
        asked = exists().where(OrderEvent.order_id == Order.id, OrderEvent.kind == "cancellation_requested")
        mine = Order.customer_id == buyer.actor.customer_id, Order.status.not_in(["completed", "cancelled"])
        return list(session.scalars(select(Order.number).where(*mine, ~asked)))
