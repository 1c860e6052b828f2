"""Every table of the portal, for migrations and tests: importing each capability's models registers its tables."""

import importlib

from sqlalchemy import MetaData

from portal.capabilities import modules_named
from portal.database import Base


def metadata() -> MetaData:
    """Import every module that declares tables and return the metadata that holds them all."""
    for name in ("portal.outbox", "portal.heartbeat", "portal.schema", *modules_named("models")):
        importlib.import_module(name)
    return Base.metadata
