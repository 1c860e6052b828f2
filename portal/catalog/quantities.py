"""What quantities of an item can be ordered: its minimum, its multiple, and a bound on nonsense. Base units throughout."""

from typing import Protocol

from portal.web.i18n import gettext as _

LARGEST = 999_999
"""More of one item than this is a slip of the finger; larger needs are for the salesperson."""


class Terms(Protocol):
    """What an item says about quantities."""

    @property
    def min_quantity(self) -> int: ...
    @property
    def order_multiple(self) -> int: ...


def smallest(terms: Terms) -> int:
    """Return the least that can be ordered: the minimum, rounded up to the multiple."""
    return rounded_up(terms, terms.min_quantity)


def rounded_up(terms: Terms, quantity: int) -> int:
    """Return the next quantity that can be ordered."""
    wanted = max(quantity, terms.min_quantity)
    return -(-wanted // terms.order_multiple) * terms.order_multiple


def check_quantity(terms: Terms, quantity: int) -> str | None:
    """Return why this quantity cannot be ordered, in the reader's language, or None when it can."""
    if quantity < 1:
        return _("Enter a quantity of at least %(least)d.", least=smallest(terms))
    if quantity > LARGEST:
        return _("At most %(most)d of one item; ask your salesperson about more.", most=LARGEST)
    if quantity < terms.min_quantity:
        return _("At least %(least)d of this item.", least=smallest(terms))
    if quantity % terms.order_multiple:
        return _nearest(terms, quantity)
    return None


def _nearest(terms: Terms, quantity: int) -> str:
    above = rounded_up(terms, quantity)
    below = above - terms.order_multiple
    multiple = terms.order_multiple
    if below < terms.min_quantity:
        return _("Only multiples of %(multiple)d: take %(above)d.", multiple=multiple, above=above)
    return _(
        "Only multiples of %(multiple)d: take %(below)d or %(above)d.", multiple=multiple, below=below, above=above
    )
