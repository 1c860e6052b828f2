"""The bench of timers measures what it says: what came due fired, after its moment, and what waits still waits."""

from portal.bench import timers
from portal.progress import Progress


def test_what_comes_due_fires_and_what_waits_goes_on_waiting() -> None:
    figures = timers.measure(5, 3, 3, Progress(), span=0.1)
    assert (figures["waiting"], figures["one_by_one"]["timers"], figures["at_once"]["timers"]) == (5, 3, 3)
    assert figures["one_by_one"]["p50"] > 0
    assert "5 timers wait" in timers.told(figures)
