"""A small office for process tests: people, actions that note what they did, and a way to run diagrams saved and loaded at each step."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.actor import SYSTEM, Actor
from portal.accounts.models import User
from portal.database import unit_of_work
from portal.workflow import registry, service
from portal.workflow.models import HistoryEntry, Incident, ProcessInstance, UserTask, Wait
from portal.workflow.registry import ActionCall, assignee_rule, process_subject, service_action
from tests.factories.customers import a_contact, a_customer, a_user


@dataclass
class Notebook:
    """What the test actions did, and how they shall behave."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    cancelled: list[tuple[str, str]] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    hooks: dict[str, Callable[[Session, ActionCall], None]] = field(default_factory=dict)
    assignee: int | None = None

    def act(self, name: str, call: ActionCall) -> dict[str, Any] | None:
        """Note a call, then fail or answer as told."""
        self.calls.append((name, call.inputs))
        self.keys.append(call.key)
        if name in self.fail:
            raise self.fail[name]
        return self.answers.get(name)

    def names(self) -> list[str]:
        """Return the names of the actions that were called."""
        return [name for name, _ in self.calls]


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    """The registry with test actions (`test.one` … in the transaction, `test.outside`), a rule and a subject; restored afterwards."""
    kept = registry._tables
    registry._tables = registry._Tables()
    book = Notebook()

    def make(name: str) -> None:
        @service_action(name, label=(name, name), inputs={"what": "text?"})
        def act(session: Session, call: ActionCall) -> dict[str, Any] | None:
            if name in book.hooks:
                book.hooks[name](session, call)
            return book.act(name, call)

    for name in ("test.one", "test.two", "test.three"):
        make(name)

    @service_action("test.outside", label=("外部", "Outside"), inputs={"what": "text?"}, external=True)
    def outside(call: ActionCall) -> dict[str, Any] | None:
        return book.act("test.outside", call)

    @assignee_rule("test.somebody")
    def somebody(_session: Session, _business_key: str) -> int | None:
        return book.assignee

    _subject(book)
    yield book
    registry._tables = kept


def _subject(book: Notebook) -> None:
    @process_subject("test")
    class Subject:
        @staticmethod
        def status_changed(_session: Session, _business_key: str, status_key: str, _node_id: str) -> None:
            book.statuses.append(status_key)

        @staticmethod
        def ended(_session: Session, business_key: str) -> None:
            book.ended.append(business_key)

        @staticmethod
        def cancelled(_session: Session, business_key: str, *, actor: Actor, reason: str) -> None:  # noqa: ARG004  # passed by name
            book.cancelled.append((business_key, reason))

        @staticmethod
        def if_cancelled(_session: Session, business_key: str) -> list[Any]:
            return [f"{business_key} ends"]


def an_actor(user: User) -> Actor:
    """The actor a user is once logged in."""
    return Actor(user.id, user.name, frozenset(user.roles), user.customer_id, user.team)


@dataclass(frozen=True)
class People:
    """Who works here."""

    seller: Actor
    colleague: Actor
    manager: Actor
    admin: Actor
    buyer: Actor
    stranger: Actor
    customer_id: int


@pytest.fixture
def people(database: str) -> People:
    """Two salespeople, a manager, an administrator, a contact of one company and one of another."""
    with unit_of_work() as session:
        customer = a_customer(session)
        return People(
            seller=an_actor(a_user(session, "salesperson", name="陈立军")),
            colleague=an_actor(a_user(session, "salesperson", name="周敏")),
            manager=an_actor(a_user(session, "sales_manager", name="林涛")),
            admin=an_actor(a_user(session, "administrator", name="管理员")),
            buyer=an_actor(a_contact(session, customer, name="王磊")),
            stranger=an_actor(a_contact(session, name="别家")),
            customer_id=customer.id,
        )


@dataclass
class Office:
    """Runs one diagram; each call is a transaction of its own, so everything is saved and loaded in between."""

    people: People
    key: str = "test"
    business_key: str = "B1"

    def publish(self, xml: str, *tables: str) -> None:
        """Publish tables, then the diagram."""
        with unit_of_work() as session:
            for table in tables:
                service.publish_decision(session, xml=table, source="edited", actor=SYSTEM)
            service.publish(session, xml=xml, source="edited", actor=SYSTEM)

    def start(self, facts: dict[str, Any] | None = None, *, business_key: str | None = None) -> int:
        """Start the process."""
        self.business_key = business_key or self.business_key
        with unit_of_work() as session:
            return service.start_process(
                session, key=self.key, business_key=self.business_key, facts=facts or {}, actor=self.people.buyer,
                customer_id=self.people.customer_id,
            )  # fmt: skip

    def run(self, xml: str, *tables: str, **facts: Any) -> int:
        """Publish and start."""
        self.publish(xml, *tables)
        return self.start(facts)

    def task(self, node_id: str) -> UUID:
        """Return the open task at a node; there must be exactly one."""
        with unit_of_work() as session:
            statement = select(UserTask.id).where(
                UserTask.node_id == node_id, UserTask.status == "open", UserTask.business_key == self.business_key
            )
            return session.scalars(statement).one()

    def open(self) -> list[str]:
        """Return the nodes of the open tasks, sorted."""
        with unit_of_work() as session:
            statement = select(UserTask.node_id).where(
                UserTask.status == "open", UserTask.business_key == self.business_key
            )
            return sorted(session.scalars(statement))

    def waits(self) -> list[str]:
        """Return what is waited for, as `kind:name`, sorted."""
        with unit_of_work() as session:
            rows = session.execute(select(Wait.kind, Wait.name).where(Wait.business_key == self.business_key))
            return sorted(f"{row.kind}:{row.name}" for row in rows)

    def complete(self, node_id: str, *, actor: Actor | None = None, **data: str) -> None:
        """Complete the open task at a node."""
        task_id = self.task(node_id)
        with unit_of_work() as session:
            service.complete_task(session, actor=actor or self.people.seller, task_id=task_id, data=data)

    def send(
        self, name: str, message_id: str, payload: dict[str, Any] | None = None, *, actor: Actor | None = None
    ) -> bool:
        """Send a message."""
        with unit_of_work() as session:
            return service.receive_message(
                session, sender="factory", message_id=message_id, name=name, business_key=self.business_key,
                payload=payload or {}, actor=actor,
            )  # fmt: skip

    def status(self) -> str:
        """Return the instance's status."""
        with unit_of_work() as session:
            statement = select(ProcessInstance.status).where(
                ProcessInstance.business_key == self.business_key, ProcessInstance.process_key == self.key
            )
            return session.scalars(statement).one()

    def incidents(self) -> list[Incident]:
        """Return the open incidents."""
        with unit_of_work() as session:
            return list(session.scalars(select(Incident).where(Incident.status == "open")))

    def retry(self) -> None:
        """Retry the one open incident, as the administrator."""
        (incident,) = self.incidents()
        with unit_of_work() as session:
            service.retry_incident(session, actor=self.people.admin, incident_id=incident.id)

    def history(self, *kinds: str) -> list[HistoryEntry]:
        """Return the history, of some kinds only when they are given."""
        with unit_of_work() as session:
            entries = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id))
            return [entry for entry in entries if not kinds or entry.kind in kinds]

    def taken(self) -> list[str]:
        """Return the flows taken, in order."""
        return [entry.node_id or "" for entry in self.history("flow_taken")]


@pytest.fixture
def office(people: People, notebook: Notebook) -> Office:
    """An office with its people."""
    return Office(people)
