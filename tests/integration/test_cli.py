"""The command line, run as people run it: real processes, a database of their own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from portal import cli
from portal.embedded import EmbeddedPostgres
from portal.settings import ROOT


@pytest.fixture
def data() -> Iterator[Path]:
    path = Path(subprocess.check_output(["mktemp", "-d", "/tmp/portal-cli-XXXXXX"], text=True).strip())
    path.chmod(0o711)
    yield path
    server = EmbeddedPostgres(path)
    server.start()
    server.delete()
    subprocess.run(["rm", "-rf", path], check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def portal(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start a command; its output arrives in the list as it is written."""
    command = [sys.executable, "-m", "portal", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        lines: list[str] = []
        assert process.stdout is not None
        reader = threading.Thread(target=lines.extend, args=(iter(process.stdout.readline, ""),))
        reader.start()
        try:
            yield process, lines
        finally:
            process.kill()
            reader.join()


def wait_until(condition, process: subprocess.Popen[str], lines: list[str], *, seconds: float = 60) -> None:
    pause = threading.Event()
    for _ in range(int(seconds * 20)):
        if condition():
            return
        if process.poll() is not None:
            break
        pause.wait(0.05)
    raise AssertionError(f"it did not happen; status {process.poll()}, said: {''.join(lines)}")


def worker_is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").json()["worker"] == "ok"
    except httpx.TransportError:
        return False


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children()
    return [child for child in children if "worker" in (child.as_dict(["cmdline"])["cmdline"] or [])]


def test_run_starts_everything_serves_pages_and_stops_cleanly(data):
    port = free_port()
    with portal("run", "--no-demo", "--port", str(port), "--data", str(data)) as (process, lines):
        wait_until(lambda: worker_is_alive(port), process, lines)
        (worker,) = workers_of(process)
        assert any(f"http://127.0.0.1:{port}/" in line for line in lines)
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    assert not EmbeddedPostgres(data).is_running()
    assert "Traceback" not in "".join(lines)


def test_killing_run_ends_its_worker_and_the_next_run_finds_the_database(data):
    port = free_port()
    with portal("run", "--no-demo", "--port", str(port), "--data", str(data)) as (process, lines):
        wait_until(lambda: worker_is_alive(port), process, lines)
        (worker,) = workers_of(process)
        process.kill()
        process.wait(10)
        gone, alive = psutil.wait_procs([worker], timeout=20)
        assert gone or alive[0].status() == psutil.STATUS_ZOMBIE
    with portal("run", "--no-demo", "--port", str(port), "--data", str(data)) as (process, lines):
        wait_until(lambda: worker_is_alive(port), process, lines)
        process.terminate()
        assert process.wait(30) == 0


def test_a_killed_worker_is_started_again(data):
    port = free_port()
    with portal("run", "--no-demo", "--port", str(port), "--data", str(data)) as (process, lines):
        wait_until(lambda: worker_is_alive(port), process, lines)
        (worker,) = workers_of(process)
        worker.kill()
        wait_until(lambda: [other for other in workers_of(process) if other.pid != worker.pid], process, lines)
        process.terminate()
        assert process.wait(30) == 0


def test_publish_takes_files_and_says_what_became_of_each(data, tmp_path):
    def said(*arguments: str) -> tuple[int, str]:
        with portal(*arguments, "--data", str(data)) as (process, lines):
            status = process.wait(60)
        return status, "".join(lines)

    delivered, edited = ROOT / "workflows" / "order.bpmn", tmp_path / "order.bpmn"
    edited.write_text(delivered.read_text() + "\n<!-- edited -->\n")
    assert said("migrate")[0] == 0
    assert "order.bpmn: a new version is published\n" in said("publish")[1]
    assert said("publish", str(delivered)) == (0, "order.bpmn: nothing new\n")
    assert said("publish", str(edited)) == (0, "order.bpmn: a new version is published\n")
    assert said("publish", "nothing.bpmn") == (1, "There is no file nothing.bpmn.\n")


def test_a_taken_port_is_said_in_a_sentence(data):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with portal("run", "--port", str(port), "--data", str(data)) as (process, lines):
            assert process.wait(30) == 1
    said = "".join(lines)
    assert f"Cannot listen on 127.0.0.1:{port}" in said
    assert f"--port {port + 1}" in said
    assert "Traceback" not in said


def test_a_setting_that_cannot_be_read_is_named(monkeypatch, capsys):
    monkeypatch.setenv("PORTAL_WEB_THREADS", "many")
    assert cli.main(["migrate"]) == 1
    assert "PORTAL_WEB_THREADS='many' cannot be read" in capsys.readouterr().err


def test_a_missing_file_is_named(capsys):
    assert cli.main(["import", "products", "no-such-list.xlsx"]) == 1
    assert "There is no file no-such-list.xlsx." in capsys.readouterr().err


def test_migrate_goes_up_and_down_again(data):
    with portal("--data", str(data), "migrate") as (process, lines):
        assert process.wait(60) == 0, lines
    with portal("--data", str(data), "migrate", "--to", "base") as (process, lines):
        assert process.wait(60) == 0, lines
    assert not EmbeddedPostgres(data).is_running()
