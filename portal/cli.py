"""The command line: `portal run`, `web`, `worker`, `migrate`, `demo`, `import`, `bench`, `publish`, `user`.

What a command needs is imported when it runs, so that every command starts quickly.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from portal.embedded import EmbeddedFailed, EmbeddedPostgres
from portal.errors import PortalError
from portal.progress import Progress
from portal.settings import Settings
from portal.unprivileged import NoUnprivilegedUser


class Refused(RuntimeError):
    """A command that cannot do what was asked; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what a person did wrong is said in a sentence, without a trace."""
    from portal.serving import PortTaken, Stop

    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (Refused, EmbeddedFailed, NoUnprivilegedUser, PortTaken, PortalError) as error:
        Progress().say(str(error))
        return 1
    except (Stop, KeyboardInterrupt):
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal", description="An ordering portal whose orders are BPMN processes.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the embedded database and uploads live")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_servers(commands)
    _add_tools(commands)
    for command in commands.choices.values():
        command.add_argument(
            "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="as before the command"
        )
    return parser


def _add_servers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, command, text in (("run", run, "everything on one machine"), ("web", web, "the web server alone")):
        server = commands.add_parser(name, help=text)
        server.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        server.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
        server.set_defaults(command=command)
        if name == "run":
            server.add_argument("--no-demo", action="store_true", help="leave an empty database empty")
    background = commands.add_parser("worker", help="a worker alone")
    background.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    background.set_defaults(command=worker)


def _add_tools(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    migrating = commands.add_parser("migrate", help="bring the database to the newest tables")
    migrating.add_argument(
        "--to", default="head", metavar="REVISION", help="a revision; base for none; -1 for one back"
    )
    migrating.add_argument("--new", metavar="MESSAGE", help="write a migration for what the models changed")
    migrating.set_defaults(command=migrate)
    commands.add_parser("demo", help="fill an empty database with the demo shop").set_defaults(command=demo)
    publishing = commands.add_parser("publish", help="publish processes and decision tables")
    publishing.add_argument("files", type=Path, nargs="*", metavar="FILE", help="bpmn or dmn (all in workflows/)")
    publishing.set_defaults(command=publish)
    importing = commands.add_parser("import", help="take in a list of products or customers")
    importing.add_argument("kind", choices=("products", "customers"))
    importing.add_argument("file", type=Path)
    importing.add_argument("--dry-run", action="store_true", help="only say what would change")
    importing.add_argument("--yes", action="store_true", help="do not ask before writing")
    importing.add_argument("--map", action="append", default=[], metavar="HEADING=FIELD", help="what a column holds")
    importing.set_defaults(command=import_list)
    benching = commands.add_parser("bench", help="measure", add_help=False)
    benching.add_argument("what", choices=("orders", "engine", "inbox", "timers"))
    benching.add_argument("rest", nargs=argparse.REMAINDER)
    benching.set_defaults(command=bench)
    users = commands.add_parser("user", help="create a user", add_help=False)
    users.add_argument("action", choices=("create",))
    users.add_argument("rest", nargs=argparse.REMAINDER)
    users.set_defaults(command=user)


def run(options: argparse.Namespace) -> int:
    """Start everything on one machine and stay until a signal."""
    from portal.processes import ChildProcess
    from portal.serving import bind, serve, stop_on_signals

    began = float(os.environ.get("PORTAL_STARTED_AT", time.time()))
    stop_on_signals()
    progress = Progress()
    listener = bind(options.host, options.port)
    with _database(options, progress, process="web") as settings:
        _prepare(progress, demo_wanted=not options.no_demo)
        environment = os.environ | {
            "PORTAL_DATABASE_URL": settings.database_url,
            "PORTAL_DATA_DIR": str(settings.data_dir),
        }
        with ChildProcess([sys.executable, "-m", "portal", "worker", "--child"], environment=environment):
            serve(settings, listener, ready=lambda: _welcome(progress, options, time.time() - began))
    return 0


def web(options: argparse.Namespace) -> int:
    """Serve pages alone; workers run elsewhere."""
    from portal.serving import bind, serve, stop_on_signals

    stop_on_signals()
    progress = Progress()
    listener = bind(options.host, options.port)
    with _database(options, progress, process="web") as settings:
        if settings.broker_url and not settings.secret_key:
            progress.say(
                "PORTAL_SECRET_KEY is not set: forms of this web process are refused by those with another data directory."
            )
        _prepare(progress, demo_wanted=False)
        serve(settings, listener, ready=lambda: progress.say(f"http://{options.host}:{options.port}/"))
    return 0


def worker(options: argparse.Namespace) -> int:
    """Perform the outbox and fire timers until a signal, or as a child until the parent is gone."""
    from portal.processes import stop_with_parent
    from portal.serving import stop_on_signals
    from portal.worker import run as work

    stop = threading.Event()
    stop_on_signals(stop.set)
    if options.child:
        stop_with_parent(stop)
    with _database(options, Progress(), process="worker") as settings:
        work(settings, stop)
    return 0


def migrate(options: argparse.Namespace) -> int:
    """Bring the database to a revision, or write a new one."""
    from portal import database, migrations

    with _database(options, Progress(), process="migrate"):
        if options.new:
            migrations.create(database.engine(), options.new)
        elif options.to == "base" or options.to.startswith("-"):
            migrations.downgrade(database.engine(), options.to)
        else:
            _migrate(options.to)
    return 0


def demo(options: argparse.Namespace) -> int:
    """Fill an empty database with the demo shop; Refused for one that holds anything."""
    from portal.demo import shop

    progress = Progress()
    with _database(options, progress, process="demo"):
        _prepare(progress, demo_wanted=False)
        if not shop.is_empty():
            raise Refused("The database is not empty; the demo shop is loaded into an empty one only.")
        shop.load_demo(progress)
    return 0


def publish(options: argparse.Namespace) -> int:
    """Publish the named files, or all that are delivered, where their content is new; say of each what became of it."""
    from portal.workflow.delivery import delivered_files

    progress = Progress()
    files = options.files or delivered_files()
    for path in options.files:
        if not path.is_file():
            raise Refused(f"There is no file {path}.")
    with _database(options, progress, process="publish"):
        became = _publish(files)
    for path in files:
        progress.say(f"{path.name}: {_BECAME[became[path]]}")
    return 0


_BECAME = {
    "published": "a new version is published",
    "known": "nothing new",
    "waits": "waits, for an administrator has edited what is published; take it under /desk/operations/updates",
}


def import_list(options: argparse.Namespace) -> int:
    """Take in a list of products or customers."""
    if not options.file.is_file():
        raise Refused(f"There is no file {options.file}.")
    from portal.imports.command import run_import

    mapping = dict(_pair(text) for text in options.map)
    progress = Progress()
    with _database(options, progress, process="import"):
        _prepare(progress, demo_wanted=False)
        return run_import(options.kind, options.file, dry_run=options.dry_run, assume_yes=options.yes, mapping=mapping)


def bench(options: argparse.Namespace) -> int:
    """Measure; each benchmark makes its own database."""
    if options.what == "orders":
        from portal.bench.orders import main as measure
    elif options.what == "inbox":
        from portal.bench.inbox import main as measure
    elif options.what == "timers":
        from portal.bench.timers import main as measure
    else:
        from portal.bench.engine import main as measure
    return measure(options.rest)


def user(options: argparse.Namespace) -> int:
    """Create a user."""
    from portal.accounts.command import create_user

    with _database(options, Progress(), process="user"):
        return create_user(options.rest)


@contextmanager
def _database(options: argparse.Namespace, progress: Progress, *, process: str) -> Iterator[Settings]:
    """Read the settings, start or join the embedded database unless one is named, and connect to it."""
    from portal import database, logs

    if options.data is not None:
        os.environ["PORTAL_DATA_DIR"] = str(options.data.resolve())
    settings = _settings()
    logs.configure(process=process, debug=settings.debug)
    embedded = None
    if not settings.database_url:
        embedded = EmbeddedPostgres(settings.data_dir, say=progress.say)
        settings = replace(settings, database_url=embedded.start())
    try:
        database.configure(settings.database_url, pool_size=settings.database_pool)
        with embedded.kept_running() if embedded is not None else nullcontext():
            yield settings
    finally:
        database.dispose()
        if embedded is not None:
            embedded.stop()


def _publish(files: Sequence[Path] = ()) -> dict[Path, str]:
    """Publish these files, without any what is delivered and new; return what became of each."""
    from portal.capabilities import register_all
    from portal.workflow.delivery import publish_delivered, publish_files
    from portal.workflow.errors import DiagramRefused
    from portal.workflow.vocabulary import XmlRefused

    register_all()
    try:
        return publish_files(files) if files else dict.fromkeys(publish_delivered(), "published")
    except XmlRefused as error:
        raise Refused(f"This file cannot be published: {error}") from error
    except DiagramRefused as error:
        reasons = "\n".join(
            f"  {problem.node_id} {problem.node_name[1]}: {problem.message}" for problem in error.problems
        )
        raise Refused(f"{error}\n{reasons}") from error


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except ValueError as error:
        raise Refused(str(error)) from error


def _migrate(revision: str = "head") -> None:
    from portal import database, migrations

    try:
        migrations.upgrade(database.engine(), revision)
    except migrations.DatabaseTooNew as error:
        raise Refused(str(error)) from error


def _prepare(progress: Progress, *, demo_wanted: bool) -> None:
    """Bring tables and delivered processes up to date, and fill an empty shop if wanted."""
    _migrate()
    _publish()
    if demo_wanted:
        from portal.demo import shop

        if shop.is_empty():
            shop.load_demo(progress)


def _welcome(progress: Progress, options: argparse.Namespace, seconds: float) -> None:
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::"} else options.host  # noqa: S104 - compared, not bound
    progress.say(f"\n  Ready in {seconds:.1f} s: http://{host}:{options.port}/   (Ctrl-C stops)\n")
    if not options.no_demo:
        from portal.demo import shop

        for role, login, password in shop.LOGINS:
            progress.say(f"  {role:<24} {login:<16} {password}")
        progress.say("")


def _pair(text: str) -> tuple[str, str]:
    heading, separator, field = text.partition("=")
    if not separator:
        raise Refused(f"--map {text}: write HEADING=FIELD.")
    return heading, field
