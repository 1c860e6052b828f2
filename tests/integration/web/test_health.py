from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import database, heartbeat


def test_a_process_that_answers_is_healthy_whatever_the_database_does(client_for: Any) -> None:
    browser = client_for()
    database.dispose()
    assert browser.get("/healthz").json() == {"status": "ok"}
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")


def test_ready_means_database_and_migrations(client_for: Any, session: Session) -> None:
    browser = client_for()
    assert browser.get("/readyz").json() == {"status": "ok", "database": "ok", "migrations": "ok", "worker": "silent"}
    heartbeat.beat(session, process="worker test")
    session.execute(text("update alembic_version set version_num = 'first_tables'"))
    session.commit()
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["migrations"], answer.json()["worker"]) == ("behind", "ok")


def test_a_process_serves_on_while_a_newer_release_is_rolled_out_and_not_when_it_may_not(
    client_for: Any, session: Session
) -> None:
    browser = client_for()
    session.execute(text("update alembic_version set version_num = 'of_tomorrow'"))
    session.commit()
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (200, "ahead")
    session.execute(text("update schema_compatibility set oldest = 'of_tomorrow'"))
    session.commit()
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "too_new")


def test_a_worker_that_fell_silent_is_said(client_for: Any, session: Session, clock: Any) -> None:
    heartbeat.beat(session, process="worker test")
    session.commit()
    browser = client_for()
    assert browser.get("/readyz").json()["worker"] == "ok"
    clock.travel(minutes=1)
    assert browser.get("/readyz").json()["worker"] == "silent"
