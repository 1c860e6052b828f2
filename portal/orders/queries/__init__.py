"""Reads of orders. Every one for a person starts from `visible_to(actor)`: what is not theirs does not exist for them."""

from portal.orders.queries.cart import Bought, bought_before, cart, cart_count, cart_quantities
from portal.orders.queries.detail import EventView, LineView, OrderView, ParcelView, ReceiptView, order_view
from portal.orders.queries.factory import FactoryLine, FactoryOrder, for_factory
from portal.orders.queries.lists import (
    OrderFilter,
    OrderRow,
    Sums,
    counts_by_status,
    open_orders,
    orders_page,
    sums,
    waiting_for_customer,
)
from portal.orders.queries.process import OpenTask, looks
from portal.orders.queries.visibility import OrderNotFound, visible_to

__all__ = [
    "Bought",
    "EventView",
    "FactoryLine",
    "FactoryOrder",
    "LineView",
    "OpenTask",
    "OrderFilter",
    "OrderNotFound",
    "OrderRow",
    "OrderView",
    "ParcelView",
    "ReceiptView",
    "Sums",
    "bought_before",
    "cart",
    "cart_count",
    "cart_quantities",
    "counts_by_status",
    "for_factory",
    "looks",
    "open_orders",
    "order_view",
    "orders_page",
    "sums",
    "visible_to",
    "waiting_for_customer",
]
