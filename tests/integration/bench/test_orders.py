"""The measurement of orders, on a small scale: a whole portal is started, used and ended."""

import json

import pytest

from portal.bench import orders
from portal.bench.orders import Figures, measure, table
from portal.progress import SilentProgress


@pytest.mark.timeout(400)
def test_orders_are_measured_from_one_client_and_from_several() -> None:
    one, two = measure([1, 2], 6, SilentProgress())
    assert (one.clients, one.orders, two.clients, two.orders) == (1, 6, 2, 6)
    for run in (one, two):
        assert 0 < run.p50_ms <= run.p99_ms
        assert min(run.orders_per_second, run.web_cpu_ms, run.worker_cpu_ms, run.postgres_cpu_ms) > 0
        assert 0 < run.settled_per_second <= run.orders_per_second


FIGURES = [Figures(1, 300, 12.5, 70.1, 120.0, 30.0, 40.0, 20.0, 11.0)]


def test_figures_are_printed_as_a_table_or_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(orders, "measure", lambda *_asked: FIGURES)
    assert orders.main([]) == 0
    printed = capsys.readouterr().out
    assert printed == table(FIGURES)
    assert "12.5" in printed
    assert orders.main(["--json", "--clients", "1"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["orders_per_second"] == 12.5
