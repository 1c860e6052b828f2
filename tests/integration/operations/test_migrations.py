"""The wizard's pages: choosing, trying out, and letting a batch move what can; for administrators only."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.operations.models import Batch
from portal.workflow import service
from portal.workflow.models import ProcessDefinition, ProcessInstance, UserTask
from tests.diagrams.build import catch, diagram, end, start, user_task, wired
from tests.factories.customers import a_contact, a_customer, a_user

PATH = "/desk/operations/migrations"


def version(timer: str, *more: str, flows: str = "") -> str:
    parts = [start(), user_task("review"), catch("wait", timer=timer), user_task("old"), end()]
    return diagram("test", wired(*parts, *more, flows=flows or "start -> review -> wait -> old -> end"))


NEW = "start -> review -> check -> wait -> end"


def publish(xml: str) -> None:
    with unit_of_work() as session:
        service.publish(session, xml=xml, source="edited", actor=SYSTEM)


def ids() -> dict[str, int]:
    with unit_of_work() as session:
        rows = session.execute(select(ProcessInstance.business_key, ProcessInstance.id))
        return {row.business_key: row.id for row in rows}


def versions() -> dict[str, int]:
    with unit_of_work() as session:
        rows = session.execute(
            select(ProcessInstance.business_key, ProcessDefinition.version)
            .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
            .order_by(ProcessInstance.business_key)
        )
        return {row.business_key: row.version for row in rows}


@pytest.fixture
def admin(session: Session, client_for: Callable[..., Any], clock: Any) -> Any:
    """An administrator's browser; SO-1 and SO-2 are reviewed, SO-3 and SO-4 have waited for 8 days."""
    user, customer = a_user(session, "administrator"), a_customer(session, name="宁波海天轴承")
    session.commit()
    publish(version("P10D"))
    for number in range(1, 5):
        with unit_of_work() as inside:
            service.start_process(
                inside, key="test", business_key=f"SO-{number}", facts={}, actor=SYSTEM, customer_id=customer.id
            )
    for key in ("SO-3", "SO-4"):
        complete(key, "review")
    clock.travel(timedelta(days=8))
    new = [start(), user_task("review"), user_task("check"), catch("wait", timer="P7D"), end()]
    publish(diagram("test", wired(*new, flows=NEW)))
    return client_for(user, language="en")


def complete(key: str, node: str) -> None:
    with unit_of_work() as session:
        task = session.scalars(select(UserTask.id).where(UserTask.business_key == key, UserTask.node_id == node)).one()
        service.complete_task(session, actor=SYSTEM, task_id=task, data={})


def test_the_page_offers_the_older_version_with_what_is_where(admin: Any) -> None:
    page = admin.get(PATH).text
    assert "move v1 to v2" in page
    assert "4 instances are meant" in page
    assert 'name="map.review"' in page
    assert "3 steps where nobody is" not in page


def test_trying_it_out_says_how_many_move_and_what_would_end_at_once(admin: Any) -> None:
    page = admin.get(f"{PATH}/rehearsal?timers=restart").text
    assert "of 4 instances" in page
    assert "2 can move to v2" in page
    assert "2 would go on by themselves at once" in page
    assert "will complete at once" in page
    assert "timer: 10 d → 7 d" in page
    assert set(versions().values()) == {1}


def test_a_counterpart_can_be_chosen_and_none_refuses(admin: Any) -> None:
    page = admin.get(f"{PATH}/rehearsal").text
    assert "4 can move to v2" in page
    page = admin.get(f"{PATH}/rehearsal?map.review=-").text
    assert "There is no such step" in page
    assert "2 cannot" in page


def test_the_batch_moves_what_can_and_leaves_what_would_go_on_at_once(admin: Any, drain: Callable[[], int]) -> None:
    numbers = ids()
    form = {"process": "test", "version": "1", "to": "2", "timers": "restart", "reason": "the new way", "at_once": "leave",
            "moving": ",".join(str(n) for n in numbers.values()), "also": [str(numbers["SO-3"])]}  # fmt: skip
    answer = admin.post(PATH, form)
    assert answer.status_code == 303
    assert "/desk/operations/batches/" in answer.headers["location"]
    drain()
    assert versions() == {"SO-1": 2, "SO-2": 2, "SO-3": 1, "SO-4": 1}
    page = admin.get(answer.headers["location"]).text
    assert "left on its version" in page


def test_those_that_would_go_on_at_once_go_when_that_was_chosen(admin: Any, drain: Callable[[], int]) -> None:
    numbers = ids()
    form = {"process": "test", "version": "1", "to": "2", "timers": "restart", "reason": "the new way", "at_once": "go",
            "moving": str(numbers["SO-1"]), "also": [str(numbers["SO-3"])]}  # fmt: skip
    admin.post(PATH, form)
    drain()
    assert versions() == {"SO-1": 2, "SO-2": 1, "SO-3": 2, "SO-4": 1}
    with unit_of_work() as session:
        assert session.get_one(ProcessInstance, numbers["SO-3"]).status == "completed"


def test_without_a_reason_nothing_begins_and_what_was_chosen_is_kept(admin: Any) -> None:
    form = {
        "process": "test",
        "version": "1",
        "to": "2",
        "timers": "restart",
        "moving": str(ids()["SO-1"]),
        "reason": " ",
    }
    answer = admin.post(PATH, form)
    assert answer.status_code == 422
    assert "Say why" in answer.text
    with unit_of_work() as session:
        assert session.scalars(select(Batch.id)).first() is None


def test_canaries_go_first(admin: Any, drain: Callable[[], int]) -> None:
    numbers = ids()
    form = {
        "process": "test",
        "version": "1",
        "to": "2",
        "reason": "x",
        "canaries": "1",
        "moving": ",".join(map(str, numbers.values())),
    }
    admin.post(PATH, form)
    drain()
    assert sorted(versions().values()) == [1, 1, 1, 2]


@pytest.mark.parametrize("typed", ["x2", "-1", "2.5", "两", "99999999"])
def test_a_slip_in_how_many_go_first_moves_nothing(admin: Any, typed: str) -> None:
    form = {
        "process": "test",
        "version": "1",
        "to": "2",
        "reason": "x",
        "canaries": typed,
        "moving": str(ids()["SO-1"]),
    }
    answer = admin.post(PATH, form)
    assert (answer.status_code, "Enter a whole number" in answer.text) == (422, True)
    with unit_of_work() as session:
        assert session.scalars(select(Batch.id)).first() is None


def test_chosen_instances_are_moved_alone(admin: Any) -> None:
    numbers = ids()
    page = admin.get(f"{PATH}/new?ids={numbers['SO-1']},{numbers['SO-3']}").text
    assert "2 chosen instances on v1" in page
    assert "of 2 instances" in admin.get(f"{PATH}/rehearsal?ids={numbers['SO-1']},{numbers['SO-3']}").text


def test_the_list_is_a_file(admin: Any) -> None:
    answer = admin.get(f"{PATH}/rehearsal.csv?timers=restart")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert lines[0] == "Number,Customer,Outcome,What happens"
    assert any(line.startswith("SO-3,宁波海天轴承,goes on at once,will complete at once") for line in lines)


@pytest.mark.parametrize("odd", ["?to=9999", "?version=77&process=test", "?process=nothing", "?ids=9,x,-1", "?map.nowhere=x&map.review=nowhere",
                                 "?timers=odd", "?node=%00", "?q=%27%22%3Cb%3E"])  # fmt: skip
def test_odd_addresses_break_nothing(odd: str, admin: Any) -> None:
    assert admin.get(PATH + odd).status_code == 200
    assert admin.get(f"{PATH}/rehearsal{odd}").status_code == 200


@pytest.mark.parametrize("role", ["salesperson", "sales_manager", "warehouse", "finance"])
def test_nobody_else_of_the_staff_knows_the_pages(role: str, session: Session, client_for: Callable[..., Any]) -> None:
    user = a_user(session, role)
    session.commit()
    _refused(client_for(user))


def test_a_contact_does_not_know_the_pages(session: Session, client_for: Callable[..., Any]) -> None:
    contact = a_contact(session)
    session.commit()
    _refused(client_for(contact))


def test_a_visitor_is_asked_to_log_in(client_for: Callable[..., Any]) -> None:
    assert client_for().get(PATH).headers["location"].startswith("/login")


def _refused(browser: Any) -> None:
    for path in (PATH, f"{PATH}/new", f"{PATH}/rehearsal", f"{PATH}/rehearsal.csv"):
        assert browser.get(path).status_code == 404
    assert browser.post(PATH, {"moving": "1"}).status_code == 404
