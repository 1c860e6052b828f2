"""The texts of what orders tell people (see `portal.notifications.events`)."""

from portal.notifications.events import register
from portal.web.i18n import lazy_gettext as _

register("order.status", _("%(number)s: %(status)s"), _("%(message)s"), icon="clipboard-list")
register("order.parcel", _("%(number)s: a parcel is on its way"), _("%(courier)s %(tracking_number)s, %(pieces)s pieces"), icon="truck-delivery")  # fmt: skip
register("order.sent_back", _("%(number)s: please change the order"), _("%(message)s"), icon="edit")
register("order.receipt", _("%(number)s: payment of ¥%(amount)s received"), icon="cash")
register("order.refund", _("%(number)s: ¥%(amount)s given back"), icon="cash")
register("order.cancellation_declined", _("%(number)s is not cancelled"), _("%(message)s"), icon="x")
register("order.cancellation_too_late", _("%(number)s is not cancelled: something had already shipped"), icon="x")
register("order.submitted", _("%(who)s ordered: %(number)s"), icon="clipboard-list")
register("order.revised", _("%(who)s changed %(number)s and submitted it again"), icon="edit")
register("order.cancellation_requested", _("%(who)s asks to cancel %(number)s"), icon="ban")
