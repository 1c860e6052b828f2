"""A real Redis for a while, on loopback only, keeping nothing on disk; and one address in front of several web processes."""

import socket
import subprocess
import threading
import time
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Self

import redis

from portal.bench.installation import HOST, free_port
from tools.redis import find_redis

START_WITHIN = 10.0


class RedisServer:
    """A context manager; the server may be killed and started again at the same address, empty."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server and return once it answers."""
        command = [str(find_redis()), "--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([*command, "--dir", "/"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline, pause = time.monotonic() + START_WITHIN, threading.Event()
        while True:
            with suppress(redis.ConnectionError), redis.Redis.from_url(self.url) as client:
                client.ping()
                return
            assert time.monotonic() < deadline, "Redis does not answer"
            pause.wait(0.05)

    def kill(self) -> None:
        """End the server as `kill -9` does: all it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def lose_everything(self) -> int:
        """Forget all messages as a server that restarts does; return how many keys there were."""
        with redis.Redis.from_url(self.url) as client:
            keys = int(client.dbsize())
            client.flushall()
        return keys

    def messages(self) -> int:
        """Return how many messages are in its hands, performed ones not counted."""
        with redis.Redis.from_url(self.url) as client:
            return int(client.hlen("dramatiq:default.msgs"))


class Balancer:
    """One address in front of several: each connection goes to the next one that takes it, as a reverse proxy's does."""

    def __init__(self, addresses: list[str]) -> None:
        self._behind = [(HOST, int(address.rpartition(":")[2])) for address in addresses]
        self._turn = count()
        self._listener = socket.create_server((HOST, 0))
        self.address = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, name="balancer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _where = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            start = next(self._turn)
            for place in range(len(self._behind)):
                with (
                    suppress(OSError),
                    socket.create_connection(self._behind[(start + place) % len(self._behind)]) as server,
                ):
                    back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                    back.start()
                    _pump(client, server)
                    back.join()
                    return


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):  # one side gone: neither waits for the other
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
