"""The measurement of the inbox, on a small scale: portals are filled, asked and ended."""

import json

import pytest

from portal.bench import inbox
from portal.bench.inbox import measure, table
from portal.progress import SilentProgress


@pytest.mark.timeout(400)
def test_pages_claims_and_completions_are_measured_for_each_number_of_tasks() -> None:
    figures = measure([600, 2000], 2, SilentProgress())
    assert figures["open_tasks"] == [600, 2000]
    assert {
        "mine, first page",
        "mine, second page",
        "mine, a number",
        "the team's",
        "done",
        "claim",
        "complete",
    } <= figures["p50_ms"].keys()
    assert all(few > 0 and many > 0 for few, many in figures["p50_ms"].values())


def test_figures_are_printed_as_a_table_or_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"open_tasks": [1000, 1000000], "p50_ms": {"claim": [4.0, 6.0]}, "last_to_first": {"claim": 1.5}}
    monkeypatch.setattr(inbox, "measure", lambda *_asked: figures)
    assert inbox.main([]) == 0
    printed = capsys.readouterr().out
    assert printed == table(figures)
    assert "1.5 !" in printed, "dearer than it may be"
    assert inbox.main(["--json", "--tasks", "1000"]) == 0
    assert json.loads(capsys.readouterr().out) == figures
