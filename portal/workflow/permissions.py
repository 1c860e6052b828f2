"""Who may see, claim, complete and delegate a user task. Pure."""

from dataclasses import dataclass

from portal.accounts.actor import Actor, Role


@dataclass(frozen=True)
class TaskParties:
    """Whom a task concerns: its candidate role, who has it, and the customer its instance is about."""

    role: str | None
    assignee_id: int | None
    customer_id: int | None
    team: str | None = None
    """Whose team's it is; None: of everybody who holds the role."""


def may_work(actor: Actor, task: TaskParties) -> bool:
    """Say whether the actor may see, claim and complete the task, were it free.

    A contact: tasks of the role `contact`, or their own, of their own company. Staff: their own, those of their roles in their own
    team; a sales manager every salesperson's. The system: every task.
    """
    if actor.is_system:
        return True
    if actor.is_contact:
        mine = task.role == Role.CONTACT or task.assignee_id == actor.user_id
        return mine and actor.customer_id == task.customer_id
    if task.assignee_id == actor.user_id:
        return True
    if task.role == Role.SALESPERSON and actor.has(Role.SALES_MANAGER):
        return True
    return task.role is not None and actor.has(task.role) and task.team in (None, actor.team)


def may_see(actor: Actor, task: TaskParties) -> bool:
    """Say whether the actor may know of the task: who may work it, and administrators."""
    return may_work(actor, task) or actor.has(Role.ADMINISTRATOR)


def may_delegate(actor: Actor, task: TaskParties) -> bool:
    """Say whether the actor may hand the task to another: whose it is, a sales manager a salesperson's, an administrator any."""
    if actor.is_contact:
        return False
    if actor.has(Role.ADMINISTRATOR) or actor.is_system or task.assignee_id == actor.user_id:
        return True
    return task.role == Role.SALESPERSON and actor.has(Role.SALES_MANAGER)


def is_shared(task: TaskParties) -> bool:
    """Say whether whoever may work the task need not take it from its holder first: any contact may act for their company."""
    return task.role == Role.CONTACT
