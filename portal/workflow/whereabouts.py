"""Where an instance stands, read from its rows: open tasks with who has them, waits and incidents; what was saved of it is not loaded."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.workflow.errors import ProcessNotFound
from portal.workflow.models import Incident, ProcessDefinition, ProcessInstance, UserTask, Wait
from portal.workflow.naming import Named
from portal.workflow.step import load_definition
from portal.workflow.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A person's task, and who has it (None: nobody yet)."""

    id: uuid.UUID
    node_id: str
    name: tuple[str, str]
    holder: str | None


@dataclass(frozen=True, slots=True)
class OpenWait:
    """What else is waited for."""

    task_id: uuid.UUID
    node_id: str
    kind: str
    name: str
    due_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """Where an instance stands, as far as its rows say."""

    session: Session
    process_key: str
    business_key: str
    suspended: bool
    vocabulary: Vocabulary
    tasks: list[OpenTask]
    waits: list[OpenWait]
    incidents: dict[uuid.UUID, str]
    """Nodes of the open incidents, by their tokens."""

    def node(self, node_id: str) -> Named:
        """Return a node's name."""
        node = self.vocabulary.nodes.get(node_id)
        return Named(node.name if node else (node_id, node_id))

    def of_kind(self, kind: str) -> list[OpenWait]:
        """Return the waits of a kind."""
        return [wait for wait in self.waits if wait.kind == kind]


def standing(session: Session, instance_id: int) -> Standing:
    """Return where an instance stands; ProcessNotFound."""
    row = session.execute(
        select(
            ProcessInstance.process_key, ProcessInstance.business_key, ProcessInstance.suspended_at, ProcessInstance.definition_id,
            ProcessDefinition.digest,
        )
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(ProcessInstance.id == instance_id)
    ).first()  # fmt: skip
    if row is None:
        raise ProcessNotFound
    tasks = session.execute(
        select(UserTask.id, UserTask.node_id, UserTask.name_zh, UserTask.name_en, User.name)
        .outerjoin(User, User.id == UserTask.assignee_id)
        .where(UserTask.instance_id == instance_id, UserTask.status == "open")
        .order_by(UserTask.created_at)
    )
    waits = session.execute(
        select(Wait.task_id, Wait.node_id, Wait.kind, Wait.name, Wait.due_at)
        .where(Wait.instance_id == instance_id)
        .order_by(Wait.id)
    )
    incidents = select(Incident.task_id, Incident.node_id).where(
        Incident.instance_id == instance_id, Incident.status == "open"
    )
    return Standing(
        session, row.process_key, row.business_key, row.suspended_at is not None,
        load_definition(session, row.definition_id, row.digest).vocabulary,
        [OpenTask(task.id, task.node_id, (task.name_zh, task.name_en), task.name) for task in tasks],
        [OpenWait(*wait) for wait in waits],
        {incident.task_id: incident.node_id for incident in session.execute(incidents)},
    )  # fmt: skip
