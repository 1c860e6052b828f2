"""The capabilities: the folders of `portal/`, and the modules of one name that each of them may have."""

import importlib
import importlib.util
import pkgutil

import portal


def modules_named(name: str) -> list[str]:
    """Return the full names of the capabilities' modules of one name: `portal.orders.jobs`, …"""
    packages = [found.name for found in pkgutil.iter_modules(portal.__path__, "portal.") if found.ispkg]
    return [f"{package}.{name}" for package in packages if importlib.util.find_spec(f"{package}.{name}")]


def register_all() -> None:
    """Import every capability's actions and jobs, so that all service actions and outbox handlers are registered."""
    for name in (*modules_named("actions"), *modules_named("jobs")):
        importlib.import_module(name)
