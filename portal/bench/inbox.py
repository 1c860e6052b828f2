"""`portal bench inbox`: what a salesperson does in the inbox, with a thousand open tasks in the database and with a million.

Each number of tasks has a database server and a web process of its own; requests go to them in turn, so that a busy machine is busy for
all of them. A request is a whole page through HTTP, with its session, its counts and its navigation.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from statistics import median
from typing import Any

import psycopg

from portal.bench.engine import SELLER
from portal.bench.installation import Installation
from portal.bench.little_shop import make_little_shop
from portal.bench.many_tasks import Many, fill, prepare
from portal.bench.seller import SellersClient
from portal.database import unit_of_work
from portal.progress import Progress

WARMING = 8
"""Rounds that are not counted: they fill caches and prepare statements."""
MOST = 1.3
"""How much more the last number of tasks may cost than the first."""
FREE = """
select id from user_tasks where status = 'open' and assignee_id is null and role = 'salesperson' and team = '一组'
order by due_at nulls last, id limit %s
"""


@dataclass
class Place:
    """One portal with so many open tasks, and the client that is measured there."""

    open_tasks: int
    many: Many
    seller: SellersClient
    free: Iterator[str]
    claimed: str = ""
    second: str = ""

    def claim(self) -> None:
        """Take a free task of the team."""
        self.claimed = next(self.free)
        self.seller.claim(self.claimed)

    def complete(self) -> None:
        """Complete the task taken last."""
        self.seller.complete(self.claimed)

    def actions(self) -> dict[str, Callable[[], Any]]:
        """Return what is measured, by name."""
        inbox, many = "/desk/inbox?tab=", self.many
        pages = {
            "mine, first page": f"{inbox}mine",
            "mine, second page": self.second,
            "mine, late": f"{inbox}mine&due=overdue",
            "mine, due today": f"{inbox}mine&due=today",
            "mine, later": f"{inbox}mine&due=later",
            "mine, one process": f"{inbox}mine&process=bench_order",
            "mine, one customer": f"{inbox}mine&customer={many.customer_id}",
            "mine, a number": f"{inbox}mine&q={many.number}",
            "mine, a customer's name": f"{inbox}mine&q={many.customer}",
            "the team's": f"{inbox}team",
            "the team's, late": f"{inbox}team&due=overdue",
            "the team's, a number": f"{inbox}team&q={many.number}",
            "done": f"{inbox}done",
            "another page's count": "/desk/find?q=",
        }
        reads = {name: lambda path=path: self.seller.get(path) for name, path in pages.items()}
        return {**reads, "claim": self.claim, "complete": self.complete}


def main(args: list[str]) -> int:
    """Measure on databases of its own, and print a table or, with `--json`, JSON."""
    parser = argparse.ArgumentParser(prog="portal bench inbox", description="the inbox with ever more tasks")
    parser.add_argument("--tasks", default="1000,100000,1000000", help="open tasks, one database each")
    parser.add_argument("--rounds", type=int, default=40, help="requests of each kind (40)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(args)
    figures = measure([int(number) for number in options.tasks.split(",")], options.rounds, Progress())
    sys.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False) + "\n" if options.json else table(figures))
    return 0


def measure(numbers: list[int], rounds: int, progress: Progress) -> dict[str, Any]:
    """Fill a database for each number of open tasks and ask all of them in turn; return medians in milliseconds, and ratios."""
    with ExitStack() as stack:
        places = [_place(stack, number, rounds, progress) for number in numbers]
        with progress.phase("Asking", total=(rounds + WARMING) * len(places)) as phase:
            seen: dict[str, list[list[float]]] = {name: [[] for _ in places] for name in places[0].actions()}
            for number in range(rounds + WARMING):
                for at, place in enumerate(places):
                    for name, action in place.actions().items():
                        began = time.perf_counter()
                        action()
                        if number >= WARMING:
                            seen[name][at].append((time.perf_counter() - began) * 1000)
                    phase.advance()
    medians = {name: [round(median(times), 2) for times in by_place] for name, by_place in seen.items()}
    return {
        "open_tasks": numbers,
        "p50_ms": medians,
        "last_to_first": {name: round(by_place[-1] / by_place[0], 2) for name, by_place in medians.items()},
    }


def _place(stack: ExitStack, open_tasks: int, rounds: int, progress: Progress) -> Place:
    progress.say(f"Making a portal with {open_tasks:,} open tasks …")
    portal = stack.enter_context(Installation())
    with unit_of_work() as session:
        shop = make_little_shop(session, buyers=1)
    prepare(shop)
    began = time.monotonic()
    many = fill(portal.database_url, shop, open_tasks=open_tasks)
    progress.say(f"  filled in {time.monotonic() - began:.0f} s")
    portal.start_web(module="portal.bench.web")
    seller = stack.enter_context(SellersClient(portal.address, SELLER))
    with psycopg.connect(portal.database_url) as connection:
        free = [str(row[0]) for row in connection.execute(FREE, (rounds + WARMING,)).fetchall()]
    further = re.search(r'href="([^"]+)" rel="next"', seller.get("/desk/inbox?tab=mine"))
    assert further is not None, "there is a second page"
    return Place(open_tasks, many, seller, iter(free), second=unescape(further[1]))


def table(figures: dict[str, Any]) -> str:
    """Write the figures for people."""
    numbers = [f"{number:,}" for number in figures["open_tasks"]]
    lines = [f"{'p50, ms; open tasks:':26}" + "".join(f"{number:>12}" for number in numbers) + f"{'last : first':>15}"]
    for name, medians in figures["p50_ms"].items():
        ratio = figures["last_to_first"][name]
        shown = "".join(f"{one:>12}" for one in medians)
        lines.append(f"{name:26}{shown}{ratio:>15}{' !' if ratio > MOST else ''}")
    return "\n".join(lines) + "\n"
