"""Publishing by hand and from delivered files, and reading what processes say."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.accounts.actor import SYSTEM
from portal.database import unit_of_work
from portal.errors import NotPermitted
from portal.web.i18n import using_locale
from portal.workflow import delivery, publishing, queries, service
from portal.workflow.errors import DiagramRefused
from portal.workflow.models import ProcessDefinition
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    field,
    gateway,
    rule,
    start,
    table,
    throw,
    user_task,
    wired,
)
from tests.integration.workflow.conftest import Notebook, Office

TABLE = table(
    "approval",
    {"order.amount": "number", "order.custom": "boolean"},
    "who",
    '>= 20000 | - -> "manager"',
    '- | true -> "seller"',
    '- | - -> "none"',
)


def simple(name: str = "review", **attributes: str) -> str:
    return diagram("test", wired(start(), user_task(name, **attributes), end(), flows=f"start -> {name} -> end"))


def versions() -> list[tuple[int, str, str]]:
    with unit_of_work() as session:
        rows = session.execute(
            select(ProcessDefinition.version, ProcessDefinition.status, ProcessDefinition.source).order_by(
                ProcessDefinition.version
            )
        )
        return [(row.version, row.status, row.source) for row in rows]


def test_a_running_instance_stays_on_its_version(office: Office) -> None:
    office.run(simple("first"))
    office.publish(simple("second"))
    assert office.open() == ["first"]
    office.complete("first")
    office.start(business_key="B2")
    assert office.open() == ["second"]
    assert versions() == [(1, "retired", "edited"), (2, "published", "edited")]


def test_publishing_the_same_again_makes_no_version(office: Office) -> None:
    for _ in range(2):
        office.publish(simple())
    assert len(versions()) == 1


def test_only_an_administrator_publishes(office: Office) -> None:
    with pytest.raises(NotPermitted), unit_of_work() as session:
        service.publish(session, xml=simple(), source="edited", actor=office.people.manager)
    with unit_of_work() as session:
        service.publish(session, xml=simple(), source="edited", actor=office.people.admin)


def test_a_faulty_diagram_is_refused_with_every_problem(office: Office) -> None:
    with pytest.raises(DiagramRefused) as refused, unit_of_work() as session:
        service.publish(session, xml=simple(role="emperor", due="soon"), source="edited", actor=SYSTEM)
    assert [(problem.node_id, problem.node_name) for problem in refused.value.problems] == [
        ("review", ("review 节点", "review"))
    ] * 2
    assert versions() == []
    for broken in ("<xml", table("t", {"?": "number"}, "a", "- -> 1")):
        with pytest.raises(DiagramRefused), unit_of_work() as session:
            service.publish_decision(session, xml=broken, source="edited", actor=SYSTEM)
    with unit_of_work() as session:
        vocabulary, problems = publishing.check(session, xml="nonsense")
        assert (vocabulary, len(problems)) == (None, 1)


def test_delivered_files_are_published_once_and_again_when_they_change(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "test.bpmn"
    (tmp_path / "approval.dmn").write_text(TABLE)
    for text, count in ((simple("one"), 1), (simple("one"), 1), (simple("two"), 2), (simple("three"), 3)):
        file.write_text(text)
        delivery.publish_delivered(tmp_path)
        assert len(versions()) == count


def test_an_older_release_started_again_does_not_take_its_diagram_back(office: Office, tmp_path: Path) -> None:
    file, older = tmp_path / "test.bpmn", tmp_path / "older"
    older.mkdir()
    (older / "test.bpmn").write_text(simple("one"))
    file.write_text(simple("one"))
    delivery.publish_delivered(tmp_path)
    file.write_text(simple("two"))
    delivery.publish_delivered(tmp_path)
    assert delivery.publish_delivered(older) == []
    assert set(delivery.publish_files([older / "test.bpmn"], older).values()) == {"published"}, (
        "whoever names it means it"
    )


def test_named_files_are_published_tables_first_and_those_that_were_new_are_told(
    office: Office, tmp_path: Path
) -> None:
    process, decision = tmp_path / "a.bpmn", tmp_path / "b.dmn"
    process.write_text(simple("one"))
    decision.write_text(TABLE)
    assert list(delivery.publish_files([process, decision]).items()) == [
        (decision, "published"),
        (process, "published"),
    ]
    process.write_text(simple("two"))
    assert delivery.publish_files([process, decision]) == {decision: "known", process: "published"}
    assert len(versions()) == 2


def test_a_named_file_from_elsewhere_is_an_edited_version_that_delivered_ones_wait_for(
    office: Office, tmp_path: Path
) -> None:
    delivered, mine = tmp_path / "delivered", tmp_path / "mine.bpmn"
    delivered.mkdir()
    file = delivered / "test.bpmn"
    file.write_text(simple("one"))
    mine.write_text(simple("mine"))
    assert delivery.publish_delivered(delivered) == [file]
    assert delivery.publish_files([mine], delivered) == {mine: "published"}
    file.write_text(simple("two"))
    assert delivery.publish_delivered(delivered) == []
    assert delivery.publish_files([file], delivered) == {file: "waits"}
    assert versions() == [(1, "retired", "delivered"), (2, "published", "edited")]


def test_what_an_administrator_edited_stays_theirs(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "test.bpmn"
    file.write_text(simple("one"))
    delivery.publish_delivered(tmp_path)
    office.publish(simple("mine"))
    file.write_text(simple("two"))
    delivery.publish_delivered(tmp_path)
    assert versions() == [(1, "retired", "delivered"), (2, "published", "edited")]


def test_a_new_edition_of_a_table_decides_from_now_on(office: Office) -> None:
    xml = diagram(
        "test",
        wired(
            start(),
            user_task("wait"),
            rule("decide", "approval", result="ruled"),
            end(),
            flows="start -> wait -> decide -> end",
        ),
    )
    office.run(xml, TABLE, order={"amount": 5, "custom": False})
    with unit_of_work() as session:
        service.publish_decision(session, xml=TABLE.replace("20000", "1"), source="edited", actor=SYSTEM)
    office.complete("wait")
    (decision,) = office.history("decision")
    assert (decision.detail["version"], decision.detail["row"]) == (2, 1)


def story() -> str:
    return diagram(
        "test",
        wired(
            start(), throw("received", status="open"), rule("decide", "approval", result="ruled"), gateway("gate"),
            user_task("manager", field("ok", "yesno"), role="sales_manager"), border("late", "manager", timer="P1D"), end("e1"), end("e2"),
            catch("shipped", message="shipped"), end("e3"),
            flows="""
            start -> received -> decide -> gate
            gate -> manager | ruled.who == "manager"
            gate -> shipped | default
            manager -> e1
            late -> e2
            shipped -> e3
            """,
        ),
        messages="shipped",
        statuses="open closed",
    )  # fmt: skip


def test_why_a_task_is_here_tells_the_row_that_hit(office: Office) -> None:
    office.run(story(), TABLE, order={"amount": 29558, "custom": True})
    with unit_of_work() as session, using_locale("zh"):
        (reason,) = queries.why(session, office.task("manager"))
    assert (reason.table, reason.key, reason.version, reason.row) == ("decide 节点 v1 · 第 1 行", "approval", 1, 1)
    assert [(fact.label, fact.value, fact.limit, fact.hit) for fact in reason.facts] == [
        ("order.amount 列", "29,558", "≥ 20,000", True),
        ("order.custom 列", "是", "—", False),
    ]  # fmt: skip


def test_the_path_tells_what_was_taken_and_where_it_is(office: Office, notebook: Notebook) -> None:
    instance_id = office.run(story(), TABLE, order={"amount": 5, "custom": False})
    with unit_of_work() as session:
        path = queries.path(session, instance_id)
        assert [here["node"] for here in path["here"]] == ["shipped"]
        assert path["here"][0]["since"] is not None
        assert path["taken"] == [
            "start", "start_to_received", "received", "received_to_decide", "decide", "decide_to_gate", "gate", "gate_to_shipped", "shipped",
        ]  # fmt: skip
        assert queries.statuses(session, "test").keys() == {"open", "closed"}
        found = queries.instance_by_key(session, "test", "B1")
        assert found is not None
        assert (found.id, found.status) == (instance_id, "running")
        assert queries.process_name(session, "test") == ("测试", "Test")
        assert queries.facts(session, instance_id)["ruled"] == {"who": "none"}


def test_a_waiting_border_event_is_not_where_the_token_is(office: Office) -> None:
    instance_id = office.run(story(), TABLE, order={"amount": 29558, "custom": False})
    with unit_of_work() as session:
        assert [here["node"] for here in queries.path(session, instance_id)["here"]] == ["manager"]
        detail = queries.task_detail(session, office.task("manager"))
        assert detail is not None
        assert ([f.key for f in detail.form], detail.role, detail.facts["order"]["amount"]) == (
            ["ok"],
            "sales_manager",
            29558,
        )


def test_an_incident_is_shown_where_it_is(office: Office, notebook: Notebook) -> None:
    instance_id = office.run(story(), TABLE, order={"amount": "much", "custom": False})
    with unit_of_work() as session:
        path = queries.path(session, instance_id)
    assert (path["incidents"], [here["node"] for here in path["here"]]) == (["decide"], ["decide"])
