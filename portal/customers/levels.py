"""Levels of customers: a shop needs one before it can have customers."""

from sqlalchemy.orm import Session

from portal.accounts import audit
from portal.accounts.actor import Actor
from portal.customers import permissions
from portal.customers.models import CustomerLevel


def create_level(session: Session, *, actor: Actor, code: str, name_zh: str, name_en: str) -> CustomerLevel:
    """Add a level, or return the one that has this code already."""
    permissions.require_editor(actor)
    found = session.get(CustomerLevel, code)
    if found is None:
        found = CustomerLevel(code=code, name_zh=name_zh, name_en=name_en)
        session.add(found)
        session.flush()
        changes = {"name": [None, name_zh]}
        audit.record(session, actor=actor, action="level.created", subject=("level", code), changes=changes)
    return found
