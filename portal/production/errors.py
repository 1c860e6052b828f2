"""What the factory refuses, with what a person needs to go on."""

from portal.errors import Conflict, InvalidInput, NotFound
from portal.web.i18n import lazy_gettext as _


class StockNotFound(NotFound):
    """There is no such item."""

    message = _("There is no such item.")


class NotEnoughFree(InvalidInput):
    """More is to leave than is free; carries what is free."""

    def __init__(self, *, free: int) -> None:
        text = _("Only %(free)d are free; the rest is promised to orders.", free=free)
        super().__init__(text, fields={"quantity": text}, free=free)


class CountBelowReserved(InvalidInput):
    """The count is lower than what is promised; carries how much is promised."""

    def __init__(self, *, reserved: int) -> None:
        text = _(
            "%(reserved)d are promised to orders. Count again, or tick below to take the missing ones from the newest promises.",
            reserved=reserved,
        )
        super().__init__(text, fields={"quantity": text}, reserved=reserved)


class FactoryOrderNotFound(NotFound):
    """The factory knows no such order."""

    message = _("The factory knows no such order.")


class NothingToReserve(Conflict):
    """Nothing is free, or the line has what it needs."""

    message = _("Nothing was reserved: nothing is free any more, or the order already has what it needs.")


class AlreadyBeingMade(Conflict):
    """A production order for the line is open, or the line is not short."""

    message = _("No production order was made: one is open already, or the order has what it needs.")


class ProductionOrderNotFound(NotFound):
    """There is no such production order."""

    message = _("There is no such production order.")


class ProductionMoved(Conflict):
    """The production order is no longer where the actor saw it; carries its number and status."""

    def __init__(self, *, number: str, status: str) -> None:
        super().__init__(
            _("%(number)s has changed since you opened it. Nothing was done; look at it again.", number=number),
            number=number,
            status=status,
        )


class StillNeeded(Conflict):
    """An order waits for what this production order makes."""

    message = _("An order is waiting for these goods. It can only be cancelled together with the order.")


class ProductionNotReleased(Conflict):
    """The order's process has not let anything be made yet."""

    message = _("This order is not released yet: its approval or payment is still open. Nothing was made.")


class ParcelNotFound(NotFound):
    """There is no such parcel."""

    message = _("There is no such parcel.")


class NothingToPick(Conflict):
    """Nothing of the order is released and unpicked."""

    message = _("There is nothing to pick for this order now.")


class NotInParcel(Conflict):
    """The scanned goods do not belong to the order."""

    message = _("This item is not in the order, or nothing of it is released. Put it back.")


class NothingLeftToPick(Conflict):
    """All of the scanned item that may leave lies in the parcel."""

    message = _("All of this item is in the parcel already. Put it back.")


class OverPicked(InvalidInput):
    """More was picked than may leave for the order; carries the most that may."""

    def __init__(self, *, most: int) -> None:
        text = _("At most %(most)d may go into this parcel.", most=most)
        super().__init__(text, fields={"quantity": text}, most=most)


class ParcelAlreadyShipped(Conflict):
    """Somebody shipped the parcel first; carries who."""

    def __init__(self, *, parcel: str, by: str, tracking_number: str) -> None:
        super().__init__(
            _(
                "%(by)s has already shipped %(parcel)s (tracking number %(tracking)s). Nothing was sent twice.",
                by=by,
                parcel=parcel,
                tracking=tracking_number or "–",
            ),
            parcel=parcel,
        )


class ParcelCancelled(Conflict):
    """The parcel was given up, with its order or by a colleague."""

    message = _("This parcel was cancelled. Put the goods back in their place; nothing is to be shipped.")


class OrderNotReleased(Conflict):
    """The order may not be shipped: not released, or cancelled."""

    message = _("This order is not released for shipping. Nothing was shipped.")


class ParcelEmpty(Conflict):
    """Nothing has been picked into the parcel."""

    message = _("Nothing has been picked into this parcel yet.")
