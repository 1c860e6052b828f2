"""Addresses: which ones we may send a person to, and how to build queries."""

import re
import string
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit

LONGEST = 2000
LARGEST_ID = 2**63 - 1
"""The largest number a row can have."""
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def local_path(text: str | None) -> str | None:
    """Return the address if it is a path (and query) of this site, else None: never another host, never a header's end."""
    if not text or len(text) > LONGEST or not text.startswith("/") or text.startswith("//") or _UNSAFE.search(text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else text


def in_header(path: str) -> str:
    """Return a path of ours as a header may carry it: what is not ASCII is written in percent signs."""
    return quote(path, safe=string.punctuation)


def path_of(url: str, *, query: bool = False) -> str:
    """Return the path (and query) of any address; nothing of what is none."""
    parts = _split(url)
    return parts.path + (f"?{parts.query}" if query and parts.query else "")


def host_of(url: str) -> str:
    """Return host and port of any address; nothing of what is none."""
    return _split(url).netloc


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # a broken IPv6 address
        return SplitResult("", "", "", "", "")


def with_query(path: str, values: Mapping[str, Any]) -> str:
    """Return the path with a query of those values that are neither None nor empty."""
    query = urlencode([(name, value) for name, value in values.items() if value not in (None, "")], doseq=True)
    return f"{path}?{query}" if query else path


def int_of(text: str | None, default: int) -> int:
    """Read a small whole number from an address; anything else is the default."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else default
