"""The overview: what is at each node of a version, who is there, how long it stays, what flowed; and two versions side by side."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from portal import clock
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.operations.queries import overview as queries
from portal.operations.queries.places import Places, places
from portal.operations.queries.times import compare, node_times
from portal.workflow.models import NodeVisit, ProcessDefinition, UserTask
from tests.diagrams.build import border, call, catch, diagram, end, field, gateway, start, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.workflow.conftest import Notebook, Office

PATH = "/desk/operations"
PAGES = [
    PATH,
    f"{PATH}?view=time",
    f"{PATH}?view=flow",
    f"{PATH}/versions/compare",
    f"{PATH}/definitions/1/diagram.xml",
]


def process(*, last: str = "end", stamped: bool = False) -> str:
    return diagram(
        "test",
        wired(
            start(), user_task("review", field("decision", "choice", "yes no"), result="approval", due="PT4H"),
            border("reminder", "review", timer="P1D", interrupting=False), gateway("gate"), action("book", "test.one"),
            catch("shipped", message="shipped"), end(last), end("refused"), end("reminded"),
            *([user_task("stamp")] if stamped else []),
            flows=f'''
            start -> review -> gate
            gate -> book | approval.decision == "yes"
            gate -> refused | default
            book -> {'stamp -> ' if stamped else ''}shipped -> {last}
            reminder -> reminded
            ''',
        ),
        messages="shipped",
    )  # fmt: skip


@pytest.fixture
def running(office: Office, notebook: Notebook) -> Office:
    """Four instances: two wait for review, one failed at booking, one waits for the parcel."""
    office.publish(process())
    for key in ("B1", "B2", "B3", "B4"):
        office.start(business_key=key)
    office.business_key = "B3"
    office.complete("review", decision="yes")
    notebook.fail["test.one"] = RuntimeError("no stock")
    office.business_key = "B4"
    office.complete("review", decision="yes")
    return office


def where() -> Places:
    with unit_of_work() as session:
        return places(
            session, session.scalars(select(ProcessDefinition.id).order_by(ProcessDefinition.id.desc())).first() or 0
        )


def counts() -> dict[str, queries.NodeCount]:
    with unit_of_work() as session:
        return queries.at_nodes(session, where())


def painted(page: Any) -> dict[str, Any]:
    found = re.search(r'id="overview-state" hidden data-state="([^"]*)"', page.text)
    assert found is not None
    state: dict[str, Any] = json.loads(unescape(found[1]))
    return state


def test_tokens_are_counted_at_tasks_waits_and_failed_steps_and_not_at_boundary_events(running: Office) -> None:
    found = counts()
    assert {key: one.count for key, one in found.items()} == {"review": 2, "book": 1, "shipped": 1}
    assert found["book"].failed == 1


def test_what_is_past_its_due_time_is_overdue_and_the_stay_is_measured(running: Office, clock: Any) -> None:
    with unit_of_work() as session:
        ids = list(session.scalars(select(UserTask.id).where(UserTask.status == "open")))
        now = clock.now()
        session.execute(
            update(UserTask)
            .where(UserTask.id == ids[0])
            .values(due_at=now - timedelta(hours=1), created_at=now - timedelta(hours=8))
        )
        session.execute(
            update(UserTask)
            .where(UserTask.id == ids[1])
            .values(due_at=now + timedelta(hours=1), created_at=now - timedelta(hours=2))
        )
    review = counts()["review"]
    assert (review.overdue, review.longest, review.median) == (1, timedelta(hours=8), timedelta(hours=5))


def test_what_is_inside_a_call_activity_is_counted_at_it(office: Office, admin_browser: Any) -> None:
    office.publish(diagram("credit", wired(start(), user_task("check"), end(), flows="start -> check -> end")))
    office.run(diagram("test", wired(start(), call("ask", "credit"), end(), flows="start -> ask -> end")))
    found = where()
    with unit_of_work() as session:
        assert {key: one.count for key, one in queries.at_nodes(session, found).items()} == {"ask": 1}
        (there,) = queries.there(session, found, "ask")
    assert (there.business_key, there.node_id) == ("B1", "ask.check")
    assert found.name("ask.check") == ("ask 节点 › check 节点", "ask › check")
    assert painted(admin_browser.get(f"{PATH}?process=test"))["badges"] == [
        {"node": "ask", "text": "1", "tone": "strong"}
    ]


def test_the_page_paints_the_diagram_and_lists_who_is_at_the_chosen_node_oldest_first(
    running: Office, admin_browser: Any
) -> None:
    page = admin_browser.get(f"{PATH}?process=test&version=1&node=review")
    state = painted(page)
    assert {one["node"]: one["text"] for one in state["badges"]} == {"review": "2", "book": "1 异常", "shipped": "1"}
    assert state["incidents"] == ["book"]
    assert state["selected"] == "review"
    there = page.text.split("的 2 个")[1]
    assert there.index(">B1</a>") < there.index(">B2</a>")
    assert "B3" not in there
    assert f"{PATH}/instances?process=test&amp;version=1&amp;node=review" in page.text


def test_it_begins_at_what_failed(running: Office, admin_browser: Any) -> None:
    page = admin_browser.get(PATH)
    assert painted(page)["selected"] == "book"
    assert "在「book 节点」的 1 个" in page.text


def test_it_begins_at_the_version_most_run_on_and_offers_the_others(running: Office, admin_browser: Any) -> None:
    running.publish(process(last="finished"))
    running.start(business_key="B5")
    page = admin_browser.get(PATH)
    segments = re.findall(r"v(\d) <span class=\"num\">(\d+)</span>", page.text)
    assert segments == [("2", "1"), ("1", "4")]
    assert "version=1" in page.text
    assert painted(admin_browser.get(f"{PATH}?version=2"))["badges"] == [
        {"node": "review", "text": "1", "tone": "strong"}
    ]


def test_a_version_without_instances_says_so(running: Office, admin_browser: Any) -> None:
    running.publish(process(last="finished"))
    assert "这一版没有在跑的实例" in admin_browser.get(f"{PATH}?version=2").text


def test_without_any_process_the_page_says_what_will_be_there(office: Office, admin_browser: Any) -> None:
    assert "还没有发布流程" in admin_browser.get(PATH).text
    assert "没有可对比的版本" in admin_browser.get(f"{PATH}/versions/compare").text


def test_the_flow_of_late_counts_the_ways_taken(running: Office, admin_browser: Any) -> None:
    running.business_key = "B1"
    running.complete("review", decision="no")
    with unit_of_work() as session:
        found = queries.flow(session, where().definition_id)
    ways = {flow.target: found.taken.get(flow.id, 0) for flow in where().drawn.outgoing["gate"]}
    assert ways == {"book": 2, "refused": 1}
    assert found.instances == 4
    page = admin_browser.get(f"{PATH}?view=flow")
    assert "67\N{NO-BREAK SPACE}%" in page.text
    assert "33\N{NO-BREAK SPACE}%" in page.text


def test_what_began_long_ago_is_no_flow_of_late(running: Office, clock: Any) -> None:
    clock.travel(days=31)
    with unit_of_work() as session:
        assert queries.flow(session, where().definition_id).instances == 0


def visits(definition_id: int, instance_id: int, node_id: str, *hours: float) -> None:
    now = clock.now()
    rows = [
        {"instance_id": instance_id, "definition_id": definition_id, "node_id": node_id, "entered_at": now - timedelta(hours=one),
         "left_at": now}
        for one in hours
    ]  # fmt: skip
    with unit_of_work() as session:
        session.execute(insert(NodeVisit), rows)


def test_time_in_node_is_median_and_ninth_tenth_of_the_visits_that_are_over(running: Office) -> None:
    at = where()
    visits(at.definition_id, 1, "shipped", 1, 2, 3, 4, 10)
    visits(at.definition_id, 1, "reminder", 24)
    with unit_of_work() as session:
        found = node_times(session, at)
    assert (found["shipped"].count, found["shipped"].median) == (5, timedelta(hours=3))
    assert found["shipped"].p90 == timedelta(hours=7.6)
    assert found["review"].count == 2
    assert "reminder" not in found


def test_visits_of_long_ago_say_nothing_any_more(running: Office, clock: Any) -> None:
    visits(where().definition_id, 1, "shipped", 1)
    clock.travel(days=91)
    with unit_of_work() as session:
        assert node_times(session, where()) == {}


def test_two_versions_are_held_against_each_other(running: Office, admin_browser: Any) -> None:
    before = where()
    visits(before.definition_id, 1, "shipped", 4, 4, 4, 4, 4)
    running.publish(process(stamped=True))
    after = where()
    visits(after.definition_id, 1, "shipped", 1, 1, 1, 1, 1)
    visits(after.definition_id, 1, "stamp", 2)
    with unit_of_work() as session:
        found = {
            one.node_id: one for one in compare(before, node_times(session, before), after, node_times(session, after))
        }
    assert (found["shipped"].percent, found["shipped"].tone) == (-75, "good")
    assert found["stamp"].only == "b"
    page = admin_browser.get(f"{PATH}/versions/compare?process=test&a=1&b=2")
    assert "−75 %" in page.text
    assert "只在 v2" in page.text
    assert "次数太少" in page.text


def test_the_diagram_is_sent_once_and_for_ever(running: Office, admin_browser: Any) -> None:
    answer = admin_browser.get(f"{PATH}/definitions/{where().definition_id}/diagram.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    assert "immutable" in answer.headers["cache-control"]
    assert 'id="review"' in answer.text
    assert admin_browser.get(f"{PATH}/definitions/999/diagram.xml").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_only_administrators_know_the_pages(
    path: str, running: Office, admin_browser: Any, others: dict[str, Any]
) -> None:
    assert admin_browser.get(path).status_code == 200
    refused = {name: browser.get(path).status_code for name, browser in others.items()}
    assert refused.pop("visitor") in (303, 401)
    assert set(refused.values()) == {404}


@pytest.mark.parametrize("view", ["now", "time", "flow"])
def test_every_view_is_there_in_english(view: str, running: Office, admin_browser: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(User).values(locale="en"))
    page = admin_browser.get(f"{PATH}?view={view}")
    assert {"now": "By step", "time": "9 of 10 within", "flow": "Where ways part"}[view] in page.text
