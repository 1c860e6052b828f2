"""Every table of the portal, for migrations and tests: importing each capability's models registers its tables."""

import importlib
import importlib.util
import pkgutil

from sqlalchemy import MetaData

import portal
from portal.database import Base


def metadata() -> MetaData:
    """Import every module that declares tables and return the metadata that holds them all."""
    for name in ("portal.outbox", "portal.heartbeat", *modules_named("models")):
        importlib.import_module(name)
    return Base.metadata


def modules_named(name: str) -> list[str]:
    """Return the full names of the capabilities' modules of one name: `portal.orders.jobs`, …"""
    packages = [found.name for found in pkgutil.iter_modules(portal.__path__, "portal.") if found.ispkg]
    return [f"{package}.{name}" for package in packages if _exists(f"{package}.{name}")]


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
