"""The list of instances: found by number, customer, process, version, step, state and age, also among a hundred thousand."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM
from portal.customers.models import Customer
from portal.database import engine, unit_of_work
from portal.operations.queries import instances as queries
from portal.operations.queries.finding import AGES, CHOICES, InstanceFilter, filter_of
from portal.workflow import service
from portal.workflow.models import ProcessDefinition, ProcessInstance
from tests.diagrams.build import diagram, end, field, start, user_task, wired
from tests.diagrams.build import service as action
from tests.factories.customers import a_customer
from tests.factories.instances import many_instances
from tests.integration.workflow.conftest import Notebook, Office

LIST = "/desk/operations/instances"
MANY = 100_000
BIG = {"process_instances", "user_tasks", "waits"}


def process(key: str = "test", last: str = "end") -> str:
    parts = (
        start(),
        user_task("review", field("decision", "choice", "yes no"), due="PT4H"),
        action("book", "test.one"),
        user_task("pay"),
    )
    return diagram(key, wired(*parts, end(last), flows=f"start -> review -> book -> pay -> {last}"))


@pytest.fixture
def running(office: Office, notebook: Notebook) -> Office:
    """SO-260713-001 waits for review, -002 for payment, -003 failed; RT-1 of another process is over."""
    office.publish(process())
    for key in ("SO-260713-001", "SO-260713-002", "SO-260713-003"):
        office.start(business_key=key)
    office.business_key = "SO-260713-002"
    office.complete("review", decision="yes")
    notebook.fail["test.one"] = RuntimeError("no stock")
    office.business_key = "SO-260713-003"
    office.complete("review", decision="yes")
    office.publish(diagram("returns", wired(start(), end(), flows="start -> end")))
    with unit_of_work() as session:
        service.start_process(session, key="returns", business_key="RT-1", facts={}, actor=SYSTEM)
    return office


def found(**asked: str) -> list[str]:
    with unit_of_work() as session:
        return [row.business_key for row in queries.instances_page(session, filters=filter_of(asked)).rows]


ORDERS = ["SO-260713-003", "SO-260713-002", "SO-260713-001"]


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({}, ["RT-1", *ORDERS]),
        ({"q": "so-260713-002"}, ORDERS[1:2]),
        ({"q": "260713"}, ORDERS),
        ({"q": "713"}, []),
        ({"q": "%"}, []),
        ({"process": "returns"}, ["RT-1"]),
        ({"process": "test", "version": "1"}, ORDERS),
        ({"process": "test", "version": "7"}, []),
        ({"version": "7"}, ["RT-1", *ORDERS]),
        ({"status": "open"}, ORDERS),
        ({"status": "running"}, ORDERS[1:]),
        ({"status": "incident"}, ORDERS[:1]),
        ({"status": "completed"}, ["RT-1"]),
        ({"status": "cancelled"}, []),
        ({"status": "suspended"}, []),
        ({"status": "nonsense"}, ["RT-1", *ORDERS]),
        ({"process": "test", "node": "review"}, ORDERS[2:]),
        ({"process": "test", "node": "book"}, ORDERS[:1]),
        ({"process": "test", "version": "1", "node": "pay", "status": "running"}, ORDERS[1:2]),
        ({"process": "test", "node": "pay", "status": "incident"}, []),
        ({"node": "review"}, ["RT-1", *ORDERS]),
        ({"age": "1d"}, []),
    ],
)  # fmt: skip
def test_instances_are_found_by_what_is_asked(asked: dict[str, str], keys: list[str], running: Office) -> None:
    assert found(**asked) == keys


def test_a_customer_is_found_by_part_of_the_name_or_by_code(running: Office) -> None:
    with unit_of_work() as session:
        customer = session.get_one(Customer, running.people.customer_id)
        customer.name, customer.code = "苏州精工模具有限公司", "K0077"
        other = a_customer(session, name="天津减速机")
        session.execute(
            update(ProcessInstance).where(ProcessInstance.business_key == ORDERS[0]).values(customer_id=other.id)
        )
    assert found(q="精工模具") == ORDERS[1:]
    assert found(q="k0077") == ORDERS[1:]
    assert found(q="减速机") == ORDERS[:1]
    assert found(q="减速机", status="running") == []


def test_a_suspended_one_is_not_running(running: Office) -> None:
    with unit_of_work() as session:
        session.execute(
            update(ProcessInstance).where(ProcessInstance.business_key == ORDERS[2]).values(suspended_at=clock.now())
        )
    assert found(status="suspended") == ORDERS[2:]
    assert found(status="running") == ORDERS[1:2]


def test_asked_for_an_age_the_oldest_is_first_and_what_is_over_left_out(running: Office, clock: Any) -> None:
    clock.travel(days=4)
    running.start(business_key="SO-260717-001")
    assert found(age="3d") == ORDERS[::-1]


def test_each_row_says_where_it_is_and_who_holds_it(running: Office) -> None:
    with unit_of_work() as session:
        page = queries.instances_page(session, filters=InstanceFilter())
    spots = {row.business_key: [(one.node_id, one.kind) for one in row.spots] for row in page.rows}
    assert spots == {
        "RT-1": [],
        ORDERS[0]: [("book", "incident")],
        ORDERS[1]: [("pay", "task")],
        ORDERS[2]: [("review", "task")],
    }


def test_pages_follow_each_other_without_a_gap_or_a_repetition(running: Office, admin_browser: Any) -> None:
    with unit_of_work() as session:
        definition = session.scalars(select(ProcessDefinition.id).where(ProcessDefinition.key == "test")).one()
        many_instances(
            session,
            definition,
            "test",
            many=130,
            nodes=["review", "pay"],
            failing="book",
            timed="nothing",
            letters="XX",
        )
    for asked, total in (({}, 134), ({"process": "test", "node": "pay"}, 40), ({"age": "1d"}, 0)):
        filters = filter_of(asked)
        seen: list[int] = []
        after = ""
        while True:
            with unit_of_work() as session:
                page = queries.instances_page(session, filters=filters, after=after)
            seen += [row.id for row in page.rows]
            after = page.after
            if not after:
                break
        assert len(seen) == len(set(seen))
        with unit_of_work() as session:
            assert len(seen) == queries.count(session, filters=filters)
        assert len(seen) >= total * 0.9
    page = admin_browser.get(LIST)
    following = re.search(r'href="([^"]*after=[^"]*)"', page.text)
    assert following is not None
    assert "从头看" in admin_browser.get(following[1].replace("&amp;", "&")).text


def test_all_that_match_are_given_to_a_batch(running: Office) -> None:
    with unit_of_work() as session:
        assert [key for _id, key in queries.matching(session, filters=filter_of({"status": "open"}))] == ORDERS[::-1]
        ids = [number for number, _key in queries.matching(session, filters=InstanceFilter(), most=1)]
        assert len(ids) == 2
        assert queries.chosen(session, ids=[*ids, 99_999]) == queries.matching(
            session, filters=InstanceFilter(), most=1
        )


def test_chosen_ones_and_all_that_match_go_to_a_migration(running: Office, admin_browser: Any) -> None:
    answer = admin_browser.post(f"{LIST}/migration", {"ids": ["1", "2", "x"]})
    assert answer.headers["location"] == "/desk/operations/migrations/new?ids=1%2C2"
    answer = admin_browser.post(f"{LIST}/migration", {"ids": ["1"], "query": "process=test&status=open&next=//evil"})
    assert answer.headers["location"] == "/desk/operations/migrations/new?process=test&status=open"


def test_the_page_lists_offers_what_can_be_done_and_keeps_the_filter(running: Office, admin_browser: Any) -> None:
    page = admin_browser.get(f"{LIST}?process=test&version=1&status=incident")
    assert ORDERS[0] in page.text
    assert ORDERS[1] not in page.text
    assert '<option value="test" selected>' in page.text
    assert '<option value="incident" selected>' in page.text
    assert 'name="what" value="suspend"' in page.text
    assert "没有符合条件的实例" in admin_browser.get(f"{LIST}?q=nothing").text


def test_of_the_only_process_steps_can_be_chosen_at_once_and_told_apart(office: Office, admin_browser: Any) -> None:
    xml = diagram(
        "test",
        wired(start(), user_task("review"), user_task("pay"), user_task("again"), end(), flows="start -> review -> pay -> again -> end"),
    )  # fmt: skip
    office.publish(xml.replace('name="again 节点"', 'name="review 节点"').replace('nameEn="again"', 'nameEn="review"'))
    page = admin_browser.get(LIST).text
    assert '<option value="test" selected>' in page
    assert re.findall(r'<option value="(?:review|pay|again)">([^<]+)<', page) == [
        "review 节点（在「start 节点」之后）",
        "pay 节点",
        "review 节点（在「pay 节点」之后）",
    ]
    office.publish(diagram("returns", wired(start(), end(), flows="start -> end")))
    assert '<option value="test" selected>' not in admin_browser.get(LIST).text


def test_with_nothing_running_the_page_says_what_will_be_there(office: Office, admin_browser: Any) -> None:
    assert "还没有实例" in admin_browser.get(LIST).text


@pytest.mark.parametrize("after", ["x", "1-", "-1", "99999999999999999999-1", "1-99999999999999999999"])
def test_a_place_that_makes_no_sense_begins_at_the_beginning(after: str, running: Office, admin_browser: Any) -> None:
    assert ORDERS[0] in admin_browser.get(f"{LIST}?after={after}").text


def test_only_administrators_know_the_list(running: Office, admin_browser: Any, others: dict[str, Any]) -> None:
    assert admin_browser.get(LIST).status_code == 200
    for name, browser in others.items():
        for answer in (browser.get(LIST), browser.post(f"{LIST}/migration", {"ids": ["1"]})):
            assert answer.status_code in ((303, 401) if name == "visitor" else (404,))


# Among a hundred thousand


@contextmanager
def explained(plans: list[dict[str, Any]]) -> Iterator[None]:
    """Note the plan of every statement that the block sends."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    with engine().connect() as connection:
        for statement, parameters in sent:
            plan = connection.exec_driver_sql("explain (format json) " + statement, parameters).scalar_one()
            plans.append(plan[0]["Plan"])


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from steps(inner)


COMBINATIONS: list[tuple[dict[str, str], str]] = [
    ({}, "ix_process_instances_status_started"),
    *(({"status": one}, "ix_process_instances_s") for one in CHOICES),
    ({"process": "test"}, "ix_process_instances_process_started"),
    *(({"process": "test", "status": one}, "ix_process_instances_") for one in CHOICES),
    ({"process": "test", "version": "1"}, "ix_process_instances_definition_started"),
    *(({"process": "test", "version": "1", "status": one}, "ix_process_instances_") for one in CHOICES),
    *(({"age": one}, "ix_process_instances_status_started") for one in AGES),
    ({"age": "7d", "process": "test", "version": "1", "status": "incident"}, "ix_process_instances_"),
    ({"process": "test", "node": "review"}, "ix_user_tasks_node"),
    ({"process": "test", "version": "1", "node": "pay", "status": "running"}, "ix_user_tasks_node"),
    ({"process": "test", "node": "book", "age": "7d"}, "ix_incidents"),
    ({"q": "SO-260713-003"}, "ix_process_instances_key_prefix"),
    ({"q": "260713-0"}, "ix_process_instances_number_prefix"),
    ({"q": "260713", "process": "test", "version": "1", "status": "running"}, "ix_process_instances_"),
    ({"q": "轴承17号"}, "ix_process_instances_customer_id"),
    ({"q": "轴承17号", "status": "cancelled"}, "ix_process_instances_"),
    ({"q": "有限公司"}, "ix_process_instances_status_started"),
    ({"q": "nothing of the kind"}, "ix_process_instances_"),
]


@pytest.fixture
def many(office: Office, notebook: Notebook, session: Session) -> Session:
    """A hundred thousand instances of three hundred customers."""
    office.publish(process())
    for number in range(300):
        a_customer(session, name=f"宁波恒锐轴承{number}号有限公司")
    definition = session.scalars(select(ProcessDefinition.id)).one()
    many_instances(session, definition, "test", many=MANY, nodes=["review", "pay"], failing="book", timed="nothing")
    session.commit()
    return session


def test_among_a_hundred_thousand_every_filter_pages_along_an_index_in_far_less_than_a_tenth_of_a_second(
    many: Session,
) -> None:
    for asked, index in COMBINATIONS:
        filters = filter_of(asked)
        plans: list[dict[str, Any]] = []
        with explained(plans):
            page = queries.instances_page(many, filters=filters)
            if page.after:
                queries.instances_page(many, filters=filters, after=page.after)
        every = [step for plan in plans for step in steps(plan)]
        scanned = {step["Relation Name"] for step in every if step["Node Type"] == "Seq Scan"}
        assert not scanned & BIG, asked
        assert any(step.get("Index Name", "").startswith(index) for step in every), (
            asked,
            {step.get("Index Name") for step in every},
        )
        taken = []
        for _try in range(3):
            began = time.perf_counter()
            queries.instances_page(many, filters=filters, after=page.after)
            taken.append(time.perf_counter() - began)
        assert min(taken) < 0.1, (asked, taken)
