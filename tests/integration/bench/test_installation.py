"""Portals that live for a test or a measurement."""

import httpx
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import heartbeat
from portal.bench.installation import Installation, ProcessEnded
from portal.database import unit_of_work


def test_a_process_that_cannot_start_says_why_and_nothing_is_left_behind() -> None:
    with Installation(durable=False, environment={"PORTAL_WEB_THREADS": "many"}) as portal:
        with pytest.raises(ProcessEnded, match="PORTAL_WEB_THREADS"):
            portal.start_web()
        directory = portal.directory
    assert not directory.exists()
    assert not [
        process for process in psutil.process_iter(["cmdline"]) if str(directory) in str(process.info["cmdline"])
    ]


def test_several_processes_run_under_names_of_their_own() -> None:
    with Installation(durable=False) as portal:
        portal.start_web()
        portal.start_web("web-b", environment={"PORTAL_WEB_THREADS": "2"})
        portal.start_worker("worker-b")
        assert portal.address != portal.address_of("web-b")
        assert httpx.get(f"{portal.address_of('web-b')}/readyz").json()["worker"] == "ok"
        portal.kill("web")
        with pytest.raises(httpx.TransportError):
            httpx.get(portal.address)
        assert portal.stop("worker-b") == 0
        with unit_of_work() as session:
            assert heartbeat.newest(session) is None
        portal.start_web()
        assert set(portal.cpu_seconds()) == {"web", "web-b", "postgres"}


def test_what_was_committed_outlives_a_database_server_that_is_killed() -> None:
    with Installation(durable=False) as portal:
        with unit_of_work() as session:
            heartbeat.beat(session, process="written before")
        portal.kill_database()
        with pytest.raises(OperationalError), unit_of_work() as session:
            session.execute(text("select 1"))
        portal.start_database()
        with unit_of_work() as session:
            assert heartbeat.newest(session) is not None
