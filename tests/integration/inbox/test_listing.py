"""The inbox's lists among very many tasks: read by index as far as shown, and paged by place, forwards and back."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import SYSTEM, Actor
from portal.database import run_prepared
from portal.inbox import queries
from portal.inbox.listing import tab_of
from portal.inbox.queries import PAGE, InboxFilter, TaskRow, count_sql, page_sql, tasks_page
from portal.workflow import service
from portal.workflow.models import ProcessDefinition
from tests.diagrams.build import diagram, end, start, user_task, wired
from tests.factories.customers import a_customer, a_user, actor_of

TABS = ("mine", "team", "done")


@pytest.fixture
def seller(session: Session) -> Actor:
    """A salesperson of a team."""
    return actor_of(a_user(session, "salesperson", team="一组"))


@pytest.fixture
def many(session: Session, seller: Actor) -> Callable[[int], None]:
    """Write so many tasks: a third are the seller's, a third free, a third a colleague's; every tenth has no due time."""
    mate = a_user(session, "salesperson", team="一组")
    customer = a_customer(session, name="天齿模具")
    xml = diagram("test", wired(start(), user_task("n"), end(), flows="start -> n -> end"))
    service.publish(session, xml=xml, source="edited", actor=SYSTEM)
    definition_id = session.scalars(select(ProcessDefinition.id)).one()

    def make(number: int) -> None:
        session.execute(
            text(
                "insert into process_instances (definition_id, process_key, business_key, customer_id, status, state, state_format, "
                "version, started_at) select :definition, 'test', 'SO-260713-' || lpad(n::text, 6, '0'), "
                "case when n % 50 = 0 then :customer end, 'running', '', 1, 1, now() from generate_series(1, :number) n"
            ),
            {"definition": definition_id, "customer": customer.id, "number": number},
        )
        session.execute(
            text(
                "insert into user_tasks (id, instance_id, process_key, business_key, definition_id, node_id, name_zh, name_en, role, "
                "assignee_id, team, status, priority, due_at, created_at, completed_at, completed_by) "
                "select gen_random_uuid(), id, process_key, business_key, definition_id, 'n', 'n', 'n', 'salesperson', "
                "case id % 3 when 0 then cast(:me as bigint) when 1 then cast(:mate as bigint) end, "
                "case when id % 5 < 3 then '一组' else '二组' end, "
                "case when id % 7 = 0 then 'completed' else 'open' end, id % 2, "
                "case when id % 10 > 0 then now() + interval '1 hour' * (id % 40 - 20) end, now(), "
                "case when id % 7 = 0 then now() - interval '1 minute' * (id % 90) end, case when id % 7 = 0 then cast(:me as bigint) end "
                "from process_instances"
            ),
            {"me": seller.user_id, "mate": mate.id},
        )
        session.execute(text("analyze user_tasks"))
        session.execute(text("analyze process_instances"))
        session.commit()

    return make


def _all(session: Session, actor: Actor, tab: str, **narrowed: Any) -> list[list[TaskRow]]:
    """Turn the pages to the last, then back to the first, which must be the same ones; return them."""
    wanted, pages = InboxFilter(tab=tab, **narrowed), []
    while True:
        page = tasks_page(session, actor=actor, wanted=wanted)
        pages.append(list(page.rows))
        if not page.next:
            break
        wanted = InboxFilter(tab=tab, page=page.number + 1, after=page.next, **narrowed)
    back = [pages[-1]]
    while page.previous:
        wanted = InboxFilter(tab=tab, page=page.number - 1, before=page.previous, **narrowed)
        page = tasks_page(session, actor=actor, wanted=wanted)
        back.append(list(page.rows))
    assert back[::-1] == pages
    return pages


@pytest.mark.parametrize("tab", TABS)
def test_every_task_of_a_tab_is_on_one_page(
    tab: str, session: Session, seller: Actor, many: Callable[[int], None]
) -> None:
    many(420)
    pages = _all(session, seller, tab)
    shown = [row.id for page in pages for row in page]
    there = session.execute(
        text(f"select id from user_tasks t where {tab_of(tab, seller).condition.replace('%(', ':').replace(')s', '')}"),
        {**tab_of(tab, seller).given},
    ).scalars()
    assert sorted(shown) == sorted(there)
    assert all(len(page) == PAGE for page in pages[:-1])


@pytest.mark.parametrize("tab", ["mine", "team"])
def test_tasks_stand_in_the_order_of_their_urgency_free_ones_first(
    tab: str, session: Session, seller: Actor, many: Callable[[int], None]
) -> None:
    many(420)
    rows = [row for page in _all(session, seller, tab) for row in page]
    never = clock.now() + timedelta(days=999)
    keys = [(tab == "team" and row.assignee_id is not None, row.due_at or never, -row.priority) for row in rows]
    assert all(one <= other for one, other in pairwise(keys))


@pytest.mark.parametrize(
    "narrowed", [{"search": "00100"}, {"search": "260713-0"}, {"search": "齿"}, {"due": "overdue"}]
)
@pytest.mark.parametrize("tab", ["mine", "team"])
def test_a_narrowed_list_holds_what_fits_and_nothing_else(
    tab: str, narrowed: dict[str, str], session: Session, seller: Actor, many: Callable[[int], None]
) -> None:
    many(420)
    now = clock.now()
    fits = {
        "00100": lambda row: "00100" in row.business_key,
        "260713-0": lambda row: "260713-0" in row.business_key,
        "齿": lambda row: row.customer_name is not None,
        "overdue": lambda row: row.due_at is not None and row.due_at < now,
    }[next(iter(narrowed.values()))]
    everything = {row.id for page in _all(session, seller, tab) for row in page if fits(row)}
    assert {row.id for page in _all(session, seller, tab, **narrowed) for row in page} == everything
    assert tasks_page(session, actor=seller, wanted=InboxFilter(tab=tab, **narrowed)).total == len(everything)


@pytest.mark.parametrize(
    "place",
    [
        "nonsense", "~~~~", "free~x~1~y~z", f"taken~infinity~1~2026-01-01~{'0' * 32}~more",
        f"free~infinity~99999999999~2026-01-01~{'0' * 32}",
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_the_beginning(
    place: str, session: Session, seller: Actor, many: Callable[[int], None]
) -> None:
    many(60)
    first = tasks_page(session, actor=seller, wanted=InboxFilter(tab="team"))
    assert tasks_page(session, actor=seller, wanted=InboxFilter(tab="team", after=place, page=3)) == first


def test_more_than_999_are_not_counted(
    session: Session, seller: Actor, many: Callable[[int], None], client_for: Any
) -> None:
    many(6000)
    assert queries.tab_counts(session, actor=seller) == {"mine": 1000, "team": 1000}
    assert queries.mine_count(session, actor=seller) == 1000


INDEXES = [
    (InboxFilter("mine"), {"user_tasks_mine"}),
    (InboxFilter("team"), {"user_tasks_free_of_team"}),
    (InboxFilter("done"), {"user_tasks_completed_by"}),
    (InboxFilter("mine", due="overdue"), {"user_tasks_mine"}),
    (InboxFilter("team", due="later"), {"user_tasks_free_of_team"}),
    (InboxFilter("team", customer_id=1), {"process_instances_customer_id", "user_tasks_instance_id"}),
    (
        InboxFilter("team", search="SO-260713-000100"),
        {"process_instances_key_prefix", "process_instances_number_prefix", "process_instances_number_end"},
    ),
]


def test_pages_and_counts_are_read_by_index(session: Session, seller: Actor, many: Callable[[int], None]) -> None:
    many(40_000)
    for wanted, indexes in INDEXES:
        tab = tab_of(wanted.tab, seller)
        for statement in (page_sql(tab, wanted, None)[0], count_sql(tab, wanted)):
            rows = run_prepared(session, f"explain {statement}", tab.given | queries._values(wanted))
            plan = "\n".join(row[0] for row in rows)
            assert not {index for index in indexes if f"ix_{index}" not in plan}, f"{wanted}\n{plan}"
            assert "Seq Scan on user_tasks" not in plan, f"{wanted}\n{plan}"
            assert "Seq Scan on process_instances" not in plan, f"{wanted}\n{plan}"
