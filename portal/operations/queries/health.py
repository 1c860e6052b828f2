"""How systems outside answered of late, minute by minute."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.outbox import OutboxAttempt, OutboxTarget

MINUTES = 60


@dataclass(frozen=True, slots=True)
class Minute:
    """The tries of one minute: how many succeeded and failed."""

    good: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """A system outside in the last `MINUTES`, the oldest minute first. `milliseconds` is the median of what succeeded."""

    target: str
    minutes: tuple[Minute, ...]
    milliseconds: int | None
    closed_until: datetime | None
    error: str | None

    @property
    def down(self) -> bool:
        """Whether nothing is sent to it for now."""
        return self.closed_until is not None


def health(session: Session, *, targets: Collection[str]) -> list[Health]:
    """Return how the systems answered, in two statements."""
    now = clock.now()
    minute = func.floor(func.extract("epoch", now - OutboxAttempt.at) / 60).cast(Integer)
    succeeded = OutboxAttempt.error.is_(None)
    rows = session.execute(
        select(
            OutboxAttempt.target, minute.label("minute"), func.count().filter(succeeded), func.count().filter(~succeeded),
            func.percentile_cont(0.5).within_group(OutboxAttempt.milliseconds).filter(succeeded),
        )
        .where(OutboxAttempt.target.in_(targets), OutboxAttempt.at > now - timedelta(minutes=MINUTES))
        .group_by(OutboxAttempt.target, minute)
    ).all()  # fmt: skip
    known = {
        row.name: row
        for row in session.execute(select(OutboxTarget.name, OutboxTarget.closed_until, OutboxTarget.error))
    }
    found = []
    for target in sorted(targets):
        seen = {row[1]: row for row in rows if row[0] == target}
        minutes = tuple(
            Minute(*seen[place][2:4]) if place in seen else Minute() for place in range(MINUTES - 1, -1, -1)
        )
        spans = sorted(row[4] for row in seen.values() if row[4] is not None)
        state = known.get(target)
        closed = state.closed_until if state and state.closed_until and state.closed_until > now else None
        found.append(
            Health(
                target,
                minutes,
                round(spans[len(spans) // 2]) if spans else None,
                closed,
                state.error if state else None,
            )
        )
    return found
