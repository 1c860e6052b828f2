"""A step is a handful of statements, and a long process stays as small as a short one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select

from portal.database import engine, unit_of_work
from portal.workflow.models import ProcessInstance
from tests.diagrams.build import (
    border,
    catch,
    diagram,
    end,
    gateway,
    inside,
    start,
    user_task,
    wired,
)
from tests.diagrams.build import (
    service as action,
)
from tests.integration.workflow.conftest import Notebook, Office

PROCESS = diagram(
    "test",
    wired(
        start(),
        inside("all", wired(
            start("s"), action("act", "test.one", result="state"), gateway("gate"), user_task("review"), action("then", "test.two"), user_task("last"), end("e"), end("e1"),
            flows="s -> act -> gate\ngate -> review | state.go\ngate -> e1 | default\nreview -> then -> last -> e",
        )),
        border("cancel", "all", message="cancel_order"), end("cancelled"), end(),
        flows="start -> all -> end\ncancel -> cancelled",
    ),
    messages="cancel_order",
)  # fmt: skip


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(" ".join(statement.split())[:60])

    event.listen(engine(), "before_cursor_execute", note)
    yield seen
    event.remove(engine(), "before_cursor_execute", note)


def test_completing_a_task_takes_few_statements(office: Office, notebook: Notebook) -> None:
    notebook.answers["test.one"] = {"go": True}
    office.publish(PROCESS)
    with statements() as starting:
        office.start()
    task_id = office.task("review")
    with statements() as completing, unit_of_work() as session:
        from portal.workflow import service

        service.complete_task(session, actor=office.people.seller, task_id=task_id, data={})
    assert len(starting) <= 4, "\n".join(starting)
    assert len(completing) <= 3, "\n".join(completing)


def test_a_hundred_rounds_do_not_make_the_state_larger(office: Office, notebook: Notebook) -> None:
    xml = diagram(
        "test",
        wired(
            start(), catch("parcel", message="parcel"), action("book", "test.one", result="left"), gateway("all"), end(),
            flows="start -> parcel -> book -> all\nall -> end | left.none\nall -> parcel | default",
        ),
        messages="parcel",
    )  # fmt: skip
    notebook.answers["test.one"] = {"none": False}
    office.run(xml)
    sizes = []
    for number in range(90):
        office.send("parcel", f"p{number}", {"n": number})
        with unit_of_work() as session:
            sizes.append(len(session.scalars(select(ProcessInstance.state)).one()))
    assert sizes[-1] <= sizes[5] + 20
