"""The factory systems the portal can stand before."""

from portal.production.adapters.book import ProductionBook
from portal.production.protocol import ProductionSystem


def system() -> ProductionSystem:
    """Return the factory's system: the built-in production book."""
    return ProductionBook()
