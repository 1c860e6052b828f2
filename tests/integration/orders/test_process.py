"""An order as its process, the factory and people move it: status, account, money and what people are told."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.accounts.actor import Actor
from portal.catalog.models import Variant
from portal.database import unit_of_work
from portal.errors import InvalidInput
from portal.notifications.models import Notification
from portal.orders import service
from portal.orders.models import Order, OrderLine, Receipt
from portal.orders.service import BeingCancelled, CannotCancel, NotOpen, ParcelTooLarge, Payment
from portal.orders.submission import ParcelIn, Revision
from portal.workflow.models import ProcessInstance
from tests.factories.customers import actor_of
from tests.integration.orders.conftest import Shop, open_shop


def told(user_id: int | None) -> list[tuple[str, str]]:
    with unit_of_work() as session:
        rows = session.scalars(select(Notification).where(Notification.user_id == user_id).order_by(Notification.id))
        return [(row.event, row.detail.get("status", {}).get("en", "")) for row in rows]


def test_goods_in_stock_are_reserved_shipped_confirmed_and_completed(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    assert (shop.view(number).status, shop.view(number).account.reserved) == ("awaiting_shipment", 8)
    shop.ship(number)
    shipped = shop.view(number)
    assert (shipped.status, shipped.account.shipped, "confirm" in shipped.permitted) == ("shipped", 8, True)
    with unit_of_work() as session:
        service.confirm_receipt(session, actor=shop.buyer, number=number)
    shop.drain()
    done = shop.view(number)
    assert (done.status, done.account.received, done.completed_at is not None) == ("completed", 8, True)
    assert done.parcels[0].received_at is not None
    assert {step.state for step in done.steps} == {"done"}


def test_the_contact_is_told_each_step_once(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    shop.ship(number)
    assert told(shop.buyer.user_id) == [
        ("order.status", "Awaiting processing"),
        ("order.status", "Awaiting shipment"),
        ("order.parcel", ""),
        ("order.status", "Shipped"),
    ]
    assert told(shop.seller.id) == [("order.submitted", "")]


def test_a_parcel_reported_twice_counts_once_and_one_too_large_is_refused(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    parcel = ParcelIn("P-1", "sf", "SF1", shop.view(number).submitted_at, {1: 5})
    for _ in range(2):
        with unit_of_work() as session:
            state = service.record_parcel(session, number=number, parcel=parcel)
    assert (state.shipped, state.left) == (5, 3)
    with pytest.raises(ParcelTooLarge), unit_of_work() as session:
        service.record_parcel(session, number=number, parcel=ParcelIn("P-2", "sf", "SF2", parcel.shipped_at, {1: 4}))
    with pytest.raises(ParcelTooLarge), unit_of_work() as session:
        service.record_parcel(session, number=number, parcel=ParcelIn("P-3", "sf", "SF3", parcel.shipped_at, {9: 1}))


def test_a_rejected_order_gives_up_its_lines_and_keeps_the_reason(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.custom: 2})
    assert shop.view(number).status == "awaiting_approval"
    shop.complete(number, "review_by_salesperson", seller, decision="reject", reason="已停产")
    view = shop.view(number)
    assert (view.status, view.account.cancelled, view.customer_message) == ("rejected", 2, "已停产")
    assert view.permitted == {"reorder"}


def test_an_approved_order_keeps_the_promised_day_and_the_words(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.custom: 2})
    shop.complete(
        number, "review_by_salesperson", seller, decision="approve", promised_on="2027-01-15", message="已排产"
    )
    view = shop.view(number)
    assert (str(view.promised_on), view.customer_message) == ("2027-01-15", "已排产")


def test_an_order_sent_back_is_changed_and_assessed_again(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.custom: 2, shop.stocked: 8})
    shop.complete(number, "review_by_salesperson", seller, decision="send_back", reason="数量请确认")
    assert "revise" in shop.view(number).permitted
    with unit_of_work() as session:
        service.revise_order(session, actor=shop.buyer, number=number, revision=Revision({1: 0, 2: 12}, "改好了", 1))
    shop.drain()
    view = shop.view(number)
    assert (view.revision, view.total, view.note) == (2, Decimal("2232.00"), "改好了")
    assert [line.position for line in view.lines] == [2]
    assert view.status == "awaiting_shipment"
    with unit_of_work() as session:
        shown = session.scalars(select(ProcessInstance.amount).where(ProcessInstance.business_key == number)).one()
    assert shown == Decimal("2232.00"), "inboxes show what the order comes to now"


def test_a_revision_with_bad_quantities_changes_nothing(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.custom: 2, shop.stocked: 8})
    shop.complete(number, "review_by_salesperson", seller, decision="send_back", reason="数量请确认")
    with pytest.raises(InvalidInput) as refused, unit_of_work() as session:
        service.revise_order(session, actor=shop.buyer, number=number, revision=Revision({1: -3, 2: 0}))
    assert "quantity-1" in refused.value.fields
    with pytest.raises(InvalidInput), unit_of_work() as session:
        service.revise_order(session, actor=shop.buyer, number=number, revision=Revision({1: 0, 2: 0}))
    with unit_of_work() as session:
        session.get_one(Variant, shop.stocked.id).list_price = Decimal("99999999.99")
    with pytest.raises(InvalidInput) as too_much, unit_of_work() as session:
        service.revise_order(session, actor=shop.buyer, number=number, revision=Revision({2: 999_992}))
    assert "lines" in too_much.value.fields
    assert shop.view(number).revision == 1


def test_an_order_that_was_not_sent_back_cannot_be_changed(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    with pytest.raises(NotOpen), unit_of_work() as session:
        service.revise_order(session, actor=shop.buyer, number=number, revision=Revision({1: 4}))


def test_cancelling_before_release_needs_nobody(shop: Shop) -> None:
    number = shop.order({shop.custom: 2})
    assert {"cancel", "cancel_freely"} <= shop.view(number).permitted
    shop.cancel(number)
    view = shop.view(number)
    assert (view.status, view.account.cancelled, view.payment) == ("cancelled", 2, "unpaid")
    with pytest.raises(CannotCancel):
        shop.cancel(number)


def test_cancelling_after_release_is_a_request_the_salesperson_may_decline(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.made: 3})
    assert "cancel_freely" not in shop.view(number).permitted
    shop.cancel(number)
    assert "cancel" not in shop.view(number).permitted
    with pytest.raises(CannotCancel, match="正在处理"):
        shop.cancel(number)
    shop.complete(number, "decide_cancellation", seller, decision="decline", reason="已经开工")
    view = shop.view(number)
    assert (view.status, view.account.cancelled, view.customer_message) == ("awaiting_processing", 0, "已经开工")
    assert "cancel" in view.permitted


def test_agreeing_to_cancel_gives_back_the_money_that_came(shop: Shop, seller: Actor) -> None:
    number = shop.order({shop.made: 3})
    shop.complete(
        number, "follow_up_payment", seller, amount="300", method="transfer", received_on="2026-07-15", reference=""
    )
    assert shop.view(number).payment == "partly_paid"
    shop.cancel(number)
    shop.complete(number, "decide_cancellation", seller, decision="agree", message="")
    assert (shop.view(number).status, shop.view(number).payment) == ("cancelled", "refunding")
    finance = actor_of(shop.people["finance"])
    shop.complete(
        number, "refund_payment", finance, amount="300", method="transfer", received_on="2026-07-16", reference=""
    )
    view = shop.view(number)
    assert (view.payment, [receipt.kind for receipt in view.receipts]) == ("refunded", ["receipt", "refund"])


def test_nothing_ships_from_the_moment_a_cancellation_is_decided(shop: Shop) -> None:
    number = shop.order({shop.custom: 2})
    shop.cancel(number)
    with pytest.raises(BeingCancelled), unit_of_work() as session:
        service.hold_for_shipping(session, number=number)
    with unit_of_work() as session:
        assert service.mark_released(session, number=number) is False


def test_a_shipped_order_cannot_be_cancelled(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    shop.ship(number)
    with pytest.raises(CannotCancel, match="已有货发出"):
        shop.cancel(number)


def test_a_receipt_is_kept_once_and_decides_the_payment_state(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    for key, amount, state in [("a", "488", "partly_paid"), ("a", "488", "partly_paid"), ("b", "1500", "paid")]:
        with unit_of_work() as session:
            payment = Payment(Decimal(amount))
            paid = service.record_receipt(session, number=number, key=key, payment=payment, actor=actor_of(shop.seller))
        assert paid.state == state
    with unit_of_work() as session:
        assert len(session.scalars(select(Receipt.id)).all()) == 2
        assert session.scalars(select(Order.received).where(Order.number == number)).one() == Decimal("1988.00")


def test_negative_money_and_more_than_was_received_are_refused(shop: Shop) -> None:
    number = shop.order({shop.stocked: 8})
    seller = actor_of(shop.seller)
    with pytest.raises(InvalidInput), unit_of_work() as session:
        service.record_receipt(session, number=number, key="a", payment=Payment(Decimal(-1)), actor=seller)
    with pytest.raises(InvalidInput), unit_of_work() as session:
        service.record_refund(session, number=number, key="b", payment=Payment(Decimal(1)), actor=seller)
    assert shop.view(number).receipts == ()


def test_type_two_pays_before_anything_is_released(database: str, drain: object) -> None:
    shop = open_shop(drain, type="two")  # type: ignore[arg-type]  # the fixture's function
    number = shop.order({shop.stocked: 8})
    view = shop.view(number)
    assert (view.status, view.payment, [task.node_id for task in view.tasks]) == (
        "awaiting_shipment",
        "unpaid",
        ["confirm_payment"],
    )
    with unit_of_work() as session:
        assert session.scalars(select(Order.released_at).where(Order.number == number)).one() is None
    shop.complete(
        number,
        "confirm_payment",
        actor_of(shop.seller),
        amount="1488",
        method="transfer",
        received_on="2026-07-15",
        reference="工行 0713",
    )
    assert shop.view(number).payment == "paid"
    shop.ship(number)
    assert shop.view(number).status == "shipped"


def test_lines_and_process_end_together(shop: Shop) -> None:
    number = shop.order({shop.custom: 2})
    shop.cancel(number)
    with unit_of_work() as session:
        assert session.scalars(select(ProcessInstance.ended_at).where(ProcessInstance.business_key == number)).one()
        line = session.scalars(
            select(OrderLine).join(Order, Order.id == OrderLine.order_id).where(Order.number == number)
        ).one()
        assert (line.cancelled, line.reserved, line.in_production) == (2, 0, 0)
