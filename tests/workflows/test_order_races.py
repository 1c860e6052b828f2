"""Many people at once: the last pieces are promised once, and a task is done by one."""

import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from portal import database as portal_database
from portal import outbox
from portal.customers.models import Customer
from portal.database import unit_of_work
from portal.errors import Conflict
from portal.orders import service as orders
from portal.production.adapters.book import ProductionBook
from portal.production.models import FactoryOrder
from portal.production.protocol import FactoryOrderIn
from portal.workflow import service as workflow
from portal.workflow.errors import TaskClosed, TaskTaken
from tests.factories import customers
from tests.workflows.shop import Shop, Story, reserved_in_all, settles, settles_backwards, stock_of


@pytest.fixture
def crowd(database: str, shop: Shop) -> Shop:
    """A shop whose database has room for sixteen at once: handing in an order needs two connections."""
    portal_database.configure(database, pool_size=48)
    return shop


def at_once(works: Iterable[Callable[[], object]]) -> list[Exception]:
    """Run each in a thread of its own, all released together; return what they raised."""
    chosen = list(works)
    start = threading.Barrier(len(chosen))
    raised: list[Exception] = []

    def run(work: Callable[[], object]) -> None:
        start.wait(30)
        try:
            work()
        except Exception as error:  # noqa: BLE001  # every outcome is the test's to judge
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in chosen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def test_sixteen_threads_ordering_the_same_last_two_hundred_pieces_reserve_exactly_two_hundred(crowd: Shop) -> None:
    wheel = crowd.wheel(200)
    people = [crowd.buyer(type="two") for _ in range(16)]
    stories: list[Story] = []

    def order(buyer: Any, seller: Any) -> None:
        for _ in range(2):
            stories.append(crowd.submitted(buyer, seller, {wheel: 7}))
            outbox.perform_pending()

    assert at_once(partial(order, *pair) for pair in people) == []
    settles()

    assert len(stories) == 32
    assert stock_of(wheel) == (200, 200)
    assert reserved_in_all(wheel) == (200, 200, 200)
    promised = sorted(story.lines()[0].reserved for story in stories)
    assert promised == [0, 0, 0, 4, *[7] * 28], "first come, first served, and one gets the odd four"
    assert {story.status for story in stories} == {"awaiting_shipment", "awaiting_processing"}
    assert len({story.number for story in stories}) == 32


def test_colleagues_ordering_at_once_use_their_companys_credit_once(crowd: Shop) -> None:
    buyer, seller = crowd.buyer(credit_limit=Decimal("2000.00"))
    wheel, stories = crowd.wheel(100), list[Story]()
    with unit_of_work() as session:
        company = session.get_one(Customer, buyer.customer_id)
        people = [buyer, *(customers.actor_of(customers.a_contact(session, company)) for _ in range(5))]

    def order(actor: Any) -> None:
        stories.append(crowd.submitted(actor, seller, {wheel: 8}))

    assert at_once(partial(order, actor) for actor in people) == []
    settles()
    assert sorted(story.status for story in stories) == ["awaiting_approval"] * 5 + ["awaiting_shipment"]


def test_two_people_completing_one_task_at_once_one_wins_and_the_other_is_told_who(shop: Shop) -> None:
    story = shop.order(8, stock=8, seasoned=False)
    task = story.task("review_by_salesperson")
    with unit_of_work() as session:
        workflow.release_task(session, actor=story.seller, task_id=task)

    def complete(actor: Any) -> None:
        with unit_of_work() as session:
            workflow.complete_task(session, actor=actor, task_id=task, data={"decision": "approve"})

    people = (story.seller, shop.manager)
    refused = at_once(partial(complete, actor) for actor in people)
    settles()

    assert len(refused) == 1
    assert isinstance(refused[0], TaskClosed)
    (done,) = story.history("task_completed")
    assert refused[0].by == done.actor_name
    assert done.actor_name in {person.name for person in people}
    assert story.status == "awaiting_shipment"
    assert story.way.count("push_order") == 1


def test_two_people_claiming_one_task_at_once_one_gets_it_and_the_other_is_told_who(shop: Shop) -> None:
    story = shop.order(8, stock=8, seasoned=False)
    task = story.task("review_by_salesperson")
    with unit_of_work() as session:
        workflow.release_task(session, actor=story.seller, task_id=task)

    def claim(actor: Any) -> None:
        with unit_of_work() as session:
            workflow.claim_task(session, actor=actor, task_id=task)

    refused = at_once(partial(claim, actor) for actor in (story.seller, shop.manager))
    assert len(refused) == 1
    assert isinstance(refused[0], TaskTaken)
    (claimed,) = story.history("task_claimed")
    assert refused[0].holder == claimed.actor_name


def test_shipping_and_agreeing_to_cancel_at_once_never_both_win(shop: Shop) -> None:
    wheel = shop.wheel(8)
    story = shop.order_of({wheel: 8})
    story.cancellation_asked()

    def agree() -> None:
        with unit_of_work() as session:
            workflow.complete_task(
                session, actor=story.seller, task_id=story.task("decide_cancellation"), data={"decision": "agree"}
            )

    refused = at_once([agree, partial(story.shipped, now=False)])
    settles()
    assert all(isinstance(error, Conflict) for error in refused)
    assert (story.status, stock_of(wheel)) in [("cancelled", (8, 0)), ("shipped", (0, 0))]
    assert (story.status == "cancelled") == bool(refused)


def test_a_parcel_and_a_payment_arriving_at_once_are_both_kept(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    assert at_once([story.shipped, partial(story.is_paid, "follow_up_payment")]) == []
    settles()
    assert (story.status, story.payment) == ("shipped", "paid")


def test_asking_to_cancel_twice_at_once_asks_once(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    refused = at_once([story.cancellation_asked, story.cancellation_asked])
    settles()
    assert len(refused) == 1
    assert isinstance(refused[0], Conflict)
    assert len(story.history("task_created")) == 2


@pytest.mark.parametrize("perform", [settles, settles_backwards])
def test_an_order_cancelled_before_the_factory_was_told_of_it_is_not_open_there(
    shop: Shop, perform: Callable[[], None]
) -> None:
    story = shop.submitted(*shop.buyer(), {shop.wheel(): 8})
    with unit_of_work() as session:
        orders.request_cancellation(session, actor=story.buyer, number=story.number, reason="订错了")
    perform()
    assert story.status == "cancelled"
    with unit_of_work() as session:
        assert session.scalars(select(FactoryOrder.status).where(FactoryOrder.status != "cancelled")).all() == []


def test_a_cancellation_that_overtakes_the_push_under_way_leaves_nothing_open_in_the_factory(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = shop.submitted(*shop.buyer(), {shop.wheel(): 8})
    push = ProductionBook.push_order

    def overtaken(book: ProductionBook, order: FactoryOrderIn, *, key: str) -> Any:
        monkeypatch.setattr(ProductionBook, "push_order", push)
        with unit_of_work() as session:
            orders.request_cancellation(session, actor=story.buyer, number=story.number, reason="订错了")
        settles()
        return push(book, order, key=key)

    monkeypatch.setattr(ProductionBook, "push_order", overtaken)
    settles()
    assert story.status == "cancelled"
    with unit_of_work() as session:
        assert session.scalars(select(FactoryOrder.status)).all() == ["cancelled"]
