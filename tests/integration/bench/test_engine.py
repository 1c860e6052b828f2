"""The measurement of the engine, on a small scale: in process, through HTTP, and beside the plain library."""

import json
from typing import Any

import pytest

from portal.bench import engine
from portal.bench.engine import measure, table
from portal.progress import SilentProgress


@pytest.mark.timeout(400)
def test_processes_are_measured_three_ways_from_one_client_and_from_several() -> None:
    figures = measure(1, 4, [1, 2], SilentProgress())
    assert [(one["diagram"], one["clients"]) for one in figures] == [
        ("small", 1),
        ("small", 2),
        ("order", 1),
        ("order", 2),
    ]
    for one in figures:
        for name in ("library", "portal", "http"):
            assert one[name]["steps_per_second"] > 0
            assert one[name]["cpu_ms_per_process"].keys() == {"client", "web", "postgres"}
        assert one["library"]["ratio"] == 1
        assert one["http"]["cpu_ms_per_process"]["web"] > 0


def _one(ratio: float) -> dict[str, Any]:
    cpu = {"client": 1.0, "web": 0.0, "postgres": 0.5}
    return {"steps_per_second": 812.5, "cpu_ms_per_process": cpu, "ratio": ratio, "ratio_range": [0.9, 1.4]}


def test_figures_are_printed_as_a_table_or_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = [{"diagram": "small", "clients": 1, "library": _one(1.0), "portal": _one(1.2), "http": _one(0.5)}]
    monkeypatch.setattr(engine, "measure", lambda *_asked: figures)
    assert engine.main([]) == 0
    printed = capsys.readouterr().out
    assert printed == table(figures)
    assert "1.2 (0.9-1.4)" in printed
    assert engine.main(["--json", "--clients", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == figures
