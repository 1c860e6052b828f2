"""`portal bench timers`: how late timers fire, with thousands waiting, by a real worker.

Processes are started that each wait for a moment: most of them tomorrow's, some within the span that is measured, at random, and in the
end many for the same moment. How late one is, its history tells: when it fired, less when it was due.
"""

import argparse
import json
import random
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, select

from portal import clock
from portal.accounts.actor import SYSTEM
from portal.bench.installation import Installation
from portal.database import unit_of_work
from portal.progress import Phase, Progress
from portal.workflow import service
from portal.workflow.models import ProcessInstance, Wait

KEY = "bench_timers"
DIAGRAM = f"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:portal="urn:portal:bpmn:1.0" targetNamespace="bench">
<bpmn:process id="{KEY}" name="定时" portal:nameEn="Timers" isExecutable="true">
<bpmn:startEvent id="start" /><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="moment" />
<bpmn:intermediateCatchEvent id="moment" name="到时" portal:nameEn="Moment"><bpmn:timerEventDefinition>
<bpmn:timeDate>order.due</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
<bpmn:sequenceFlow id="f2" sourceRef="moment" targetRef="end" /><bpmn:endEvent id="end" />
</bpmn:process></bpmn:definitions>"""
SPAN = 20.0
"""Seconds over which timers come due, one here and one there."""
AHEAD = timedelta(seconds=2)
SLOWEST = 100
"""Processes that are started in a second, at the least."""


def main(args: list[str]) -> int:
    """Measure on a database of its own, and print sentences or, with `--json`, JSON."""
    parser = argparse.ArgumentParser(prog="portal bench timers", description="how late timers fire")
    parser.add_argument("--waiting", type=int, default=10_000, help="timers that wait and do not come due (10000)")
    parser.add_argument("--spread", type=int, default=200, help="timers that come due one by one, within 20 s (200)")
    parser.add_argument("--at-once", type=int, default=200, help="timers that come due in one moment (200)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(args)
    figures = measure(options.waiting, options.spread, options.at_once, Progress())
    sys.stdout.write(json.dumps(figures, indent=2) + "\n" if options.json else told(figures))
    return 0


def measure(waiting: int, spread: int, at_once: int, progress: Progress, *, span: float = SPAN) -> dict[str, Any]:
    """Let timers come due and return how many seconds late they fired."""
    with Installation() as portal:
        with unit_of_work() as session:
            service.publish(session, xml=DIAGRAM, source="delivered", actor=SYSTEM)
        with progress.phase("Starting processes", total=waiting + spread + at_once) as phase:
            _start("waiting", [clock.now() + timedelta(days=1)] * waiting, phase)
            portal.start_worker()
            first = clock.now() + AHEAD + timedelta(seconds=(spread + at_once) / SLOWEST)
            one_by_one = _start(
                "one", [first + timedelta(seconds=random.uniform(0, span)) for _ in range(spread)], phase
            )
            together = _start("once", [first + timedelta(seconds=span) + AHEAD] * at_once, phase)
        portal.until("worker", lambda: _still_waiting() == waiting, within=span + 120)
        return {"waiting": waiting, "one_by_one": _lateness(one_by_one), "at_once": _lateness(together)}


def _start(prefix: str, moments: list[datetime], phase: Phase) -> dict[str, datetime]:
    """Start a process for each moment; return when each is due, by business key."""
    due = {f"{prefix}-{number}": moment for number, moment in enumerate(moments)}
    for key, moment in due.items():
        with unit_of_work() as session:
            service.start_process(session, key=KEY, business_key=key, facts={"order": {"due": moment}}, actor=SYSTEM)
        phase.advance()
    return due


def _still_waiting() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Wait)) or 0


def _lateness(due: Mapping[str, datetime]) -> dict[str, float]:
    """Return how many seconds after their moments the processes ended."""
    with unit_of_work() as session:
        rows = session.execute(
            select(ProcessInstance.business_key, ProcessInstance.ended_at).where(ProcessInstance.business_key.in_(due))
        )
        late = sorted((ended_at - due[key]).total_seconds() for key, ended_at in rows if ended_at is not None)
    return {
        "timers": len(late),
        "p50": round(median(late), 3),
        "p99": round(late[int(len(late) * 0.99)], 3),
        "most": round(late[-1], 3),
    }


def told(figures: dict[str, Any]) -> str:
    """Write the figures for people."""
    lines = [f"{figures['waiting']:,} timers wait; seconds that others fired after their moment:"]
    for name, title in (("one_by_one", "one by one"), ("at_once", "all at once")):
        figure = figures[name]
        lines.append(
            f"{title:12} {figure['timers']:>6,} timers   p50 {figure['p50']:.2f}   p99 {figure['p99']:.2f}   most {figure['most']:.2f}"
        )
    return "\n".join(lines) + "\n"
