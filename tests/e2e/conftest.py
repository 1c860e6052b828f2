"""A running portal, and people in front of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from portal.accounts.models import User
from portal.settings import Settings
from tests.e2e.people import Person, Watch
from tests.e2e.site import Site, running

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
BOTH = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture(scope="module")
def chromium(browser_path: Path) -> Iterator[Browser]:
    """The system's browser, started once a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """A portal with its worker, on a database of its own."""
    with running(settings) as site:
        yield site


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Whoever listens to complaints of the pages; there may be none."""
    watch = Watch()
    yield watch
    assert watch.complaints == []


@pytest.fixture
def language() -> str:
    """What people read, unless the test says otherwise."""
    return "zh"


@pytest.fixture
def enter(chromium: Browser, site: Site, watch: Watch, language: str) -> Iterator[Callable[..., Any]]:
    """Let somebody in: `enter(people.Contact, shop.contact)`."""
    with ExitStack() as leaving:

        def come(kind: type[Person], user: User, **how: Any) -> Person:
            person = kind(chromium, site, user, watch=watch, **({"language": language} | how))
            leaving.callback(person.context.close)
            return person

        yield come
