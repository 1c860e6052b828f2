"""Forms of user tasks: what a diagram asks of a person, and reading what they typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Text = tuple[str, str]

TYPES = ("text", "longtext", "choice", "yesno", "integer", "money", "date", "datetime")


@dataclass(frozen=True)
class Option:
    """One choice; tone (good, stop, …) says how its button looks."""

    value: str
    name: Text
    tone: str = ""


@dataclass(frozen=True)
class FormField:
    """One question; `shown_if` is an expression over the form's own fields and the facts."""

    key: str
    type: str
    label: Text
    required: bool = False
    options: tuple[Option, ...] = ()
    shown_if: str | None = None
    help: Text = ("", "")
    default: str | None = None


def parse_form(fields: tuple[FormField, ...], data: Mapping[str, str], *, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a person entered into typed values (money Decimal, dates ISO text); InvalidInput has a message for each bad field.

    Every field's key is in the answer; one that was left empty or is not shown is None. Keys that are no fields are ignored.
    """
    raise NotImplementedError
