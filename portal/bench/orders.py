"""`portal bench orders`: orders a second through HTTP, from one client and from many, with what each costs in processor time.

A real web process, a real worker and a real, durable database run beside the clients on this machine, so that they share its cores.
A client submits one order of three lines in stock after another; the worker goes on with them at the same time (push, reserve, release
to the warehouse). The processor time counts until every order of the run has come to rest.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from random import Random
from uuid import uuid4

from sqlalchemy import exists, select

from portal.bench.client import OrderingClient
from portal.bench.installation import Installation
from portal.bench.little_shop import Buyer, LittleShop, make_little_shop
from portal.database import unit_of_work
from portal.outbox import OutboxRow, perform_pending
from portal.progress import Phase, Progress
from portal.workflow import service as workflow
from portal.workflow.models import UserTask

SHORTEST_RUN = 8
LONGEST_RUN = 120.0
"""Seconds after which a run ends with the orders it has."""
SETTLE_WITHIN = 120.0
LINES = 3


@dataclass(frozen=True)
class Figures:
    """One run. Latencies in milliseconds of one submission, processor times in milliseconds per order."""

    clients: int
    orders: int
    orders_per_second: float
    p50_ms: float
    p99_ms: float
    web_cpu_ms: float
    worker_cpu_ms: float
    postgres_cpu_ms: float
    settled_per_second: float
    """Orders a second, counted until the worker has brought all of them to rest."""


def main(args: list[str]) -> int:
    """Measure on a database of its own, and print a table or, with `--json`, JSON."""
    parser = argparse.ArgumentParser(prog="portal bench orders", description="orders a second through HTTP")
    parser.add_argument("--orders", type=int, default=300, help="orders in each run (300)")
    parser.add_argument("--clients", default="1,8", help="clients at a time, one run each (1,8)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(args)
    figures = measure([int(text) for text in options.clients.split(",")], options.orders, Progress())
    if options.json:
        sys.stdout.write(json.dumps([asdict(run) for run in figures], indent=2) + "\n")
    else:
        sys.stdout.write(table(figures))
    return 0


def measure(clients: list[int], orders: int, progress: Progress) -> list[Figures]:
    """Run once for each number of clients, on one installation."""
    progress.say("Starting a web process, a worker and a database …")
    with Installation() as portal:
        with unit_of_work() as session:
            shop = make_little_shop(session, buyers=max(clients))
        portal.start_web()
        with progress.phase("Warming up", total=len(shop.buyers) * SHORTEST_RUN) as phase:
            _first_orders(portal, shop, phase)
        portal.start_worker()
        return [_run(portal, shop, number, max(orders, number), progress) for number in clients]


def _first_orders(portal: Installation, shop: LittleShop, phase: Phase) -> None:
    """Let every company have ordered before, so that no further order needs approval, and the web process have its caches."""
    with ThreadPoolExecutor(len(shop.buyers)) as pool:
        for _latencies in pool.map(lambda buyer: _submit(portal, shop, buyer, SHORTEST_RUN, phase), shop.buyers):
            pass
    with unit_of_work() as session:
        for task_id in session.scalars(select(UserTask.id).where(UserTask.node_id == "review_by_salesperson")).all():
            workflow.complete_task(session, actor=shop.salesperson, task_id=task_id, data={"decision": "approve"})
    perform_pending()


def _run(portal: Installation, shop: LittleShop, clients: int, orders: int, progress: Progress) -> Figures:
    title = f"{clients} client{'s' if clients > 1 else ''}"
    with progress.phase(title, total=orders) as phase, ThreadPoolExecutor(clients) as pool:
        before, began = portal.cpu_seconds(), time.perf_counter()
        each = [orders // clients + (place < orders % clients) for place in range(clients)]
        runs = pool.map(lambda one: _submit(portal, shop, one[0], one[1], phase), zip(shop.buyers, each, strict=False))
        latencies = sorted(latency for run in runs for latency in run)
        submitted = time.perf_counter() - began
    portal.until("worker", _is_settled, within=SETTLE_WITHIN)
    settled, after = time.perf_counter() - began, portal.cpu_seconds()
    done = len(latencies)
    return Figures(
        clients=clients, orders=done, orders_per_second=round(done / submitted, 1), p50_ms=_percentile(latencies, 0.5),
        p99_ms=_percentile(latencies, 0.99), **{f"{name}_cpu_ms": round((after[name] - before[name]) / done * 1000, 1) for name in after},
        settled_per_second=round(done / settled, 1),
    )  # fmt: skip


def _submit(portal: Installation, shop: LittleShop, buyer: Buyer, orders: int, phase: Phase) -> list[float]:
    """Submit one order after another; return the seconds each took."""
    latencies = []
    deadline = time.monotonic() + LONGEST_RUN
    with OrderingClient(portal.address, buyer) as client:
        client.log_in()
        for lines in _baskets(shop, buyer, orders):
            began = time.perf_counter()
            client.submit(str(uuid4()), lines)
            latencies.append(time.perf_counter() - began)
            phase.advance()
            if time.monotonic() > deadline:
                break
    return latencies


def _baskets(shop: LittleShop, buyer: Buyer, orders: int) -> Iterator[dict[str, int]]:
    chance = Random(buyer.phone)
    for _order in range(orders):
        yield {sku: chance.randint(1, 9) for sku in chance.sample(shop.in_stock, LINES)}


def _is_settled() -> bool:
    """Say whether the worker owes nothing."""
    with unit_of_work() as session:
        return session.scalar(select(exists().where(OutboxRow.status == "pending"))) is False


def _percentile(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)


HEADINGS = ("clients", "orders", "orders/s", "p50 ms", "p99 ms", "web", "worker", "postgres", "settled/s")


def table(figures: list[Figures]) -> str:
    """Write the figures for people."""
    rows = [HEADINGS, *(tuple(str(value) for value in asdict(run).values()) for run in figures)]
    lines = ["".join(f"{cell:>11}" for cell in row) for row in rows]
    return "\n".join([f"{'':55}{'CPU ms per order':>33}", *lines]) + "\n"
