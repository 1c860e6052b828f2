"""What becomes of an order when an operator ends its process."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.outbox import OutboxRow
from portal.production import queries as factory
from portal.web.i18n import using_locale
from portal.workflow import operating
from portal.workflow import queries as workflow
from portal.workflow.consequences import consequences
from tests.factories.customers import a_user, actor_of
from tests.integration.orders.conftest import Shop

WHY = "客户已破产，内部决定"


@pytest.fixture
def admin(shop: Shop) -> Actor:
    """An administrator."""
    with unit_of_work() as session:
        return actor_of(a_user(session, "administrator"))


def stop(shop: Shop, number: str, admin: Actor) -> list[str]:
    """End the order's process; return what was said before."""
    with unit_of_work() as session:
        row = workflow.instance_by_key(session, "order", number)
        assert row is not None
        with using_locale("en"):
            said = [str(one) for one in consequences(session, instance_id=row.id, what="cancel")]
        operating.cancel_instance(session, actor=admin, instance_id=row.id, reason=WHY)
    shop.drain()
    return said


def making(number: str) -> list[str]:
    """The states of the order's production orders."""
    with unit_of_work() as session:
        view = factory.order_view(session, number=number)
        assert view is not None
        return [one.status for one in view.production_orders]


def test_an_order_that_is_stopped_is_cancelled_and_the_factory_gives_it_up(shop: Shop, admin: Actor) -> None:
    number = shop.order({shop.made: 40, shop.stocked: 10})
    assert making(number) == ["requested"]
    said = stop(shop, number, admin)
    view = shop.view(number)
    assert (view.status, view.account.cancelled, view.account.open) == ("cancelled", 50, 0)
    assert not view.tasks
    assert making(number) == ["cancelled"]
    with unit_of_work() as session:
        book = factory.order_view(session, number=number)
        assert book is not None
        assert book.status == "cancelled"
        assert factory.available(session, [shop.stocked.id]) == {shop.stocked.id: 500}
        statuses = set(session.scalars(select(OutboxRow.status)))
    assert statuses == {"done"}
    assert any("cancelled and is told so" in one for one in said)
    assert any("50 pieces" in one for one in said)


def test_an_order_that_is_stopped_is_no_longer_being_cancelled(
    shop: Shop, admin: Actor, client_for: Callable[..., Any]
) -> None:
    number = shop.order({shop.custom: 10})
    stop(shop, number, admin)
    page = client_for(shop.people["seller"]).get(f"/desk/orders/{number}").text
    assert "取消中" not in page
    assert re.search(r"\d\d:\d\d 已取消。", page)
    with unit_of_work() as session:
        row = workflow.instance_by_key(session, "order", number)
        admin_user = session.get_one(User, admin.user_id)
        session.expunge(admin_user)
    assert row is not None
    ledger = client_for(admin_user).get(f"/desk/operations/instances/{row.id}?tab=effects").text
    assert "订单已终止" in ledger


def test_the_customer_is_told_that_it_is_cancelled_and_not_why(
    shop: Shop, admin: Actor, session: Session, client_for: Callable[..., Any]
) -> None:
    number = shop.order({shop.stocked: 10})
    stop(shop, number, admin)
    for language, cancelled in (("zh", "已取消"), ("en", "Cancelled")):
        browser = client_for(shop.people["buyer"], language=language)
        page = browser.get(f"/orders/{number}").text
        assert WHY not in page
        assert cancelled in page
        assert f"/orders/{number}" in browser.get("/notifications").text
    assert WHY in client_for(shop.people["seller"]).get(f"/desk/orders/{number}").text


def test_what_was_shipped_stays_shipped_and_money_is_left_to_people(shop: Shop, admin: Actor) -> None:
    number = shop.order({shop.stocked: 10, shop.made: 5})
    shop.complete(
        number, "follow_up_payment", actor_of(shop.seller), amount="100", method="transfer", received_on="2026-07-01"
    )
    said = stop(shop, number, admin)
    view = shop.view(number)
    assert (view.status, view.payment) == ("cancelled", "refunding")
    assert any("¥100.00 was received" in one for one in said)


def test_an_order_that_has_left_keeps_its_status(shop: Shop, admin: Actor) -> None:
    number = shop.order({shop.stocked: 10})
    shop.ship(number)
    assert shop.view(number).status == "shipped"
    said = stop(shop, number, admin)
    view = shop.view(number)
    assert (view.status, view.account.shipped, view.account.cancelled) == ("shipped", 10, 0)
    assert any("keeps its status" in one for one in said)


def test_ending_a_process_and_what_becomes_of_the_order_are_one(
    shop: Shop, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = shop.order({shop.stocked: 10})

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("kaputt")

    monkeypatch.setattr("portal.orders.service.stopping.settle_payment", broken)
    with pytest.raises(RuntimeError):
        stop(shop, number, admin)
    with unit_of_work() as session:
        row = workflow.instance_by_key(session, "order", number)
        assert row is not None
        assert (row.status, row.ended_at) == ("running", None)
    assert shop.view(number).status == "awaiting_shipment"


def test_while_its_process_is_suspended_staff_read_why_and_the_customer_does_not(
    shop: Shop, admin: Actor, client_for: Callable[..., Any]
) -> None:
    number = shop.order({shop.custom: 10})
    task = shop.task(number, "review_by_salesperson")
    with unit_of_work() as session:
        row = workflow.instance_by_key(session, "order", number)
        assert row is not None
        operating.suspend_instance(session, actor=admin, instance_id=row.id, reason=f"{WHY}。")
    seller, buyer = client_for(shop.people["seller"]), client_for(shop.people["buyer"])
    assert WHY in seller.get(f"/desk/orders/{number}").text
    panel = seller.get(f"/desk/inbox?task={task}").text
    assert WHY in panel
    assert f"/desk/inbox/{task}/completion" not in panel
    assert '<span class="tag">已暂停</span>' in panel
    assert WHY not in buyer.get(f"/orders/{number}").text
    refused = seller.post(f"/desk/inbox/{task}/completion", {"decision": "approve"})
    assert refused.status_code == 409
    assert f"{WHY}。" in refused.text
    assert "。。" not in refused.text + panel
    assert shop.view(number).status == "awaiting_approval"
