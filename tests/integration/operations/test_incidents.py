"""Failed steps as an operator sees them: one line for all that fail of the same, what to know, and trying again one, some or all."""

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.database import unit_of_work
from portal.operations import batches
from portal.operations.models import Batch
from portal.operations.queries import incidents as queries
from portal.outbox import MAX_ATTEMPTS, OutboxRow
from portal.workflow import service
from portal.workflow.models import Incident
from tests.diagrams.build import diagram, end, start, user_task, wired
from tests.diagrams.build import service as action
from tests.integration.operations.conftest import counted_statements, perform_effects
from tests.integration.workflow.conftest import Notebook, Office

PATH = "/desk/operations/incidents"
INSIDE = diagram(
    "test", wired(start(), action("act", "test.one"), user_task("next"), end(), flows="start -> act -> next -> end")
)
OUTSIDE = diagram(
    "test",
    wired(start(), action("push", "test.outside"), user_task("next"), end(), flows="start -> push -> next -> end"),
)


@pytest.fixture
def three(office: Office, notebook: Notebook) -> list[int]:
    """Three orders that stand at a step inside, two for the same reason but for a number, one for another; their instances."""
    office.publish(INSIDE)
    instances = []
    for key, error in (("SO-1", KeyError("row 17")), ("SO-2", KeyError("row 4711")), ("SO-3", ValueError("no rate"))):
        notebook.fail["test.one"] = error
        instances.append(office.start(business_key=key))
    return instances


@pytest.fixture
def outside(office: Office, notebook: Notebook) -> int:
    """An order whose outside action was given up."""
    instance_id = office.run(OUTSIDE)
    notebook.fail["test.outside"] = ValueError("422 unknown variant\nsku WA-1")
    for _attempt in range(MAX_ATTEMPTS):
        with unit_of_work() as session:
            session.execute(update(OutboxRow).values(available_at=clock.now()))
        perform_effects()
    return instance_id


def _text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def _causes(page: Any) -> list[str]:
    return [
        unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", one))).strip()
        for one in re.findall(r'<a class="ops-cause".*?</a>', page.text, re.DOTALL)
    ]


def _open() -> list[Incident]:
    with unit_of_work() as session:
        return list(session.scalars(select(Incident).where(Incident.status == "open").order_by(Incident.id)))


def test_errors_that_differ_in_numbers_only_are_one_cause(three: list[int], admin_browser: Any) -> None:
    causes = _causes(admin_browser.get(PATH))
    assert len(causes) == 2
    assert causes[0].startswith("ValueError: no rate 1 act 节点")
    assert causes[1].startswith("KeyError: 'row 4711' 2 act 节点")
    assert "SO-2，SO-1" in causes[1]


def test_the_newest_cause_is_shown_in_full_and_any_other_by_its_address(three: list[int], admin_browser: Any) -> None:
    first = admin_browser.get(PATH)
    assert "ValueError: no rate" in first.text.partition("ops-trace")[2]
    href = re.findall(r'class="ops-cause"[^>]*href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    page = admin_browser.get(href)
    assert "is-open" in page.text
    assert "KeyError: &#39;row 4711&#39;" in page.text.partition("ops-trace")[2]
    assert all(f'href="/desk/operations/instances/{one}"' in page.text for one in three[:2])
    assert "2 个实例停在这一步" in page.text
    assert "可以放心重试" in page.text


def test_an_outside_action_says_that_nothing_is_done_twice_and_how_the_system_answers(
    outside: int, admin_browser: Any
) -> None:
    page = admin_browser.get(PATH)
    said = _text(page)
    assert "没有重复执行的风险。 「外部」请求带幂等号" in said
    assert f"{MAX_ATTEMPTS} / {MAX_ATTEMPTS}" in said
    assert "生产系统" in said
    assert page.text.count("<rect") == 60
    assert '<rect class="is-bad"' in page.text
    assert "422 unknown variant\nsku WA-1" in page.text.partition("ops-trace")[2]


def test_one_is_tried_again_and_goes_on(
    three: list[int], office: Office, notebook: Notebook, admin_browser: Any
) -> None:
    notebook.fail.clear()
    incident = _open()[2]
    answer = admin_browser.post(f"{PATH}/{incident.id}/retry", {"back": PATH})
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    assert [one.id for one in _open()] == [one.id for one in _open() if one.id != incident.id]
    assert office.open() == ["next"]
    assert "已重试，继续往下走" in admin_browser.get(PATH).text


def test_one_that_fails_again_says_so_and_keeps_since_when_it_fails(
    three: list[int], admin_browser: Any, clock: Any
) -> None:
    began = _open()[2].created_at
    clock.travel(hours=3)
    admin_browser.post(f"{PATH}/{_open()[2].id}/retry", {"back": PATH})
    page = admin_browser.get(PATH)
    assert "又出错了" in page.text
    with unit_of_work() as session:
        newest = queries.groups(session)[0]
    assert (newest.attempts, newest.first_at) == (2, began)
    record = _text(page).partition("处理记录")[2]
    assert record.index("管理员 处理了 1 个，又失败") > 0


def test_what_failed_again_is_not_among_the_resolved(
    three: list[int], office: Office, notebook: Notebook, admin_browser: Any
) -> None:
    admin_browser.post(f"{PATH}/{_open()[2].id}/retry", {"back": PATH})
    assert "近 30 天没有已解决的异常" in admin_browser.get(f"{PATH}?tab=resolved").text
    notebook.fail.clear()
    admin_browser.post(f"{PATH}/{_open()[2].id}/retry", {"back": PATH})
    with unit_of_work() as session:
        assert [(one.business_key, one.attempts) for one in queries.resolved(session).rows] == [("SO-3", 2)]


def test_those_chosen_are_tried_again_as_a_batch(three: list[int], notebook: Notebook, admin_browser: Any) -> None:
    notebook.fail.clear()
    chosen = [one.id for one in _open()[:2]]
    answer = admin_browser.post(f"{PATH}/retry", {"incident": chosen})
    with unit_of_work() as session:
        batch = session.scalars(select(Batch)).one()
        assert (batch.kind, batch.total) == ("retry", 2)
    assert answer.headers["location"] == f"/desk/operations/batches/{batch.id}"
    batches.work(batch.id)
    assert [one.instance_id for one in _open()] == [three[2]]


def test_all_of_a_cause_are_tried_again_and_no_others(three: list[int], notebook: Notebook, admin_browser: Any) -> None:
    notebook.fail.clear()
    cause = _open()[0].cause
    admin_browser.post(
        f"{PATH}/retry",
        {"all": "1", "cause": cause, "process": "test", "node": "act", "reason": "the row is there now"},
    )
    with unit_of_work() as session:
        batch = session.scalars(select(Batch)).one()
    assert (batch.total, batch.reason) == (2, "the row is there now")
    batches.work(batch.id)
    assert [one.instance_id for one in _open()] == [three[2]]


def test_a_single_chosen_one_needs_no_batch(three: list[int], notebook: Notebook, admin_browser: Any) -> None:
    notebook.fail.clear()
    answer = admin_browser.post(f"{PATH}/retry", {"incident": [_open()[0].id], "cause": _open()[0].cause})
    assert answer.headers["location"].startswith(PATH)
    assert len(_open()) == 2


def test_choosing_nothing_does_nothing_and_says_so(three: list[int], admin_browser: Any) -> None:
    admin_browser.post(f"{PATH}/retry", {"cause": _open()[0].cause})
    assert "请先勾选要重试的实例" in admin_browser.get(PATH).text
    assert len(_open()) == 3


def test_more_than_a_batch_may_hold_are_refused(three: list[int], admin_browser: Any) -> None:
    ids = [str(number) for number in range(70_000)]
    refused = admin_browser.post("/desk/operations/incidents/retry", {"incident": ids})
    assert refused.status_code < 500


def test_an_instances_failed_step_is_found_by_the_instance(three: list[int], admin_browser: Any) -> None:
    page = admin_browser.get(f"{PATH}?instance={three[0]}")
    assert "KeyError" in page.text.partition("ops-trace")[2]
    assert "已处理完" in admin_browser.get(f"{PATH}?cause=0123&process=test&node=act").text


def test_what_was_resolved_says_by_whom_and_how(
    three: list[int], office: Office, notebook: Notebook, admin_browser: Any
) -> None:
    notebook.fail.clear()
    with unit_of_work() as session:
        service.retry_incident(session, actor=office.people.admin, incident_id=_open()[0].id)
    page = admin_browser.get(f"{PATH}?tab=resolved")
    said = _text(page)
    assert "SO-1 act 节点 KeyError: &#39;row 17&#39; 1" in said
    assert "管理员 重试" in said
    assert "SO-2" not in said


def test_what_was_resolved_long_ago_is_not_listed(three: list[int], admin_browser: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(Incident).values(status="resolved", resolved_at=clock.now() - timedelta(days=31)))
    assert "近 30 天没有已解决的异常" in admin_browser.get(f"{PATH}?tab=resolved").text
    assert "没有出错的步骤" in admin_browser.get(PATH).text


def test_thousands_of_failures_are_one_line_and_paged(three: list[int], admin_browser: Any, session: Session) -> None:
    _many(session, three[0], 1200)
    page = admin_browser.get(PATH)
    assert _causes(page)[0].startswith("TimeoutError: after 5 s 1,200")
    assert page.text.count('name="incident"') == queries.PAGE
    following = re.search(r'rel="next"', page.text)
    assert following
    assert "1 – 50 / 1200" in page.text


@pytest.mark.parametrize("tab", ["open", "resolved"])
def test_the_page_takes_the_same_few_statements_however_many_fail(
    tab: str, three: list[int], admin_browser: Any, session: Session
) -> None:
    with unit_of_work() as other:
        if tab == "resolved":
            other.execute(update(Incident).values(status="resolved", resolved_at=clock.now()))
    admin_browser.get(f"{PATH}?tab={tab}")
    with counted_statements() as few:
        admin_browser.get(f"{PATH}?tab={tab}")
    _many(session, three[0], 400, status=tab, resolved_at=clock.now() if tab == "resolved" else None)
    with counted_statements() as many:
        admin_browser.get(f"{PATH}?tab={tab}")
    assert len(many) == len(few) <= 16, "\n".join(many)


def test_a_cause_is_found_along_an_index(three: list[int], session: Session) -> None:
    _many(session, three[0], 5000)
    session.commit()
    session.execute(text("analyze incidents"))
    plan = "\n".join(
        session.scalars(
            text("explain select id from incidents where status = 'open' and cause = 'x' and node_id = 'act'")
        )
    )
    assert "ix_incidents_cause" in plan
    plan = "\n".join(
        session.scalars(
            text("explain select id from incidents where status = 'resolved' and cause = 'x' and node_id = 'act'")
        )
    )
    assert "ix_incidents_resolved_cause" in plan


def test_nobody_but_administrators_knows_of_failures(
    three: list[int], others: dict[str, Any], admin_browser: Any
) -> None:
    incident = _open()[0].id
    assert admin_browser.get(PATH).status_code == admin_browser.get(f"{PATH}?tab=resolved").status_code == 200
    for who, browser in others.items():
        refused = (303,) if who == "visitor" else (404,)
        assert browser.get(PATH).status_code in refused, who
        assert browser.post(f"{PATH}/{incident}/retry").status_code in refused, who
        assert browser.post(f"{PATH}/retry", {"incident": [incident]}).status_code in refused, who
    assert len(_open()) == 3


def _many(session: Session, instance_id: int, count: int, **columns: Any) -> None:
    """Write so many incidents of one cause."""
    rows = [
        {"instance_id": instance_id, "task_id": uuid.uuid4(), "node_id": "act", "error": f"TimeoutError: after {n} s", "attempts": 1,
         "status": "open", "created_at": clock.now(), **columns}
        for n in [*range(6, count + 5), 5]
    ]  # fmt: skip
    session.execute(insert(Incident), rows)
    session.commit()
