import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.database import unit_of_work
from portal.web import live
from portal.web.live import MOST_TOPICS, MOST_WAITING, Broadcaster, announce, may_follow, topic_authoriser
from tests.factories.customers import a_contact, a_salesperson

STAFF = Actor(user_id=1, name="李敏", roles=frozenset({"salesperson"}))
CONTACT = Actor(user_id=2, name="陈志强", roles=frozenset({"contact"}), customer_id=7)


def tell(*topics: str) -> None:
    with unit_of_work() as session:
        for topic in topics:
            announce(session, topic)


def heard(topics: set[str], act: Callable[[Broadcaster], Awaitable[None]], count: int) -> list[str]:
    """Follow topics, act, and return the first `count` that arrive."""

    async def follow() -> list[str]:
        broadcaster = Broadcaster()
        try:
            async with broadcaster.subscribed(frozenset(topics)) as queue:
                await listening(broadcaster)
                while not queue.empty():
                    queue.get_nowait()  # who comes to listen asks once
                await act(broadcaster)
                async with asyncio.timeout(10):
                    return [await queue.get() for _ in range(count)]
        finally:
            await broadcaster.stop()

    return asyncio.run(follow())


async def listening(broadcaster: Broadcaster) -> None:
    """Wait until an announcement comes through."""
    async with broadcaster.subscribed(frozenset({"ready?"})) as queue, asyncio.timeout(10):
        while queue.empty():
            await asyncio.to_thread(tell, "ready?")
            await asyncio.sleep(0.02)


def test_what_is_announced_reaches_who_follows_it_and_nothing_else_does(database: str) -> None:
    async def act(_broadcaster: Broadcaster) -> None:
        await asyncio.to_thread(tell, "stock", "subject:order:SO-1", "tasks")

    assert heard({"tasks", "subject:order:SO-1"}, act, 2) == ["subject:order:SO-1", "tasks"]


def test_what_is_rolled_back_is_never_heard(database: str) -> None:
    def roll_back() -> None:
        with unit_of_work() as session:
            announce(session, "tasks")
            session.rollback()

    async def act(_broadcaster: Broadcaster) -> None:
        await asyncio.to_thread(roll_back)
        await asyncio.to_thread(tell, "stock")

    assert heard({"tasks", "stock"}, act, 1) == ["stock"]


def test_after_a_lost_connection_everybody_asks_again(database: str) -> None:
    def cut() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and query like 'listen%'"
            )

    async def act(broadcaster: Broadcaster) -> None:
        await asyncio.to_thread(cut)
        await asyncio.sleep(0.3)
        await listening(broadcaster)
        await asyncio.to_thread(tell, "tasks")

    assert heard({"tasks"}, act, 2) == ["tasks", "tasks"]


def test_a_page_that_does_not_listen_holds_nobody_up() -> None:
    async def flood() -> int:
        broadcaster = Broadcaster()
        queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        broadcaster._subscribers[queue] = frozenset({"tasks"})
        for _ in range(MOST_WAITING * 3):
            broadcaster.publish("tasks")
        return queue.qsize()

    assert asyncio.run(flood()) == MOST_WAITING


def test_events_name_the_kind_and_carry_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)

    class Told(Broadcaster):
        async def _listen(self) -> None:
            for topic in ("tasks", "tasks", "subject:order:SO-1"):
                self.publish(topic)

    async def first_three() -> list[bytes]:
        stream = live._events(Told(), frozenset({"tasks", "subject:order:SO-1"}))
        return [await anext(stream) for _ in range(4)]

    opened, subject, tasks, ping = asyncio.run(first_three())
    assert opened.startswith(b"retry:")
    assert subject == b"event: subject-changed\ndata: subject:order:SO-1\n\n"
    assert tasks == b"event: tasks-changed\ndata: tasks\n\n"
    assert ping == b": ping\n\n"


def test_a_page_hears_of_what_happened_while_it_was_on_its_way() -> None:
    class Quiet(Broadcaster):
        async def _listen(self) -> None: ...

    async def first() -> bytes:
        broadcaster = Quiet()
        broadcaster.publish("stock")
        broadcaster.publish("tasks")
        stream = live._events(broadcaster, frozenset({"tasks"}))
        await anext(stream)
        return await anext(stream)

    assert asyncio.run(first()) == b"event: tasks-changed\ndata: tasks\n\n"


@pytest.mark.parametrize(("announced", "returning"), [("*", False), ("stock", True)])
def test_a_page_that_may_have_missed_something_asks_again(announced: str, returning: bool) -> None:
    class Quiet(Broadcaster):
        async def _listen(self) -> None: ...

    async def first() -> bytes:
        broadcaster = Quiet()
        broadcaster.publish(announced)
        stream = live._events(broadcaster, frozenset({"tasks"}), returning=returning)
        assert b"id: 1" in await anext(stream)
        return await anext(stream)

    assert asyncio.run(first()) == b"event: tasks-changed\ndata: tasks\n\n"


def test_who_may_follow_what(session: Session) -> None:
    @topic_authoriser("subject:thing")
    def may(_session: Session, *, actor: Actor, key: str) -> bool:
        return actor.customer_id == 7 and key == "T-1"

    def allowed(actor: Actor, topic: str) -> bool:
        return may_follow(session, actor=actor, topic=topic)

    assert allowed(STAFF, "tasks")
    assert not allowed(CONTACT, "tasks")
    assert allowed(CONTACT, "user:2")
    assert not allowed(CONTACT, "user:1")
    assert not allowed(CONTACT, "user:None")
    assert allowed(CONTACT, "subject:thing:T-1")
    assert not allowed(CONTACT, "subject:thing:T-2")
    assert not allowed(STAFF, "subject:thing:T-1")
    for odd in ("", ":", "subject:thing:", "subject:unknown:T-1", "*", "subject:*", "subject:thing"):
        assert not allowed(CONTACT, odd)


@pytest.mark.parametrize("query", ["", "?topic=tasks", "?topic=user:1", "?topic=subject:order:SO-999", "?topic="])
def test_what_may_not_be_followed_is_not_there(client_for: Any, session: Session, query: str) -> None:
    a_salesperson(session)
    contact = a_contact(session)
    session.commit()
    assert client_for().get(f"/live{query}").status_code == 401
    assert client_for(contact).get(f"/live{query}").status_code == 404


def test_nobody_follows_everything(client_for: Any, session: Session) -> None:
    staff = a_salesperson(session)
    session.commit()
    many = "&".join(f"topic=t{number}" for number in range(MOST_TOPICS + 1))
    assert client_for(staff).get(f"/live?{many}").status_code == 404
