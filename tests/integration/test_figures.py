"""`/metrics`: what it says, who may read it, and that what it asks of the database is small."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock, exposing, gauges, heartbeat, metrics, outbox
from portal import database as portal_database
from portal.app import create_app
from portal.bench.installation import free_port
from portal.database import unit_of_work
from portal.settings import Settings
from portal.workflow.models import Message

TOKEN = "open sesame"
LOCAL, FAR = ("127.0.0.1", 4711), ("192.0.2.7", 4711)


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Let no test hear what another's database said a moment ago."""
    shop = gauges.Shop()
    before, gauges.SHOP = gauges.SHOP, type(gauges.SHOP)()
    gauges.SHOP.register(shop)
    yield
    gauges.SHOP = before


@pytest.fixture
def ask(settings: Settings) -> Callable[..., Any]:
    """Ask for `/metrics` as somebody: `ask(client=FAR, token=…)`."""

    def get(path: str = "/metrics", *, client: tuple[str, int] = LOCAL, token: str = "", **headers: str) -> Any:
        app = create_app(replace(settings, metrics_token=token))
        return asyncio.run(_ask(app, path, client, headers))

    return get


async def _ask(app: Any, path: str, client: tuple[str, int], headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as browser:
        return await browser.get(path, headers=encoded)


def samples(answer: bytes | str) -> dict[str, float]:
    """Return name and labels → value."""
    written = answer.decode() if isinstance(answer, bytes) else answer
    return {
        "/".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(written)
        for sample in family.samples
    }


def test_this_machine_may_read_the_figures_where_no_token_is_set(ask: Any) -> None:
    answer = ask()
    assert answer.status_code == 200
    assert samples(answer.text)["portal_database_up"] == 1


def test_others_do_not_learn_that_there_are_any(ask: Any) -> None:
    assert ask(client=FAR).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"])
def test_a_proxy_on_this_machine_opens_them_to_nobody(ask: Any, header: str) -> None:
    assert ask(**{header: "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize(
    ("said", "status"), [("", 401), ("Bearer wrong", 401), (f"Basic {TOKEN}", 401), (f"Bearer {TOKEN}", 200)]
)
def test_with_a_token_the_token_is_what_counts(ask: Any, said: str, status: int) -> None:
    for client in (LOCAL, FAR):
        assert ask(client=client, token=TOKEN, Authorization=said).status_code == status


def test_a_token_of_odd_characters_is_refused_and_breaks_nothing(ask: Any) -> None:
    assert ask(token=TOKEN, Authorization="Bearer \xe9\xff").status_code == 401


def test_requests_are_counted_by_route(ask: Any) -> None:
    ask("/nothing/here")
    ask("/healthz")
    found = samples(ask().text)
    assert found["portal_http_requests_total/GET//healthz/200"] >= 1
    assert found["portal_http_requests_total/GET/unmatched/404"] >= 1
    assert not [name for name in found if "nothing" in name]


def test_what_is_owed_is_told_by_target_with_its_age(ask: Any, session: Session, clock: Any) -> None:
    for number, target in enumerate(("factory", "factory", "sms")):
        outbox.enqueue(session, "test.figures", key=f"figures {number}", payload={}, target=target)
    session.commit()
    clock.travel(minutes=10)
    found = samples(ask().text)
    assert (found["portal_outbox_pending/factory"], found["portal_outbox_pending/sms"]) == (2, 1)
    assert found["portal_outbox_pending/portal"] == 0
    assert found["portal_outbox_oldest_seconds/factory"] == pytest.approx(600, abs=2)
    assert found["portal_factory_sync_lag_seconds"] == pytest.approx(600, abs=2)


def test_living_workers_and_waiting_messages_are_told(ask: Any, session: Session, clock: Any) -> None:
    heartbeat.beat(session, process="worker of yesterday")
    session.add(
        Message(
            sender="factory", message_id="1", name="released", business_key="X", payload={}, status="pending",
            received_at=clock.now(), expires_at=clock.now() + timedelta(days=1),
        )
    )  # fmt: skip
    session.commit()
    clock.travel(minutes=5)
    heartbeat.beat(session, process="worker of today")
    session.commit()
    found = samples(ask().text)
    assert found["portal_workers_alive"] == 1
    assert (found["portal_messages_pending"], found["portal_messages_oldest_seconds"]) == (1, pytest.approx(300, abs=2))


def test_a_database_that_is_away_is_told_and_the_rest_stays(ask: Any) -> None:
    portal_database.dispose()
    found = samples(ask().text)
    assert found["portal_database_up"] == 0
    assert "portal_http_requests_total/GET/unmatched/404" in found or "portal_release_info/0.2.0" in found
    assert "portal_incidents_open" not in found


def test_whoever_asks_often_is_told_what_was_true_a_moment_ago(ask: Any, session: Session) -> None:
    assert samples(ask().text)["portal_outbox_pending/portal"] == 0
    outbox.enqueue(session, "test.figures", key="figures", payload={})
    session.commit()
    assert samples(ask().text)["portal_outbox_pending/portal"] == 0


def test_asking_reads_a_bounded_part_of_indexes_however_much_waits(session: Session) -> None:
    session.execute(
        text("""insert into outbox (topic, key, payload, status, failures, available_at, created_at, target)
                select 'test', 'figure ' || n, '{}', case when n % 10 = 0 then 'pending' else 'done' end, 0, now(), now(),
                       case when n % 3 = 0 then 'factory' else 'portal' end from generate_series(1, 30000) as n""")
    )
    session.execute(text("analyze outbox"))
    given = {"now": clock.now(), "most": 100}
    for statement in (gauges._OWED, gauges._DEAD, gauges._TIMERS, gauges._MESSAGES, gauges._INCIDENTS):
        plan = session.execute(text(f"explain (analyze, format json) {statement.text}"), given).scalar_one()
        assert _most_rows_read(json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"]) <= 100


def _most_rows_read(plan: dict[str, Any]) -> float:
    """Return how many rows the widest scan of `outbox` read, those it threw away included."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if plan.get("Relation Name") == "outbox" else 0
    return max([own, *(_most_rows_read(part) for part in plan.get("Plans", []))])


def test_steps_and_effects_of_this_process_are_counted(database: str) -> None:
    topic = f"test.figures.{uuid4().hex[:8]}"
    outbox.handler(topic)(lambda _delivery: None)
    before = (
        metrics.REGISTRY.get_sample_value("portal_effect_attempts_total", {"target": "sms", "outcome": "done"}) or 0
    )
    with unit_of_work() as session:
        outbox.enqueue(session, topic, key=topic, payload={}, target="sms")
    outbox.perform_pending()
    after = metrics.REGISTRY.get_sample_value("portal_effect_attempts_total", {"target": "sms", "outcome": "done"})
    assert after == before + 1


def _get(port: int, path: str = "/metrics", **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_worker_answers_on_a_port_of_its_own_when_told_to(settings: Settings) -> None:
    with exposing.worker_figures(replace(settings, worker_metrics_port=free_port())) as port:
        status, body = _get(port)
        assert (status, _get(port, "/")[0], _get(port, **{"X-Forwarded-For": "192.0.2.7"})[0]) == (200, 404, 401)
    assert "portal_release_info/0.2.0" in samples(body)
    with exposing.worker_figures(settings) as port:
        assert port == 0


def test_a_worker_asks_for_the_token_where_there_is_one(settings: Settings) -> None:
    settings = replace(settings, metrics_token=TOKEN, worker_metrics_port=free_port())
    with exposing.worker_figures(settings) as port:
        assert _get(port)[0] == 401
        assert _get(port, Authorization=f"Bearer {TOKEN}")[0] == 200


def test_a_worker_lets_no_others_in_without_a_token() -> None:
    with pytest.raises(ValueError, match="PORTAL_METRICS_TOKEN"):
        Settings.from_environment({"PORTAL_WORKER_METRICS_HOST": "0.0.0.0"})
    opened = {"PORTAL_WORKER_METRICS_HOST": "0.0.0.0", "PORTAL_METRICS_TOKEN": TOKEN}
    assert Settings.from_environment(opened).worker_metrics_host == "0.0.0.0"
