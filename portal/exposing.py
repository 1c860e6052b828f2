"""`/metrics`, of a web process as a page and of a worker on a port of its own. Not for the public: figures tell of the business."""

import hmac
import ipaddress
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.exposition import ThreadingWSGIServer

from portal import gauges, metrics
from portal.errors import NotFound
from portal.settings import Settings
from portal.web.context import PortalRequest

OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def may_read(settings: Settings, *, client: str, headers: Mapping[str, str]) -> bool:
    """Tell whether who asks may see figures: by the token where there is one, otherwise only from this very machine.

    Behind a reverse proxy on the same machine everybody seems to be local, so a request that has passed a proxy is not.
    """
    if settings.metrics_token:
        wanted = f"Bearer {settings.metrics_token}".encode()
        return hmac.compare_digest(headers.get("authorization", "").encode(), wanted)
    return _is_loopback(client) and not any(name in headers for name in OF_PROXIES)


def figures(*, shop: bool) -> bytes:
    """Return what Prometheus reads: what this process counted and, with `shop`, what the database knows."""
    return generate_latest(metrics.REGISTRY) + (generate_latest(gauges.SHOP) if shop else b"")


@get("/metrics", sync_to_thread=True, opt={"public": True, "anonymous": True})
def metrics_page(request: PortalRequest) -> Response[bytes]:
    """Give the figures to whoever may see them; nobody else learns that there are any, unless a token is what is missing."""
    settings: Settings = request.app.state.settings
    client = request.client.host if request.client else ""
    if may_read(settings, client=client, headers=request.headers):
        return Response(figures(shop=True), media_type=CONTENT_TYPE_LATEST)
    if settings.metrics_token:
        return Response(b"", status_code=401, headers={"WWW-Authenticate": "Bearer"})
    raise NotFound


@contextmanager
def worker_figures(settings: Settings) -> Iterator[int]:
    """Answer `/metrics` of a worker while the block is open; gives the port, 0 for none.

    OSError when the port is taken. What the database knows is left to the web processes.
    """
    if not settings.worker_metrics_port:
        yield 0
        return
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    with make_server(host, port, _answer(settings), _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, name="figures", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingWSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 10
    """Seconds that whoever asks may take."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: Prometheus asks all the time."""


def _answer(settings: Settings) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    def answer(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        if environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] != "GET":
            start("404 Not Found", [])
        elif not may_read(settings, client=environ["REMOTE_ADDR"], headers=headers):
            start("401 Unauthorized", [("WWW-Authenticate", "Bearer")])
        else:
            start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return [figures(shop=False)]
        return [b""]

    return answer


def _is_loopback(client: str) -> bool:
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False
