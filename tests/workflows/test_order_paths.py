"""Every way an order can take through `workflows/order.bpmn`, each named by what happens to it.

`test_order_coverage.py` runs them all once more and looks whether a node or flow of the diagram was left out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock, outbox
from portal.database import unit_of_work
from portal.orders.models import Receipt
from portal.orders.service import CannotCancel
from portal.production import service as production
from portal.production.adapters import book
from portal.production.errors import ProductionNotReleased
from portal.workflow import timers
from portal.workflow.models import Incident, Message
from tests.factories import production as factory
from tests.workflows.shop import PAID, Shop, Story, settles, settles_backwards, stock_of

# Type one: produce first, collect beside it


def test_type_one_in_stock_ships_at_once_and_the_contact_confirms_receipt(shop: Shop) -> None:
    story = shop.order(8, stock=20)

    assert "review_by_salesperson" not in story.way, "nobody needs to approve it"
    assert (story.status, story.payment) == ("awaiting_shipment", "unpaid")
    assert story.waits_for == {"follow_up_payment"}
    assert story.lines()[0].reserved == 8
    assert story.production_orders() == []

    story.is_paid("follow_up_payment")
    assert story.payment == "paid"
    story.shipped()
    assert story.status == "shipped"
    story.receipt_confirmed()

    assert story.status == "completed"
    assert story.lines()[0].received == 8
    assert story.ended
    assert story.statuses == ["awaiting_processing", "awaiting_shipment", "awaiting_shipment", "shipped", "completed"]


def test_type_one_short_is_produced_by_itself_while_payment_is_followed_up(shop: Shop) -> None:
    story = shop.order(8, stock=0)

    assert story.status == "awaiting_processing"
    assert story.waits_for == {"follow_up_payment"}
    assert [made.quantity for made in story.production_orders()] == [8]
    assert story.lines()[0].in_production == 8

    story.production_started()
    assert story.status == "in_production"
    story.is_paid("follow_up_payment", "500")
    assert (story.status, story.payment) == ("in_production", "partly_paid")
    story.production_finished()
    assert story.status == "awaiting_shipment"
    assert story.lines()[0].reserved == 8
    story.shipped()
    story.receipt_confirmed()
    assert story.status == "completed"
    assert story.waits_for == {"follow_up_payment"}, "the rest of the money is still to come"
    story.is_paid("follow_up_payment", "988")
    assert story.payment == "paid"
    assert story.ended


def test_a_rest_nobody_will_pay_is_followed_up_no_longer(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.shipped()
    story.receipt_confirmed()
    story.does(story.seller, "follow_up_payment", amount="0", closed="true", **PAID)
    assert (story.payment, story.ended) == ("unpaid", True)


def test_type_one_with_some_in_stock_ships_that_part_while_the_rest_is_made(shop: Shop) -> None:
    story = shop.order(8, stock=3)
    assert "release_early" in story.passed
    assert [made.quantity for made in story.production_orders()] == [5]

    story.shipped()
    assert story.status == "partly_shipped"
    assert story.lines()[0].shipped == 3
    story.production_started()
    assert story.status == "in_production"
    story.production_finished()
    assert story.status == "partly_shipped"
    story.shipped()
    assert story.status == "shipped"
    assert story.lines()[0].shipped == 8


def test_an_order_without_partial_delivery_waits_until_everything_is_made(shop: Shop) -> None:
    story = shop.order(8, stock=3, partial=False)
    assert "release_early" not in story.passed
    assert story.lines()[0].reserved == 3, "what is there is promised to it all the same"
    story.produced()
    story.shipped()
    assert story.status == "shipped"
    assert len(story.history("message")) == 3


def test_several_parcels_of_goods_in_stock(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.shipped(3)
    assert story.status == "partly_shipped"
    story.shipped(2)
    assert story.status == "partly_shipped"
    assert story.waits_for == {"follow_up_payment"}, "nothing to confirm before all is there"
    story.shipped()
    assert story.status == "shipped"
    assert story.lines()[0].shipped == 8
    assert story.way.count("next_parcel") == 2


def test_payment_may_be_followed_up_after_the_order_is_completed(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.shipped()
    story.receipt_confirmed()
    assert story.status == "completed"
    assert not story.ended, "the money is still to come"
    story.is_paid("follow_up_payment")
    assert (story.status, story.payment) == ("completed", "paid")
    assert story.ended


# Type two: payment first


def test_type_two_in_stock_is_released_to_the_warehouse_only_when_paid(shop: Shop) -> None:
    story = shop.order(8, stock=8, type="two")
    assert (story.status, story.payment) == ("awaiting_shipment", "unpaid")
    assert story.waits_for == {"confirm_payment"}
    assert "release_goods" not in story.way
    story.is_paid("confirm_payment")
    assert story.payment == "paid"
    assert "release_goods" in story.way
    story.shipped()
    story.receipt_confirmed()
    assert story.status == "completed"
    assert story.ended


def test_type_two_short_is_produced_only_when_paid(shop: Shop) -> None:
    story = shop.order(8, stock=2, type="two", partial=False)
    assert story.status == "awaiting_processing"
    assert story.production_orders() == []
    assert story.lines()[0].reserved == 2, "stock is promised before it is paid for"
    story.is_paid("confirm_payment")
    assert [made.quantity for made in story.production_orders()] == [6]
    story.produced()
    story.shipped()
    assert story.status == "shipped"


def test_a_part_of_the_money_is_not_enough_to_produce_for_type_two(shop: Shop) -> None:
    story = shop.order(8, stock=0, type="two")
    for amount in ("0", "500"):
        story.is_paid("confirm_payment", amount)
        assert story.waits_for == {"confirm_payment"}
        assert story.production_orders() == []
    assert story.payment == "partly_paid"
    story.is_paid("confirm_payment", "988")
    assert story.payment == "paid"
    assert [made.quantity for made in story.production_orders()] == [8]


def test_a_salesperson_may_go_ahead_on_a_deposit(shop: Shop) -> None:
    story = shop.order(8, stock=0, type="two")
    story.does(story.seller, "confirm_payment", amount="300", go_ahead="true", **PAID)
    assert [made.quantity for made in story.production_orders()] == [8]
    assert story.payment == "partly_paid"


def test_the_factory_is_told_of_payment_whenever_it_comes(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.shipped()
    story.receipt_confirmed()
    with unit_of_work() as session:
        assert not factory.factory_order(session, story.number).paid
    story.is_paid("follow_up_payment")
    with unit_of_work() as session:
        assert factory.factory_order(session, story.number).paid


# Approval


def test_a_salesperson_approves_and_the_contact_reads_the_promise(shop: Shop) -> None:
    story = shop.order(8, stock=8, seasoned=False)
    assert story.status == "awaiting_approval"
    assert story.lines()[0].reserved == 0, "nothing is promised before it is approved"
    story.reviewed("approve", promised_on="2026-08-01", message="周五发出")
    assert story.status == "awaiting_shipment"
    assert story.order().promised_on is not None
    assert story.order().customer_message == "周五发出"


def test_a_salesperson_rejects_with_a_reason(shop: Shop) -> None:
    story = shop.order(8, stock=8, seasoned=False)
    story.reviewed("reject", reason="不能做这个规格")
    assert story.status == "rejected"
    assert story.order().customer_message == "不能做这个规格"
    assert story.lines()[0].cancelled == 8
    assert story.waits_for == set()
    assert story.ended


def test_an_order_sent_back_is_changed_and_assessed_again(shop: Shop) -> None:
    story = shop.order(150, stock=500)
    assert story.waits_for == {"review_by_salesperson"}, "27,900 is considerable"
    story.reviewed("send_back", reason="数量请再核对")
    assert story.waits_for == {"revise_order"}
    assert story.status == "awaiting_approval"
    story.revised(20)
    assert story.order().revision == 2
    assert story.status == "awaiting_shipment", "20 pieces need nobody's approval"
    assert story.lines()[0].reserved == 20


def test_an_order_sent_back_and_still_considerable_is_reviewed_again(shop: Shop) -> None:
    story = shop.order(150, stock=500)
    story.reviewed("send_back", reason="数量请再核对")
    story.revised(140)
    assert story.waits_for == {"review_by_salesperson"}
    story.reviewed("approve")
    assert story.status == "awaiting_shipment"
    assert [entry.detail["result"]["decision"] for entry in story.history("task_completed") if entry.detail["result"]] == [
        "send_back",
        "approve",
    ]  # fmt: skip


@pytest.mark.parametrize(("decision", "status"), [("approve", "awaiting_shipment"), ("reject", "rejected")])
def test_a_manager_decides_what_is_over_a_salespersons_limit(shop: Shop, decision: str, status: str) -> None:
    story = shop.order(8, stock=8, overdue_amount="12.50")
    assert story.waits_for == {"review_by_manager"}
    story.reviewed(decision, by=shop.manager, reason="先结清上月货款")
    assert story.status == status


def test_a_manager_sends_back(shop: Shop) -> None:
    story = shop.order(8, stock=8, overdue_amount="12.50")
    story.reviewed("send_back", by=shop.manager, reason="少订一些")
    story.revised(4)
    assert story.waits_for == {"review_by_manager"}, "the balance is still overdue"


# Completion


def test_an_order_nobody_confirms_completes_by_itself_after_seven_days(shop: Shop, clock: Any) -> None:
    story = shop.order(8, stock=8, type="two")
    story.is_paid("confirm_payment")
    story.shipped()
    clock.travel(days=6, hours=23)
    timers.fire_due()
    settles()
    assert story.status == "shipped"
    clock.travel(hours=2)
    assert timers.fire_due() > 0
    settles()
    assert story.status == "completed"
    assert story.waits_for == set()
    assert story.lines()[0].received == 8
    assert story.ended
    assert timers.fire_due() == 0


# Cancellation


def test_cancelling_while_it_waits_for_approval_is_free(shop: Shop) -> None:
    story = shop.order(8, stock=8, seasoned=False)
    story.cancellation_asked()
    assert story.status == "cancelled"
    assert story.waits_for == set()
    assert story.lines()[0].cancelled == 8
    assert story.ended


def test_cancelling_before_release_frees_what_was_reserved(shop: Shop) -> None:
    wheel = shop.wheel(8)
    story = shop.order_of({wheel: 8}, type="two")
    assert stock_of(wheel) == (8, 8)
    story.cancellation_asked()
    assert story.status == "cancelled"
    assert stock_of(wheel) == (8, 0)
    assert story.waits_for == set(), "no payment to confirm any more"
    assert story.ended


def test_cancelling_after_release_is_the_salespersons_decision_who_agrees(shop: Shop) -> None:
    wheel = shop.wheel(8)
    story = shop.order_of({wheel: 8})
    story.cancellation_asked()
    assert story.status == "awaiting_shipment", "nothing changes before it is decided"
    assert story.waits_for == {"follow_up_payment", "decide_cancellation"}
    story.does(story.seller, "decide_cancellation", decision="agree", message="已停止备货")
    assert story.status == "cancelled"
    assert story.order().customer_message == "已停止备货"
    assert stock_of(wheel) == (8, 0)
    assert story.waits_for == set()
    assert story.ended


def test_cancelling_after_release_is_declined_and_the_order_goes_on(shop: Shop) -> None:
    story = shop.order(8, stock=0)
    story.production_started()
    story.cancellation_asked()
    story.does(story.seller, "decide_cancellation", decision="decline", reason="已经上机，停不下来")
    assert story.status == "in_production"
    assert story.order().customer_message == "已经上机，停不下来"
    story.production_finished()
    story.shipped()
    story.receipt_confirmed()
    assert story.status == "completed"


def test_a_cancellation_can_be_asked_for_again_after_it_was_declined(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.cancellation_asked()
    story.does(story.seller, "decide_cancellation", decision="decline", reason="已打包")
    story.cancellation_asked("真的不要了")
    story.does(story.seller, "decide_cancellation", decision="agree")
    assert story.status == "cancelled"


def test_a_cancellation_is_asked_for_once_while_somebody_decides(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.cancellation_asked()
    mark = story.unchanged_mark()
    with pytest.raises(CannotCancel):
        story.cancellation_asked()
    assert story.unchanged_mark() == mark


def test_goods_that_leave_while_a_cancellation_is_decided_win(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.cancellation_asked()
    story.shipped()
    story.does(story.seller, "decide_cancellation", decision="agree")
    assert story.status == "shipped", "it was too late, and the contact is told"
    story.receipt_confirmed()
    assert story.status == "completed"


def test_production_under_way_ends_in_free_stock_when_its_order_is_cancelled(shop: Shop) -> None:
    wheel = shop.wheel(0)
    story = shop.order_of({wheel: 8})
    story.production_started()
    story.cancellation_asked()
    story.does(story.seller, "decide_cancellation", decision="agree")
    assert story.status == "cancelled"
    story.production_finished()
    assert story.status == "cancelled"
    assert stock_of(wheel) == (8, 0)


def test_what_was_paid_is_refunded_by_finance_after_a_cancellation(shop: Shop) -> None:
    story = shop.order(8, stock=8, type="two")
    story.is_paid("confirm_payment")
    story.cancellation_asked()
    story.does(story.seller, "decide_cancellation", decision="agree")
    assert (story.status, story.payment) == ("cancelled", "refunding")
    assert story.waits_for == {"refund_payment"}
    assert not story.ended
    story.does(shop.finance, "refund_payment", amount="1488.00", **PAID)
    assert (story.status, story.payment) == ("cancelled", "refunded")
    assert story.ended


def test_a_refund_in_parts_stays_a_task_until_all_is_given_back(shop: Shop) -> None:
    story = shop.order(8, stock=8, type="two")
    story.is_paid("confirm_payment")
    story.cancellation_asked()
    story.does(story.seller, "decide_cancellation", decision="agree")
    for part in ("1000.00", "0", "488.00"):
        assert (story.payment, story.ended) == ("refunding", False)
        story.does(shop.finance, "refund_payment", amount=part, **PAID)
    assert (story.payment, story.ended) == ("refunded", True)


def test_pieces_found_missing_while_payment_is_awaited_are_made_once_it_is_paid(shop: Shop) -> None:
    wheel = shop.wheel(8)
    story = shop.order_of({wheel: 8}, type="two")
    with unit_of_work() as session:
        production.count_stock(
            session, actor=shop.keeper, variant_id=wheel.id, quantity=5, reason="盘点", take_back=True
        )
    story.is_paid("confirm_payment")
    assert [made.quantity for made in story.production_orders()] == [3]
    story.shipped()
    assert story.status == "partly_shipped"
    story.produced()
    story.shipped()
    assert (story.status, story.lines()[0].shipped) == ("shipped", 8)


def test_the_factory_makes_nothing_by_hand_for_an_order_that_is_not_paid_yet(shop: Shop) -> None:
    story = shop.order(8, type="two")
    with pytest.raises(ProductionNotReleased):
        _make_by_hand(shop, story)
    story.is_paid("confirm_payment")
    assert [made.quantity for made in story.production_orders()] == [8]


def _make_by_hand(shop: Shop, story: Story) -> None:
    with unit_of_work() as session:
        (line,) = factory.lines(session, factory.factory_order(session, story.number))
        production.make_for_line(session, actor=shop.keeper, line_id=line.id)


def test_nothing_can_be_cancelled_once_something_has_shipped(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.shipped(3)
    mark = story.unchanged_mark()
    with pytest.raises(CannotCancel):
        story.cancellation_asked()
    assert story.unchanged_mark() == mark


# What the factory says, in whatever order it says it


def test_a_factory_that_reports_its_finish_before_its_start_is_understood(shop: Shop) -> None:
    story = shop.order(8, stock=0)
    story.production_started(now=False)
    story.production_finished(now=False)
    settles_backwards()
    heard = [entry.detail["name"] for entry in story.history("message")]
    assert heard == ["production_started", "production_finished"], "the diagram hears them in its own order"
    assert story.status == "awaiting_shipment"
    assert story.lines()[0].reserved == 8


def test_a_message_told_twice_counts_once(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    parcel = story.parcel_of(3, id=f"{story.number}-1")
    assert story.hears("parcel_shipped", parcel, id=f"{story.number}:first")
    assert not story.hears("parcel_shipped", parcel, id=f"{story.number}:first")
    assert story.lines()[0].shipped == 3
    assert story.hears("parcel_shipped", parcel, id=f"{story.number}:again"), (
        "the same parcel under another id is still one parcel"
    )
    assert story.lines()[0].shipped == 3
    assert story.status == "partly_shipped"


def test_a_parcel_reported_before_the_order_waits_for_one_is_kept_until_then(shop: Shop) -> None:
    story = shop.order(8, stock=8, type="two")
    assert story.hears("parcel_shipped", story.parcel_of(8, id=f"{story.number}-1"), id=f"{story.number}:first")
    assert story.status == "awaiting_shipment"
    story.is_paid("confirm_payment")
    assert story.status == "shipped"


def test_a_parcel_and_the_end_of_production_told_the_wrong_way_round_are_understood(shop: Shop) -> None:
    story = shop.order(8, stock=3)
    story.shipped(now=False)
    story.production_started(now=False)
    story.production_finished(now=False)
    settles_backwards()
    assert story.lines()[0].shipped == 3
    assert story.lines()[0].reserved == 5
    story.shipped()
    assert story.status == "shipped"
    assert story.lines()[0].shipped == 8


def test_a_message_about_an_order_that_is_not_there_waits_and_expires(shop: Shop) -> None:
    ghost = Story(shop, "SO-000000-999", shop.manager, shop.manager)
    assert ghost.hears("production_started", {}, id="ghost")
    state = select(Message.status).where(Message.message_id == "ghost")
    with unit_of_work() as session:
        assert session.scalars(state).one() == "pending"
    with later(timedelta(days=31)):
        timers.fire_due()
    with unit_of_work() as session:
        assert session.scalars(state).one() == "expired"


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    with clock.frozen():
        clock.travel(by)
        yield


# Stock that cannot be read


def test_an_order_goes_in_while_stock_cannot_be_read_and_the_check_is_retried(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any, number: str, *, key: str) -> Any:
        raise ConnectionError("the factory's system does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(book.ProductionBook, "reserve", away)
        story = shop.order(8, stock=8)
        assert story.status == "awaiting_processing"
        assert story.lines()[0].reserved == 0, "nothing is guessed"
        assert story.waits_for == set()

    with later(timedelta(minutes=1)):
        settles()
    assert story.status == "awaiting_shipment"
    assert story.lines()[0].reserved == 8


def test_a_factory_that_stays_away_becomes_an_incident_and_goes_on_when_retried(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.accounts.actor import SYSTEM
    from portal.workflow import service as workflow

    def away(self: Any, number: str, *, key: str) -> Any:
        raise ConnectionError("the factory's system does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(book.ProductionBook, "reserve", away)
        story = shop.order(8, stock=8)
        for attempt in range(outbox.MAX_ATTEMPTS):
            with later(timedelta(days=attempt + 1)):  # for a day an outage is not held against the effect
                settles()
        assert story.instance.status == "incident"
        assert story.status == "awaiting_processing"

    with unit_of_work() as session:
        incident = session.scalars(select(Incident).where(Incident.status == "open")).one()
        assert incident.node_id == "reserve_stock"
        assert "ConnectionError" in incident.error
        workflow.retry_incident(session, actor=SYSTEM, incident_id=incident.id)
    settles()
    assert story.status == "awaiting_shipment"
    assert story.instance.status == "running"


def test_money_confirmed_twice_over_is_kept_and_noted(shop: Shop) -> None:
    story = shop.order(8, stock=8)
    story.is_paid("follow_up_payment", "9999999.99")
    assert story.payment == "paid"
    with unit_of_work() as session:
        receipts = select(Receipt.amount).where(Receipt.order_id == story.order().id)
        assert str(session.scalars(receipts).one()) == "9999999.99"
