"""HTTP of orders."""

from portal.orders import actions, ports, telling
from portal.orders.routes import api, cart, desk, mine, submit

routers = [cart.router, submit.router, mine.router, desk.router, api.router]

ports.register()

__all__ = ["actions", "routers", "telling"]
