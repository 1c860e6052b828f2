"""Live pages: what changed in the database reaches open pages as server-sent events.

A change calls `announce` in its transaction (a rollback says nothing). Each process listens once on PostgreSQL's channel and
passes topics on to its subscribers, whose queues are bounded: an event says only *that* something changed, the page asks again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
import structlog
from litestar import Litestar, Response, get
from litestar.concurrency import sync_to_thread
from litestar.response import Stream
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import database
from portal.errors import NotFound
from portal.web.context import PortalRequest

log = structlog.get_logger(__name__)

CHANNEL = "portal_events"
PING_SECONDS = 15
STREAM_SECONDS = 3600
"""A stream ends after this long; the page opens another, and is then asked again who it is."""
MOST_TOPICS = 10
MOST_WAITING = 50
RECONNECT_SECONDS = (0.2, 1, 2, 5)
EVERYTHING = "*"
END = ""
"""What is no topic: the process ends, and its streams with it; pages open others elsewhere."""
RECENT_SECONDS = 10
"""A page hears again of what was announced in this span before it listened: it may have been drawn just before."""
MOST_RECENT = 5000

Authorise = Callable[..., bool]
_authorisers: dict[str, Authorise] = {}


def announce(session: Session, topic: str) -> None:
    """Tell open pages, when this transaction commits, that something under the topic changed."""
    session.execute(select(func.pg_notify(CHANNEL, topic)))


def topic_authoriser(prefix: str) -> Callable[[Authorise], Authorise]:
    """Register `may(session, *, actor, key) -> bool` for topics `<prefix>:<key>`, such as `subject:order:<number>`."""

    def register(function: Authorise) -> Authorise:
        _authorisers[prefix] = function
        return function

    return register


def may_follow(session: Session, *, actor: Any, topic: str) -> bool:
    """Tell whether an actor may hear of a topic: staff of plain ones, everybody of their own, else who is registered says."""
    if ":" not in topic:
        return bool(actor.is_staff)
    if topic == f"user:{actor.user_id}":
        return True
    prefix, _, key = topic.rpartition(":")
    authorise = _authorisers.get(prefix)
    return bool(key) and authorise is not None and authorise(session, actor=actor, key=key)


class Broadcaster:
    """Hears the channel once for this process and hands topics to subscribers."""

    def __init__(self) -> None:
        self._subscribers: dict[asyncio.Queue[str], frozenset[str]] = {}
        self._recent: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self.ending = False

    @asynccontextmanager
    async def subscribed(self, topics: frozenset[str]) -> AsyncIterator[asyncio.Queue[str]]:
        """Give a queue that receives those of the topics that are announced, for as long as the block lasts."""
        queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._subscribers[queue] = topics
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            yield queue
        finally:
            del self._subscribers[queue]

    def recent(self, topics: frozenset[str]) -> list[str]:
        """Return those of the topics that were announced a moment ago."""
        since = time.monotonic() - RECENT_SECONDS
        unheard = self._recent.get(EVERYTHING, 0) > since
        return sorted(topic for topic in topics if unheard or self._recent.get(topic, 0) > since)

    def publish(self, topic: str) -> None:
        """Hand a topic to whoever follows it; one whose queue is full already has enough reason to ask again."""
        if len(self._recent) >= MOST_RECENT:
            self._recent.clear()
        self._recent[topic] = time.monotonic()
        for queue, topics in self._subscribers.items():
            for one in topics if topic == EVERYTHING else topics & {topic}:
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(one)

    def end_streams(self) -> None:
        """End every stream, and each that begins from now on after its first words."""
        self.ending = True
        for queue in self._subscribers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(END)

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self) -> None:
        attempt = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(_listening_url(), autocommit=True) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self.publish(EVERYTHING)  # whatever was announced since a page began to follow was not heard
                    attempt = 0
                    async for notification in connection.notifies():
                        self.publish(notification.payload)
            except (psycopg.Error, OSError):
                log.warning("live_connection_lost", attempt=attempt)
            await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
            attempt += 1


def _listening_url() -> str:
    return database.engine().url.set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def broadcasting(app: Litestar) -> AsyncIterator[None]:
    """Keep one broadcaster for the life of the app."""
    app.state.broadcaster = broadcaster = Broadcaster()
    try:
        yield
    finally:
        await broadcaster.stop()


def end_streams(app: Litestar) -> None:
    """End the app's streams: its process is about to end, and would wait for them."""
    app.state.broadcaster.end_streams()


@get("/live")
async def live(request: PortalRequest) -> Response[Any]:
    """Stream `<kind>-changed` events (data: the topic) of the topics asked for; NotFound if any may not be followed."""
    topics = frozenset(request.query_params.getall("topic", []))
    if not topics or len(topics) > MOST_TOPICS or not await sync_to_thread(_may_follow_all, request.user, topics):
        raise NotFound
    returning = "last-event-id" in request.headers
    stream = _events(request.app.state.broadcaster, topics, returning=returning)
    return Stream(
        stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


def _may_follow_all(actor: Any, topics: frozenset[str]) -> bool:
    with database.unit_of_work() as session:
        return all(may_follow(session, actor=actor, topic=topic) for topic in topics)


async def _events(broadcaster: Broadcaster, topics: frozenset[str], *, returning: bool = False) -> AsyncIterator[bytes]:
    """Stream events; who lost the stream for a while (or had the page in the background) is `returning` and asks for all again."""
    ends_at = asyncio.get_running_loop().time() + STREAM_SECONDS
    async with broadcaster.subscribed(topics) as queue:
        yield b"retry: 2000\nid: 1\n: open\n\n"
        for topic in topics if returning else broadcaster.recent(topics):
            queue.put_nowait(topic)
        while not broadcaster.ending and asyncio.get_running_loop().time() < ends_at:
            try:
                first = await asyncio.wait_for(queue.get(), PING_SECONDS)
            except TimeoutError:
                yield b": ping\n\n"
                continue
            waiting = {first}
            while not queue.empty():
                waiting.add(queue.get_nowait())
            for topic in sorted(waiting - {END}):
                yield f"event: {topic.partition(':')[0]}-changed\ndata: {topic}\n\n".encode()
