"""The production book's writes, by topic. Functions take the session first and never commit."""

from portal.production.service.factory_orders import (
    cancel_order,
    push_order,
    release_order,
    report_final,
    report_payment,
)
from portal.production.service.finishing import Finish, finish_production
from portal.production.service.opening import Opening, open_stock
from portal.production.service.picking import (
    Added,
    add_picked,
    cancel_picking,
    pick_all,
    report_missing,
    set_picked,
    start_picking,
)
from portal.production.service.production_orders import (
    cancel_production,
    inspect_production,
    make_for_line,
    make_for_stock,
    plan_production,
    request_production,
    rework_production,
    start_production,
)
from portal.production.service.reservations import reserve_for_line, reserve_order
from portal.production.service.shipping import ship_parcel
from portal.production.service.stock import count_stock, set_shelf, stock_in, stock_out

__all__ = [
    "Added",
    "Finish",
    "Opening",
    "add_picked",
    "cancel_order",
    "cancel_picking",
    "cancel_production",
    "count_stock",
    "finish_production",
    "inspect_production",
    "make_for_line",
    "make_for_stock",
    "open_stock",
    "pick_all",
    "plan_production",
    "push_order",
    "release_order",
    "report_final",
    "report_missing",
    "report_payment",
    "request_production",
    "reserve_for_line",
    "reserve_order",
    "rework_production",
    "set_picked",
    "set_shelf",
    "ship_parcel",
    "start_picking",
    "start_production",
    "stock_in",
    "stock_out",
]
