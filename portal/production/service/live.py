"""Telling open pages that something changed, with the commit."""

from sqlalchemy.orm import Session

from portal.web.live import announce


def changed(session: Session, *topics: str) -> None:
    """Wake the pages that show any of `stock`, `production`, `shipping`."""
    for topic in topics:
        announce(session, topic)
