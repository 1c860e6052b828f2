"""Numbers of orders and of whatever else counts by day: SO-260716-031."""

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from portal.database import unit_of_work
from portal.orders.calendar import today
from portal.orders.models import NumberSeries


def next_number(prefix: str = "SO") -> str:
    """Draw the next number of a prefix for today in the shop's timezone.

    In a small transaction of its own, so that nobody waits for somebody else's order; a refused one leaves a gap. It need not reach the disk by
    itself: whatever uses the number commits later, and that commit carries it along.
    """
    day = today()
    draw = (
        insert(NumberSeries)
        .values(prefix=prefix, day=day, last=1)
        .on_conflict_do_update(index_elements=["prefix", "day"], set_={"last": NumberSeries.last + 1})
        .returning(NumberSeries.last)
    )
    with unit_of_work() as session:
        session.execute(text("set local synchronous_commit = off"))
        last = session.scalar(draw)
    return f"{prefix}-{day:%y%m%d}-{last:03d}"
