"""Quantities typed by hand."""

from portal.errors import InvalidInput
from portal.web.i18n import lazy_gettext as _

LARGEST = 1_000_000
"""More pieces than this in one entry is a slip of the finger (an article number, a scanned code)."""


def require_pieces(quantity: int, *, least: int = 1, field: str = "quantity") -> int:
    """Return the quantity; InvalidInput names the field when it is below `least` or absurdly large."""
    if quantity < least:
        text = _("Enter at least %(least)d.", least=least)
        raise InvalidInput(text, fields={field: text})
    if quantity > LARGEST:
        text = _("Enter at most %(most)s pieces at a time.", most=f"{LARGEST:,}")
        raise InvalidInput(text, fields={field: text})
    return quantity


def require_reason(reason: str) -> str:
    """Return the trimmed reason; InvalidInput when it is missing or longer than 300 characters."""
    cleaned = " ".join(reason.split())
    if not cleaned:
        raise InvalidInput(fields={"reason": _("Say why, so that the ledger can be understood later.")})
    if len(cleaned) > 300:
        raise InvalidInput(fields={"reason": _("At most %(most)d characters.", most=300)})
    return cleaned
