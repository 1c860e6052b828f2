"""The SQL of the inbox's lists: pieces that are put together. However many tasks there are, only as many are read as are shown or counted.

A tab is some streams of tasks, each an index in the order of the list: `mine` one; the team's one for every role, and team, of the free
ones and of those that are taken. A page is the first rows of each after a key, merged. What narrows to a few tasks of any tab (a
customer, a search) begins at those instead. Values are named parameters throughout; what is put into the text is written here.
"""

# ruff: noqa: S608  the texts are put together from what is written here; every value is a parameter

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.accounts.actor import Actor, Role

URGENCY = "coalesce(t.due_at, 'infinity'::timestamptz), (- t.priority), t.created_at, t.id"
_REVERSED = "coalesce(t.due_at, 'infinity'::timestamptz) desc, (- t.priority) desc, t.created_at desc, t.id desc"
_KEY = "(cast(%(k_due)s as timestamptz), cast(%(k_priority)s as int), cast(%(k_created)s as timestamptz), cast(%(k_id)s as uuid))"
_DONE_KEY = "(cast(%(k_created)s as timestamptz), cast(%(k_id)s as uuid))"
_OPEN = "t.status = 'open'"
CUSTOMER_OF_EACH = (
    "cross join lateral (select c.id, c.name from process_instances i left join customers c on c.id = i.customer_id "
    "where i.id = t.instance_id limit 1) c"
)
"""The customer of a few tasks, looked up one by one whatever the planner thinks of joining all."""
NUMBER = re.compile(r"[A-Za-z]{0,4}-?[0-9][0-9-]*")
LAST = "\U0010ffff"
"""What sorts after every text that it is put behind."""


@dataclass(frozen=True)
class Tab:
    """A tab of one person: the condition of its tasks, and its streams (`free` and `taken`, one after the other)."""

    name: str
    condition: str
    streams: tuple[tuple[str, str], ...]
    """(`free`, `taken` or empty, condition)"""
    given: dict[str, Any]


def tab_of(name: str, actor: Actor) -> Tab:
    """Return a tab: `mine`, `team` or `done`."""
    given: dict[str, Any] = {"me": actor.user_id}
    if name == "done":
        condition = "t.status = 'completed' and t.completed_by = %(me)s"
        return Tab(name, condition, (("", condition),), given)
    if name == "mine":
        condition = f"{_OPEN} and t.assignee_id = %(me)s"
        return Tab(name, condition, (("", condition),), given)
    return _team(actor, given)


def roles_watched(actor: Actor) -> frozenset[str]:
    """Return the roles whose tasks are the actor's team's: their own, and those they stand above."""
    if actor.has(Role.ADMINISTRATOR):
        return frozenset(Role) - {Role.CONTACT}
    return actor.roles | ({Role.SALESPERSON} if actor.has(Role.SALES_MANAGER) else frozenset())


def _team(actor: Actor, given: dict[str, Any]) -> Tab:
    """Open tasks of the actor's roles, free or in a colleague's hands; managers and administrators see every team's."""
    roles = sorted(roles_watched(actor))
    given |= {f"role{place}": str(role) for place, role in enumerate(roles)} | {"team": actor.team}
    teams = ["true"]
    if not actor.has(Role.SALES_MANAGER, Role.ADMINISTRATOR):
        teams = ["t.team is null", *(["t.team = %(team)s"] if actor.team is not None else [])]
    kinds = (("free", "t.assignee_id is null"), ("taken", "t.assignee_id is not null and t.assignee_id <> %(me)s"))
    streams = tuple(
        (kind, f"{_OPEN} and {whose} and t.role = %(role{place})s and {team}")
        for kind, whose in kinds
        for place in range(len(roles))
        for team in teams
    )
    among = ", ".join(f"%(role{place})s" for place in range(len(roles))) or "null"
    condition = f"{_OPEN} and t.assignee_id is distinct from %(me)s and t.role in ({among}) and ({' or '.join(teams)})"
    return Tab("team", condition, streams, given)


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind (or, `backwards`, before) a row of the list. `kind` is the stream's."""

    kind: str = ""
    backwards: bool = False


def kinds(tab: Tab, place: Place | None = None) -> list[str]:
    """Return the kinds of streams from a place on, in the order they follow each other."""
    there = list(dict.fromkeys(kind for kind, _condition in tab.streams))
    there = there[::-1] if place and place.backwards else there
    return there[there.index(place.kind) :] if place else there


def first(
    tab: Tab, columns: str, kind: str, *, limit: int, more: Sequence[str] = (), place: Place | None = None
) -> str:
    """Select the first tasks of each stream of a kind (from a place on); merged and ordered they are the first of the tab."""
    parts = [
        f"(select {columns} from user_tasks t where {' and '.join([condition, *more, *_from(tab, kind, place)])} "
        f"order by {_order(tab, place)} limit {limit})"
        for one, condition in tab.streams
        if one == kind
    ]
    return parts[0] if len(parts) == 1 else f"({' union all '.join(parts)})"


def some(tab: Tab, columns: str, *, limit: int, more: Sequence[str] = ()) -> str:
    """Select tasks of a tab, from the heads of its streams, at most so many."""
    parts = " union all ".join(first(tab, columns, kind, limit=limit, more=more) for kind in kinds(tab))
    return f"(select * from ({parts}) t limit {limit})"


def order(tab: Tab, place: Place | None = None) -> str:
    """Return the order of a page over `t`: for the team, free ones first."""
    kind = f"(t.assignee_id is not null){' desc' if place and place.backwards else ''}, " if tab.name == "team" else ""
    return kind + _order(tab, place)


def behind(tab: Tab, place: Place | None) -> list[str]:
    """Return the condition of a place over all streams at once."""
    if place is None:
        return []
    here = " and ".join(_from(tab, place.kind, place)) or "true"
    if tab.name != "team":
        return [here]
    other = "t.assignee_id is null" if place.backwards else "t.assignee_id is not null"
    same = "t.assignee_id is not null" if place.kind == "taken" else "t.assignee_id is null"
    further = (place.kind == "taken") == place.backwards
    return [f"({same} and {here} or {other})" if further else f"({same} and {here})"]


def _order(tab: Tab, place: Place | None) -> str:
    backwards = place is not None and place.backwards
    if tab.name == "done":
        return "t.completed_at, t.id" if backwards else "t.completed_at desc, t.id desc"
    return _REVERSED if backwards else URGENCY


def _from(tab: Tab, kind: str, place: Place | None) -> list[str]:
    if place is None or kind != place.kind:
        return []
    if tab.name == "done":
        return [f"(t.completed_at, t.id) {'>' if place.backwards else '<'} {_DONE_KEY}"]
    return [f"({URGENCY}) {'<' if place.backwards else '>'} {_KEY}"]


def of_customer(tab: Tab) -> str:
    """Return the condition that a task is about the customer `%(customer)s`."""
    running = "" if tab.name == "done" else " and i.ended_at is null"
    return (
        f"t.instance_id = any(array(select i.id from process_instances i where i.customer_id = %(customer)s{running}))"
    )


def found(tab: Tab, text: str, *, at_once: int, within: int, more: Sequence[str] = ()) -> str:
    """Return the condition that a search finds a task.

    Found are beginnings of numbers, with and without their letters, their ends, and anything within customers' names, `at_once` of each;
    and anything within a number among `within` tasks at the heads of the tab's streams. (Customers are thousands at most, and their
    names are known by any part of them: those are read through, unless the text is plainly a number; tasks are not.)
    """
    running = "true" if tab.name == "done" else "i.ended_at is null"
    number = "substr(i.business_key, strpos(i.business_key, '-') + 1)"
    begins = [
        f"(select i.id from process_instances i where {running} and {_begins(column, name)} limit {at_once})"
        for column, name in (("i.business_key", "begin"), (number, "begin"), ("reverse(i.business_key)", "end"))
    ]
    named = (
        f"(select i.id from customers c join process_instances i on i.customer_id = c.id and {running} "
        f"where c.name ilike %(like)s limit {at_once})"
    )
    near = (
        f"select t.id from {some(tab, 't.id, t.instance_id, t.business_key', limit=within, more=more)} t "
        "where t.business_key ilike %(like)s"
    )
    among = " union all ".join(begins if NUMBER.fullmatch(text) else [*begins, named])
    conditions = " and ".join([tab.condition, *more])
    followed = f"select t.id from user_tasks t where t.instance_id = any(array({among})) and {conditions}"
    return f"t.id = any(array({followed} union {near}))"


def search_values(text: str) -> dict[str, str]:
    """Return the values of `found`."""
    pattern = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    number = text.upper()
    return {"like": f"%{pattern}%"} | {
        key: value
        for start, value in (("begin", number), ("end", number[::-1]))
        for key, value in ((f"{start}_from", value), (f"{start}_to", value + LAST))
    }


def _begins(column: str, name: str) -> str:
    """As `like 'x%'`, in a way that an index is used for a value that is not known yet."""
    return f"{column} ~>=~ %({name}_from)s and {column} ~<~ %({name}_to)s"
