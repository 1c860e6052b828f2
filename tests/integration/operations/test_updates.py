"""Delivered updates: offered when an administrator has edited the published version, with what they would change; taken or put aside."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM
from portal.accounts.models import AuditEntry
from portal.database import unit_of_work
from portal.operations import updates
from portal.workflow import delivery, service
from portal.workflow.models import DecisionDefinition, ProcessDefinition
from portal.workflow.publishing import digest
from tests.diagrams.build import diagram, end, field, gateway, start, table, user_task, wired
from tests.factories.customers import a_contact, a_user

PATH = "/desk/operations/updates"


def process(*more: str, flows: str = "start -> review -> end", fields: str = "") -> str:
    return diagram(
        "test",
        wired(
            start(), user_task("review", field("note"), *([field(fields)] if fields else [])), *more, end(), flows=flows
        ),
    )


@pytest.fixture
def folder(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of delivered files: the first delivery of a process and a table is published, and an administrator has edited both."""
    monkeypatch.setattr(updates, "delivered_files", lambda: delivery.delivered_files(tmp_path))
    (tmp_path / "test.bpmn").write_text(process())
    (tmp_path / "rules.dmn").write_text(
        table("rules", {"order.total": "number"}, "way", '> 5 -> "long"', '- -> "short"')
    )
    delivery.publish_delivered(tmp_path)
    with unit_of_work() as session:
        service.publish(session, xml=process(fields="mine"), source="edited", actor=SYSTEM)
        mine = table("rules", {"order.total": "number"}, "way", '> 7 -> "long"', '- -> "short"')
        service.publish_decision(session, xml=mine, source="edited", actor=SYSTEM)
    return tmp_path


@pytest.fixture
def admin(session: Session, client_for: Callable[..., Any], folder: Path) -> Any:
    """An administrator's browser."""
    user = a_user(session, "administrator")
    session.commit()
    return client_for(user, language="en")


def deliver(folder: Path) -> None:
    """A release brings newer files."""
    flows = 'start -> review -> ask\nask -> sign | review.note == "x"\nask -> end | default\nsign -> end'
    (folder / "test.bpmn").write_text(process(gateway("ask"), user_task("sign"), flows=flows))
    changed = table("rules", {"order.total": "number"}, "way", '> 9 -> "long"', '> 8 -> "middle"', '- -> "short"')
    (folder / "rules.dmn").write_text(changed)
    delivery.publish_delivered(folder)


def test_nothing_waits_while_nothing_newer_was_delivered(admin: Any) -> None:
    assert "No update waits" in admin.get(PATH).text


def test_a_newer_file_does_not_replace_what_was_edited_but_is_offered_in_words(admin: Any, folder: Path) -> None:
    deliver(folder)
    assert published(ProcessDefinition) == (2, "edited")
    page = admin.get(PATH).text
    assert "new: Step “sign”" in page
    assert "new: Arrow ask → sign" in page
    assert "when review.note == &#34;x&#34;" in page
    assert "form: “mine” is gone" in page
    assert "gone: Arrow review → end" in page
    assert "Row 1" in page
    assert "&gt; 7 → &gt; 9" in page
    assert "delivered updates wait" in admin.get("/desk/operations").text


def published(model: Any) -> tuple[int, str]:
    with unit_of_work() as session:
        row = session.execute(select(model.version, model.source).where(model.status == "published")).one()
        return row.version, row.source


def test_taking_it_publishes_it_with_the_reason(admin: Any, folder: Path) -> None:
    deliver(folder)
    answer = admin.post(
        f"{PATH}/process/test/taking",
        {"digest": digest_of(folder / "test.bpmn"), "version": "2", "reason": "we want signing"},
    )
    assert answer.status_code == 303
    assert published(ProcessDefinition) == (3, "delivered")
    with unit_of_work() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == updates.TAKEN)).one()
        assert (entry.subject_type, entry.subject_key, entry.reason) == ("process", "test", "we want signing")
    page = admin.get(PATH).text
    assert "new: Step" not in page
    assert "Row 1" in page
    admin.post(
        f"{PATH}/decision/rules/taking", {"digest": digest_of(folder / "rules.dmn"), "version": "2", "reason": "x"}
    )
    assert published(DecisionDefinition) == (3, "delivered")


def digest_of(path: Path) -> str:
    return digest(path.read_bytes())


def test_keeping_ours_hides_it_until_the_next_delivery(admin: Any, folder: Path) -> None:
    deliver(folder)
    for kind, key, name in (("process", "test", "test.bpmn"), ("decision", "rules", "rules.dmn")):
        assert admin.post(f"{PATH}/{kind}/{key}/keeping", {"digest": digest_of(folder / name)}).status_code == 303
    assert "No update waits" in admin.get(PATH).text
    assert published(ProcessDefinition) == (2, "edited")
    (folder / "test.bpmn").write_text(process(user_task("file"), flows="start -> review -> file -> end"))
    assert "new: Step “file”" in admin.get(PATH).text


def test_without_a_reason_it_is_not_taken(admin: Any, folder: Path) -> None:
    deliver(folder)
    answer = admin.post(f"{PATH}/process/test/taking", {"digest": digest_of(folder / "test.bpmn"), "reason": " "})
    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert published(ProcessDefinition) == (2, "edited")


def test_another_edition_than_the_one_looked_at_is_not_taken(admin: Any, folder: Path) -> None:
    deliver(folder)
    answer = admin.post(f"{PATH}/process/test/taking", {"digest": "0" * 64, "reason": "x"})
    assert answer.status_code == 409 or "delivered meanwhile" in answer.text
    assert published(ProcessDefinition) == (2, "edited")


def test_an_update_does_not_replace_what_was_published_since_it_was_looked_at(admin: Any, folder: Path) -> None:
    deliver(folder)
    assert 'name="version" value="2"' in admin.get(PATH).text
    with unit_of_work() as session:
        service.publish(session, xml=process(fields="newer"), source="edited", actor=SYSTEM)
    answer = admin.post(
        f"{PATH}/process/test/taking", {"digest": digest_of(folder / "test.bpmn"), "version": "2", "reason": "x"}
    )
    assert (answer.status_code, "published meanwhile" in answer.text) == (422, True)
    assert published(ProcessDefinition) == (3, "edited")


def test_what_is_not_offered_cannot_be_taken(admin: Any) -> None:
    assert admin.post(f"{PATH}/process/test/taking", {"digest": "x", "reason": "x"}).status_code == 404
    assert admin.post(f"{PATH}/odd/test/keeping", {"digest": "x"}).status_code == 404


@pytest.mark.parametrize("role", ["salesperson", "sales_manager", "warehouse", "finance", "contact"])
def test_nobody_else_knows_the_page(role: str, session: Session, client_for: Callable[..., Any], folder: Path) -> None:
    user = a_contact(session) if role == "contact" else a_user(session, role)
    session.commit()
    browser = client_for(user)
    assert browser.get(PATH).status_code == 404
    assert browser.post(f"{PATH}/process/test/taking", {"digest": "x", "reason": "x"}).status_code == 404
    assert browser.post(f"{PATH}/process/test/keeping", {"digest": "x"}).status_code == 404


def test_a_visitor_is_asked_to_log_in(client_for: Callable[..., Any], database: str) -> None:
    assert client_for().get(PATH).headers["location"].startswith("/login")
