"""Fixtures every test may use: a database of its own, a clock that moves, the outbox on demand, a real browser's path."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.orm import Session

from portal import clock as portal_clock
from portal import database as portal_database
from portal import outbox
from portal.capabilities import register_all
from portal.settings import Settings
from tests import database as databases
from tools.browser import find_browser

DIRECTORY = pytest.StashKey[Path]()
CLOSING = pytest.StashKey[ExitStack]()
NOT_RUN = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])
    config.stash[NOT_RUN] = []
    closing = config.stash[CLOSING] = ExitStack()
    if hasattr(config, "workerinput"):
        config.stash[DIRECTORY] = Path(config.workerinput["database_directory"])
        return
    directory = config.stash[DIRECTORY] = databases.make_directory()
    closing.enter_context(databases.in_use(directory))
    closing.callback(databases.remove, directory)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["database_directory"] = str(node.config.stash[DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[CLOSING].close()


class NothingIsSkipped:
    """Fails a run that left anything out: a test that did not run proves nothing."""

    def __init__(self, config: pytest.Config) -> None:
        self._left_out = config.stash[NOT_RUN]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._left_out.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._left_out.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._left_out and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self._left_out:
            terminalreporter.write_line(f"LEFT OUT {name}: tests may not be skipped or expected to fail", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(NothingIsSkipped(session.config), "nothing-is-skipped")


@pytest.fixture(scope="session")
def database_server(request: pytest.FixtureRequest) -> Iterator[databases.Server]:
    """The embedded server of this test run, shared by all its processes."""
    server = databases.Server(request.config.stash[DIRECTORY])
    yield server
    server.close()


@pytest.fixture
def database(database_server: databases.Server) -> Iterator[str]:
    """A migrated database of the test's own, which `portal.database` is connected to; its URL."""
    name = database_server.clone()
    url = database_server.url(name)
    portal_database.configure(url)
    yield url
    portal_database.dispose()
    database_server.drop(name)


@pytest.fixture
def empty_database(database_server: databases.Server) -> Iterator[str]:
    """A database without tables, for tests of migrations; `portal.database` is connected to it."""
    name = database_server.create()
    portal_database.configure(database_server.url(name))
    yield database_server.url(name)
    portal_database.dispose()
    database_server.drop(name)


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    """A session on the test's database; commit when another session is to see what it did, and to see what others did."""
    with Session(portal_database.engine()) as session:
        yield session
        session.commit()


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Settings of a portal on the test's database, with a data directory of its own."""
    return Settings(data_dir=tmp_path / "data", database_url=database, secret_key="only-for-tests" * 4)


@pytest.fixture
def client_for(settings: Settings) -> Iterator[Callable[..., Any]]:
    """Make browsers on a portal in this process: `client_for(user)` is logged in, `client_for()` a visitor's."""
    from litestar.testing import TestClient

    from portal.app import create_app
    from tests.factories.accounts import Browser

    with ExitStack() as open_clients:
        app = create_app(settings)

        def make(user: Any = None, *, language: str = "zh") -> Browser:
            client = TestClient(app, raise_server_exceptions=False)
            browser = Browser(open_clients.enter_context(client), language=language)
            if user is not None:
                browser.log_in(user, settings)
            return browser

        yield make


class Clock:
    """The portal's clock, standing still until it is moved."""

    def now(self) -> datetime:
        """Return the moment the portal believes in."""
        return portal_clock.now()

    def travel(self, by: timedelta | None = None, **span: float) -> datetime:
        """Move by a timedelta, or by `days=…`, `hours=…` …; return the new moment."""
        portal_clock.travel(by if by is not None else timedelta(**span))
        return portal_clock.now()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The portal's clock, frozen at the start of the test."""
    with portal_clock.frozen():
        yield Clock()


@pytest.fixture
def drain(database: str) -> Callable[[], int]:
    """Perform all that the outbox owes, here and now; returns how many effects."""
    register_all()
    return outbox.perform_pending


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The system's Chromium or Chrome."""
    return find_browser()
