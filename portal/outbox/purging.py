"""Forgetting what is long over, oldest first and a bounded piece at a time."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock

KEPT = timedelta(days=180)
"""How long an effect that is over, and its attempts, can be looked up."""

# Ids grow with time: the oldest rows are the first ones, and looking stops at the first that is young.
_PURGE = text("""
with looked as (
    select id, status, created_at, coalesce(done_at, available_at) as over_at from outbox where id > :after order by id limit :limit
), gone as (
    delete from outbox using looked
    where outbox.id = looked.id and outbox.status in ('done', 'dead') and looked.over_at < :before
)
select max(id) from looked having min(created_at) < :before
""")


def purge(session: Session, *, after: int = 0, limit: int = 1000, before: datetime | None = None) -> int | None:
    """Delete what is over for `KEPT`, with its attempts, among the `limit` rows after an id; return the last id looked at, None when no
    older ones are left."""
    given = {"after": after, "limit": limit, "before": before or clock.now() - KEPT}
    found: int | None = session.scalar(_PURGE, given)
    return found
