"""The embedded PostgreSQL, started for real."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal import unprivileged
from portal.embedded import EmbeddedFailed, EmbeddedPostgres

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory that a server's own user can reach, as /srv would be."""
    path = Path(subprocess.check_output(["mktemp", "-d", "/tmp/portal-embedded-XXXXXX"], text=True).strip())
    path.chmod(0o711)
    yield path
    server = EmbeddedPostgres(path, durable=False)
    server.start()
    server.delete()
    subprocess.run(["rm", "-rf", path], check=True)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def test_a_new_data_directory_gets_a_server_that_speaks_utf8_and_listens_on_no_port(data):
    with EmbeddedPostgres(data, durable=False) as server:
        url = server.url("portal")
        assert ask(url, "select 'x' || upper('砂轮é')") == "x砂轮É"
        assert ask(url, "show listen_addresses") == ""
        assert ask(url, "show timezone") == "UTC"


def test_what_was_stored_is_there_after_a_restart(data):
    with EmbeddedPostgres(data, durable=False) as server, psycopg.connect(server.url("portal")) as connection:
        connection.execute("create table kept as select 42 as answer")
    assert not server.is_running()
    with EmbeddedPostgres(data, durable=False) as server:
        assert ask(server.url("portal"), "select answer from kept") == 42


def test_a_second_user_joins_and_the_last_to_go_stops_the_server(data):
    first, second = EmbeddedPostgres(data, durable=False), EmbeddedPostgres(data, durable=False)
    url = first.start()
    started = ask(url, "select pg_postmaster_start_time()")
    assert ask(second.start(), "select pg_postmaster_start_time()") == started
    first.stop()
    assert second.is_running()
    second.stop()
    assert not second.is_running()


def test_the_server_outlives_a_killed_process_and_is_found_again(data):
    program = (
        "import sys, pathlib; from portal.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False).start(); print('up', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.kill()
    server = EmbeddedPostgres(data, durable=False)
    server.start()
    server.stop()
    assert not server.is_running()


def test_a_server_that_was_killed_starts_again(data):
    server = EmbeddedPostgres(data, durable=False)
    server.start()
    pid = int((data / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    other = EmbeddedPostgres(data, durable=False)
    assert ask(other.start(), "select 1") == 1
    other.stop()
    server.stop()


def test_a_server_that_is_killed_while_it_is_used_comes_back_by_itself(data):
    with EmbeddedPostgres(data, durable=False) as server, server.kept_running():
        url = server.url("portal")
        first = server.process()
        first.kill()
        pause = threading.Event()
        for _look in range(300):
            if server.is_running():
                break
            pause.wait(0.1)
        assert ask(url, "select 1") == 1
        assert server.process().pid != first.pid


def test_a_lock_file_naming_a_process_that_is_no_server_does_not_keep_it_from_starting(data):
    with EmbeddedPostgres(data, durable=False):
        pass
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lock = data / "postgres" / "cluster" / "postmaster.pid"
        lock.write_text(f"{stranger.pid}\n{lock.parent}\n1700000000\n5432\n\n\n\nready\n")
        with EmbeddedPostgres(data, durable=False) as server:
            assert ask(server.url("portal"), "select 1") == 1
        stranger.kill()


def test_nobody_else_can_enter_the_servers_directories(data):
    with EmbeddedPostgres(data, durable=False):
        for name in ("postgres", "postgres/cluster", "postgres/socket"):
            assert stat.S_IMODE((data / name).stat().st_mode) & 0o077 == 0, name


def test_a_cluster_left_half_made_is_made_anew(data):
    with EmbeddedPostgres(data, durable=False):
        pass
    cluster = data / "postgres" / "cluster"
    cluster.rename(cluster.with_name("cluster.new"))
    with EmbeddedPostgres(data, durable=False) as server:
        assert ask(server.url("portal"), "select 1") == 1


def test_a_path_too_long_for_a_socket_still_works(data):
    deep = data / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    server = EmbeddedPostgres(deep, durable=False)
    assert ask(server.start(), "select 1") == 1
    server.delete()


def test_a_socket_directory_that_another_user_planted_is_refused(data, monkeypatch):
    home = data / "postgres"
    with EmbeddedPostgres(data, durable=False):
        owner = home.stat().st_uid
    monkeypatch.setattr(EmbeddedPostgres, "_socket_dir", property(lambda _self: data / "planted"))
    (data / "planted").mkdir()
    stranger = 12345 if AS_ROOT else owner
    if AS_ROOT:
        os.chown(data / "planted", stranger, stranger)
        with pytest.raises(EmbeddedFailed, match="another user"):
            EmbeddedPostgres(data, durable=False).start()
    else:  # our own directory, open to others, is closed to them
        (data / "planted").chmod(0o777)
        with EmbeddedPostgres(data, durable=False):
            assert stat.S_IMODE((data / "planted").stat().st_mode) == 0o700
    monkeypatch.undo()


def test_the_log_is_quoted_when_the_server_cannot_start(data):
    with EmbeddedPostgres(data, durable=False):
        pass
    configuration = data / "postgres" / "cluster" / "postgresql.conf"
    kept = configuration.read_text()
    configuration.write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedFailed, match="no_such_setting"):
        EmbeddedPostgres(data, durable=False).start()
    configuration.write_text(kept)


def test_directories_that_are_not_ours_keep_their_permissions(data):
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    server = EmbeddedPostgres(closed / "data", durable=False, say=said.append)
    assert ask(server.start(), "select 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    if AS_ROOT:  # the server's user cannot pass through: its files are elsewhere, and this is said and remembered
        home = Path((closed / "data" / "postgres.location").read_text().strip())
        assert home.is_relative_to(unprivileged.SERVICE_HOME)
        assert any(str(home) in line for line in said)
    else:
        assert not (closed / "data" / "postgres.location").exists()
    server.delete()


def test_programs_that_the_servers_user_cannot_run_are_copied_to_where_it_can(data, monkeypatch):
    account = unprivileged.account_for(data / "nowhere", lambda _message: None)
    monkeypatch.setattr(unprivileged, "SERVICE_HOME", data / "service")
    original = unprivileged.Account.can
    monkeypatch.setattr(
        unprivileged.Account,
        "can",
        lambda self, test, path: "site-packages" not in str(path) and original(self, test, path),
    )
    programs = unprivileged.programs_for(account)
    assert account.is_other == AS_ROOT
    assert programs.is_relative_to(data / "service") == AS_ROOT
    result = account.run([str(programs / "postgres"), "--version"])
    assert "PostgreSQL) 18" in result.stdout
