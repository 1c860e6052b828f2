"""Counting at the driver what goes to the database and back: statements, and what opens, keeps, ends and pings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from psycopg import _connection_base, _cursor_base, generators


@contextmanager
def round_trips() -> Iterator[list[str]]:
    """List the round trips of the block, in all threads, each by the beginning of what was sent."""
    made: list[str] = []
    sent: dict[Any, str] = {}
    execute = generators.execute
    command = _connection_base.BaseConnection._exec_command
    query = _cursor_base.BaseCursor._maybe_prepare_gen

    def counted(connection: Any) -> Any:
        made.append(sent.pop(connection, "?"))
        return (yield from execute(connection))

    def commanded(self: Any, what: Any, *more: Any) -> Any:
        sent[self.pgconn] = _beginning(what)
        return command(self, what, *more)

    def queried(self: Any, what: Any, **more: Any) -> Any:
        sent[self._pgconn] = _beginning(what.query)
        return query(self, what, **more)

    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(generators, "execute", counted))
        patches.enter_context(mock.patch.object(_cursor_base, "execute", counted))
        patches.enter_context(mock.patch.object(_connection_base.BaseConnection, "_exec_command", commanded))
        patches.enter_context(mock.patch.object(_cursor_base.BaseCursor, "_maybe_prepare_gen", queried))
        yield made


def _beginning(sent: Any) -> str:
    text = sent.decode() if isinstance(sent, bytes) else str(sent)
    return " ".join(text.split())[:60]
