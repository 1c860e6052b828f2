"""All settings, read once from the environment (`PORTAL_…`) into one frozen value."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """What an installation may decide; defaults suit one machine and a trial."""

    data_dir: Path = ROOT / "data"
    """Where the embedded database, uploads and the generated secret live."""
    database_url: str = ""
    """A PostgreSQL 14+ URL; empty means the embedded server under `data_dir`."""
    broker_url: str = ""
    """redis:// or amqp://; empty means an in-process broker in the one worker."""
    secret_key: str = field(default="", repr=False)
    """Signs CSRF tokens; empty means one generated once under `data_dir`."""
    public_url: str = ""
    """How customers reach the portal, for links and QR codes; https here turns on Secure cookies and HSTS."""
    shop_name_zh: str = "锦亨泰商城"
    shop_name_en: str = "Jinhengtai Wheels"
    timezone: str = "Asia/Shanghai"
    session_days: int = 30
    web_threads: int = 8
    worker_threads: int = 8
    lease_seconds: int = 60
    """How long a worker has an effect to itself; when it dies, another one begins it anew after that."""
    database_pool: int = 12
    metrics_token: str = field(default="", repr=False)
    """Opens `/metrics` to whoever sends it (`Authorization: Bearer …`); empty means to this machine only."""
    worker_metrics_port: int = 0
    """Where a worker answers `/metrics`; 0 means nowhere."""
    worker_metrics_host: str = "127.0.0.1"
    """Another address than this machine's own wants a `metrics_token`."""
    debug: bool = False

    @property
    def secure(self) -> bool:
        """Whether the portal is served over https."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read `PORTAL_<FIELD>` for every field; ValueError names the variable that cannot be read."""
        values: dict[str, Any] = {}
        for name, definition in cls.__dataclass_fields__.items():
            text = environment.get(f"PORTAL_{name.upper()}")
            if text is not None:
                values[name] = _read(f"PORTAL_{name.upper()}", text, definition.type)
        settings = cls(**values)
        if settings.worker_metrics_host not in LOCAL and not settings.metrics_token:
            raise ValueError("PORTAL_WORKER_METRICS_HOST lets others in: set PORTAL_METRICS_TOKEN, too")
        return settings


def _read(variable: str, text: str, kind: object) -> object:
    try:
        if kind is int:
            return int(text)
        if kind is bool:
            return {"1": True, "true": True, "0": False, "false": False, "": False}[text.lower()]
        return Path(text).resolve() if kind is Path else text
    except (ValueError, KeyError) as error:
        raise ValueError(f"{variable}={text!r} cannot be read") from error
