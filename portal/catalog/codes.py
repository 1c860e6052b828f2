"""What a scanned or typed code leads to. A code that is unknown and one whose product is hidden are answered by the same statement."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from portal.accounts.actor import Actor
from portal.catalog.items import Item, item_of, select_items_for
from portal.catalog.models import PackageCode, Variant
from portal.catalog.package_codes import ReadCode, read_code
from portal.catalog.visibility import visible_items


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was scanned, and the lot when the code says it."""

    item: Item
    lot: str | None


def resolve_code(session: Session, *, actor: Actor, text: str) -> Scanned | None:
    """Return the item that a code stands for, or None when nothing the actor sees does.

    Understood are a stored package code, a GS1 Digital Link or element string (by GTIN), a URL of the portal (`…/q/<code>`),
    an article number, and free text that holds a marking.
    """
    code = read_code(text)
    stored = select(PackageCode.variant_id).where(PackageCode.code.in_(code.keys))
    lots = select(PackageCode.lot).where(PackageCode.code.in_(code.keys), PackageCode.variant_id == Variant.id).limit(1)
    ways = _ways(code, Variant.id.in_(stored))
    rank = case(*((way, place) for place, way in enumerate(ways)), else_=len(ways))
    statement = select_items_for(actor).add_columns(lots.scalar_subquery().label("lot"))
    row = session.execute(statement.where(visible_items(actor), or_(*ways)).order_by(rank, Variant.id).limit(1)).first()
    if row is None:
        return None
    return Scanned(item_of(row), code.lot or row.lot)


def _ways(code: ReadCode, stored: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    ways = [stored, Variant.sku.in_(code.keys)]
    return [*ways, Variant.marking == code.marking] if code.marking else ways
