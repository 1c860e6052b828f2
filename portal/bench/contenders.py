"""Three ways to run the measured process on one database: the portal's engine in this process, the same through HTTP, and the plain library.

Each is asked for a worker per client; a worker runs one process after another.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from uuid import uuid4

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import database
from portal.accounts.actor import SYSTEM
from portal.bench.diagrams import SIZES, diagram, process_key
from portal.bench.seller import SellersClient
from portal.workflow import service

# mypy: disable-error-code="no-untyped-call"

TASK = text("select id from user_tasks where instance_id = :id")


class Contender(Protocol):
    """One way to run processes."""

    name: str

    def workers(self, clients: int) -> Any:
        """Return a context manager that gives, for each client, a function that runs one process."""


class Ours:
    """The portal's engine in this process, all it keeps included."""

    name = "portal"

    def __init__(self, size: str) -> None:
        self._key = process_key(size)
        with database.unit_of_work() as session:
            service.publish(session, xml=diagram(self._key, SIZES[size], ours=True), source="delivered", actor=SYSTEM)

    @contextmanager
    def workers(self, clients: int) -> Iterator[list[Callable[[], None]]]:
        """Give as many workers."""
        yield [self.process] * clients

    def process(self) -> None:
        """Run one process, two transactions."""
        key = uuid4().hex
        with database.unit_of_work() as session:
            facts = {"order": {"number": key, "customer_type": "one"}}
            instance_id = service.start_process(session, key=self._key, business_key=key, facts=facts, actor=SYSTEM)
            task_id = session.execute(TASK, {"id": instance_id}).scalar_one()
        with database.unit_of_work() as session:
            service.complete_task(session, actor=SYSTEM, task_id=task_id, data={})


class OverHttp:
    """The portal's engine behind its web process: a salesperson's client starts and completes, a request each."""

    name = "http"

    def __init__(self, size: str, address: str, phone: str) -> None:
        self._size, self._address, self._phone = size, address, phone

    @contextmanager
    def workers(self, clients: int) -> Iterator[list[Callable[[], None]]]:
        """Give as many workers, each with a connection and a session of its own."""
        with ExitStack() as stack:
            sellers = [stack.enter_context(SellersClient(self._address, self._phone)) for _client in range(clients)]
            yield [lambda seller=seller: seller.complete(seller.start(self._size)) for seller in sellers]  # type: ignore[misc]  # bound


class Plain:
    """SpiffWorkflow as its documentation shows it, one row an instance."""

    name = "library"

    def __init__(self, size: str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(diagram("bench", SIZES[size], ours=False).encode())
        self._spec = parser.get_spec("bench")
        self._serializer = BpmnWorkflowSerializer()
        with database.unit_of_work() as session:
            session.execute(text("create table if not exists bench_plain (id text primary key, state text not null)"))

    @contextmanager
    def workers(self, clients: int) -> Iterator[list[Callable[[], None]]]:
        """Give as many workers."""
        yield [self.process] * clients

    def process(self) -> None:
        """Run one process, two transactions."""
        key = uuid4().hex
        with database.unit_of_work() as session:
            workflow = BpmnWorkflow(self._spec)
            workflow.do_engine_steps()
            self._store(session, "insert into bench_plain (id, state) values (:id, :state)", key, workflow)
        with database.unit_of_work() as session:
            row = session.execute(text("select state from bench_plain where id = :id for update"), {"id": key}).one()
            workflow = self._serializer.deserialize_json(row.state)
            workflow.get_tasks(state=TaskState.READY, manual=True)[0].run()
            workflow.do_engine_steps()
            self._store(session, "update bench_plain set state = :state where id = :id", key, workflow)

    def _store(self, session: Session, statement: str, key: str, workflow: Any) -> None:
        session.execute(text(statement), {"id": key, "state": self._serializer.serialize_json(workflow)})
