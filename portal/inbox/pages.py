"""What the inbox shows, put together from its queries: groups of rows, and the panel of one task."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actor import Actor
from portal.customers.queries import names as customer_names
from portal.inbox import queries
from portal.inbox.due import Due, due_group, is_soon
from portal.inbox.order_panel import order_panel
from portal.inbox.queries import Choices, InboxFilter, Page, TaskRow
from portal.inbox.task_forms import FieldView, chosen_option, fields_shown
from portal.orders.permissions import sees_amounts
from portal.web import formats
from portal.web.forms import Form
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.web.urls import with_query
from portal.workflow import queries as workflow
from portal.workflow.calendar import shop_zone
from portal.workflow.errors import TaskNotFound
from portal.workflow.permissions import TaskParties, may_delegate, may_see, may_work
from portal.workflow.suspension import Suspension, suspension

PATH = "/desk/inbox"

ICONS = {
    "review_by_salesperson": "checkbox",
    "review_by_manager": "checkbox",
    "confirm_payment": "cash",
    "follow_up_payment": "phone",
    "decide_cancellation": "ban",
    "refund_payment": "cash",
}


@dataclass(frozen=True, slots=True)
class RowView:
    """A task as one line of the list."""

    id: UUID
    href: str
    subject_href: str
    icon: str
    name: str
    number: str
    customer: str
    customer_type: str | None
    amount: str
    waiting: str
    due: str
    late: bool
    soon: bool
    assignee: str | None
    mine: bool
    taken: bool
    selected: bool
    suspended: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    label: str
    late: bool
    tasks: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class TaskPanel:
    """One task with all that is needed to decide it. `state` is mine, free, taken, or closed."""

    id: UUID
    name: str
    row: TaskRow
    state: str
    due: str
    late: bool
    soon: bool
    claimed: str
    closed_by: str
    why: tuple[Any, ...]
    subject: Any
    fields: tuple[FieldView, ...]
    submit_label: str
    may_take_over: bool
    may_delegate: bool
    colleagues: tuple[tuple[int, str], ...]
    suspended: Suspension | None = None
    """An operator keeps its process from moving: it cannot be done."""


def address(wanted: InboxFilter, **changes: Any) -> str:
    """Return the inbox's address for a filter, with some of it changed (`task=` opens one)."""
    kept = {
        "tab": wanted.tab,
        "process": wanted.process,
        "customer": wanted.customer_id,
        "due": wanted.due,
        "q": wanted.search,
        "page": wanted.page if wanted.page > 1 else "",
        "after": wanted.after,
        "before": wanted.before,
    }
    return with_query(PATH, {**kept, **changes})


def list_context(session: Session, *, actor: Actor, wanted: InboxFilter, selected: UUID | None) -> dict[str, Any]:
    """Return what the list needs: tabs with counts, groups, filters, pages."""
    page = queries.tasks_page(session, actor=actor, wanted=wanted)
    rows = [_row(task, actor=actor, wanted=wanted, selected=selected) for task in page.rows]
    offered = queries.choices(session, actor=actor, tab=wanted.tab)
    return {
        "wanted": wanted,
        "tabs": _tabs(session, actor, wanted),
        "groups": _groups(page.rows, rows, wanted.tab),
        "pages": _pages(page, wanted),
        "filtered": wanted.narrowed,
        "reset_href": address(InboxFilter(tab=wanted.tab)),
        "list_href": address(wanted, task=selected or ""),
        "processes": [(key, pick(*workflow.process_name(session, key))) for key in offered.processes],
        "customers": () if wanted.tab == "done" else _customers(session, wanted, offered),
        "dues": _dues(wanted),
    }


def panel(session: Session, *, actor: Actor, task_id: UUID, form: Form | None = None) -> TaskPanel:
    """Read one task for its panel; raises TaskNotFound, also for one the actor may not see."""
    row, task = queries.task_row(session, task_id=task_id), workflow.task_detail(session, task_id)
    if row is None or task is None:
        raise TaskNotFound
    parties = TaskParties(task.role, row.assignee_id, row.customer_id, row.team)
    if not may_see(actor, parties):
        raise TaskNotFound
    fields = fields_shown(task.form, form=form or Form(), facts=task.facts)
    now = clock.now()
    return TaskPanel(
        id=task_id,
        name=pick(row.name_zh, row.name_en),
        row=row,
        state=_state(row, actor, parties),
        due=_left(row),
        late=row.status == "open" and due_group(row.due_at, now=now, zone=shop_zone()) is Due.OVERDUE,
        soon=is_soon(row.due_at, now=now),
        claimed=formats.moment(task.claimed_at) if task.claimed_at else "",
        closed_by=task.completed_by or "",
        why=tuple(workflow.why(session, task_id)),
        subject=order_panel(session, actor=actor, number=row.business_key) if row.process_key == "order" else None,
        fields=fields,
        submit_label=_submit_label(task.form, fields),
        may_take_over=row.assignee_id != actor.user_id and may_delegate(actor, parties) and may_work(actor, parties),
        may_delegate=may_delegate(actor, parties),
        colleagues=queries.colleagues(session, actor=actor, role=task.role),
        suspended=suspension(session, task.instance_id) if task.suspended_at else None,
    )


def _state(row: TaskRow, actor: Actor, parties: TaskParties) -> str:
    if row.status != "open":
        return "closed"
    if row.assignee_id == actor.user_id:
        return "mine"
    return "free" if row.assignee_id is None and may_work(actor, parties) else "taken"


def _left(row: TaskRow) -> str:
    if row.due_at is None or row.status != "open":
        return ""
    left = row.due_at - clock.now()
    if left < timedelta():
        return _("%(time)s late", time=formats.span(-left))
    return _("%(time)s left", time=formats.span(left))


def _submit_label(form: tuple[Any, ...], fields: tuple[FieldView, ...]) -> str:
    chosen = chosen_option(form, fields)
    if chosen is None:
        return _("Complete and open the next")
    return _("%(choice)s and open the next", choice=pick(*chosen.name))


def _row(task: TaskRow, *, actor: Actor, wanted: InboxFilter, selected: UUID | None) -> RowView:
    now = clock.now()
    finished = wanted.tab == "done"
    return RowView(
        id=task.id,
        href=address(wanted, task=task.id),
        subject_href=f"/desk/orders/{task.business_key}"
        if task.process_key == "order"
        else address(wanted, task=task.id),
        icon=ICONS.get(task.node_id, "checkbox"),
        name=pick(task.name_zh, task.name_en),
        number=task.business_key,
        customer=task.customer_name or "",
        customer_type=task.customer_type,
        amount=formats.money(task.amount, sign=False) if sees_amounts(actor) else formats.DASH,
        waiting=formats.DASH if finished else formats.age(task.created_at),
        due=formats.short_moment(task.completed_at if finished else task.due_at),
        late=not finished and due_group(task.due_at, now=now, zone=shop_zone()) is Due.OVERDUE,
        soon=not finished and is_soon(task.due_at, now=now),
        assignee=task.assignee_name,
        mine=task.assignee_id == actor.user_id,
        taken=wanted.tab == "team" and task.assignee_id is not None,
        selected=task.id == selected,
        suspended=task.suspended_at is not None and task.status == "open",
    )


def _groups(tasks: Iterable[TaskRow], rows: list[RowView], tab: str) -> list[Group]:
    if tab == "done":
        return [Group(_("Completed"), False, tuple(rows))] if rows else []
    if tab == "team":
        parts = [(_("Free to claim"), False, [r for r in rows if r.assignee is None]),
                 (_("Colleagues are on it"), False, [r for r in rows if r.assignee is not None])]  # fmt: skip
        return [Group(label, late, tuple(found)) for label, late, found in parts if found]
    now = clock.now()
    due = [due_group(task.due_at, now=now, zone=shop_zone()) for task in tasks]
    labels = {Due.OVERDUE: _("Overdue"), Due.TODAY: _("Due today"), Due.LATER: _("Later")}
    found = {one: tuple(row for row, when in zip(rows, due, strict=True) if when is one) for one in Due}
    return [Group(labels[one], one is Due.OVERDUE, part) for one, part in found.items() if part]


def _tabs(session: Session, actor: Actor, wanted: InboxFilter) -> list[dict[str, Any]]:
    counts = queries.tab_counts(session, actor=actor)
    names = (
        ("mine", _("Mine"), _count(counts["mine"])),
        ("team", _("My team's"), _count(counts["team"])),
        ("done", _("Done"), None),
    )
    return [
        {
            "href": address(InboxFilter(tab=tab)),
            "label": label,
            "count": count,
            "on": tab == wanted.tab,
            "key": str(place),
        }
        for place, (tab, label, count) in enumerate(names, 1)
    ]


def _customers(session: Session, wanted: InboxFilter, offered: Choices) -> tuple[tuple[int, str], ...]:
    """What is offered, and what was chosen from an earlier offer."""
    if wanted.customer_id is None or wanted.customer_id in dict(offered.customers):
        return offered.customers
    return (*offered.customers, *customer_names(session, [wanted.customer_id]).items())


def _dues(wanted: InboxFilter) -> list[dict[str, Any]]:
    if wanted.tab == "done":
        return []
    labels = (("", _("All")), ("overdue", _("Overdue")), ("today", _("Due today")), ("later", _("Later")))
    return [
        {"href": address(wanted, due=due, page="", after="", before=""), "label": label, "on": due == wanted.due}
        for due, label in labels
    ]


def _pages(page: Page, wanted: InboxFilter) -> dict[str, Any]:
    first, number = (page.number - 1) * queries.PAGE, page.number
    return {
        "number": number,
        "first": first + 1,
        "last": first + len(page.rows),
        "total": _count(page.total) if page.rows else "",
        "previous": address(wanted, page=max(number - 1, 1), before=page.previous, after="") if page.previous else None,
        "next": address(wanted, page=number + 1, after=page.next, before="") if page.next else None,
    }


def _count(number: int) -> str:
    """Show a count; beyond what is counted, that there are more."""
    return str(number) if number <= queries.MOST_COUNTED else f"{queries.MOST_COUNTED}+"
