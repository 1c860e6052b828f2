"""My salesperson: who it is, when they are there, and what the contact was looking at as a text ready to send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog import queries
from portal.catalog.items import Item
from portal.customers import queries as customers
from portal.customers.queries import CustomerView, SalespersonRow
from portal.web.forms import clean
from portal.web.i18n import gettext as _
from portal.web.i18n import pick
from portal.workflow.calendar import CLOSES, OPENS

LONGEST = 300
"""Characters of a scanned or searched text that are passed on."""


@dataclass(frozen=True, slots=True)
class About:
    """What the question is about, as the page before put it into the address."""

    sku: str = ""
    order: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> Self:
        """Read it from an address."""
        return cls(*(" ".join(clean(str(query.get(name, ""))).split())[:LONGEST] for name in ("sku", "order", "text")))


@dataclass(frozen=True, slots=True)
class ContactView:
    """What the page shows; `item` only when the contact sees it."""

    company: CustomerView
    salesperson: SalespersonRow | None
    opens: str
    closes: str
    about: About
    item: Item | None
    message: str


def view(session: Session, *, actor: Actor, about: About) -> ContactView:
    """Put the page together; an item the contact does not see is passed on as the text it came as."""
    company = customers.customer(session, actor=actor, customer_id=actor.customer_id or 0)
    person = customers.my_salesperson(session, actor=actor)
    item = queries.items_by_sku(session, actor=actor, skus=[about.sku]).get(about.sku) if about.sku else None
    return ContactView(
        company, person, f"{OPENS:%H:%M}", f"{CLOSES:%H:%M}", about, item, _message(actor, company, about, item)
    )  # fmt: skip


def _message(actor: Actor, company: CustomerView, about: About, item: Item | None) -> str:
    lines = [_("Hello, this is %(name)s of %(company)s.", name=actor.name, company=company.name)]
    if about.order:
        lines.append(_("It is about order %(number)s.", number=about.order))
    if item is not None:
        name = pick(item.name_zh, item.name_en)
        lines.append(
            _("It is about %(name)s %(marking)s (article %(sku)s).", name=name, marking=item.marking, sku=item.sku)
        )
    elif about.sku or about.text:
        lines.append(_("I am looking for: %(text)s", text=about.text or about.sku))
    return "\n".join(lines)
