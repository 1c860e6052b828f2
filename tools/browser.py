"""Finds the Chromium or Chrome that the browser tests drive; needs nothing but Python."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class NoBrowser(RuntimeError):
    """There is no Chromium or Chrome on this machine."""


def find_browser() -> Path:
    """Return the browser that PORTAL_TEST_BROWSER names, or the system's; NoBrowser says how to get one."""
    named = os.environ.get("PORTAL_TEST_BROWSER")
    found = [shutil.which(name) for name in ((named,) if named else NAMES)]
    candidates = [Path(path) for path in (*found, *(() if named else PLACES)) if path]
    for path in candidates:
        if path.exists():
            return path
    raise NoBrowser(
        "The browser tests need Chromium or Google Chrome and found none. "
        "Install one (Debian, Ubuntu: apt-get install chromium), or name it in PORTAL_TEST_BROWSER."
    )
