"""Sums that several reads share, as subqueries."""

from sqlalchemy import Subquery, and_, func, select

from portal.production.models import FactoryOrder, FactoryOrderLine, FactoryParcel, FactoryParcelLine, ProductionOrder
from portal.production.states import OPEN

LIVE = ("open", "released")
"""States of a factory order in which it may still get goods."""

lacking = FactoryOrderLine.quantity - FactoryOrderLine.reserved - FactoryOrderLine.shipped
"""What a line lacks."""

waits = and_(FactoryOrder.status.in_(LIVE), FactoryOrderLine.cancelled.is_(False), lacking > 0)
"""Whether a line waits for goods."""

pickable = func.greatest(func.least(FactoryOrderLine.released - FactoryOrderLine.shipped, FactoryOrderLine.reserved), 0)
"""What of a line may leave now (see `service.picking.pickable`)."""


def being_made() -> Subquery:
    """Return per variant what is being made and the first day it is due."""
    rest = func.greatest(ProductionOrder.quantity - ProductionOrder.finished, 0)
    return (
        select(
            ProductionOrder.variant_id,
            func.sum(rest).label("making"),
            func.min(ProductionOrder.due_on).label("arrives_on"),
        )
        .where(ProductionOrder.status.in_(OPEN))
        .group_by(ProductionOrder.variant_id)
        .subquery("being_made")
    )


def queued() -> Subquery:
    """Return per variant what live orders lack."""
    return (
        select(FactoryOrderLine.variant_id, func.sum(lacking).label("queued"))
        .join(FactoryOrder, FactoryOrder.id == FactoryOrderLine.factory_order_id)
        .where(waits)
        .group_by(FactoryOrderLine.variant_id)
        .subquery("queued")
    )


def picked() -> Subquery:
    """Return per order the parcel that is being picked and how much lies in it."""
    return (
        select(
            FactoryParcel.factory_order_id,
            FactoryParcel.number.label("parcel"),
            FactoryParcel.picked_by,
            func.coalesce(func.sum(FactoryParcelLine.quantity), 0).label("picked"),
        )
        .outerjoin(FactoryParcelLine, FactoryParcelLine.parcel_id == FactoryParcel.id)
        .where(FactoryParcel.status == "picking")
        .group_by(FactoryParcel.id)
        .subquery("picked")
    )
