"""A line that is shown once on the next page (a toast), carried in a signed cookie across the redirect."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from litestar.datastructures import Cookie

COOKIE = "flash"
LONGEST = 1500

_key = b""


def configure(secret: str) -> None:
    """Sign with this installation's secret."""
    global _key
    _key = hashlib.sha256(b"flash:" + secret.encode()).digest()


def toast(text: object, *, tone: str = "good", href: str = "", link: object = "") -> dict[str, str]:
    """Return a toast: its text, its tone (`good`, `wait`, `stop`) and, if wanted, a link with its words."""
    shown = {"text": str(text)[:300], "tone": tone}
    return shown | ({"href": href, "link": str(link)} if href else {})


def cookie(shown: dict[str, str], *, secure: bool) -> Cookie:
    """Return the cookie that carries a toast to the next page."""
    body = base64.urlsafe_b64encode(json.dumps(shown).encode()).decode()
    return Cookie(
        key=COOKIE, value=f"{_signature(body)}.{body}", max_age=60, httponly=True, secure=secure, samesite="lax"
    )


def gone(*, secure: bool) -> Cookie:
    """Return the cookie that removes a shown toast."""
    return Cookie(key=COOKIE, value="", max_age=0, httponly=True, secure=secure, samesite="lax")


def read(value: str | None) -> list[dict[str, Any]]:
    """Return the toasts of a cookie; none when it is missing or not ours."""
    signature, _, body = (value or "").partition(".")
    if not body or len(body) > LONGEST * 3 or not signature.isascii():
        return []
    if not hmac.compare_digest(signature, _signature(body)):
        return []
    try:
        return [json.loads(base64.urlsafe_b64decode(body.encode()))]
    except (binascii.Error, ValueError):
        return []


def _signature(body: str) -> str:
    return hmac.new(_key, body.encode(), hashlib.sha256).hexdigest()[:32]
