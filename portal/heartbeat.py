"""Heartbeats: each worker says that it lives, so that `/readyz` and operators can see when none does."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.database import Base

EVERY = timedelta(seconds=5)
FORGOTTEN_AFTER = timedelta(days=1)


class Heartbeat(Base):
    """The last sign of life of one process (`worker host:pid`)."""

    __tablename__ = "heartbeats"

    process: Mapped[str] = mapped_column(String(200), primary_key=True)
    beat_at: Mapped[datetime]


def beat(session: Session, *, process: str) -> None:
    """Record that a process lives now."""
    row = {"process": process, "beat_at": clock.now()}
    session.execute(insert(Heartbeat).values(row).on_conflict_do_update(index_elements=["process"], set_=row))


def stop_beating(session: Session, *, process: str) -> None:
    """Forget a process that ends in good order."""
    session.execute(delete(Heartbeat).where(Heartbeat.process == process))


def forget_the_dead(session: Session) -> None:
    """Forget processes that ended long ago, in whatever order."""
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < clock.now() - FORGOTTEN_AFTER))


def newest(session: Session) -> datetime | None:
    """Return the latest sign of life of any worker."""
    return session.scalar(select(func.max(Heartbeat.beat_at)))


def alive(session: Session, *, within: timedelta) -> int:
    """Count the workers that gave a sign of life within a span."""
    return session.scalar(select(func.count()).where(Heartbeat.beat_at > clock.now() - within)) or 0
