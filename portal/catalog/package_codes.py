"""Read what a package's code says: a GS1 Digital Link or element string, a URL of the portal, a bare number, free text."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from portal.catalog.marking import find_marking, print_marking
from portal.web.urls import path_of

LONGEST = 300


@dataclass(frozen=True, slots=True)
class ReadCode:
    """What to look for, best first: `keys` in the table of codes and among article numbers, then a printed marking."""

    text: str
    keys: tuple[str, ...]
    lot: str | None = None
    marking: str | None = None


_DIGITAL_LINK = re.compile(r"/01/(?P<gtin>[0-9]{8,14})(?:/10/(?P<lot>[^/?#]{1,60}))?")
_ELEMENTS = re.compile(r"\(?01\)?(?P<gtin>[0-9]{14})(?:[^0-9(]?\(?10\)?(?P<lot>[^(\x1d]{1,60}))?")
_OWN = re.compile(r"/q/(?P<code>[^/?#]+)/?$")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")


def read_code(text: str) -> ReadCode:
    """Return what a scanned or typed text may stand for; never raises. Only the first `LONGEST` characters count."""
    plain = _plain(text)
    own = _OWN.search(path_of(plain)) if "/" in plain and _is_url(plain) else None
    if own:
        plain = _plain(unquote(own["code"]))
    gtin, lot = _gtin(plain)
    keys = (gtin,) if gtin else ()
    return ReadCode(plain, tuple(dict.fromkeys((plain, *keys, plain.upper()))), lot, _marking(plain))


def stored_code(text: str) -> str:
    """Return how a code is kept in the table: a Digital Link or element string by its GTIN of 14 digits, others as they are."""
    gtin, _lot = _gtin(_plain(text))
    return gtin or _plain(text)


def _plain(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())[:LONGEST].strip()


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://")) or text.startswith("/q/")


def _gtin(text: str) -> tuple[str | None, str | None]:
    link = _DIGITAL_LINK.search(text) if _is_url(text) else _ELEMENTS.fullmatch(text)
    if link:
        return link["gtin"].zfill(14), unquote(link["lot"]).strip() if link["lot"] else None
    return (text.zfill(14), None) if _GTIN.fullmatch(text) else (None, None)


def _marking(text: str) -> str | None:
    found = find_marking(text)
    return print_marking(found) if found else None
