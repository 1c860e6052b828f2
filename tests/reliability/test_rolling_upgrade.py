"""The previous release and this one side by side on one database, as while a new release is rolled out: nothing fails, either way."""

import io
import json
import pickle
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from portal.bench.client import OrderingClient
from portal.bench.installation import Installation
from portal.bench.little_shop import LittleShop
from portal.database import unit_of_work
from portal.settings import ROOT
from portal.workflow.models import ProcessInstance, UserTask
from tests.reliability.broker import Balancer, RedisServer
from tests.reliability.machines import BUYERS, SECRET, DeskClient, Play, count_ended, decision, salesperson, wait_for
from tests.reliability.once import assert_everything_once

PREVIOUS = "c161cb4bb53d0e4b27f47e8188031596f699a060"
"""The commit of release 0.1.0. A release moves it to the one before."""
BEFORE, DURING = 6, 24
MAKE_SHOP = f"""
import os, pickle, sys
from portal import capabilities, database
from portal.bench.little_shop import make_little_shop
database.configure(os.environ["PORTAL_DATABASE_URL"])
capabilities.register_all()
with database.unit_of_work() as session:
    shop = make_little_shop(session, buyers={BUYERS})
sys.stdout.buffer.write(pickle.dumps(shop))
"""


@dataclass(frozen=True)
class Both:
    """Two releases on one database."""

    portal: Installation
    shop: LittleShop
    address: str


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the previous release, out of this repository's own history, with this one's built assets."""
    archive = subprocess.run(["git", "archive", PREVIOUS], cwd=ROOT, check=False, capture_output=True)
    if archive.returncode != 0:
        pytest.fail(
            f"This test runs the previous release, which is commit {PREVIOUS} of this repository's history, and the history here "
            f"does not hold it (a shallow clone? `git fetch --unshallow`): {archive.stderr.decode().strip()}"
        )
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    (folder / "portal" / "static").symlink_to(ROOT / "portal" / "static")
    return folder


@pytest.fixture(scope="module")
def both(previous: Path) -> Iterator[Both]:
    """A shop of the previous release with orders on their way, then this release's tables and processes beside the old ones."""
    with ExitStack() as stack:
        broker = stack.enter_context(RedisServer())
        environment = {"PORTAL_BROKER_URL": broker.url, "PORTAL_SECRET_KEY": SECRET}
        portal = stack.enter_context(Installation(durable=False, environment=environment, release=previous))
        portal.start_web("web-old", release=previous)
        portal.start_worker("worker-old", release=previous)
        shop = pickle.loads(portal.run_in(previous, "-c", MAKE_SHOP))
        addresses = [portal.address_of(name) for name in ("web-old", "web-new")]
        balancer = stack.enter_context(Balancer(addresses))
        with OrderingClient(addresses[0], shop.buyers[0]) as client:
            client.log_in()
            for number in range(BEFORE):
                client.submit(f"before-{number}", {shop.in_stock[number]: 5 + number})
        portal.upgrade()
        portal.start_web("web-new")
        portal.start_worker("worker-new")
        yield Both(portal, shop, balancer.address)


@pytest.mark.timeout(240)
def test_orders_run_to_their_end_between_the_releases_and_nobody_notices(both: Both) -> None:
    with Play(both.address, both.shop, "rolled-out", orders=DURING) as play:
        play.until_over(BEFORE + DURING)
    assert play.office.retries["order"] == play.office.retries["decision"] == play.office.retries["receipt"] == 0
    with unit_of_work() as session:
        assert_everything_once(session, orders=count_ended())
        formats = set(session.scalars(select(ProcessInstance.state_format)))
    assert count_ended() == BEFORE + DURING
    assert formats == {1}
    for name in ("web-old", "web-new", "worker-old", "worker-new"):
        assert _complaints(both.portal, name) == []


@pytest.mark.parametrize(("begins", "goes_on"), [("web-old", "web-new"), ("web-new", "web-old")])
def test_an_order_begun_on_one_release_goes_on_on_the_other(both: Both, begins: str, goes_on: str) -> None:
    here, there = both.portal.address_of(begins), both.portal.address_of(goes_on)
    with OrderingClient(here, both.shop.buyers[0]) as client:
        client.log_in()
        number = client.submit(f"crosses-{begins}", {both.shop.in_stock[0]: 2000})
    with unit_of_work() as session:
        waiting = select(UserTask.id, UserTask.node_id).where(UserTask.business_key == number)
        task = session.execute(waiting.where(UserTask.status == "open")).one()
    with DeskClient(there, salesperson(both.shop, task.node_id)) as desk:
        desk.log_in()
        desk.complete(task.id, decision(task.node_id, number))
    assert wait_for(lambda: _next_task(number, task.id) is not None)


def test_the_new_release_is_ready_and_the_old_one_goes_on_serving(both: Both) -> None:
    assert httpx.get(f"{both.portal.address_of('web-new')}/readyz").json()["migrations"] == "ok"
    assert httpx.get(f"{both.portal.address_of('web-old')}/healthz").status_code == httpx.codes.OK


def _next_task(number: str, after: object) -> str | None:
    with unit_of_work() as session:
        later = select(UserTask.node_id).where(UserTask.business_key == number, UserTask.id != after)
        return session.scalars(later).first()


def _complaints(portal: Installation, name: str) -> list[str]:
    """Return what a process logged that should not have happened: errors, failed effects, answers of 500 and more."""
    lines = [json.loads(line) for line in portal.log(name).splitlines() if line.startswith("{")]
    bad = [line for line in lines if line.get("level") in ("error", "critical") or line.get("status", 0) >= 500]
    return [str(line)[:500] for line in bad] + [
        f"{line['event']}: {[(e.get('exc_type'), e.get('exc_value')) for e in line.get('exception', {}).get('exceptions', [])] if isinstance(line.get('exception'), dict) else str(line)[:1200]}"
        for line in lines
        if "failed" in line["event"]
    ]
