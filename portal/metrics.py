"""What this process counts for Prometheus. Low in the layers: whoever does something counts it here, in one line.

Labels hold only what the code or an administrator names (routes, processes, targets), never what a request says; the number of
values of each is capped. What the database knows is not counted here but asked when somebody looks: `portal.gauges`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from portal import __version__
from portal.errors import PortalError

disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped there; a series for each series, which nobody reads
REGISTRY = CollectorRegistry()
MOST_VALUES = 60
"""Of a label that administrators name; what comes later counts as `other`."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
STREAMS = frozenset({"/live"})
"""Routes whose answers last for as long as a page is open: their time says nothing."""
FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_requests = Counter("portal_http_requests", "Requests answered.", ["route", "method", "status"], registry=REGISTRY)
_request_seconds = Histogram(
    "portal_http_request_seconds", "Time until a request was answered.", ["route"], buckets=FAST, registry=REGISTRY
)
_steps = Counter(
    "portal_process_steps",
    "Steps of processes: done, refused (a person was told why not), incident, failed (undone, to be tried again).",
    ["process", "outcome"],
    registry=REGISTRY,
)
_step_seconds = Histogram(
    "portal_process_step_seconds",
    "Time of a step, its commit not included.",
    ["process"],
    buckets=FAST,
    registry=REGISTRY,
)
_attempts = Counter(
    "portal_effect_attempts",
    "Tries at effects on the outside: done, failed, excused (the target is down), given_up.",
    ["target", "outcome"],
    registry=REGISTRY,
)
_attempt_seconds = Histogram(
    "portal_effect_seconds", "Time of a try at an effect.", ["target"], buckets=SLOW, registry=REGISTRY
)
_release = Gauge("portal_release_info", "The release that runs here.", ["release"], registry=REGISTRY)
_release.labels(__version__).set(1)
ProcessCollector(registry=REGISTRY)

_known: dict[str, set[str]] = {}


def request(*, route: str | None, method: str, status: int, seconds: float) -> None:
    """Count an answered request; `route` is the template of its address, None where there is none."""
    template = route or "unmatched"
    _requests.labels(template, method if method in METHODS else "other", str(status)).inc()
    if template not in STREAMS:
        _request_seconds.labels(template).observe(seconds)


@dataclass
class Outcome:
    """How a step ends, unless it raises."""

    value: str = "done"


@contextmanager
def process_step(process: str) -> Iterator[Outcome]:
    """Count the step that the block makes; the block may say that it ended in an incident."""
    name, outcome, began = _bounded("process", process), Outcome(), time.perf_counter()
    try:
        yield outcome
    except PortalError:
        outcome.value = "refused"
        raise
    except BaseException:
        outcome.value = "failed"
        raise
    finally:
        _steps.labels(name, outcome.value).inc()
        _step_seconds.labels(name).observe(time.perf_counter() - began)


def effect(*, target: str, outcome: str, seconds: float) -> None:
    """Count a try at an effect."""
    name = _bounded("target", target)
    _attempts.labels(name, outcome).inc()
    _attempt_seconds.labels(name).observe(seconds)


def _bounded(label: str, value: str) -> str:
    known = _known.setdefault(label, set())
    if value not in known and len(known) >= MOST_VALUES:
        return "other"
    known.add(value)
    return value
