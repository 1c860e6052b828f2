"""Published editions, parsed once per process: found by the digest of their XML, the least used forgotten first."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

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


_definitions: Kept[Definition] = Kept()


def definition(digest: str, xml: Callable[[], str]) -> Definition:
    """Return the diagram with this digest; `xml` is asked for only when it is not at hand."""
    return _definitions.get(digest, lambda: parse_definition(xml()))


def parse_definition(xml: bytes | str) -> Definition:
    """Make a diagram ready to run."""
    root = parse_xml(xml)
    vocabulary = read(root)
    return Definition(vocabulary, parse_specs(root, vocabulary))
