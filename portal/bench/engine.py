"""`portal bench engine`: process steps a second, in process and through HTTP, beside SpiffWorkflow used plainly.

One process is: start → service action → gateway → user task → complete: two steps, each one committed transaction. Ours locks the
instance, keeps people's tasks, history and notices, and saves a state without specs. Through HTTP each step is a request to a web process
of its own, with session and CSRF token. The baseline is the library alone: the whole workflow by its own `serialize_json` in one locked
row. It writes the diagram into every row, so it is measured on a diagram of six nodes and on one as large as the order process.

All run in turn, in one run, on one durable database; clients of one contender are threads of one process (through HTTP: of the web
process, with the clients in this one). Trust the ratios, not the absolute figures of a busy machine.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any

from portal.bench.contenders import Contender, Ours, OverHttp, Plain
from portal.bench.diagrams import SIZES, STEPS
from portal.bench.installation import Installation
from portal.bench.little_shop import make_little_shop
from portal.database import unit_of_work
from portal.progress import Phase, Progress

SELLER = "19900008001"
"""The telephone number that the little shop's salesperson logs in with."""


@dataclass(frozen=True)
class Round:
    """One contender's round: steps a second, and milliseconds of processor time a process, by whose they are."""

    steps_per_second: float
    cpu: dict[str, float]


def main(args: list[str]) -> int:
    """Measure on a database of its own, and print a table or, with `--json`, JSON."""
    parser = argparse.ArgumentParser(
        prog="portal bench engine", description="process steps a second, beside the plain library"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--count", type=int, default=100, help="processes in each round, of each contender (100)")
    parser.add_argument("--clients", default="1,8", help="clients at a time (1,8)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(args)
    clients = [int(number) for number in options.clients.split(",")]
    figures = measure(options.rounds, options.count, clients, Progress())
    sys.stdout.write(json.dumps(figures, indent=2) + "\n" if options.json else table(figures))
    return 0


def measure(rounds: int, count: int, clients: list[int], progress: Progress) -> list[dict[str, Any]]:
    """Measure every size with every number of clients on one installation; return one entry each."""
    progress.say("Starting a web process and a database …")
    with Installation() as portal:
        with unit_of_work() as session:
            make_little_shop(session, buyers=1)
        contenders: dict[str, list[Contender]] = {
            size: [Plain(size), Ours(size), OverHttp(size, portal.address, SELLER)] for size in SIZES
        }
        portal.start_web(module="portal.bench.web")
        total = len(SIZES) * len(clients) * (rounds + 1) * 3 * count
        with progress.phase("Running processes", total=total) as phase:
            return [
                {
                    "diagram": size,
                    "clients": number,
                    **_measured(portal, contenders[size], number, rounds, count, phase),
                }
                for size in SIZES
                for number in clients
            ]


def _measured(
    portal: Installation, contenders: list[Contender], clients: int, rounds: int, count: int, phase: Phase
) -> dict[str, Any]:
    """Let the contenders run in turn, `rounds` times after one that warms up; return medians, and medians of the ratios to the library."""
    seen: dict[str, list[Round]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            done = _round(portal, contender, clients, count, phase)
            if number:
                seen[contender.name].append(done)
    return {name: _summary(found, seen["library"]) for name, found in seen.items()}


def _round(portal: Installation, contender: Contender, clients: int, count: int, phase: Phase) -> Round:
    each = max(1, count // clients)
    with contender.workers(clients) as workers, ThreadPoolExecutor(clients) as pool:
        before, began = _cpu(portal), time.perf_counter()
        for _done in pool.map(lambda work: _run(work, each, phase), workers):
            pass
        took, after = time.perf_counter() - began, _cpu(portal)
    processes = each * clients
    return Round(processes * STEPS / took, {name: (after[name] - before[name]) / processes * 1000 for name in after})


def _run(work: Callable[[], None], count: int, phase: Phase) -> None:
    for _process in range(count):
        work()
    phase.advance(count)


def _cpu(portal: Installation) -> dict[str, float]:
    return {"client": time.process_time(), **portal.cpu_seconds()}


def _summary(found: list[Round], library: list[Round]) -> dict[str, Any]:
    ratios = [one.steps_per_second / beside.steps_per_second for one, beside in zip(found, library, strict=True)]
    return {
        "steps_per_second": round(median(one.steps_per_second for one in found), 1),
        "cpu_ms_per_process": {name: round(median(one.cpu[name] for one in found), 2) for name in found[0].cpu},
        "ratio": round(median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def table(figures: list[dict[str, Any]]) -> str:
    """Write the figures for people."""
    lines = [
        f"{'':26}{'':>10}{'CPU ms per process':>30}{'to the library':>22}",
        f"{'diagram':10}{'clients':>8}{'':>8}{'steps/s':>10}{'client':>10}{'web':>10}{'postgres':>10}{'median (range)':>22}",
    ]
    for figure in figures:
        for name in ("library", "portal", "http"):
            one, cpu = figure[name], figure[name]["cpu_ms_per_process"]
            low, high = one["ratio_range"]
            ratio = "" if name == "library" else f"{one['ratio']} ({low}-{high})"
            lines.append(
                f"{figure['diagram']:10}{figure['clients']:>8} {name:7}{one['steps_per_second']:>10}"
                f"{cpu['client']:>10}{cpu['web']:>10}{cpu['postgres']:>10}{ratio:>22}"
            )
    return "\n".join(lines) + "\n"
