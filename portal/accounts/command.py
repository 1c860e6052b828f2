"""`portal user create`: the first administrator, or anybody else who works here, from the command line."""

import argparse
import getpass
import sys

from portal.accounts import service
from portal.accounts.actor import SYSTEM, Role
from portal.accounts.permissions import STAFF_ROLES
from portal.database import unit_of_work


def create_user(arguments: list[str]) -> int:
    """Create a user and return the exit status; the password is asked for, or read from standard input."""
    options = _parser().parse_args(arguments)
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with unit_of_work() as session:
        user = service.create_user(
            session, actor=SYSTEM, name=options.name, phone=options.phone, roles=options.role or [Role.ADMINISTRATOR], password=password,
            team=options.team,
        )  # fmt: skip
        sys.stdout.write(f"{user.name} can log in with {user.phone}.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal user create", description="Create somebody who works here.")
    parser.add_argument("phone", help="mobile number to log in with")
    parser.add_argument("name")
    parser.add_argument(
        "--role",
        action="append",
        choices=[role.value for role in STAFF_ROLES],
        help="may be repeated; administrator when none is named",
    )
    parser.add_argument("--team", default="")
    return parser
