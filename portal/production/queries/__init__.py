"""Reads of the production book: Core selects into frozen rows."""

from portal.production.queries.order import FactoryOrderView, order_view
from portal.production.queries.stock import available, on_hand

__all__ = ["FactoryOrderView", "available", "on_hand", "order_view"]
