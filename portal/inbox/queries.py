"""Reads of the inbox: tasks with the customer and the money they are about."""

# ruff: noqa: S608  the texts are put together from what is written here; every value is a parameter

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.accounts.models import User
from portal.database import run_prepared
from portal.inbox import listing
from portal.inbox.due import Due, end_of_day
from portal.inbox.listing import Place, Tab, tab_of
from portal.workflow.calendar import shop_zone

PAGE = 50
MOST_COUNTED = 999
"""More tasks than these are not counted."""
MOST_CUSTOMERS = 200
"""How many customers a filter offers; others are found by typing."""
LOOKED_AT = 300
"""What filters offer is looked for in so many tasks at the head of a tab (of each of its streams), and so is what stands within a
number."""
MOST_FOUND = 500
"""How many numbers that begin or end with what is searched, and how many orders of customers named so, are followed."""
LARGEST_PRIORITY = 2**31 - 1
TABS = ("mine", "team", "done")


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What part of the inbox to show; empty strings mean all. `after` and `before` are places that `Page` gave; `page` numbers the page."""

    tab: str = "mine"
    process: str = ""
    customer_id: int | None = None
    due: str = ""
    search: str = ""
    page: int = 1
    after: str = ""
    before: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether not all of the tab is shown."""
        return bool(self.process or self.customer_id or self.due or self.search)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as the list shows it; `amount` in CNY."""

    id: uuid.UUID
    node_id: str
    name_zh: str
    name_en: str
    process_key: str
    business_key: str
    customer_id: int | None
    customer_name: str | None
    customer_type: str | None
    amount: Decimal | None
    created_at: datetime
    due_at: datetime | None
    status: str
    assignee_id: int | None
    assignee_name: str | None
    completed_at: datetime | None
    team: str | None
    priority: int
    suspended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a tab. `total` is counted up to `MOST_COUNTED` + 1; `next` and `previous` are places, empty at the ends."""

    rows: tuple[TaskRow, ...]
    total: int
    number: int
    next: str
    previous: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the tasks of a tab can be narrowed to: keys of processes, and customers by name (id, name)."""

    processes: tuple[str, ...]
    customers: tuple[tuple[int, str], ...]


def tasks_page(session: Session, *, actor: Actor, wanted: InboxFilter) -> Page:
    """Return a page of one tab: open ones by due time (free ones first for the team), done ones newest first."""
    tab = tab_of(wanted.tab, actor)
    place, given = place_of(wanted)
    given |= tab.given | _values(wanted)
    rows: list[TaskRow] = []
    for statement in page_sql(tab, wanted, place):
        if len(rows) <= PAGE:
            rows += [TaskRow(*row) for row in run_prepared(session, statement, given)]
    more, backwards = len(rows) > PAGE, place is not None and place.backwards
    rows = rows[:PAGE][::-1] if backwards else rows[:PAGE]
    (total,) = run_prepared(session, count_sql(tab, wanted), given)[0]
    return Page(
        rows=tuple(rows), total=total, number=wanted.page if place else 1,
        next=place_behind(rows[-1], wanted.tab) if rows and (more or backwards) else "",
        previous=place_behind(rows[0], wanted.tab) if rows and place and (more or not backwards) else "",
    )  # fmt: skip


def tab_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """Count the open tasks of mine and my team's, each up to `MOST_COUNTED` + 1."""
    mine, team = tab_of("mine", actor), tab_of("team", actor)
    nothing = InboxFilter()
    counted = f"select ({count_sql(mine, nothing)}), ({count_sql(team, nothing)})"
    row = run_prepared(session, counted, mine.given | team.given)[0]
    return {"mine": row[0], "team": row[1]}


def mine_count(session: Session, *, actor: Actor) -> int:
    """Count the actor's own open tasks, up to `MOST_COUNTED` + 1."""
    tab = tab_of("mine", actor)
    return int(run_prepared(session, count_sql(tab, InboxFilter()), tab.given)[0][0])


def choices(session: Session, *, actor: Actor, tab: str) -> Choices:
    """Return what a tab's filters offer, as far as its first tasks tell."""
    asked = tab_of(tab, actor)
    looked_at = listing.some(asked, "t.instance_id, t.process_key", limit=LOOKED_AT)
    rows = run_prepared(
        session,
        f"select distinct t.process_key, c.id, c.name from {looked_at} t {listing.CUSTOMER_OF_EACH} order by c.name, c.id, t.process_key",
        asked.given,
    )
    customers = dict.fromkeys((row[1], row[2]) for row in rows if row[1] is not None)
    return Choices(tuple(sorted({row[0] for row in rows})), tuple(customers)[:MOST_CUSTOMERS])


def page_sql(tab: Tab, wanted: InboxFilter, place: Place | None) -> list[str]:
    """Write the statements of a page, to be run until there is one row more than is shown."""
    narrow = _narrow(tab, wanted, "t.*", place)
    sources = [narrow] if narrow else [
        listing.first(tab, "t.*", kind, limit=PAGE + 1, more=_conditions(wanted), place=place)
        for kind in listing.kinds(tab, place)
    ]  # fmt: skip
    order = listing.order(tab, place)
    return [
        f"select {_SHOWN} from (select t.* from {source} t order by {order} limit {PAGE + 1}) t {_BESIDE} order by {order}"
        for source in sources
    ]


def count_sql(tab: Tab, wanted: InboxFilter) -> str:
    """Write the statement that counts a list, up to `MOST_COUNTED` + 1."""
    most = MOST_COUNTED + 1
    source = _narrow(tab, wanted, "t.id", None) or listing.some(tab, "t.id", limit=most, more=_conditions(wanted))
    return f"select count(*) from (select 1 from {source} t limit {most}) t"


def _narrow(tab: Tab, wanted: InboxFilter, columns: str, place: Place | None) -> str:
    """Select the tasks of a customer, or of a search: few, so that they are not looked for in the order of the list. Empty: neither."""
    more = _conditions(wanted)
    few = [listing.of_customer(tab)] if wanted.customer_id is not None else []
    if wanted.search:
        few.append(listing.found(tab, wanted.search, at_once=MOST_FOUND, within=LOOKED_AT, more=more))
    conditions = " and ".join([tab.condition, *more, *few, *listing.behind(tab, place)])
    return f"(select {columns} from user_tasks t where {conditions} offset 0)" if few else ""


_SHOWN = (
    "t.id, t.node_id, t.name_zh, t.name_en, t.process_key, t.business_key, i.customer_id, c.name, c.type, i.amount, t.created_at, "
    "t.due_at, t.status, t.assignee_id, a.name, t.completed_at, t.team, t.priority, i.suspended_at"
)
_BESIDE = (
    "join process_instances i on i.id = t.instance_id left join customers c on c.id = i.customer_id "
    "left join users a on a.id = t.assignee_id"
)
_DUE = "coalesce(t.due_at, 'infinity'::timestamptz)"
_DUES = {
    Due.OVERDUE: [f"{_DUE} < %(now)s"],
    Due.TODAY: [f"{_DUE} >= %(now)s", f"{_DUE} < %(tomorrow)s"],
    Due.LATER: [f"{_DUE} >= %(tomorrow)s"],
}


def _conditions(wanted: InboxFilter) -> list[str]:
    process = ["t.process_key = %(process)s"] if wanted.process else []
    return process + (_DUES[Due(wanted.due)] if wanted.due in set(Due) else [])


def _values(wanted: InboxFilter) -> dict[str, Any]:
    now = clock.now()
    given = {
        "process": wanted.process,
        "customer": wanted.customer_id,
        "now": now,
        "tomorrow": end_of_day(now, zone=shop_zone()),
    }
    return given | (listing.search_values(wanted.search) if wanted.search else {})


def place_behind(row: TaskRow, tab: str) -> str:
    """Write the place of a row, for `InboxFilter.after` and `.before`."""
    if tab == "done":
        return "~".join(("", "", "", row.completed_at.isoformat() if row.completed_at else "", row.id.hex))
    kind = "" if tab == "mine" else "free" if row.assignee_id is None else "taken"
    due = row.due_at.isoformat() if row.due_at else "infinity"
    return "~".join((kind, due, str(-row.priority), row.created_at.isoformat(), row.id.hex))


def place_of(wanted: InboxFilter) -> tuple[Place | None, dict[str, Any]]:
    """Read a place that `place_behind` wrote; what is not one is the beginning."""
    kind, due, priority, created, task, *rest = (*(wanted.after or wanted.before).split("~"), "", "", "", "", "")
    done = wanted.tab == "done"
    if any(rest) or kind not in {"mine": ("",), "done": ("",), "team": ("free", "taken")}[wanted.tab]:
        return None, {}
    try:
        given = {"k_created": datetime.fromisoformat(created), "k_id": uuid.UUID(task)}
        if not done:
            given |= {
                "k_due": due if due == "infinity" else datetime.fromisoformat(due).isoformat(),
                "k_priority": _small(priority),
            }
    except ValueError:
        return None, {}
    return Place(kind, backwards=not wanted.after), given


def _small(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST_PRIORITY:
        raise ValueError(text)
    return number


def next_task(session: Session, *, actor: Actor, after: uuid.UUID) -> uuid.UUID | None:
    """Return the actor's most urgent open task other than the one just done."""
    rows = run_prepared(session, _NEXT, {"me": actor.user_id, "after": after})
    return rows[0][0] if rows else None


_NEXT = (
    "select t.id from user_tasks t where t.status = 'open' and t.assignee_id = %(me)s and t.id <> %(after)s "
    f"order by {listing.URGENCY} limit 1"
)


def colleagues(session: Session, *, actor: Actor, role: str | None) -> tuple[tuple[int, str], ...]:
    """Return who else could be handed a task of a role: (user id, name), by name."""
    if role is None:
        return ()
    found = session.execute(
        select(User.id, User.name)
        .where(User.active, User.roles.contains([role]), User.id != actor.user_id, User.customer_id.is_(None))
        .order_by(User.name)
    )
    return tuple((row.id, row.name) for row in found)


def task_row(session: Session, *, task_id: uuid.UUID) -> TaskRow | None:
    """Return one task's row; whether the actor may see it is the runtime's to say first."""
    rows = run_prepared(session, f"select {_SHOWN} from user_tasks t {_BESIDE} where t.id = %(id)s", {"id": task_id})
    return TaskRow(*rows[0]) if rows else None
