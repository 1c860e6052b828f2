"""The warehouse's pages: stock, production, picking and shipping."""

from portal.catalog import stock as catalog_stock
from portal.production import queries
from portal.production.routes import badges, order, production, shipping, stock

__all__ = ["badges", "routers"]

catalog_stock.register_reader(queries.available)

routers = [stock.router, production.router, shipping.router, order.router]
