"""What can be told: each event has its texts, registered by the capability that raises it and read in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.web.i18n import pick


@dataclass(frozen=True)
class EventText:
    """How an event reads: lazy texts with `%(name)s` places filled from the notification's detail."""

    title: Any
    body: Any = ""
    icon: str = "bell"


_events: dict[str, EventText] = {}


def register(event: str, title: Any, body: Any = "", *, icon: str = "bell") -> None:
    """Give an event its texts. A detail value `{"zh": …, "en": …}` is picked by the reader's language."""
    _events[event] = EventText(title, body, icon)


def known(event: str) -> bool:
    """Say whether an event has texts."""
    return event in _events


def read(event: str, detail: Mapping[str, Any]) -> EventText:
    """Return an event's texts in the current language; an event whose capability is gone shows its key."""
    text = _events.get(event)
    if text is None:
        return EventText(event)
    values = {name: _picked(value) for name, value in detail.items()}
    return EventText(_filled(text.title, values), _filled(text.body, values), text.icon)


def _picked(value: Any) -> Any:
    return pick(value["zh"], value["en"]) if isinstance(value, dict) and {"zh", "en"} <= value.keys() else value


def _filled(text: Any, values: Mapping[str, Any]) -> str:
    written = str(text)
    return written % _Known(values) if "%(" in written else written


class _Known(dict[str, Any]):
    """Values of a text; what an older notification did not say yet stays empty."""

    def __missing__(self, name: str) -> str:
        return ""
