"""Housekeeping: forgets what is long over, once an hour, by one worker, in small pieces that hold nobody up."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import heartbeat, outbox
from portal.database import unit_of_work
from portal.workflow import messaging

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
MOST_PIECES = 1000
"""A million rows in one go; the next hour takes the rest."""
_MINE = text("select pg_try_advisory_xact_lock(hashtext('portal.housekeeping'))")


def tidy_up() -> None:
    """Forget effects, messages and signs of life that are over for their time; leave it to whoever is at it already."""
    for name, purge in (("outbox", outbox.purge), ("messages", messaging.purge)):
        pieces = _in_pieces(purge)
        if pieces:
            log.info("tidied_up", what=name, pieces=pieces)
    with unit_of_work() as session:
        heartbeat.forget_the_dead(session)


def _in_pieces(purge: Callable[..., int | None]) -> int:
    after: int | None = 0
    for piece in range(MOST_PIECES):
        with unit_of_work() as session:
            after = _purge(session, purge, after or 0)
        if after is None:
            return piece
    return MOST_PIECES


def _purge(session: Session, purge: Callable[..., int | None], after: int) -> int | None:
    return purge(session, after=after) if session.scalar(_MINE) else None
