"""What the warehouse's forms hold. Limits of quantities and reasons are the services' to explain."""

from datetime import date
from typing import Annotated

import msgspec

Pieces = Annotated[int, msgspec.Meta(ge=-9_999_999, le=9_999_999_999)]


class MoveForm(msgspec.Struct, kw_only=True):
    """Stock moved by hand; `key` makes a second click harmless."""

    quantity: Pieces
    reason: str = ""
    key: Annotated[str, msgspec.Meta(max_length=64)] = ""
    take_back: bool = False


class ShelfForm(msgspec.Struct, kw_only=True):
    """Where a variant lies and when it is low."""

    location: Annotated[str, msgspec.Meta(max_length=20)] = ""
    safety: Pieces = 0


class MakeForm(msgspec.Struct, kw_only=True):
    """A quantity to be made for stock."""

    quantity: Pieces
    due_on: date | None = None


class PlanForm(msgspec.Struct, kw_only=True):
    """The day a production order is to be done."""

    due_on: date | None = None
    version: int = 0


class FinishForm(msgspec.Struct, kw_only=True):
    """What production brought; `more` when it goes on."""

    quantity: Pieces
    more: bool = False
    version: int = 0


class PickedForm(msgspec.Struct, kw_only=True):
    """How many pieces of a line lie in the parcel."""

    quantity: Pieces


class MissingForm(msgspec.Struct, kw_only=True):
    """How many pieces were found, and why not all."""

    found: Pieces
    reason: str = ""


class ScanForm(msgspec.Struct, kw_only=True):
    """What a package's code says."""

    code: Annotated[str, msgspec.Meta(max_length=300)]


class ShipForm(msgspec.Struct, kw_only=True):
    """Who takes the parcel, under which number."""

    courier: str = ""
    tracking_number: Annotated[str, msgspec.Meta(max_length=100)] = ""
