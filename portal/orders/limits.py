"""How much fits into an order: one place for every bound that a person may run into."""

from typing import Any

from portal.web.i18n import lazy_gettext as _

MAX_LINES = 500
MAX_NOTE = 500
MAX_REASON = 500
MAX_PURCHASE_ORDER = 60
MAX_RECIPIENT = 80
MAX_REGION = 120
MAX_DETAIL = 300
MAX_SUBMISSION_KEY = 64


def text_problem(text: str, limit: int) -> Any:
    """Say what is wrong with the length of a text, or None."""
    if len(text) <= limit:
        return None
    return _("At most %(limit)d characters, now %(length)d.", limit=limit, length=len(text))
