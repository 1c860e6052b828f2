"""Which orders exist for whom."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import aliased

from portal.accounts.actor import Actor, Role
from portal.accounts.models import User
from portal.customers.models import Customer
from portal.errors import NotFound
from portal.orders.models import Order
from portal.orders.process import KEY
from portal.web.i18n import lazy_gettext as _
from portal.workflow.models import UserTask

SEES_ALL = (Role.SALES_MANAGER, Role.FINANCE, Role.ADMINISTRATOR, Role.WAREHOUSE)


class OrderNotFound(NotFound):
    """There is no such order, or it is not the actor's."""

    message = _("There is no such order.")


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Order that holds for what the actor may see.

    A contact sees the own company's; a salesperson those they or their team look after, those of their customers, and those in which a
    task is or was theirs, or is free for them to take; everybody else of the staff and the system see all (the warehouse without amounts: `permissions.sees_amounts`).
    """
    if actor.is_contact:
        return Order.customer_id == actor.customer_id
    if actor.is_system or actor.has(*SEES_ALL):
        return true()
    return _of_salesperson(actor) if actor.has(Role.SALESPERSON) else false()


def _of_salesperson(actor: Actor) -> ColumnElement[bool]:
    owner = aliased(Customer)
    owns = exists().where(owner.id == Order.customer_id, owner.salesperson_id == actor.user_id)
    conditions = [Order.salesperson_id == actor.user_id, owns, _has_task_for(actor)]
    if actor.team:
        conditions.append(Order.salesperson_id.in_(select(User.id).where(User.team == actor.team)))
    return or_(*conditions)


def _has_task_for(actor: Actor) -> ColumnElement[bool]:
    near = or_(UserTask.team.is_(None), UserTask.team == actor.team)
    free = and_(UserTask.assignee_id.is_(None), UserTask.role.in_(actor.roles), near)
    waits = and_(UserTask.status == "open", or_(UserTask.assignee_id == actor.user_id, free))
    return exists().where(
        UserTask.process_key == KEY,
        UserTask.business_key == Order.number,
        or_(waits, UserTask.completed_by == actor.user_id),
    )
