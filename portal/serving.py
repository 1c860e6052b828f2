"""The web server process: uvicorn on a socket that is already ours, ended in good order by a signal."""

import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import uvicorn
from litestar.concurrency import set_asyncio_executor

from portal.settings import Settings

CONNECTIONS = 2048  # live pages hold one each, at 20–29 KiB
GRACE = 15  # seconds that requests under way have to end; live pages are ended at once


class PortTaken(RuntimeError):
    """Another program listens where we were to."""


class Stop(BaseException):
    """A signal asked this process to end."""


def bind(host: str, port: int) -> socket.socket:
    """Take the address before any long work; PortTaken with what to do when it is not free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(CONNECTIONS)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Cannot listen on {host}:{port} ({error.strerror}). Is the portal running already? "
            f"Stop the other program or choose another port: ./run --port {port + 1}"
        ) from error
    return listener


def serve(settings: Settings, listener: socket.socket, *, ready: Callable[[], None]) -> None:
    """Serve the portal until INT or TERM, then raise `Stop`; `ready` is called once requests are answered.

    A signal closes the port, ends live streams, and lets requests that are under way have `GRACE` seconds to be answered.
    """
    from portal.app import create_app
    from portal.web.live import end_streams

    set_asyncio_executor(ThreadPoolExecutor(settings.web_threads, thread_name_prefix="web"))
    trusted = os.environ.get("FORWARDED_ALLOW_IPS")
    app = create_app(settings)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE, proxy_headers=bool(trusted), forwarded_allow_ips=trusted, ws="none",
    )  # fmt: skip
    _Server(config, ready, ending=lambda: end_streams(app)).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._ending = ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)


def stop_on_signals(react: Callable[[], None] | None = None) -> None:
    """Let INT and TERM call `react`, or raise `Stop` in the main thread once, so that blocks end in good order."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        if react is not None:
            react()
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # what follows is bounded in time and must not be cut short
        raise Stop

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
