"""Lists of orders cost the same however long they are, and show who must act."""

from portal.accounts.actor import Actor
from portal.database import unit_of_work
from portal.orders import queries, service
from portal.orders.queries import OrderFilter
from portal.workflow import service as workflow
from tests.factories.customers import actor_of
from tests.integration.orders.conftest import Shop, counted_statements


def read(actor: Actor) -> int:
    with unit_of_work() as session, counted_statements() as statements:
        queries.orders_page(session, actor=actor, filters=OrderFilter())
        queries.counts_by_status(session, actor=actor)
        queries.sums(session, actor=actor, filters=OrderFilter())
    return len(statements)


def test_a_list_takes_the_same_statements_for_one_order_and_for_many(shop: Shop, seller: Actor) -> None:
    shop.order({shop.stocked: 1})
    few = read(seller)
    for _ in range(4):
        shop.order({shop.stocked: 1, shop.made: 2})
    assert read(seller) == few
    assert few <= 14


def test_an_order_page_takes_the_same_statements_for_one_line_and_for_many(shop: Shop) -> None:
    def reading(number: str) -> int:
        with unit_of_work() as session, counted_statements() as statements:
            queries.order_view(session, actor=shop.buyer, number=number)
        return len(statements)

    assert reading(shop.order({shop.stocked: 1})) == reading(shop.order({shop.stocked: 1, shop.made: 1}))


def test_orders_that_wait_for_the_customer_come_first(shop: Shop, seller: Actor) -> None:
    waiting = shop.order({shop.custom: 1})
    later = shop.order({shop.custom: 2})
    shop.complete(waiting, "review_by_salesperson", seller, decision="send_back", reason="请确认")
    with unit_of_work() as session:
        found = queries.open_orders(session, actor=shop.buyer)
        assert queries.waiting_for_customer(session, actor=shop.buyer) == 1
    assert [row.number for row in found.rows] == [waiting, later]


def test_the_list_says_what_an_order_waits_for_and_who_holds_it(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.custom: 1})
    with unit_of_work() as session:
        row = next(
            row
            for row in queries.orders_page(session, actor=seller, filters=OrderFilter()).rows
            if row.number == number
        )
    assert [(task.name_en, task.holder) for task in row.tasks] == [("Review by salesperson", "李敏")]


def test_counts_follow_the_filters_but_not_the_status(shop: Shop, seller: Actor) -> None:
    shop.order({shop.custom: 1})
    shop.order({shop.stocked: 1})
    with unit_of_work() as session:
        counts = queries.counts_by_status(
            session, actor=seller, filters=OrderFilter(statuses=("shipped",), search="7-400x50x127")
        )
    assert counts == {"awaiting_approval": 1}


def test_what_the_factory_is_told_leaves_out_what_was_cancelled(shop: Shop) -> None:
    number = shop.order({shop.custom: 2})
    with unit_of_work() as session:
        assert [line.quantity for line in queries.for_factory(session, number).lines] == [2]
    shop.cancel(number)
    with unit_of_work() as session:
        told = queries.for_factory(session, number)
    assert ([line.quantity for line in told.lines], told.status) == ([0], "cancelled")


def test_a_late_cancellation_request_changes_nothing(shop: Shop, seller: Actor) -> None:
    """Somebody agrees to cancel what shipped while they were thinking."""
    number = shop.order({shop.stocked: 8})
    shop.cancel(number)
    task = shop.task(number, "decide_cancellation")
    shop.ship(number)
    with unit_of_work() as session:
        workflow.complete_task(
            session, actor=actor_of(shop.seller), task_id=task, data={"decision": "agree", "message": ""}
        )
    shop.drain()
    view = shop.view(number)
    assert (view.status, view.account.cancelled, view.cancelling_at) == ("shipped", 0, None)
    assert "cancellation_too_late" in {event.kind for event in view.events}
    with unit_of_work() as session:
        service.confirm_receipt(session, actor=shop.buyer, number=number)
    assert shop.view(number).status == "completed"
