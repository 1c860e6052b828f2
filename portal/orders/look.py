"""How orders read (pure): chips, badges, trackers and the sentences of their history, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.catalog import look
from portal.orders.couriers import courier_name
from portal.orders.tracker import Step
from portal.web.i18n import current_locale, lazy_gettext, pick
from portal.web.i18n import gettext as _
from portal.workflow.vocabulary import StatusLook


@dataclass(frozen=True)
class Chip:
    """A status or payment as a chip: tone, and an icon or a disc."""

    tone: str
    label: str
    icon: str = ""
    disc: str = ""


@dataclass(frozen=True)
class Mile:
    """A step of the tracker as the template draws it."""

    state: str
    label: str
    at: datetime | None = None
    when: str = ""
    text: str = ""


PAYMENTS: dict[str, tuple[str, str, Any]] = {
    "unpaid": ("wait", "empty", lazy_gettext("Unpaid")),
    "partly_paid": ("wait", "half", lazy_gettext("Partly paid")),
    "paid": ("good", "full", lazy_gettext("Paid")),
    "refunding": ("move", "half", lazy_gettext("Refunding")),
    "refunded": ("end", "cross", lazy_gettext("Refunded")),
}

TOLD = ("now", "dead", "stop")
"""States of a step that have a word of their own below them."""

METHODS: dict[str, Any] = {
    "transfer": lazy_gettext("Bank transfer"),
    "draft": lazy_gettext("Acceptance draft"),
    "wechat": lazy_gettext("WeChat Pay"),
    "alipay": lazy_gettext("Alipay"),
    "cash": lazy_gettext("Cash"),
    "other": lazy_gettext("Other"),
}


def status_chip(status: str, looks: dict[str, StatusLook]) -> Chip:
    """Return how a status looks; one that no diagram declares any more shows its key."""
    found = looks.get(status)
    if found is None:
        return Chip("wait", _("Submitted") if status == "submitted" else status, icon="clock")
    return Chip(found.tone, pick(found.zh, found.en), icon=found.icon)


def payment_chip(payment: str, *, owes: bool = True) -> Chip | None:
    """Return the payment badge; none for an order that was given up before anything was paid."""
    if payment == "unpaid" and not owes:
        return None
    tone, disc, label = PAYMENTS[payment]
    return Chip(tone, str(label), disc=disc)


def miles(steps: Sequence[Step], *, detail: str = "", promised: str = "") -> list[Mile]:
    """Return the tracker for the template; `detail` stands under the present step, `promised` beside it."""
    return [
        Mile(
            step.state,
            pick(*step.label),
            step.at if step.state != "ahead" else None,
            promised if step.state == "now" else "",
            detail if step.state in TOLD else "",
        )
        for step in steps
    ]


def size_or_marking(marking: str) -> str:
    """Return the sizes of a marking (`400×50×203`), or the whole text of an item without."""
    read = look.read(marking)
    return (read.size if read else "") or marking


def method(key: str) -> str:
    """Return what a way of paying is called."""
    return str(METHODS.get(key, key))


def sentence(kind: str, detail: dict[str, Any], actor: str) -> str:
    """Say one line of an order's history."""
    text = _SENTENCES.get(kind)
    values = {name: _value(name, value) for name, value in detail.items()} | {"who": actor or _("The process")}
    if text is None:
        return kind
    written = str(text)
    return written % values if "%(" in written else written


def words(detail: dict[str, Any]) -> str:
    """Return what somebody wrote along with an event."""
    return str(detail.get("message") or detail.get("reason") or detail.get("text") or "")


def _value(name: str, value: Any) -> Any:
    if isinstance(value, dict) and {"zh", "en"} <= value.keys():
        return pick(value["zh"], value["en"])
    if name == "courier":
        return courier_name(value, current_locale())
    return method(value) if name == "method" else value


_SENTENCES: dict[str, Any] = {
    "submitted": lazy_gettext("%(who)s submitted the order: %(lines)d lines, %(pieces)d pieces"),
    "status": lazy_gettext("Status: %(status)s"),
    "approved": lazy_gettext("%(who)s approved the order"),
    "sent_back": lazy_gettext("%(who)s sent the order back for changes"),
    "rejected": lazy_gettext("%(who)s rejected the order"),
    "rejection": lazy_gettext("The order ends here; nothing will be made or charged"),
    "revised": lazy_gettext("%(who)s changed the order, now revision %(revision)d"),
    "released": lazy_gettext("Released to the factory"),
    "reserved": lazy_gettext("Stock reserved: %(pieces)d pieces"),
    "produced": lazy_gettext("Production finished: %(pieces)d pieces"),
    "parcel": lazy_gettext("Parcel %(parcel)s left: %(courier)s %(tracking_number)s, %(pieces)d pieces"),
    "receipt": lazy_gettext("Received ¥%(amount)s (%(method)s), confirmed by %(who)s"),
    "refund": lazy_gettext("Gave back ¥%(amount)s (%(method)s), confirmed by %(who)s"),
    "receipt_confirmed": lazy_gettext("%(who)s confirmed receipt"),
    "cancellation_requested": lazy_gettext("%(who)s asked to cancel"),
    "cancellation_agreed": lazy_gettext("Cancellation decided; nothing will be shipped"),
    "cancellation_declined": lazy_gettext("%(who)s declined the cancellation"),
    "cancellation_too_late": lazy_gettext("Not cancelled: something had already shipped"),
    "cancellation_settled": lazy_gettext("Reserved stock is free again; to give back: ¥%(refund)s"),
    "stopped": lazy_gettext("%(who)s ended the order's process by hand"),
    "note": lazy_gettext("Internal note by %(who)s"),
}
