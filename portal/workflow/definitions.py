"""Published editions, parsed once per process: found by the digest of their XML, the least used forgotten first."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from portal.workflow.expanding import Calls, called_keys, expand
from portal.workflow.parser import Specs, parse_specs
from portal.workflow.reader import parse_xml, read
from portal.workflow.vocabulary import Vocabulary

V = TypeVar("V")


class Kept(Generic[V]):
    """A bounded store shared by the threads of a process. What is in it never changes."""

    def __init__(self, most: int = 64) -> None:
        self._most, self._lock = most, Lock()
        self._values: OrderedDict[str, V] = OrderedDict()

    def get(self, digest: str, make: Callable[[], V]) -> V:
        """Return the value of a digest, made when it is not there (twice, perhaps, by two threads at once)."""
        with self._lock:
            if digest in self._values:
                self._values.move_to_end(digest)
                return self._values[digest]
        made = make()
        with self._lock:
            self._values[digest] = made
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return made


@dataclass(frozen=True)
class Definition:
    """A published diagram, ready to run."""

    vocabulary: Vocabulary
    specs: Specs


@dataclass(frozen=True)
class _Caller:
    """A diagram that calls others: which editions of them is not in its digest."""

    xml: str


_definitions: Kept[Definition | _Caller] = Kept()


def _no_calls() -> Calls:
    return {}


def definition(digest: str, xml: Callable[[], str], calls: Callable[[], Calls] = _no_calls) -> Definition:
    """Return the diagram with this digest; `xml` is asked for only when it is not at hand, `calls` when it calls others."""
    found = _definitions.get(digest, lambda: _parse_or_keep(xml()))
    if isinstance(found, _Caller):
        caller, called = found, calls()
        found = _definitions.get(_digest_with(digest, called), lambda: parse_definition(caller.xml, called))
    if isinstance(found, _Caller):
        raise LookupError(f"what {digest} calls is kept under its own digest")
    return found


def _parse_or_keep(xml: str) -> Definition | _Caller:
    return _Caller(xml) if called_keys(parse_xml(xml)) else parse_definition(xml)


def _digest_with(digest: str, calls: Calls) -> str:
    inner = [f"{key}={_digest_with(called.digest, called.calls)}" for key, called in sorted(calls.items())]
    return f"{digest}({','.join(inner)})"


def parse_definition(xml: bytes | str, calls: Calls | None = None) -> Definition:
    """Make a diagram ready to run, with what it calls in its place."""
    root = expand(parse_xml(xml), calls or {})
    vocabulary = read(root)
    return Definition(vocabulary, parse_specs(root, vocabulary))
