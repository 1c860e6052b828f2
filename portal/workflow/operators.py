"""Who may operate on running processes, and why they say they do."""

from portal.accounts.actor import Actor, Role
from portal.errors import InvalidInput, NotPermitted
from portal.web.i18n import lazy_gettext as _

LONGEST_REASON = 1000


def require_operator(actor: Actor) -> None:
    """Refuse everybody but administrators and the system; raises NotPermitted."""
    if not (actor.is_system or actor.has(Role.ADMINISTRATOR)):
        raise NotPermitted(_("Only an administrator may do this"))


def reason_of(text: str, *, needed: bool = True) -> str:
    """Return a reason as it is written down; InvalidInput (field `reason`) when one is needed and missing, or when it is too long."""
    reason = text.strip()
    if needed and not reason:
        raise InvalidInput(fields={"reason": _("Say why, for whoever looks at it later")})
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(fields={"reason": _("At most %(most)d characters", most=LONGEST_REASON)})
    return reason
