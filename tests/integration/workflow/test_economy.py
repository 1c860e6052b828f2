"""A step is a handful of statements, and a long process stays as small as a short one."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text

from portal.accounts.models import User
from portal.database import unit_of_work
from portal.workflow import service
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
from tests.round_trips import round_trips

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


def test_a_step_takes_few_round_trips(office: Office, notebook: Notebook) -> None:
    """Of a transaction's, its beginning and its commit are counted, too."""
    notebook.answers["test.one"] = {"go": True}
    office.publish(PROCESS)
    for number in range(2):  # the second time everything is prepared
        with round_trips() as starting:
            office.start(business_key=f"B{number}")
        task_id = office.task("review")
        with round_trips() as completing, unit_of_work() as session:
            service.complete_task(session, actor=office.people.seller, task_id=task_id, data={})
    assert len(starting) <= 5, starting
    assert len(completing) <= 4, completing
    assert (completing[0], completing[-1]) == ("BEGIN", "COMMIT")


def test_an_action_costs_a_savepoint_only_when_it_uses_the_database(office: Office, notebook: Notebook) -> None:
    notebook.answers["test.one"] = {"go": True}
    notebook.hooks["test.one"] = lambda session, _call: session.execute(text("select 1")) and None
    office.publish(PROCESS)
    with round_trips() as starting:
        office.start()
    assert len([sent for sent in starting if "SAVEPOINT" in sent]) == 2, "kept and given up"


def test_completing_a_task_from_a_page_takes_few_round_trips(
    office: Office, notebook: Notebook, client_for: Callable[..., Any]
) -> None:
    """The log-in's session and the next task to open are asked for, too."""
    notebook.answers["test.one"] = {"go": True}
    office.publish(PROCESS)
    with unit_of_work() as session:
        browser = client_for(session.get_one(User, office.people.seller.user_id))
    for number in range(2):
        office.start(business_key=f"B{number}")
        task_id = office.task("review")
        with round_trips() as made:
            assert browser.post(f"/desk/inbox/{task_id}/completion", {}).status_code == 303
    assert len(made) <= 6, made


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
