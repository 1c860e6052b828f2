"""TERM: a web process answers what was asked of it and ends its live streams; a worker finishes what it has begun."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from portal import outbox, worker
from portal.bench.client import OrderingClient
from portal.bench.installation import Installation
from portal.bench.little_shop import LittleShop, make_little_shop
from portal.database import unit_of_work
from portal.outbox import OutboxRow
from portal.settings import Settings
from tests.reliability.machines import DeskClient, salesperson

AT_ONCE = 10.0


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Installation, LittleShop]]:
    """An installation without a process yet."""
    with Installation(durable=False) as portal:
        with unit_of_work() as session:
            little = make_little_shop(session, buyers=1)
        yield portal, little


def test_a_web_process_ends_its_live_streams_in_good_order(shop: tuple[Installation, LittleShop]) -> None:
    portal, little = shop
    portal.start_web()
    with DeskClient(portal.address, salesperson(little, "")) as desk, ThreadPoolExecutor(1) as pool:
        desk.log_in()
        opened = threading.Event()
        stream = pool.submit(_follow, desk._http, opened)
        assert opened.wait(AT_ONCE)
        began = time.monotonic()
        assert portal.stop("web") == 0
        assert time.monotonic() - began < AT_ONCE
        assert stream.result(AT_ONCE).startswith(b"retry:")  # and ended as HTTP wants it: nothing was raised


def _follow(http: httpx.Client, opened: threading.Event) -> bytes:
    heard = b""
    with http.stream("GET", "/live?topic=tasks") as answer:
        for part in answer.iter_bytes():
            heard += part
            opened.set()
    return heard


def test_a_request_that_is_under_way_is_still_answered(shop: tuple[Installation, LittleShop]) -> None:
    portal, _little = shop
    portal.start_web()
    where = urlsplit(portal.address)
    body = b"phone=1&password=2"
    with socket.create_connection((where.hostname, where.port), AT_ONCE) as client, ThreadPoolExecutor(1) as pool:
        client.settimeout(AT_ONCE)
        client.sendall(
            b"POST /login HTTP/1.1\r\nHost: portal\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100")  # it reads the body now: the request is under way
        stopping = pool.submit(portal.stop, "web")
        _wait_until_closed(where.hostname or "", where.port or 0)
        client.sendall(body)
        assert client.recv(100).startswith(b"HTTP/1.1 ")
        assert stopping.result(AT_ONCE * 2) == 0


def _wait_until_closed(host: str, port: int) -> None:
    deadline, pause = time.monotonic() + AT_ONCE, threading.Event()
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            return
        pause.wait(0.05)
    raise AssertionError("the port is still open")


def test_a_worker_finishes_what_it_has_begun(settings: Settings, database: str) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(_delivery: outbox.Delivery) -> None:
        begun.set()
        stopping.wait(AT_ONCE)
        ended.set()

    stopping = threading.Event()
    outbox.handler("test.slow")(slow)
    stop = threading.Event()
    running = threading.Thread(target=worker.run, args=(replace(settings, worker_threads=2), stop))
    running.start()
    with unit_of_work() as session:
        outbox.enqueue(session, "test.slow", key="slow", payload={})
    assert begun.wait(AT_ONCE)
    stop.set()
    assert not ended.is_set()
    stopping.set()
    running.join(AT_ONCE * 2)
    assert ended.is_set()
    with unit_of_work() as session:
        assert session.scalars(select(OutboxRow.status)).all() == ["done"]


def test_orders_go_on_where_the_old_process_ended(shop: tuple[Installation, LittleShop]) -> None:
    portal, little = shop
    portal.start_web()
    with OrderingClient(portal.address, little.buyers[0]) as client:
        client.log_in()
        first = client.submit("before-the-end", {little.in_stock[0]: 1})
        assert portal.stop("web") == 0
        portal.start_web()
        assert client.submit("before-the-end", {little.in_stock[0]: 1}) == first
