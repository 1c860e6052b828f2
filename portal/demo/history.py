"""The demonstration's sixty days, played through the services as people would: everybody looks, and acts some time later.

Nobody is told what the diagram does next: after every deed the order's open tasks, production orders and released goods are looked at,
and whoever they concern puts them on the agenda. What would lie in the future is left for whoever tries the shop.
"""

import heapq
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.database import unit_of_work
from portal.demo import deeds
from portal.demo.opening import Client, Shop
from portal.demo.plans import Plan
from portal.demo.working_time import later
from portal.errors import Conflict
from portal.orders import service as orders
from portal.outbox import perform_pending
from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, ProductionOrder
from portal.production.states import NOT_STARTED
from portal.progress import Phase
from portal.workflow import timers
from portal.workflow.models import UserTask


@dataclass
class Thread:
    """An order under way: its plan, and what has been put on the agenda for it."""

    plan: Plan
    client: Client
    contact: Actor
    chance: Random
    number: str = ""
    reviews: int = 0
    parcels: int = 0
    seen: set[object] = field(default_factory=set)

    def decision(self) -> str:
        """Return the outcome of the next review."""
        planned = self.plan.course.reviews
        self.reviews += 1
        return planned[min(self.reviews, len(planned)) - 1]


@dataclass(frozen=True, slots=True)
class _Task:
    id: uuid.UUID
    node_id: str
    assignee_id: int | None


class History:
    """Plays plans up to a moment."""

    def __init__(self, shop: Shop, *, until: datetime) -> None:
        self._shop, self._until = shop, until
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def play(self, plans: Iterable[Plan], phase: Phase) -> None:
        """Play all of it; the clock must be frozen, and stands at the end of it afterwards."""
        for plan in plans:
            self._at(plan.at, partial(self._submit, plan, phase))
        self._at(later(clock.now(), 40), self._refill)
        while self._agenda:
            at, _order, deed = heapq.heappop(self._agenda)
            self._pass_time(at)
            deed()
        self._pass_time(self._until)

    def _at(self, moment: datetime, deed: Callable[[], None]) -> None:
        if moment <= self._until:
            heapq.heappush(self._agenda, (moment, next(self._order), deed))

    def _pass_time(self, moment: datetime) -> None:
        """Let the clock run to a moment, and timers on the way."""
        due = timers.next_due()
        while due is not None and due <= moment:
            clock.travel(due - clock.now())
            timers.fire_due()
            perform_pending()
            due = timers.next_due()
        clock.travel(moment - clock.now())

    def _submit(self, plan: Plan, phase: Phase) -> None:
        client = self._shop.clients[plan.client]
        chance = Random(f"{plan.key} deeds")
        contact = client.contacts[plan.contact] if plan.contact is not None else chance.choice(client.contacts)
        thread = Thread(plan, client, contact, chance)
        with unit_of_work() as session:
            thread.number = deeds.submit(session, shop=self._shop, client=client, contact=thread.contact, plan=plan)
        phase.advance()
        self._look(thread)
        wish = plan.course.cancelling
        if wish is not None:
            ask = partial(deeds.ask_to_cancel, number=thread.number, chance=thread.chance)
            self._soon(thread, wish.after, ask, actor=thread.contact)

    def _soon(self, thread: Thread, hours: float, deed: Callable[..., object], **details: Any) -> None:
        """Put a deed on the agenda; what has become impossible by then is left undone."""

        def act() -> None:
            with suppress(Conflict), unit_of_work() as session:
                deed(session, **details)
            self._look(thread)

        self._at(later(clock.now(), hours), act)

    def _look(self, thread: Thread) -> None:
        """Do what machines do at once, then see what waits for whom."""
        perform_pending()
        with unit_of_work() as session:
            tasks = _open_tasks(session, thread.number)
            jobs = _production_orders(session, thread.number)
            released = _may_leave(session, thread.number)
        for task in self._new(thread, tasks, [task.id for task in tasks], [task.node_id for task in tasks]):
            self._react(thread, task)
        for job in self._new(thread, jobs, jobs, [""] * len(jobs)):
            self._make(thread, job)
        step = "second_parcel" if thread.parcels else "pick"
        if released and self._new(thread, [released], [released], [step]):
            self._pick(thread)

    def _new(self, thread: Thread, things: Sequence[Any], keys: Sequence[object], steps: Sequence[str]) -> list[Any]:
        """Return what has not been seen before and does not lie beyond where the plan stops."""
        stops_at = thread.plan.stops_at
        fresh = [
            thing
            for thing, key, step in zip(things, keys, steps, strict=True)
            if key not in thread.seen and not (stops_at and step == stops_at)
        ]
        thread.seen.update(keys)
        return fresh

    def _react(self, thread: Thread, task: _Task) -> None:
        """Let whoever a task concerns do it after a while. Tasks that a changed diagram may bring are left open."""
        course, chance, shop = thread.plan.course, thread.chance, self._shop
        salesperson = shop.by_id(task.assignee_id) or thread.client.salesperson
        soon = partial(self._soon, thread)
        match task.node_id:
            case "review_by_salesperson" | "review_by_manager":
                actor = salesperson if task.node_id == "review_by_salesperson" else shop.manager
                decision = thread.decision()
                soon(course.review_after, deeds.review, actor=actor, task_id=task.id, decision=decision, chance=chance)
            case "revise_order":
                soon(chance.uniform(1, 6), deeds.revise, actor=thread.contact, number=thread.number, chance=chance)
            case "confirm_payment" | "follow_up_payment":
                hours = course.pays_after * (1 if task.node_id == "confirm_payment" else 2.5)
                soon(
                    hours,
                    deeds.pay,
                    actor=salesperson,
                    task_id=task.id,
                    number=thread.number,
                    share=course.pays_share,
                    chance=chance,
                )
            case "refund_payment":
                soon(
                    chance.uniform(3, 14),
                    deeds.pay,
                    actor=shop.finance,
                    task_id=task.id,
                    number=thread.number,
                    share=1,
                    chance=chance,
                )
            case "decide_cancellation" if course.cancelling is not None:
                answer = course.cancelling.answer
                soon(
                    chance.uniform(0.5, 3),
                    deeds.answer_cancellation,
                    actor=salesperson,
                    task_id=task.id,
                    answer=answer,
                    chance=chance,
                )
            case "confirm_receipt" if course.confirms_after is not None:
                soon(course.confirms_after, orders.confirm_receipt, actor=thread.contact, number=thread.number)

    def _make(self, thread: Thread, job: str) -> None:
        """Plan, start, inspect and finish a production order."""
        to_start, to_finish = thread.plan.course.made_after
        keeper, soon = self._shop.warehouse, partial(self._soon, thread)
        if thread.plan.stops_at != "start" or thread.chance.random() < 0.5:
            soon(to_start / 2, deeds.plan_making, keeper=keeper, number=job, days=thread.chance.randint(4, 12))
        if thread.plan.stops_at == "start":
            return
        soon(to_start, deeds.start_making, keeper=keeper, number=job)
        if thread.plan.stops_at != "finish":
            soon(to_start + to_finish * 0.85, deeds.inspect, keeper=keeper, number=job)
            soon(to_start + to_finish, deeds.finish_making, keeper=keeper, number=job, chance=thread.chance)

    def _pick(self, thread: Thread) -> None:
        """Pick what was released, and ship it an hour or two later."""
        keeper = self._shop.warehouse
        part = thread.parcels == 0 and thread.plan.course.parcels > 1
        thread.parcels += 1

        def pick(session: Session) -> None:
            parcel = deeds.pick(session, keeper=keeper, number=thread.number, part=part)
            if thread.plan.stops_at != "ship":
                hours = thread.chance.uniform(0.4, 2)
                self._soon(thread, hours, deeds.ship, keeper=keeper, parcel=parcel, chance=thread.chance)

        self._soon(thread, thread.plan.course.picked_after, pick)

    def _refill(self) -> None:
        """Have made, once a week, some of what has run out."""
        keeper, chance = self._shop.warehouse, Random(clock.now().date().isoformat())
        with unit_of_work() as session:
            jobs = deeds.refill(session, keeper=keeper, wares=self._shop.wares, chance=chance)
        for job in jobs:
            hours = chance.uniform(6, 14)
            self._at(later(clock.now(), hours), partial(self._once, deeds.start_making, keeper=keeper, number=job))
            finish = partial(self._once, deeds.finish_making, keeper=keeper, number=job, chance=chance)
            self._at(later(clock.now(), hours + chance.uniform(14, 40)), finish)
        self._at(later(clock.now(), 45), self._refill)

    def _once(self, deed: Callable[..., object], **details: Any) -> None:
        with unit_of_work() as session:
            deed(session, **details)


def _open_tasks(session: Session, number: str) -> list[_Task]:
    rows = session.execute(
        select(UserTask.id, UserTask.node_id, UserTask.assignee_id)
        .where(UserTask.business_key == number, UserTask.status == "open")
        .order_by(UserTask.created_at, UserTask.node_id)
    )
    return [_Task(*row) for row in rows]


def _production_orders(session: Session, number: str) -> list[str]:
    return list(
        session.scalars(
            select(ProductionOrder.number)
            .join(FactoryOrderLine, FactoryOrderLine.id == ProductionOrder.line_id)
            .join(FactoryOrder, FactoryOrder.id == FactoryOrderLine.factory_order_id)
            .where(FactoryOrder.number == number, ProductionOrder.status.in_(NOT_STARTED))
            .order_by(ProductionOrder.id)
        )
    )


def _may_leave(session: Session, number: str) -> tuple[tuple[int, int], ...]:
    """Return what is released and waits to be picked, by line; nothing while a parcel is being picked."""
    order = session.execute(
        select(FactoryOrder.id, FactoryOrder.status).where(FactoryOrder.number == number)
    ).one_or_none()
    if order is None or order.status != "released":
        return ()
    picking = select(FactoryParcel.id).where(
        FactoryParcel.factory_order_id == order.id, FactoryParcel.status == "picking"
    )
    if session.scalar(picking) is not None:
        return ()
    rows = session.execute(
        select(FactoryOrderLine.id, FactoryOrderLine.shipped)
        .where(
            FactoryOrderLine.factory_order_id == order.id,
            FactoryOrderLine.released > FactoryOrderLine.shipped,
            FactoryOrderLine.reserved > 0,
            ~FactoryOrderLine.cancelled,
        )
        .order_by(FactoryOrderLine.position)
    )
    return tuple((row.id, row.shipped) for row in rows)
