"""Instances that earlier releases saved load in this one, stand where they stood and go where they would have gone."""

import json
import tomllib
from importlib.metadata import version
from typing import Any

import pytest

from portal.settings import ROOT
from portal.workflow import codec
from tests.unit.workflow.formats.write import FOLDER, play_on

FILES = sorted(FOLDER.glob("format_*.json"))


def saved() -> list[Any]:
    """Every saved state, with its diagram."""
    found = []
    for path in FILES:
        content = json.loads(path.read_text())
        for kept in content["states"]:
            name = f"{path.stem}-{kept['diagram']}-{kept['moment']}"
            found.append(pytest.param(content["diagrams"][kept["diagram"]], kept, id=name))
    return found


def test_every_format_that_was_ever_written_is_kept() -> None:
    names = {path.name for path in FILES}
    assert names == {*(f"format_{number}.json" for number in range(1, codec.FORMAT + 1)), "format_1_events.json"}


def test_the_library_is_the_version_whose_private_members_are_read() -> None:
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert version("spiffworkflow") == codec.WRITTEN_FOR
    assert f"spiffworkflow=={codec.WRITTEN_FOR}" in pinned


@pytest.mark.parametrize(("scene", "kept"), saved())
def test_a_saved_instance_stands_where_it_stood_and_goes_on_to_its_end(
    scene: dict[str, Any], kept: dict[str, Any]
) -> None:
    found = play_on(scene, kept["state"])
    assert found["open"] == kept["open"]
    assert found["then"] == kept["then"]
    assert found["known"] == kept["known"]
