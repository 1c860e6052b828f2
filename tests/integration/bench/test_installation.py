"""Portals that live for a test or a measurement."""

import psutil
import pytest

from portal.bench.installation import Installation, ProcessEnded


def test_a_process_that_cannot_start_says_why_and_nothing_is_left_behind() -> None:
    with Installation(durable=False, environment={"PORTAL_WEB_THREADS": "many"}) as portal:
        with pytest.raises(ProcessEnded, match="PORTAL_WEB_THREADS"):
            portal.start_web()
        directory = portal.directory
    assert not directory.exists()
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if str(directory) in str(process.info["cmdline"])
    ]
