"""What a process counts: by what, and no more values than are meant."""

import pytest
from prometheus_client import REGISTRY

from portal import metrics
from portal.errors import Conflict


def counted(name: str, **labels: str) -> float:
    """Return a sample's value, 0 where there is none."""
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_counts_by_its_route_not_by_its_address() -> None:
    before = counted("portal_http_requests_total", route="/orders/{number:str}", method="GET", status="200")
    metrics.request(route="/orders/{number:str}", method="GET", status=200, seconds=0.01)
    assert counted("portal_http_requests_total", route="/orders/{number:str}", method="GET", status="200") == before + 1


def test_invented_methods_and_addresses_make_no_new_series() -> None:
    metrics.request(route=None, method="BREW", status=404, seconds=0.01)
    assert counted("portal_http_requests_total", route="unmatched", method="other", status="404") >= 1


def test_pages_that_stay_open_do_not_spoil_the_times() -> None:
    metrics.request(route="/live", method="GET", status=200, seconds=3600)
    assert counted("portal_http_request_seconds_count", route="/live") == 0


@pytest.mark.parametrize(
    ("error", "outcome"), [(None, "done"), (Conflict("taken"), "refused"), (RuntimeError("broken"), "failed")]
)
def test_a_step_counts_by_how_it_ends(error: Exception | None, outcome: str) -> None:
    before = counted("portal_process_steps_total", process="order", outcome=outcome)
    if error is None:
        with metrics.process_step("order"):
            pass
    else:
        with pytest.raises(type(error)), metrics.process_step("order"):
            raise error
    assert counted("portal_process_steps_total", process="order", outcome=outcome) == before + 1


def test_a_step_may_end_in_an_incident() -> None:
    before = counted("portal_process_steps_total", process="order", outcome="incident")
    with metrics.process_step("order") as ended:
        ended.value = "incident"
    assert counted("portal_process_steps_total", process="order", outcome="incident") == before + 1


def test_however_many_processes_there_are_the_series_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_known", {})
    for number in range(metrics.MOST_VALUES + 20):
        with metrics.process_step(f"process_{number}"):
            pass
    assert counted("portal_process_steps_total", process="other", outcome="done") == 20


def test_the_librarys_own_registry_is_left_alone() -> None:
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("portal")]
