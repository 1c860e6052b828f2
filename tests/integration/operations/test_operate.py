"""The pages of an operator's actions: each says what will happen, asks why, does it once, and keeps what was typed when refused."""

import html
import importlib
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import outbox
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.operations.models import BatchItem
from portal.workflow import operating, queries
from portal.workflow.models import Incident, ProcessInstance, UserTask, Wait
from tests.diagrams.build import border, catch, diagram, end, parallel, start, user_task, wired
from tests.diagrams.build import service as action
from tests.factories.customers import a_contact, a_user
from tests.integration.workflow.conftest import Notebook, Office

WHY = "客户电话里要求的"
ACTIONS = ("suspend", "resume", "cancel", "move", "message", "timer", "fact", "retry", "skip")
DIAGRAM = diagram(
    "test",
    wired(
        start(), user_task("review", status="waiting"), border("late", "review", timer="P2D"), parallel("fork"), user_task("left"),
        catch("right", message="news"), parallel("join"), user_task("ship", status="going"), end(), end("over"),
        flows="start -> review -> fork -> left -> join -> ship -> end\nfork -> right -> join\nlate -> over",
    ),
    messages="news", statuses="waiting going",
)  # fmt: skip
FAILING = diagram(
    "test",
    wired(start(), action("notify", "test.one", skippable="true"), action("bill", "test.two"), user_task("after"), end(),
          flows="start -> notify -> bill -> after -> end"),
)  # fmt: skip


@pytest.fixture
def instance_id(office: Office) -> int:
    """A process that waits for a review."""
    return office.run(DIAGRAM, order={"total": 120, "number": "SO-1", "paid": False})


@pytest.fixture
def admin(office: Office, client_for: Callable[..., Any]) -> Any:
    """The administrator's browser."""
    return client_for(user_of(office.people.admin.user_id))


def user_of(user_id: int | None) -> User:
    with unit_of_work() as session:
        user = session.get_one(User, user_id)
        session.expunge(user)
        return user


def path(instance_id: int, what: str, query: str = "") -> str:
    return f"/desk/operations/instances/{instance_id}/actions/{what}{query}"


def words(page: Any) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))


def task_id(model: Any, node_id: str) -> UUID:
    with unit_of_work() as session:
        return session.scalars(
            select(model.id if model is UserTask else model.task_id).where(model.node_id == node_id)
        ).one()


def status(instance_id: int) -> tuple[str, bool]:
    with unit_of_work() as session:
        row = session.get_one(ProcessInstance, instance_id)
        return row.status, row.suspended_at is not None


# Who


@pytest.mark.parametrize("what", ACTIONS)
def test_nobody_but_administrators_knows_the_pages(
    what: str, instance_id: int, office: Office, client_for: Callable[..., Any], session: Session
) -> None:
    for role in ("salesperson", "sales_manager", "warehouse", "finance"):
        browser = client_for(_kept(session, a_user(session, role)))
        assert browser.get(path(instance_id, what)).status_code == 404
        assert browser.post(path(instance_id, what), {"reason": WHY}).status_code == 404
        assert (
            browser.post("/desk/operations/batches/new", {"what": what, "ids": [str(instance_id)]}).status_code == 404
        )
    assert client_for(_kept(session, a_contact(session))).get(path(instance_id, what)).status_code == 404
    assert client_for().get(path(instance_id, what)).status_code == 303
    assert status(instance_id) == ("running", False)


def test_what_is_not_there_is_not_found(admin: Any, instance_id: int) -> None:
    assert admin.get(path(instance_id, "explode")).status_code == 404
    assert admin.get(path(4711, "cancel")).status_code == 404
    assert admin.post(path(4711, "cancel"), {"reason": WHY}).status_code == 404
    assert admin.post("/desk/operations/batches/new", {"what": "explode"}).status_code == 404


@pytest.mark.parametrize("what", ACTIONS)
def test_each_page_is_there_in_both_languages(
    what: str, instance_id: int, office: Office, client_for: Callable[..., Any]
) -> None:
    pages = {
        language: words(
            client_for(user_of(office.people.admin.user_id), language=language).get(path(instance_id, what))
        )
        for language in ("zh", "en")
    }
    zh, en = re.sub(r"[^\u4e00-\u9fff]", "", pages["zh"]), pages["en"]
    assert len(zh) > 60
    assert pages["zh"] != en


# Each one


def test_suspending_says_what_stands_still_and_resuming_goes_on(admin: Any, instance_id: int, office: Office) -> None:
    page = words(admin.get(path(instance_id, "suspend")))
    assert "review 节点" in page
    assert "late 节点" in page
    refused = admin.post(path(instance_id, "suspend"), {"reason": "  "})
    assert refused.status_code == 422
    assert "写明原因" in refused.text
    assert admin.post(path(instance_id, "suspend"), {"reason": WHY}).headers["location"].endswith(f"/{instance_id}")
    assert status(instance_id) == ("running", True)
    assert "已经暂停" in words(admin.get(path(instance_id, "suspend")))
    moved = words(admin.get(path(instance_id, "move")))
    assert WHY in moved
    assert "恢复" in moved
    assert admin.post(path(instance_id, "resume"), {"reason": WHY}).status_code == 303
    assert status(instance_id) == ("running", False)


def test_terminating_names_the_tasks_and_what_it_means_for_the_business_object(
    admin: Any, instance_id: int, notebook: Notebook
) -> None:
    page = admin.get(path(instance_id, "cancel"))
    assert "review 节点" in words(page)
    assert "B1 ends" in words(page)
    assert page.text.count("btn-go") == 0
    assert admin.post(path(instance_id, "cancel"), {"reason": WHY}).status_code == 303
    assert status(instance_id) == ("cancelled", False)
    again = admin.post(path(instance_id, "cancel"), {"reason": WHY})
    assert again.status_code == 422
    assert "已经结束" in words(again)
    assert notebook.cancelled == [("B1", WHY)]


def test_moving_offers_where_it_may_go_and_says_why_not_elsewhere(admin: Any, instance_id: int, office: Office) -> None:
    page = admin.get(path(instance_id, "move"))
    offered = re.findall(r'<option value="(\w+)"', page.text)
    assert offered == ["ship", "end", "over"]
    assert "left 节点" in words(page)
    review = str(office.task("review"))
    part = admin.get(path(instance_id, "move", f"?part=1&task={review}&to_node=ship"), htmx=True)
    assert "<html" not in part.text
    assert "ship 节点" in words(part)
    assert "going 状态" in words(part)
    assert admin.post(path(instance_id, "move"), {"task": review, "reason": WHY}).status_code == 422
    refused = admin.post(path(instance_id, "move"), {"task": review, "to_node": "left", "reason": WHY})
    assert refused.status_code == 422
    assert WHY in refused.text
    assert admin.post(path(instance_id, "move"), {"task": "x", "to_node": "ship", "reason": WHY}).status_code == 422
    assert office.open() == ["review"]
    assert admin.post(path(instance_id, "move"), {"task": review, "to_node": "ship", "reason": WHY}).status_code == 303
    assert (office.open(), office.waits()) == (["ship"], [])


def test_a_timer_fires_from_its_page(admin: Any, instance_id: int, office: Office) -> None:
    timer = str(task_id(Wait, "late"))
    page = words(admin.get(path(instance_id, "timer", f"?task={timer}")))
    assert "review 节点" in page
    assert "over 节点" in page
    assert admin.post(path(instance_id, "timer"), {"task": timer, "reason": WHY}).status_code == 303
    assert status(instance_id)[0] == "completed"


def test_a_message_is_sent_once_and_bad_json_is_kept(admin: Any, instance_id: int, office: Office) -> None:
    office.complete("review")
    page = admin.get(path(instance_id, "message"))
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key is not None
    given = {"name": "news", "payload": '{"count": 2,', "reason": WHY, "key": key[1]}
    refused = admin.post(path(instance_id, "message"), given)
    assert refused.status_code == 422
    assert "&#34;count&#34;: 2," in refused.text
    assert key[1] in refused.text
    for payload in ("[1]", '"a"', '{"$d": 1}'):
        assert admin.post(path(instance_id, "message"), given | {"payload": payload}).status_code == 422
    given["payload"] = '{"count": 2, "price": 1.5}'
    assert admin.post(path(instance_id, "message"), given).status_code == 303
    assert admin.post(path(instance_id, "message"), given).status_code == 422
    assert office.waits() == []
    with unit_of_work() as session:
        assert str(queries.facts(session, instance_id)["news"]["price"]) == "1.5"


ODD = [
    "[" * 100_000,
    '{"a":' * 2000 + "1" + "}" * 2000,
    f'{{"a": {"9" * 5000}}}',
    '{"a": 99999999999999999999}',
    '{"a": NaN}',
]


@pytest.mark.parametrize("payload", ODD)
def test_json_that_no_process_can_keep_is_refused_for_one_and_for_many(
    admin: Any, instance_id: int, payload: str
) -> None:
    given = {"name": "news", "payload": payload, "reason": WHY}
    assert admin.post(path(instance_id, "message"), given).status_code == 422
    many = given | {"what": "message", "ids": str(instance_id), "confirmed": "1"}
    assert admin.post("/desk/operations/batches/new", many).status_code == 422
    assert results() == []


def test_a_fact_is_edited_and_the_failed_step_tried_again_at_once(
    admin: Any, office: Office, notebook: Notebook
) -> None:
    notebook.fail["test.one"] = RuntimeError("503 not now")
    instance_id = office.run(FAILING, order={"total": 120, "paid": False})
    (incident,) = office.incidents()
    page = admin.get(path(instance_id, "fact", f"?incident={incident.id}&path=order.total"))
    assert "503 not now" in page.text
    assert "<b>notify 节点</b>" in page.text
    assert 'value="120"' in page.text
    given = {"path": "order.total", "value": "many", "incident": str(incident.id), "retry": "1", "reason": WHY}
    refused = admin.post(path(instance_id, "fact"), given)
    assert refused.status_code == 422
    assert 'value="many"' in refused.text
    notebook.fail.clear()
    assert admin.post(path(instance_id, "fact"), given | {"value": "80"}).status_code == 303
    assert (office.open(), office.incidents()) == (["after"], [])
    with unit_of_work() as session:
        assert queries.facts(session, instance_id)["order"]["total"] == 80


def test_what_a_colleague_has_changed_meanwhile_is_not_overwritten(admin: Any, instance_id: int) -> None:
    page = admin.get(path(instance_id, "fact", "?path=order.total"))
    seen = re.search(r'name="seen" value="([^"]+)"', page.text)
    assert seen is not None
    given = {"path": "order.total", "value": "80", "seen": seen[1], "reason": WHY}
    assert admin.post(path(instance_id, "fact"), given).status_code == 303
    refused = admin.post(path(instance_id, "fact"), given | {"value": "90"})
    assert refused.status_code == 422
    assert ">80<" in refused.text
    with unit_of_work() as session:
        assert queries.facts(session, instance_id)["order"]["total"] == 80


@pytest.mark.parametrize("what", ACTIONS)
def test_a_page_does_not_wait_for_a_step_that_is_going_on(
    admin: Any, instance_id: int, what: str, session: Session
) -> None:
    session.execute(select(ProcessInstance.id).where(ProcessInstance.id == instance_id).with_for_update())
    assert admin.get(path(instance_id, what)).status_code == 200


def test_an_unknown_fact_is_said_to_be_unknown(admin: Any, instance_id: int) -> None:
    assert "order.nothing" in words(admin.get(path(instance_id, "fact", "?path=order.nothing")))
    given = {"path": "order.nothing", "value": "1", "reason": WHY}
    assert admin.post(path(instance_id, "fact"), given).status_code == 422


def test_a_failed_step_is_skipped_where_the_diagram_says_so(admin: Any, office: Office, notebook: Notebook) -> None:
    notebook.fail["test.one"] = notebook.fail["test.two"] = RuntimeError("503 not now")
    instance_id = office.run(FAILING)
    (incident,) = office.incidents()
    assert "bill 节点" in words(admin.get(path(instance_id, "skip", f"?incident={incident.id}")))
    given = {"incident": str(incident.id), "reason": WHY}
    assert admin.post(path(instance_id, "skip"), given).status_code == 303
    assert words(admin.get("/desk/products")).rstrip().count("已跳过") == 1
    (billing,) = office.incidents()
    assert billing.node_id == "bill"
    assert "不允许" in words(admin.get(path(instance_id, "skip", f"?incident={billing.id}")))
    assert admin.post(path(instance_id, "skip"), given | {"incident": str(billing.id)}).status_code == 422
    notebook.fail.clear()
    assert admin.post(path(instance_id, "retry"), {"incident": str(billing.id)}).status_code == 303
    assert office.open() == ["after"]


def test_what_cannot_be_read_is_shown_and_can_be_terminated(admin: Any, instance_id: int, office: Office) -> None:
    with unit_of_work() as session:
        session.execute(update(ProcessInstance).values(state=b"{}"))
    for what in ACTIONS:
        assert admin.get(path(instance_id, what)).status_code == 200
    assert "终止" in words(admin.get(path(instance_id, "move")))
    assert admin.post(path(instance_id, "cancel"), {"reason": WHY}).status_code == 303
    assert status(instance_id)[0] == "cancelled"


def test_the_instance_page_leads_to_what_can_be_done(admin: Any, instance_id: int) -> None:
    page = admin.get(f"/desk/operations/instances/{instance_id}").text
    for what in ("suspend", "move", "message", "cancel"):
        assert path(instance_id, what) in page
    admin.post(path(instance_id, "suspend"), {"reason": WHY})
    page = admin.get(f"/desk/operations/instances/{instance_id}").text
    assert path(instance_id, "resume") in page
    assert path(instance_id, "move") not in page


# Many


@pytest.fixture
def three(office: Office) -> list[int]:
    """Three processes that wait for a review."""
    office.publish(DIAGRAM)
    return [office.start({"order": {"total": 1}}, business_key=f"SO-{number}") for number in (1, 2, 3)]


def perform() -> None:
    importlib.import_module("portal.operations.jobs")
    outbox.perform_pending()


def results() -> list[tuple[str, str]]:
    with unit_of_work() as session:
        rows = session.execute(select(BatchItem.business_key, BatchItem.status).order_by(BatchItem.id))
        return [(row.business_key, row.status) for row in rows]


def test_many_are_suspended_after_a_page_that_says_so(admin: Any, three: list[int]) -> None:
    chosen = {"what": "suspend", "ids": [str(one) for one in three]}
    page = admin.post("/desk/operations/batches/new", chosen)
    assert page.status_code == 200
    assert "3" in words(page)
    assert "SO-1" in page.text
    assert admin.post("/desk/operations/batches/new", chosen | {"confirmed": "1"}).status_code == 422
    assert all(not status(one)[1] for one in three)
    begun = admin.post("/desk/operations/batches/new", chosen | {"confirmed": "1", "reason": WHY})
    assert "/desk/operations/batches/" in begun.headers["location"]
    perform()
    assert all(status(one)[1] for one in three)
    assert results() == [("SO-1", "done"), ("SO-2", "done"), ("SO-3", "done")]


def test_those_that_a_filter_finds_are_terminated_and_the_others_not(
    admin: Any, three: list[int], office: Office
) -> None:
    with unit_of_work() as session:
        operating.cancel_instance(session, actor=office.people.admin, instance_id=three[1], reason=WHY)
    given = {"what": "cancel", "query": "q=&process=test&status=", "confirmed": "1", "reason": WHY}
    assert admin.post("/desk/operations/batches/new", given).status_code == 303
    perform()
    assert results() == [("SO-1", "done"), ("SO-2", "refused"), ("SO-3", "done")]
    assert {status(one)[0] for one in three} == {"cancelled"}


def test_a_message_and_a_timer_for_many(admin: Any, three: list[int], office: Office) -> None:
    ids = [str(one) for one in three]
    page = admin.post("/desk/operations/batches/new", {"what": "timer", "ids": ids})
    assert "late 节点" in page.text
    office.business_key = "SO-3"
    office.complete("review")
    given = {"what": "timer", "ids": ids, "node": "late", "confirmed": "1", "reason": WHY}
    assert admin.post("/desk/operations/batches/new", given | {"node": ""}).status_code == 422
    assert admin.post("/desk/operations/batches/new", given).status_code == 303
    perform()
    assert results() == [("SO-1", "done"), ("SO-2", "done"), ("SO-3", "refused")]
    message = {
        "what": "message",
        "ids": ids[2:],
        "name": "news",
        "payload": '{"price": 1.5}',
        "confirmed": "1",
        "reason": WHY,
    }
    assert admin.post("/desk/operations/batches/new", message).status_code == 303
    perform()
    assert office.waits() == []
    assert office.open() == ["left"]


def test_failed_steps_of_the_chosen_are_tried_again_or_skipped(admin: Any, office: Office, notebook: Notebook) -> None:
    notebook.fail["test.one"] = RuntimeError("503 not now")
    office.publish(FAILING)
    ids = [str(office.start({}, business_key=f"SO-{number}")) for number in (1, 2)]
    given = {"ids": ids, "confirmed": "1", "reason": WHY}
    assert admin.post("/desk/operations/batches/new", given | {"what": "retry"}).status_code == 303
    perform()
    assert len(office.incidents()) == 2
    assert admin.post("/desk/operations/batches/new", given | {"what": "skip"}).status_code == 303
    perform()
    assert office.incidents() == []
    assert (
        admin.post("/desk/operations/batches/new", given | {"what": "retry"}).headers["location"]
        == "/desk/operations/instances"
    )
    with unit_of_work() as session:
        assert len(session.scalars(select(Incident)).all()) >= 2


def _kept(session: Session, user: Any) -> Any:
    session.commit()
    return user
