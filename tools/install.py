"""Installs what the portal needs beside a Python: packages, the front end's assets, a browser for tests.

`install.py run|test|check`. Each part notes the digest of what it was made from and is done again only when that changes,
so a second call takes milliseconds. Needs nothing but Python. Prints the moment it began, for who measures a start.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_AT_LEAST = 20

sys.path.insert(0, str(ROOT))
from tools.browser import NoBrowser, find_browser  # noqa: E402 - the path must be known first
from tools.redis import NoRedis, find_redis  # noqa: E402


class CannotInstall(RuntimeError):
    """A step failed; the text says which and what to do."""


def main(purpose: str) -> None:
    """Install what `purpose` needs: run, test or check."""
    make_venv()
    install_packages("requirements.lock" if purpose == "run" else "requirements-dev.lock")
    link_checkout()
    if purpose != "check":
        build_assets()
    if purpose == "test":
        provide_browser()
        provide_redis()


def make_venv() -> None:
    """Make `.venv`, anew when its Python is gone."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True).returncode == 0:
        return
    uv = shutil.which("uv")
    if uv:
        step("Making .venv", [uv, "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(VENV)])
        return
    step(
        "Making .venv",
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        advice="On Debian and Ubuntu the package python3-venv is needed: apt-get install python3-venv",
    )


def install_packages(lock: str) -> None:
    """Install a lock file's packages, hashes checked, by uv where it is at hand and by pip otherwise."""
    note = VENV / f".{lock}.digest"
    digest = digest_of([ROOT / lock])
    if noted(note) == digest:
        return
    uv = shutil.which("uv")
    title = "Installing Python packages"
    wanted = ["--require-hashes", "--requirement", str(ROOT / lock)]
    try:
        if not uv:
            raise CannotInstall
        step(title, [uv, "pip", "install", "--quiet", "--python", str(PYTHON), *wanted])
    except CannotInstall:  # pip may know of a proxy or an index that uv was not told of
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", *wanted]
        step(title, pip, advice="Is the package index reachable? See the end of pip's words above.")
    note.write_text(digest)
    if lock == "requirements-dev.lock":  # holds the other's packages, same versions
        (VENV / ".requirements.lock.digest").write_text(digest_of([ROOT / "requirements.lock"]))


def link_checkout() -> None:
    """Let the venv's Python import the portal from this checkout, and offer it as the command `portal`."""
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    link, command = site / "portal.pth", VENV / "bin" / "portal"
    if noted(link) != str(ROOT):
        link.write_text(f"{ROOT}\n")
        command.write_text('#!/bin/sh\nexec "$(dirname -- "$0")/python" -m portal "$@"\n')
        command.chmod(0o755)


def build_assets() -> None:
    """Install the front end's packages and bundle assets, each when what it is made from has changed."""
    packages, built = ROOT / "node_modules" / ".digest", ROOT / "portal" / "static" / ".digest"
    locked = [ROOT / "package-lock.json", ROOT / "package.json", ROOT / ".npmrc"]
    sources = [*locked, *files_in(ROOT / "assets"), *files_in(ROOT / "templates")]
    packages_wanted, assets_wanted = digest_of(locked), digest_of(sources)
    if noted(built) == assets_wanted:
        return
    node, npm, environment = find_node()
    if noted(packages) != packages_wanted:
        command = [npm, "ci", "--ignore-scripts", "--no-progress"]
        step("Installing front-end packages", command, environment=environment, advice="Is the npm registry reachable?")
        packages.write_text(packages_wanted)
    step("Building the front end", [node, str(ROOT / "assets" / "build.mjs")], environment=environment)
    built.write_text(assets_wanted)


def find_node() -> tuple[str, str, dict[str, str]]:
    """Return node, npm and the environment to call them in: the system's if new enough, else PyPI's in the venv."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= NODE_AT_LEAST:
        return node, npm, dict(os.environ)
    environment = os.environ | {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    node, npm = str(VENV / "bin" / "node"), str(VENV / "bin" / "npm")
    if not Path(node).exists():
        lock = str(ROOT / "requirements-node.lock")
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "-r", lock]
        step(f"Installing Node (none of version {NODE_AT_LEAST} or newer here)", pip)
    return node, npm, environment


def node_version(node: str) -> int:
    """Return a node's major version; 0 when it does not say."""
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    match = re.match(r"v(\d+)\.", said)
    return int(match[1]) if match else 0


def provide_browser() -> None:
    """See that there is a Chromium or Chrome; as root on Debian or Ubuntu install one (and a Chinese font for its pages)."""
    try:
        find_browser()
    except NoBrowser as error:
        apt_install("Chromium", ["chromium", "fonts-wqy-zenhei"], error)
        find_browser()


def provide_redis() -> None:
    """See that there is a Redis server: the wheel's where there is one, else the system's; as root on Debian or Ubuntu install it."""
    try:
        find_redis(venv=VENV)
    except NoRedis as error:
        apt_install("Redis", ["redis-server"], error)
        find_redis(venv=VENV)


def apt_install(title: str, packages: list[str], why: Exception) -> None:
    """Install packages by apt; CannotInstall with `why` where that is not possible."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise CannotInstall(str(why)) from why
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    step("Updating apt's lists", [apt, "update"], environment=environment)
    install = [apt, "install", "--yes", "--no-install-recommends", *packages]
    step(f"Installing {title}", install, environment=environment, advice=str(why))


def step(title: str, command: list[str], *, environment: dict[str, str] | None = None, advice: str = "") -> None:
    """Run a command with its progress shown; CannotInstall with the end of its output when it fails."""
    with ticking(title):
        result = subprocess.run(
            command, cwd=ROOT, env=environment, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
    if result.returncode != 0:
        end = "\n".join(result.stdout.splitlines()[-15:])
        raise CannotInstall(f"{end}\n\n{title} failed ({Path(command[0]).name}, status {result.returncode}). {advice}")


@contextmanager
def ticking(title: str) -> Iterator[None]:
    """Show a title and the seconds passed: on one line of a terminal, otherwise at the start, every ten seconds and the end."""
    began, done = time.monotonic(), threading.Event()
    terminal = sys.stderr.isatty()

    def tell(end: str = "") -> None:
        print(
            f"{chr(13) if terminal else ''}{title} … {time.monotonic() - began:.0f} s",
            end=end,
            file=sys.stderr,
            flush=True,
        )

    def tick() -> None:
        while not done.wait(0.2 if terminal else 10):
            tell("" if terminal else "\n")

    thread = threading.Thread(target=tick, daemon=True)
    if not terminal:
        print(f"{title} …", file=sys.stderr, flush=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        tell("\n")


def files_in(folder: Path) -> Iterable[Path]:
    """Return every file below a folder, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest_of(paths: Iterable[Path]) -> str:
    """Digest the names and contents of files; a missing one counts as empty."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"{path.relative_to(ROOT)}:{len(content)}:".encode() + content)
    return digest.hexdigest()


def noted(note: Path) -> str:
    """Read a note left by an earlier call; empty when there is none."""
    return note.read_text().strip() if note.exists() else ""


if __name__ == "__main__":
    started = time.time()
    try:
        main(sys.argv[1])
    except CannotInstall as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    print(started)
