"""`/healthz`: this process answers. `/readyz`: it can do its work (database, migrations, a living worker)."""

from datetime import timedelta
from typing import Any

from litestar import MediaType, Response, get
from sqlalchemy.exc import SQLAlchemyError

from portal import clock, heartbeat, migrations
from portal.database import unit_of_work

STALE_AFTER = timedelta(seconds=30)
READY = ("ok", "ahead")
OPEN = {"public": True, "anonymous": True}


@get("/healthz", sync_to_thread=True, opt=OPEN, media_type=MediaType.JSON)
def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@get("/readyz", sync_to_thread=True, opt=OPEN, media_type=MediaType.JSON)
def readyz() -> Response[Any]:
    """Say whether requests can be served; 503 while database or migrations are not ready. No worker is said, not fatal.

    `migrations`: ok, behind (to be migrated), ahead (a newer release is being rolled out; served), too_new (it bears this one no more).
    """
    checks = _checks()
    ready = checks["database"] == "ok" and checks["migrations"] in READY
    return Response({"status": "ok" if ready else "not_ready", **checks}, status_code=200 if ready else 503)


def _checks() -> dict[str, str]:
    try:
        with unit_of_work() as session:
            migrated = migrations.state(session)
            beat_at = heartbeat.newest(session)
    except (SQLAlchemyError, RuntimeError):
        return {"database": "unreachable", "migrations": "unknown", "worker": "unknown"}
    alive = beat_at is not None and clock.now() - beat_at < STALE_AFTER
    return {
        "database": "ok",
        "migrations": migrated,
        "worker": "ok" if alive else "silent",
    }
