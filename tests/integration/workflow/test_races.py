"""Several people at one task at the same moment: one gets it, the others hear whose it is; nobody waits for ever."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.database import unit_of_work
from portal.workflow import service
from portal.workflow.errors import TaskClosed, TaskTaken
from tests.diagrams.build import diagram, end, start, user_task, wired
from tests.integration.workflow.conftest import Office

AT_ONCE = 6
ROUNDS = 10


def _claim(session: Session, actor: Actor, task_id: UUID) -> None:
    service.claim_task(session, actor=actor, task_id=task_id)


def _complete(session: Session, actor: Actor, task_id: UUID) -> None:
    service.complete_task(session, actor=actor, task_id=task_id, data={})


def _claim_and_complete(session: Session, actor: Actor, task_id: UUID) -> None:
    _claim(session, actor, task_id)
    _complete(session, actor, task_id)


@pytest.mark.parametrize("act", [_claim, _complete, _claim_and_complete])
def test_of_many_at_once_one_gets_the_task(act: Callable[[Session, Actor, UUID], None], office: Office) -> None:
    office.publish(diagram("test", wired(start(), user_task("review"), end(), flows="start -> review -> end")))
    people = [office.people.seller, office.people.colleague] * (AT_ONCE // 2)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(ROUNDS):
            office.start(business_key=f"B{number}")
            task_id, together = office.task("review"), Barrier(AT_ONCE)

            def attempt(actor: Actor, task_id: UUID = task_id, together: Barrier = together) -> str:
                together.wait()
                try:
                    with unit_of_work() as session:
                        act(session, actor, task_id)
                except (TaskTaken, TaskClosed) as error:
                    return type(error).__name__
                return actor.name

            outcomes = Counter(pool.map(attempt, people))
            winners = outcomes.keys() - {"TaskTaken", "TaskClosed"}
            assert len(winners) == 1, outcomes
            if act is _claim:
                assert outcomes["TaskTaken"] == AT_ONCE // 2, "who has it already may claim it again"
            else:
                assert outcomes[winners.pop()] == 1
