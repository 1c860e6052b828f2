"""What the factory has of one order, as a part of the order's page on the staff side (fetched by it: orders lie below the factory)."""

from litestar import Router, get
from litestar.params import FromPath

from portal.accounts.guards import current_actor, staff_only
from portal.database import unit_of_work
from portal.production import queries
from portal.production.permissions import READERS
from portal.production.queries.visibility import require_visible
from portal.web.context import PortalRequest
from portal.web.templates import Page


@get("/{number:str}", sync_to_thread=True)
def order_part(request: PortalRequest, number: FromPath[str]) -> Page:
    """Show production orders and parcels of an order to who may see the order."""
    actor = current_actor(request)
    with unit_of_work() as session:
        require_visible(session, actor=actor, number=number)
        view = queries.order_view(session, number=number)
    return Page("production/_order.html", view=view, may_read=actor.has(*READERS))


router = Router(path="/desk/factory", route_handlers=[order_part], guards=[staff_only])
